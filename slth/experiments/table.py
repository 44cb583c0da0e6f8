"""The table of a sweep: a row for each cell, what was measured beside what the theory says."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slth.core.atomic import write_atomic
from slth.core.errors import BadFile
from slth.experiments.chances import clopper_pearson, quantile_interval
from slth.experiments.finding import Found
from slth.experiments.measure import Said, Value, made
from slth.experiments.sweep import Cell, Find, Sweep
from slth.experiments.units import Tally
from slth.experiments.verdicts import expected_value, holds, said_of
from slth.version import version

QUANTILES = {"10 %": 0.1, "50 %": 0.5, "90 %": 0.9, "99 %": 0.99}
BEYOND = "beyond"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows with named cells; a column is there when any row has it.

    Parameters
    ----------
    rows : tuple of mappings
    """

    rows: tuple[Row, ...]

    @property
    def columns(self) -> list[str]:
        """Names in the order in which they first appear, the last three at the end."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        ending = ["verdict", "seed", "slth"]
        return [name for name in names if name not in ending] + [name for name in ending if name in names]

    @property
    def violated(self) -> list[Row]:
        """Rows in which a theorem's bound does not hold."""
        return [row for row in self.rows if row["verdict"] != "holds"]

    def csv(self) -> str:
        """Comma-separated values; numbers with all their digits."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    def write(self, path: Path) -> None:
        """Write as CSV, all or nothing.

        Raises
        ------
        BadInput, Unavailable
            When it can not be written there.
        """
        write_atomic(path, [self.csv().encode()])


def read_table(path: Path) -> Table:
    """A table that was written; cells that look like numbers or truth values are such.

    Raises
    ------
    BadFile
        When the file is none.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            heading, rows = reader.fieldnames, list(reader)
    except (csv.Error, UnicodeDecodeError):
        raise BadFile(f"{path}: is not a table of comma-separated values") from None
    if not heading:
        raise BadFile(f"{path}: has no heading; a table of comma-separated values begins with one")
    if any(None in row or None in row.values() for row in rows):
        raise BadFile(f"{path}: a row has more or fewer cells than the heading")
    return Table(tuple({name: _number(cell) for name, cell in row.items() if cell != ""} for row in rows))


def measured_row(sweep: Sweep, cell: Cell, tally: Tally) -> Row:
    """One cell: how often it succeeded, quantiles of its values, and what the theory says."""
    measure = made(sweep.measure, cell)
    low, high = clopper_pearson(tally.hits, tally.runs, sweep.confidence)
    row: dict[str, Any] = {"measure": sweep.measure, **cell, "runs": tally.runs, "hits": tally.hits}
    row |= {"chance": tally.hits / tally.runs, "chance low": low, "chance high": high}
    if tally.values is not None:
        row["mean"] = float(tally.values.mean())
        for name, chance in QUANTILES.items():
            ends = quantile_interval(tally.values, chance, sweep.confidence)
            row |= {f"{name} low": ends[0], name: ends[1], f"{name} high": ends[2]}
    said = said_of(measure)
    row |= {_column(one): one.value for one in said} | dict(measure.facts())
    broken = [one.name for one in said if not holds(one, tally)]
    return row | _ending(sweep, broken)


def found_row(sweep: Sweep, find: Find, cell: Cell, chance: float, found: Found, known: Mapping[int, Tally]) -> Row:
    """One search: the value found, its band, and the values at which the theory expects as much.

    Bounds are held against every place that was measured, `known`, as those of measured cells are.
    """
    row: dict[str, Any] = {"measure": sweep.measure, **cell, "runs": sweep.repeats, "wanted chance": chance}
    name = find.parameter
    for column, place in ((name, found.place), (f"{name} low", found.low), (f"{name} high", found.high)):
        row[column] = find.values[place] if place < len(find.values) else BEYOND
    for one in said_of(made(sweep.measure, {**cell, name: find.values[0]})):
        if one.statistic == "chance":
            expected = expected_value(sweep.measure, cell, name, find.values, one.name, chance)
            row[f"{name}: {one.name}"] = BEYOND if expected is None else expected
    broken: dict[str, None] = {}
    for place, tally in sorted(known.items()):
        at_place = made(sweep.measure, {**cell, name: find.values[place]})
        broken |= {one.name: None for one in said_of(at_place) if not holds(one, tally)}
    if found.place < len(find.values):
        row |= made(sweep.measure, {**cell, name: find.values[found.place]}).facts()
    return row | _ending(sweep, list(broken))


def _ending(sweep: Sweep, broken: Sequence[str]) -> dict[str, Any]:
    verdict = f"VIOLATED: {', '.join(broken)}" if broken else "holds"
    return {"verdict": verdict, "seed": sweep.seed, "slth": version()}


def _column(said: Said) -> str:
    return said.name if said.statistic == "chance" else f"{said.statistic}: {said.name}"


def _number(cell: str) -> Value:
    if cell in ("True", "False"):
        return cell == "True"
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
