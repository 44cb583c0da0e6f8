"""The door of the experiments: a sweep goes in, what is missing is computed, a table comes out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from slth.core.errors import BadInput, Unavailable
from slth.experiments.executors.processes import Processes
from slth.experiments.finding import Found, next_place
from slth.experiments.measure import made
from slth.experiments.place import Place
from slth.experiments.runner import Runner, Tick
from slth.experiments.sweep import Cell, Find, Sweep
from slth.experiments.table import Row, Table, found_row, measured_row
from slth.experiments.units import Store, Tally
from slth.experiments.verdicts import expected_value, said_of


def silent(*_: object) -> None:
    """A listener that does nothing."""


def run(sweep: Sweep, folder: Path | str, place: Place | None = None, tick: Tick = silent) -> Table:
    """The table of a sweep; units that are kept in the folder are not computed again.

    Parameters
    ----------
    sweep : Sweep
    folder : Path or str
        Where the files of units are and go. A sweep that was stopped, even killed, goes on from them, and its table has
        the same bytes; another sweep may share them.
    place : Place, optional
        Where to compute; by default on all cores of this machine.
    tick : callable(what, done, total)

    Raises
    ------
    BadInput
        When a cell can not be measured, or a kept file was changed.
    Unavailable
        When a worker dies or the folder can not be written.
    """
    with Runner(Store(_usable(Path(folder))), place or Processes(), tick) as runner:
        rows = _measured(sweep, runner) if sweep.find is None else _searched(sweep, sweep.find, runner)
    return Table(tuple(rows))


def _usable(folder: Path) -> Path:
    """The folder, made now: what is computed must not be lost for a place where nothing can be written."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder}: is not a folder; give another place for the units")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder}: cannot be made: {error.strerror}; give another place with --folder") from None
    return folder


def _measured(sweep: Sweep, runner: Runner) -> list[Row]:
    cells = sweep.cells()
    tallies = runner.tallies([sweep.units(cell) for cell in cells], sweep.measure)
    return [measured_row(sweep, cell, tally) for cell, tally in zip(cells, tallies, strict=True)]


@dataclass
class _Search:
    """One cell and wanted chance: what was measured for the cell so far, and where to go on."""

    cell: Cell
    chance: float
    hint: int
    known: dict[int, Tally]
    next: int | Found = 0


def _searched(sweep: Sweep, find: Find, runner: Runner) -> list[Row]:
    """All searches side by side: each round measures what every one of them needs next."""
    searches = []
    for cell in sweep.cells():
        known: dict[int, Tally] = {}  # shared by the wanted chances of a cell
        searches += [_Search(cell, chance, _hint(sweep, find, cell, chance), known) for chance in find.chances]
    for number in itertools.count(1):
        for search in searches:
            search.next = next_place(search.known, len(find.values), search.chance, search.hint, sweep.confidence)
        open_ = [(search, search.next) for search in searches if isinstance(search.next, int)]
        if not open_:
            break
        units = [sweep.units({**search.cell, find.parameter: find.values[at]}) for search, at in open_]
        tallies = runner.tallies(units, f"{sweep.measure}, round {number}")
        for (search, at), tally in zip(open_, tallies, strict=True):
            search.known[at] = tally
    return [
        found_row(sweep, find, search.cell, search.chance, search.next, search.known)
        for search in searches
        if isinstance(search.next, Found)
    ]


def _hint(sweep: Sweep, find: Find, cell: Cell, chance: float) -> int:
    """Where the first model of the measure expects the end of a search, if it has one; else the first value."""
    for one in said_of(made(sweep.measure, {**cell, find.parameter: find.values[0]})):
        if one.side == "model" and one.statistic == "chance":
            expected = expected_value(sweep.measure, cell, find.parameter, find.values, one.name, chance)
            return find.values.index(expected) if expected in find.values else len(find.values) - 1
    return 0
