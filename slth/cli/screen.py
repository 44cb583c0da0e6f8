"""What commands show: progress on a terminal, tables, numbers rounded for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from slth.interop.files import shown
from slth.theory.plan import Tick, silent


def number(value: float) -> str:
    """Four digits, never rounded to 0."""
    return f"{value:.4g}"


def count(value: int) -> str:
    """With thousands separated."""
    return f"{value:,}"


def rows(pairs: Iterable[tuple[str, str]], indent: str = "  ") -> None:
    """Two aligned columns."""
    listed = [(shown(name, 1_000_000), shown(value, 1_000_000)) for name, value in pairs]  # files may hold escape codes
    width = max(len(name) for name, _ in listed)
    for name, value in listed:
        typer.echo(f"{indent}{name.ljust(width)}  {value}")


def as_json(value: dict[str, Any]) -> None:
    """One JSON object on one line."""
    typer.echo(json.dumps(value))


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
