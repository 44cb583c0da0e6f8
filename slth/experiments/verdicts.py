"""Measurement beside theory: whether a bound holds, and at which value of a parameter the theory expects as much."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from scipy import special

from slth.core.errors import BadInput
from slth.experiments.chances import clopper_pearson, quantile_interval
from slth.experiments.measure import Measure, Said, Value, made
from slth.experiments.units import Floats, Tally

SURE = 1 - 1e-6  # confidence at which a bound counts as violated: noise alone does so once in a million rows
ROUNDING = 1e-9  # relative, of the mean of values that are all the same
FARTHEST = 1 << 16  # how far integers are followed beyond the values that are searched


def holds(said: Said, tally: Tally) -> bool:
    """Whether what was measured leaves a bound standing, beyond noise; models always stand.

    Chances and quantiles are judged by their exact intervals, a mean by Student's; few runs refute little.
    """
    if said.side == "model":
        return True
    if said.statistic == "chance":
        low, high = clopper_pearson(tally.hits, tally.runs, SURE)
    elif tally.values is None:
        return True
    elif said.statistic == "mean":
        low, high = _mean_interval(tally.values)
    else:
        low, _, high = quantile_interval(tally.values, float(said.statistic.removesuffix(" %")) / 100, SURE)
    return low <= said.value if said.side == "at most" else high >= said.value


def _mean_interval(values: Floats) -> tuple[float, float]:
    if len(values) == 1:
        return -math.inf, math.inf
    centre = float(np.mean(values))
    errors = float(special.stdtrit(len(values) - 1, (1 + SURE) / 2))
    spread = errors * float(np.std(values, ddof=1)) / math.sqrt(len(values)) + ROUNDING * abs(centre)
    return centre - spread, centre + spread


@functools.lru_cache(maxsize=4096)
def _said(measure: Hashable) -> tuple[Said, ...]:
    found: tuple[Said, ...] = measure.said()  # type: ignore[attr-defined]
    return found


def said_of(measure: Measure) -> tuple[Said, ...]:
    """What the theory says of a cell, worked out once."""
    return _said(measure)  # type: ignore[arg-type]  # frozen dataclasses are hashable


def expected_value(
    measure: str, cell: Mapping[str, Value], parameter: str, values: Sequence[Value], name: str, chance: float
) -> Value | None:
    """The first value at which the theory called `name` gives at least this chance; integers are followed further.

    None where even the last does not, or the theory falls silent before.
    """

    def told(value: Value) -> float | None:
        said = said_of(made(measure, {**cell, parameter: value}))
        return next((one.value for one in said if one.name == name and one.statistic == "chance"), None)

    def reaches(value: Value) -> bool:
        found = told(value)
        return found is not None and found >= chance

    silent = _first(lambda at: told(values[at]) is None, len(values))
    if silent == 0:
        return None
    if not reaches(values[silent - 1]):
        followed = silent == len(values) and all(type(value) is int for value in values)
        return _beyond(reaches, int(values[-1])) if followed else None
    return values[_first(lambda at: reaches(values[at]), silent)]


def _first(test: Callable[[int], bool], size: int) -> int:
    """The first of the places 0, ..., size - 1 that pass, `size` if none; those after one that passes do too."""
    low, high = -1, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def _beyond(reaches: Callable[[Value], bool], last: int) -> Value | None:
    """The first integer after `last` that reaches, by doubled steps and halving; None where the measure ends before."""
    low, step = last, 1
    try:
        while not reaches(last + step):
            low, step = last + step, 2 * step
            if last + step > FARTHEST:
                return None
    except BadInput:
        return None
    return low + 1 + _first(lambda at: reaches(low + 1 + at), last + step - low - 1)
