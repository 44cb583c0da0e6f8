"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from slth.core.errors import BadInput

Arch = Annotated[
    str | None,
    typer.Option("--arch", help="Architecture, where the file does not tell: 784-500-10, lenet5, a text or JSON."),
]
Input = Annotated[
    str | None, typer.Option("--input", help="Shape of one input, where the file does not tell: 1x28x28.")
]


def pairs(given: list[str]) -> dict[str, str]:
    """NAME=VALUE pairs of --option as a dictionary."""
    parts = [text.partition("=") for text in given]
    for (name, equals, _), text in zip(parts, given, strict=True):
        if not name or not equals:
            raise BadInput(f"--option {text!r} is not NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in parts}
