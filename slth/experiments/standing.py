"""Measurement beside theory: whether a bound holds, and at which value of a parameter the theory expects as much."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np

from slth.experiments.chances import clopper_pearson
from slth.experiments.measure import Measure, Said, Value, made
from slth.experiments.units import Tally

SURE = 1 - 1e-6  # confidence at which a bound counts as violated: noise alone does so once in a million rows
ERRORS = 5.0  # standard errors of a mean, likewise
FARTHEST = 1 << 16  # how far integers are followed beyond the values that are searched


def holds(said: Said, tally: Tally) -> bool:
    """Whether what was measured leaves a bound standing, beyond noise; models always stand."""
    if said.side == "model":
        return True
    if said.statistic == "chance":
        low, high = clopper_pearson(tally.hits, tally.runs, SURE)
    elif tally.values is not None:
        centre = float(np.mean(tally.values))
        spread = ERRORS * float(np.std(tally.values)) / math.sqrt(tally.runs)
        low, high = centre - spread, centre + spread
    else:
        return True
    return low <= said.value if said.side == "at most" else high >= said.value


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

    None where even the last does not, or the theory says nothing there.
    """

    def reaches(value: Value) -> bool:
        said = {
            one.name: one for one in said_of(made(measure, {**cell, parameter: value})) if one.statistic == "chance"
        }
        return name in said and said[name].value >= chance

    last = values[-1]
    if not reaches(last):
        return _beyond(reaches, last) if all(type(value) is int for value in values) else None
    low, high = -1, len(values) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(values[middle]) else (middle, high)
    return values[high]


def _beyond(reaches: Callable[[Value], bool], last: Value) -> Value | None:
    """The first integer after `last` that reaches, by doubling and halving."""
    low = int(last)
    high = max(2 * low, low + 1)
    while not reaches(high):
        low, high = high, 2 * high
        if high > FARTHEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high
