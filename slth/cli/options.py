"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Arch = Annotated[
    str | None,
    typer.Option("--arch", help="Architecture, where the file does not tell: 784-500-10, lenet5, a text or JSON."),
]
Input = Annotated[
    str | None, typer.Option("--input", help="Shape of one input, where the file does not tell: 1x28x28.")
]
