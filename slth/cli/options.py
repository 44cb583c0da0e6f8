"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from slth.core.errors import BadInput

Arch = Annotated[
    str | None,
    typer.Option("--arch", help="Architecture, where the file does not tell: 784-500-10, lenet5, a text or JSON."),
]
Input = Annotated[
    str | None, typer.Option("--input", help="Shape of one input, where the file does not tell: 1x28x28.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Data = Annotated[
    str | None,
    typer.Option("--data", help="A data set: mnist, fashion-mnist, cifar10, ..., or a file of your own, FILE.npz."),
]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The folder of the data; else $SLTH_DATA, else your cache.")
]
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def pairs(given: list[str]) -> dict[str, str]:
    """NAME=VALUE pairs of --option as a dictionary."""
    parts = [text.partition("=") for text in given]
    for (name, equals, _), text in zip(parts, given, strict=True):
        if not name or not equals:
            raise BadInput(f"--option {text!r} is not NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in parts}


def fields_of(kind: Any, given: Sequence[str], what: str) -> dict[str, Any]:
    """NAME=VALUE texts as fields of a plug-in, each converted to the type of the field's default.

    Parameters
    ----------
    kind : a dataclass
    given : sequence of str
    what : str
        Whose options they are, for messages: "executor 'dask'".

    Raises
    ------
    BadInput
        For a name that is no field, or a value that is not of its type.
    """
    defaults: dict[str, Any] = {field.name: field.default for field in fields(kind)}
    found: dict[str, Any] = {}
    for entry in given:
        name, equals, text = (part.strip() for part in entry.partition("="))
        if name not in defaults or not equals:
            raise BadInput(f"--option {entry}: {what} has the options {', '.join(defaults) or 'none'}; give NAME=VALUE")
        try:
            wanted = type(defaults[name])
            found[name] = TRUTHS[text.lower()] if wanted is bool else wanted(text)
        except (ValueError, KeyError):
            raise BadInput(f"--option {entry}: {name} can not be {text!r}") from None
    return found
