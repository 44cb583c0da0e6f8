"""What the door hands to a solver, and what a solver must be."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from slth.core.registry import Registry

Integers = NDArray[np.int64]
OBJECTIVES = ("closest", "fewest", "within")


@dataclass(frozen=True)
class Problem:
    """b subset sums over n values: integers, read-only, checked by the door.

    Parameters
    ----------
    values : (b, n) or (b, n, d) int64
        A value of 0 (in all d >= 2 coordinates) is an empty slot and must not be chosen.
    targets : (b,) or (b, d) int64
    tolerances : (b,) int64 or None
        Always there for the objectives `fewest` and `within`.
    objective : str
        One of `OBJECTIVES`.
    size : int or None
        The number of positions to choose, where it is fixed.
    signed : bool
        Whether coefficients may be -1.
    """

    values: Integers
    targets: Integers
    tolerances: Integers | None
    objective: str
    size: int | None
    signed: bool

    @property
    def rows(self) -> int:
        """Number of subset sums."""
        return len(self.values)

    @property
    def n(self) -> int:
        """Number of values of each."""
        return int(self.values.shape[1])

    @property
    def dims(self) -> int:
        """Number of coordinates of a value; 1 where values have no axis of coordinates."""
        return 1 if self.values.ndim == 2 else int(self.values.shape[2])

    @property
    def vectors(self) -> Integers:
        """The values with an axis of coordinates in any case, (b, n, d) int64."""
        return self.values.reshape(self.rows, self.n, self.dims)

    @property
    def goals(self) -> Integers:
        """The targets with an axis of coordinates in any case, (b, d) int64."""
        return self.targets.reshape(self.rows, self.dims)

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Which positions are empty slots, (b, n) bool."""
        return np.asarray(~self.vectors.any(axis=2), np.bool_)


@dataclass(frozen=True)
class Limits:
    """How long a solver may run, on how many threads, and whom it tells: `progress(done, total)` counts rows."""

    deadline: float | None = None
    threads: int = 1
    progress: Callable[[int, int], None] | None = None

    @property
    def left(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def tell(self, done: int, total: int) -> None:
        """Report progress if someone listens."""
        if self.progress is not None:
            self.progress(done, total)


@dataclass(frozen=True)
class Answer:
    """A solver's word; the door recomputes everything else.

    Parameters
    ----------
    chosen : (b, n) int8
    proved : (b,) bool
        The row's choice is best for the objective, or nothing is within tolerance and it is the closest.
    """

    chosen: NDArray[np.int8]
    proved: NDArray[np.bool_]


@dataclass(frozen=True)
class Flags:
    """What a solver can do; `auto` and the conformance tests read it.

    Parameters
    ----------
    objectives : tuple of str
    largest, largest_signed : int
        Most values per row, with coefficients {0, 1} and {-1, 0, 1}; 0 means not at all.
    exact : bool
        Whether its answers are proved in integers.
    sizes : bool
        Whether a fixed size can be asked for.
    dimensions : int
        Most coordinates of a value.
    rank : int or None
        Order in which `auto` considers it; None: only by name.
    rank_from : int
        Least number of coordinates for which `auto` considers it.
    needs : tuple of str
        Modules that must be installed.
    """

    objectives: tuple[str, ...] = OBJECTIVES
    largest: int = 2**20
    largest_signed: int = 2**20
    exact: bool = False
    sizes: bool = False
    dimensions: int = 1
    rank: int | None = None
    rank_from: int = 1
    needs: tuple[str, ...] = field(default=())

    def refusal(self, n: int, objective: str, signed: bool, size: int | None, dims: int = 1) -> str | None:
        """Say in a few words why such a problem is refused, or return None."""
        largest = self.largest_signed if signed else self.largest
        if objective not in self.objectives:
            return f"no objective {objective!r}"
        if dims > self.dimensions:
            return f"at most {self.dimensions} coordinate(s)"
        if signed and largest == 0:
            return "no signed coefficients"
        if n > largest:
            return f"at most {largest} values{' with signs' if signed else ''}"
        if size is not None and not self.sizes:
            return "no fixed size"
        return None


class Solver(Protocol):
    """A plug-in: a frozen dataclass whose fields are its options."""

    flags: ClassVar[Flags]

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Choose positions for every row."""
        ...


solvers: Registry[Solver] = Registry("solver", "slth.rss.solvers")


def all_cores() -> int:
    """Number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def each_row(problem: Problem, limits: Limits, one: Callable[[int, float], tuple[NDArray[np.int8], bool]]) -> Answer:
    """Solve row after row until the deadline: `one(row, seconds)` returns coefficients (n,) and if proved.

    What is left of the budget is shared equally by the rows that are left. Source: ours.
    """
    chosen = np.zeros((problem.rows, problem.n), np.int8)
    proved = np.zeros(problem.rows, np.bool_)
    for row in range(problem.rows):
        if limits.left <= 0:
            break
        chosen[row], proved[row] = one(row, limits.left / (problem.rows - row))
        limits.tell(row + 1, problem.rows)
    return Answer(chosen, proved)
