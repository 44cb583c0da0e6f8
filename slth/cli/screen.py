"""What commands show: progress on a terminal, tables, numbers rounded for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from slth.core.errors import BadInput
from slth.core.source import SourceLayer
from slth.interop.files import shown
from slth.theory.plan import Tick, silent


def number(value: float) -> str:
    """Four digits, never rounded to 0."""
    return f"{value:.4g}"


def count(value: int) -> str:
    """With thousands separated."""
    return f"{value:,}"


def listed(values: Iterable[float]) -> str:
    """Numbers of four digits, one after the other."""
    return ", ".join(map(number, values))


def line(text: str) -> str:
    """A text from a file as one printable line."""
    return shown(text, 1000)


def plain(value: Any, deepest: int = 20) -> str:
    """A value of JSON for people: no brackets, no quotes."""
    if not deepest:
        return "..."
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(inner, deepest - 1)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(plain(inner, deepest - 1) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def rows(pairs: Iterable[tuple[str, str]], indent: str = "  ") -> None:
    """Two aligned columns."""
    listed = [(shown(name, 1_000_000), shown(value, 1_000_000)) for name, value in pairs]  # files may hold escape codes
    width = max(len(name) for name, _ in listed)
    for name, value in listed:
        typer.echo(f"{indent}{name.ljust(width)}  {value}")


def table(lines: Iterable[Sequence[str]], indent: str = "  ", left: int = 1) -> None:
    """Aligned columns: the first ones to the left, numbers to the right."""
    listed = [[shown(cell, 1_000_000) for cell in line] for line in lines]
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    for line in listed:
        pairs = list(zip(line, widths, strict=True))
        cells = [cell.ljust(width) for cell, width in pairs[:left]] + [
            cell.rjust(width) for cell, width in pairs[left:]
        ]
        typer.echo((indent + "  ".join(cells)).rstrip())


def as_json(value: dict[str, Any]) -> None:
    """One JSON object on one line."""
    typer.echo(json.dumps(_finite(value), allow_nan=False))


def _finite(value: Any) -> Any:
    """The same with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_output(output: Path, *inputs: Path) -> None:
    """Refuses to write where nothing can be written, or over what is being read.

    Raises
    ------
    BadInput
    """
    if not output.absolute().parent.is_dir():
        raise BadInput(f"{output}: there is no such folder")
    if output.exists() and not output.is_file():
        raise BadInput(f"{output}: is not a regular file; give another name")
    if any(output.exists() and given.exists() and output.samefile(given) for given in inputs):
        raise BadInput(f"{output}: is what is read; give another name to write to")


def note(line: str) -> None:
    """A line about what is going on, on the error stream, so that output stays clean."""
    typer.echo(f"  {line}", err=True)


@contextmanager
def progress() -> Iterator[Tick]:
    """A bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tick(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tick


def layer_shape(layer: SourceLayer) -> str:
    """The shape of a source layer: 120x785, 16x287x5x5."""
    kernel = () if layer.kernel == (1, 1) else layer.kernel
    return "x".join(str(side) for side in (layer.rows, layer.columns, *kernel))
