"""What the door accepts: integers of the right shapes whose sums can not overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from slth.core.errors import BadInput
from slth.rss.problem import OBJECTIVES, Integers, Problem

LARGEST_SUM = 2**61


def _integers(name: str, array: Any, ndim: int) -> Integers:
    """Return an array of integers as contiguous, read-only int64 of its own or a view; refuse anything else."""
    given = np.asarray(array)
    if given.ndim != ndim or given.dtype.kind not in "iu" or given.dtype == np.uint64:
        raise BadInput(f"{name} must be int64 with {ndim} axis(es), not {given.dtype} of shape {given.shape}")
    fixed = np.asarray(given, np.int64, order="C").view()
    fixed.setflags(write=False)
    return fixed


def checked(values: Any, targets: Any, tolerance: Any, objective: str, size: int | None, signed: bool) -> Problem:
    """Check what the door was given and return it as a problem; one coordinate is the same as none.

    Raises
    ------
    BadInput
        When an argument can not be used, or sums could overflow.

    Source: ours.
    """
    a = _integers("values", values, 3 if np.ndim(values) == 3 else 2)
    t = _integers("targets", targets, a.ndim - 1)
    if t.shape != a.shape[:1] + a.shape[2:]:
        raise BadInput(f"targets {t.shape} must have one entry per row of values {a.shape}, and as many coordinates")
    if a.ndim == 3 and a.shape[2] == 0:
        raise BadInput(f"values {a.shape} have no coordinates: give (b, n) for numbers, (b, n, d) for vectors")
    if a.ndim == 3 and a.shape[2] == 1:
        a, t = a[:, :, 0], t[:, 0]
    if objective not in OBJECTIVES:
        raise BadInput(f"objective {objective!r} must be one of {', '.join(OBJECTIVES)}")
    tolerances = None
    if tolerance is not None:
        given = _integers("tolerance", tolerance, 1 if np.ndim(tolerance) else 0)
        if given.shape not in ((), t.shape[:1]):
            raise BadInput(f"tolerance {given.shape} must be one number or one per row of values {a.shape}")
        tolerances = np.ascontiguousarray(np.broadcast_to(given, t.shape[:1]))
        tolerances.setflags(write=False)
        if tolerances.size and tolerances.min() < 0:
            raise BadInput(f"tolerance {tolerances.min()} must be zero or more")
    elif objective != "closest":
        raise BadInput(f"objective {objective!r} needs a tolerance")
    if size is not None:
        _check_size(a, size, objective)
    _check_range(a, t)
    return Problem(a, t, tolerances, objective, size, signed)


def _check_size(values: Integers, size: int, objective: str) -> None:
    if objective == "fewest":
        raise BadInput("objective 'fewest' chooses the size itself: give no size, or take 'closest'")
    filled = values != 0 if values.ndim == 2 else values.any(axis=2)
    there = int(np.count_nonzero(filled, axis=1).min(initial=values.shape[1]))
    if not 0 <= size <= there:
        raise BadInput(f"size {size} must lie between 0 and {there}, the number of values other than 0 in each row")


def _check_range(values: Integers, targets: Integers) -> None:
    top = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    far = max(int(targets.max(initial=0)), -int(targets.min(initial=0)))
    most = top * values.shape[1] + far
    if most >= LARGEST_SUM > top:  # row by row; a float sum is good to a part in 2**40
        most = int(np.abs(values.astype(np.float64)).sum(axis=1).max() * (1 + 2.0**-40)) + far
    if most >= LARGEST_SUM:
        raise BadInput(
            f"{values.shape[1]} values up to {top} and targets up to {far} could overflow: absolute values must add up "
            "to less than 2**61, take a coarser unit"
        )
