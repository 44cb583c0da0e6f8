"""The smallest value of a parameter at which a measure succeeds with a wanted chance, by bisection, with a band.

Success must not become rarer along the values. For samples of subset sums this holds exactly, by the way instances are
drawn: what n samples reach, n + 1 reach too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slth.experiments.chances import clopper_pearson
from slth.experiments.units import Tally


@dataclass(frozen=True)
class Found:
    """Places in an ordered list of values; the list's length stands for "beyond the last".

    Parameters
    ----------
    place : int
        The first at which the measured chance is at least the wanted one.
    low, high : int
        The band: the first at which the wanted chance is not excluded from above, and the first at which it is proved
        to be reached, at the confidence asked for.
    """

    place: int
    low: int
    high: int


def next_place(
    known: Mapping[int, Tally], size: int, chance: float, hint: int = 0, confidence: float = 0.95
) -> int | Found:
    """Where to measure next, or what was found: three bisections that share their measurements.

    Parameters
    ----------
    known : mapping from place to Tally
        What was measured so far.
    size : int
        Number of places.
    chance : float
        Wanted, in (0, 1).
    hint : int
        Where to begin.
    confidence : float
        Of each end of the band together.

    Source: ours.

    >>> next_place({}, 20, 0.5, hint=7)
    7
    >>> tallies = {7: Tally(100, 20), 8: Tally(100, 80), 6: Tally(100, 1)}
    >>> next_place(tallies, 20, 0.5)
    Found(place=8, low=8, high=8)
    """
    ends = []
    for end in (1, None, 0):  # the interval's upper end, the fraction itself, the lower end
        runs = max((tally.runs for tally in known.values()), default=0)
        if end == 0 and runs and _level(Tally(runs, runs), end, confidence) < chance:
            ends.append(size)  # so few runs prove no such chance, whatever they find
            continue
        reached = {place: _level(tally, end, confidence) >= chance for place, tally in known.items()}
        first = min((place for place, good in reached.items() if good), default=size)
        last = max((place for place, good in reached.items() if not good and place < first), default=-1)
        if first - last > 1:
            return _between(last, first, size, hint)
        ends.append(first)
    low, place, high = ends
    return Found(place, min(low, place), max(high, place))


def _level(tally: Tally, end: int | None, confidence: float) -> float:
    if end is None:
        return tally.hits / tally.runs
    return clopper_pearson(tally.hits, tally.runs, confidence)[end]


def _between(last: int, first: int, size: int, hint: int) -> int:
    """The middle of a bracket; where it is open, the hint, or as far beyond what is known as that is from the hint.

    Distances double that way, and little is measured far above the answer, where it may cost much.
    """
    begin = min(max(hint, 0), size - 1)
    if last >= 0 and first < size:
        return (last + first) // 2
    if last < begin < first:
        return begin
    if first == size:
        return min(size - 1, last + max(1, last - begin))
    return max(0, first - max(1, begin - first))
