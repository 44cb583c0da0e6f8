"""What a sweep is: a measure, a grid of its parameters, and how often each cell is measured."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from slth.core.errors import BadInput
from slth.experiments.measure import Value, made
from slth.experiments.units import Unit, units_of

Cell = dict[str, Value]


@dataclass(frozen=True)
class Find:
    """The parameter whose smallest sufficient value is looked for.

    Parameters
    ----------
    parameter : str
    values : tuple
        In the order of growing success.
    chances : tuple of float
        Wanted chances of success, each in (0, 1).
    """

    parameter: str
    values: tuple[Value, ...]
    chances: tuple[float, ...] = (0.5, 0.95)

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise BadInput(f"the values of {self.parameter!r} to search must be there, and different")
        if all(type(value) in (int, float) for value in self.values) and list(self.values) != sorted(self.values):
            raise BadInput(f"the values of {self.parameter!r} to search must rise, not {list(self.values)}")
        if not self.chances or not all(0 < chance < 1 for chance in self.chances):
            raise BadInput(f"wanted chances must lie between 0 and 1, not {self.chances}")


@dataclass(frozen=True)
class Sweep:
    """A measure over a grid of its parameters.

    Parameters
    ----------
    measure : str
        A registered measure.
    grid : mapping from parameter to values
        Cells are all combinations, the last parameter changing fastest.
    repeats : int
        Instances of each cell.
    seed : int
    batch : int
        Instances of one unit of work; no result depends on it.
    find : Find or None
        Instead of measuring each cell, look for the smallest value of one more parameter.
    confidence : float
        Of the intervals.

    Raises
    ------
    BadInput
        When any of its cells can not be measured.
    """

    measure: str
    grid: Mapping[str, tuple[Value, ...]]
    repeats: int = 1000
    seed: int = 0
    batch: int = 1000
    find: Find | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise BadInput(f"confidence must lie between 0 and 1, not {self.confidence}")
        if not 0 <= self.seed < 1 << 256:
            raise BadInput(f"a seed is an integer from 0 to 2^256 - 1, not {self.seed}")
        for name, values in self.grid.items():
            if not values:
                raise BadInput(f"parameter {name!r} has no values")
            if self.find is not None and name == self.find.parameter:
                raise BadInput(f"{name!r} is searched for: it can not be in the grid as well")
        for cell in self.cells():
            searched = [{self.find.parameter: value} for value in self.find.values] if self.find else [{}]
            for more in searched:
                made(self.measure, {**cell, **more}).check()
            self.units({**cell, **searched[0]})

    def cells(self) -> list[Cell]:
        """All combinations of the grid's values."""
        names = list(self.grid)
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*self.grid.values())]

    def units(self, cell: Cell) -> list[Unit]:
        """The units of a cell with all its parameters."""
        return units_of(self.measure, cell, self.seed, self.repeats, self.batch)
