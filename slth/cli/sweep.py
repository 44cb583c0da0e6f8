"""`slth sweep`: run an experiment that a TOML file describes, and put theory beside what is measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import fields_of
from slth.core.errors import BadInput
from slth.interop.files import shown

if TYPE_CHECKING:
    from slth.experiments.place import Place
    from slth.experiments.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
SHOWN = 40  # rows on the screen; the file has all


def sweep(
    file: Annotated[Path, typer.Argument(help="The sweep, a TOML file (docs/sweeps.md).")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The table, .csv; FILE.csv by default.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where finished units are kept; FILE.units by default. A second run goes on there."),
    ] = None,
    executor: Annotated[str, typer.Option(help="processes, serial, dask or submitit (SLURM).")] = "processes",
    workers: Annotated[int | None, typer.Option(help="How many at the same time; all cores by default.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="An option of the executor, NAME=VALUE; repeat for more.")
    ] = None,
    json: Json = False,
) -> None:
    """Measure a grid of cells, or search for thresholds, with the theory's values beside; resumes where it stopped."""
    from slth.experiments.files import read_sweep
    from slth.experiments.run import run

    output = output or file.with_suffix(".csv")
    if output.suffix != ".csv":
        raise BadInput(f"{output}: the table is a .csv file; give it that name")
    screen.check_output(output, file)
    wanted = read_sweep(file)
    place = _place(executor, workers, option or [])
    begun = time.perf_counter()
    with screen.progress() as tick:
        table = run(wanted, folder or file.with_suffix(".units"), place, tick)
    table.write(output)
    seconds = time.perf_counter() - begun
    if json:
        report = {"table": str(output), "rows": list(table.rows), "violated": len(table.violated), "seconds": seconds}
        screen.as_json(report)
    else:
        _show(table, output, seconds)
    if table.violated:
        raise typer.Exit(1)


def _place(name: str, workers: int | None, options: list[str]) -> Place:
    """The executor with its options."""
    from dataclasses import fields

    from slth.experiments.place import places

    kind: Any = places.get(name)
    given = fields_of(kind, options, f"executor {name!r}")
    if workers is not None:
        if "workers" not in (field.name for field in fields(kind)):
            raise BadInput(f"--workers: executor {name!r} has one worker")
        given["workers"] = workers
    found: Place = kind(**given)
    return found


def _show(table: Table, output: Path, seconds: float) -> None:
    """The columns that tell rows apart and what was found; the file has all."""
    columns = [name for name in table.columns if name not in ("measure", "seed", "slth")]
    columns = [name for name in columns if not name.startswith(("10 %", "90 %", "99 %")) and not name.endswith(" runs")]
    lines = [columns] + [[_cell(row.get(name, "")) for name in columns] for row in table.rows[:SHOWN]]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        typer.echo("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if len(table.rows) > SHOWN:
        typer.echo(f"... and {len(table.rows) - SHOWN} more rows")
    for row in table.violated:
        typer.echo(f"{row['verdict']}: {', '.join(f'{key} {_cell(value)}' for key, value in row.items())}")
    screen.rows([("table", f"{output}, {len(table.rows)} rows"), ("seconds", f"{seconds:.1f}")], indent="")


def _cell(value: Any) -> str:
    return screen.number(value) if isinstance(value, float) else shown(value)
