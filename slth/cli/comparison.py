"""Tables of bounds: formulas with their values, and all columns for a target."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from slth.cli import screen

if TYPE_CHECKING:
    from slth.theory.bounds.catalogue import Entry
    from slth.theory.formulas import Value
    from slth.theory.lines import Line, Standing

TITLES = {
    "theorem": "theorem C=1",
    "certified": "certified",
    "first_moment": "first moment",
    "counting": "counting",
    "measured": "measured",
}
MEANING = {
    "theorem": "the paper's formula with C = 1: of the right order, and no number that is proved to suffice",
    "certified": "proved to suffice for all weights at once where groups are full, but for the chance of failure",
    "first_moment": "with fewer, less than one subset is expected for the hardest weight",
    "counting": "with fewer, there are too few subsets for all weights up to the largest",
    "measured": "the smallest n with which each of the tickets that were drawn and solved misses no weight",
}


def described(entry: Entry) -> dict[str, Any]:
    """Everything that is known of a formula."""
    stated = entry.formula
    return {
        "paper": entry.key,
        "name": entry.name,
        "formula": stated.text,
        "gives": stated.gives,
        "of": stated.of,
        "side": stated.side,
        "sure": stated.sure,
        "source": stated.source,
        "assumes": stated.assumes,
        "needs": list(entry.needed),
        "takes": entry.optional,
    }


def valued(values: Iterable[Value]) -> dict[str, Any]:
    """A formula with its values, one for each layer."""
    listed = list(values)
    why = next((lack(value) for value in listed if value.value is None), None)
    return {**described(listed[0].entry), "values": [value.value for value in listed], "why": why}


def lack(value: Value) -> str:
    """Why there is no number."""
    return f"needs {', '.join(value.missing)}" if value.missing else value.why


def report_of(table: Standing, domain: str) -> dict[str, Any]:
    """A table as JSON has it."""
    request = table.request
    return {
        "theorem": table.key,
        "construction": table.built,
        "eps": table.eps,
        "weight_error": request.weight_error,
        "delta": request.delta,
        "domain": domain,
        "law": request.law,
        "assignment": request.assignment,
        "layers": [_layer(line) for line in table.lines],
        "all": {
            "weights": sum(line.weights for line in table.lines),
            "samples": {column: table.samples(column) for column in TITLES},
            "units": {column: table.units(column) for column in TITLES},
        },
        "formulas": [valued(values) for values in table.formulas],
        "notes": list(table.notes),
    }


def _layer(line: Line) -> dict[str, Any]:
    measured = line.measured
    return {
        "shape": line.shape,
        "weights": line.weights,
        "tolerance": line.tolerance,
        "samples": {column: line.samples.get(column) for column in TITLES},
        "units": {column: line.units.get(column) for column in TITLES},
        "runs": None if measured is None else list(measured.samples),
        "measured_rows": None if measured is None else measured.rows,
    }


def show(table: Standing, domain: str, measured: bool) -> None:
    """A table for people."""
    from slth.theory.theorem import statements

    typer.echo(f"{table.key}  {statements.get(table.key).title}")
    request = table.request
    wish = f"error {screen.number(table.eps)} on {domain}"
    if request.weight_error is not None:
        wish = f"weight error {screen.number(request.weight_error)}"
    typer.echo(
        f"  {wish}, chance of failure {screen.number(request.delta)}; {request.law} weights, {request.assignment}"
    )
    columns = [column for column in TITLES if column != "measured" or measured]
    typer.echo("samples of one subset sum")
    head = ["layer", "shape", "weights", "tolerance", *(TITLES[column] for column in columns)]
    lines = [head]
    for number, line in enumerate(table.lines, 1):
        cells = [_cell(line, column) for column in columns]
        lines.append([str(number), line.shape, screen.count(line.weights), f"{line.tolerance:.2g}", *cells])
    every = [_whole(table, column) for column in columns]
    screen.table([*lines, ["all", "", screen.count(sum(line.weights for line in table.lines)), "", *every]])
    typer.echo("hidden units")
    lines = [["layer", *(TITLES[column] for column in columns)]]
    for number, line in enumerate(table.lines, 1):
        lines.append([str(number), *(figure(line.units.get(column)) for column in columns)])
    screen.table([*lines, ["all", *(figure(table.units(column)) for column in columns)]])
    typer.echo("columns")
    screen.rows([(TITLES[column], MEANING[column]) for column in columns])
    typer.echo(f"formulas of {table.key}, layer by layer where they differ")
    screen.rows([(values[0].entry.name, _told(values)) for values in table.formulas])
    if table.notes:
        typer.echo("notes")
        for note in table.notes:
            typer.echo(f"  {note}")


def _told(values: tuple[Value, ...]) -> str:
    """The values of a formula in a line, and what they are worth."""
    stated = values[0].entry.formula
    why = next((lack(value) for value in values if value.value is None), "")
    if why:
        return why
    shown = list(dict.fromkeys(figure(value.value) for value in values))
    figures = "; ".join(shown if len(shown) == 1 else [figure(value.value) for value in values])
    return f"{figures}  {stated.gives}, {stated.side}, {stated.sure}"


def _cell(line: Line, column: str) -> str:
    """A number of samples; of measured ones the range of the runs."""
    measured = line.measured
    if column != "measured" or measured is None:
        return figure(line.samples.get(column))
    found = sorted(n for n in measured.samples if n is not None)
    if len(found) < len(measured.samples) or not found:
        return f"> {measured.most}" if measured.rows else "-"
    part = ">= " if measured.rows < measured.of else ""
    return part + (str(found[0]) if found[0] == found[-1] else f"{found[0]}..{found[-1]}")


def _whole(table: Standing, column: str) -> str:
    """A number of samples for all layers."""
    parts = [line.measured for line in table.lines if column == "measured" and line.measured is not None]
    part = ">= " if any(found.rows < found.of for found in parts) else ""
    shown = figure(table.samples(column))
    return part + shown if shown != "-" else shown


def figure(value: float | None) -> str:
    """A number for people: whole ones whole, others to four digits, - where there is none."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return "beyond 1e308"
    if value >= 1e7:
        return f"{value:.2e}"
    if value == int(value):
        return screen.count(int(value))
    return f"{value:,.0f}" if value >= 1000 else screen.number(value)
