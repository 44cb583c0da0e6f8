"""Removing neurons without a block mask: a lower bound of order 1/eps with its constant, and what is reached.

The target is one unit relu(w x) with |w| = 1, the source a sum of n units relu(u_i x) in random directions, whose
outer weights may even be chosen after the directions are seen. In a plane through w everything is linear between
kinks, the lines where a unit switches; the target has a kink that no unit shares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput

Floats = NDArray[np.float64]


def kink_error(angle: float) -> float:
    """The error that is left when no kink lies within `angle` of the target's: tan(angle/2) / 2.

    Raises BadInput for an angle outside [0, pi/2]. Source: ours, tight.

    >>> round(kink_error(0.3), 4)
    0.0756
    """
    if not 0 <= angle <= math.pi / 2:
        raise BadInput(f"the angle must lie in [0, pi/2], not {angle}")
    return math.tan(angle / 2) / 2


def least_neurons(eps: float, chance: float = 0.5) -> float:
    """Random units needed to come within eps of one unit on the unit ball, in any dimension from 2 on.

    Formula: chance pi / (4 arctan(2 eps)), about 0.39 chance / eps.

    Raises
    ------
    BadInput
        For eps <= 0 or a chance outside (0, 1].

    Source: ours; the order 1/eps is that of Ferre, Giroire, Mallmann-Trenn, Natale (2026).

    >>> round(least_neurons(0.01), 1)
    19.6
    """
    if not (math.isfinite(eps) and eps > 0 and 0 < chance <= 1):
        raise BadInput(f"needs eps > 0 and 0 < chance <= 1, not eps={eps}, chance={chance}")
    return chance * math.pi / (4 * math.atan(2 * eps))


def least_error(n: int, chance: float = 0.5) -> float:
    """The eps below which n random units come with less than the given chance: the inverse of `least_neurons`.

    Raises BadInput for n < 1 or a chance outside (0, 1]. Source: ours.

    >>> round(least_error(20), 5), round(least_neurons(least_error(20)), 6)
    (0.00982, 20.0)
    """
    if n < 1 or not 0 < chance <= 1:
        raise BadInput(f"needs n >= 1 and 0 < chance <= 1, not n={n}, chance={chance}")
    return kink_error(chance * math.pi / (2 * n))


@dataclass(frozen=True)
class Fit:
    """The best outer weights of given units.

    Parameters
    ----------
    weights : (n,) float64
    error : float
        Largest difference to the target on the unit circle.
    least : float
        No weights have a smaller one, up to the rounding of the linear program.
    """

    weights: Floats
    error: float
    least: float


def best_fit(directions: Floats, target: float = 0.0, rounds: int = 30) -> Fit:
    """Outer weights with which units in the plane come closest to relu(w x) on the unit disc, by linear programs.

    The program knows some points of the circle; where its answer errs most on an arc between kinks (known in closed
    form) is added, until nothing is gained.

    Parameters
    ----------
    directions : (n,) float64
        Angles of the u_i in radians, of which only the directions count.
    target : float
        Angle of w.
    rounds : int
        Most linear programs.

    Raises
    ------
    BadInput
        For no directions.

    Source: ours.

    >>> round(best_fit(np.array([0.0, 2.0, 4.0])).error, 9)
    0.0
    """
    angles = np.asarray(directions, np.float64)
    if angles.ndim != 1 or not angles.size or not np.isfinite(angles).all():
        raise BadInput(f"directions must be one row of finite angles, not {angles.shape}")
    kinks = np.concatenate([angles, [target]]) + math.pi / 2
    kinks = np.unique(np.mod(np.concatenate([kinks, kinks + math.pi]), 2 * math.pi))
    ends = np.append(kinks[1:], kinks[0] + 2 * math.pi)
    points = np.concatenate([kinks, (kinks + ends) / 2])
    best = Fit(np.zeros(len(angles)), math.inf, 0.0)
    for _ in range(rounds):
        weights, least = _program(_units(points, angles), _units(points, np.array([target]))[:, 0])
        worst, error = _peaks(kinks, ends, angles, target, weights)
        least = max(least, best.least)
        best = Fit(weights, error, least) if error < best.error else Fit(best.weights, best.error, least)
        if best.error <= least * (1 + 1e-4) + 1e-9:
            break
        points = np.concatenate([points, worst])
    return best


def _units(points: Floats, angles: Floats) -> Floats:
    """The units' outputs at points of the circle."""
    return np.asarray(np.maximum(np.cos(points[:, None] - angles), 0.0), np.float64)


def _program(units: Floats, goal: Floats) -> tuple[Floats, float]:
    """Weights and error of the best fit at some points."""
    from scipy.optimize import linprog

    one = np.ones((len(goal), 1))
    sides = np.block([[units, -one], [-units, -one]])
    cost = np.append(np.zeros(units.shape[1]), 1.0)
    limits = [(None, None)] * units.shape[1] + [(0, None)]
    found = linprog(cost, sides, np.concatenate([goal, -goal]), bounds=limits, method="highs")
    if found.x is None:
        raise ArithmeticError(f"the linear program was not solved: {found.message}")
    return np.asarray(found.x[:-1], np.float64), float(found.x[-1])


def _peaks(begin: Floats, end: Floats, angles: Floats, target: float, weights: Floats) -> tuple[Floats, float]:
    """Where the difference peaks inside arcs, and its largest size: on an arc it is a cos + b sin."""
    middle = (begin + end) / 2
    every, signs = np.append(angles, target), np.append(weights, -1.0)
    on = (np.cos(middle[:, None] - every) > 0) * signs
    a, b = on @ np.cos(every), on @ np.sin(every)
    top = np.arctan2(b, a)
    top = middle + np.remainder(top - middle + math.pi / 2, math.pi) - math.pi / 2  # the peak or trough nearest
    inside = np.abs(top - middle) <= (end - begin) / 2
    at_ends = np.maximum(*(np.abs(a * np.cos(place) + b * np.sin(place)) for place in (begin, end)))
    error = float(np.max(np.where(inside, np.hypot(a, b), at_ends)))
    return np.asarray(top[inside], np.float64), error
