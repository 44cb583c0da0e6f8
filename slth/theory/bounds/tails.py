"""How often n product samples have no subset within eps of a target, far below what counting misses would show.

The tables tails_<law>.npz hold -log2 of that chance for n = 1 .. 40 samples, targets 0 .. 1.5 and eps = 2^-2
.. 2^-17, in units of the law, from 600,000 runs (60,000 for eps below 2^-10) with importance sampling:
benchmarks/tails_data.py, seeded. Cells of targets within eps hold the chance just beyond eps; all are made
monotone in n, eps and target, upwards. Nothing here is proved. Standard errors of single cells are a few per
cent, at most 20.

What decides in the tail is reach: a miss is mostly a set of samples whose positive (negative) parts do not
add up to the target. That chance is at least 2^-n (all samples have the wrong sign) and falls ever faster
with n, until it halves with each sample. Outside the tables each step is meant to err towards more misses:

- more samples: on a line from the last row, with the slope of the last rows or of any larger eps where that is
  smaller, at most one bit a sample, and 0.05 less: the most by which gains were seen to fall.
- smaller eps: one octave is worth one sample (the number of subsets doubles), plus half log2(n / (n - k))
  samples for k octaves, as the spread grows like the root of n, plus half a sample to spare.
- larger targets: m disjoint groups of n/m samples take an equal part of target and eps each, and a miss of
  any is a miss of all. This step is a theorem (union bound).
- larger eps: as eps = 1/4.
"""

from __future__ import annotations

import functools
import importlib.resources
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput
from slth.theory.bounds import hitting

Floats = NDArray[np.float64]
LAWS = ("UU",)
EDGE = 1.5  # largest target of the tables
HANDOVER = 1e-4  # the hitting law is used where it gives more, and not below
STEPS = 128  # nodes of the refined target axis per unit
_SLOPE_ROWS = 4
_SPARE_SLOPE = 0.05
_SPARE_SAMPLES = 0.5
_QUIET = 1e-5  # where the simulation has less, the hitting law is not asked


@dataclass(frozen=True, eq=False)
class Tails:
    """The table of one law, refined in the target.

    Parameters
    ----------
    targets : (t,) float64
        0 .. 1.5 in steps of 1/128.
    octaves : (e,) float64
        eps = 2^-octave.
    bits : (n + 1, t, e) float64
        -log2 of the miss chance with 0 .. n samples; row 0 is 0.
    """

    targets: Floats
    octaves: Floats
    bits: Floats

    @property
    def samples(self) -> int:
        """Largest n of the table."""
        return len(self.bits) - 1

    @functools.cached_property
    def slope(self) -> Floats:
        """Bits that one more sample is worth beyond the table, (t, e)."""
        gained = (self.bits[-1] - self.bits[-1 - _SLOPE_ROWS]) / _SLOPE_ROWS
        slowest: Floats = np.minimum(np.minimum.accumulate(gained, axis=1), 1.0)
        return np.maximum(slowest - _SPARE_SLOPE, 0.0)


@functools.cache
def table(law: str) -> Tails:
    """The simulated table of a law.

    Raises
    ------
    BadInput
        When there is none for `law`.

    Source: ours.
    """
    if law not in LAWS:
        raise BadInput(f"no simulated tails for law {law!r}; there are: {', '.join(LAWS)}")
    from scipy import interpolate  # slow to import, and most commands need no table

    path = importlib.resources.files("slth.theory.bounds") / f"tails_{law.lower()}.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        coarse, octaves = stored["targets"], stored["octaves"].astype(np.float64)
        bits = stored["minus_log2_times_512"] / 512.0
    fine = np.arange(round(float(coarse[-1]) * STEPS) + 1) / STEPS
    refined = interpolate.PchipInterpolator(coarse, bits, axis=1)(fine)
    whole = np.concatenate([np.zeros((1, *refined.shape[1:])), refined])
    for array in (fine, octaves, whole):
        array.setflags(write=False)
    return Tails(fine, octaves, whole)


def simulated_misses(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """P(no subset of n samples within eps of z) from the simulated tables, at least 2^-n, for |z| > eps.

    Targets within eps never miss; here they get the chance just beyond eps, so that one may interpolate.

    Parameters
    ----------
    law : "UU"
    n : int
    eps, z : array_like
        In units of the law; they broadcast.

    Raises
    ------
    BadInput
        For a law without table, n < 1, or eps <= 0.

    Source: ours; simulated, not proved.

    >>> bool(1e-7 < simulated_misses("UU", 33, 0.01, 0.5) < 1e-4)
    True
    """
    width, centre = np.broadcast_arrays(np.asarray(eps, np.float64), np.abs(np.asarray(z, np.float64)))
    if n < 1 or not (np.all(width > 0) and np.all(np.isfinite(centre))):
        raise BadInput(f"needs n >= 1, eps > 0 and finite targets, not n={n}")
    chance = np.exp2(-np.minimum(_bits(table(law), n, width.ravel(), centre.ravel()), n))
    return np.asarray(chance.reshape(width.shape), np.float64)


def outer_misses(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """`miss_chance` for |z| > eps; targets within eps get about the chance just beyond it.

    Raises
    ------
    BadInput
        As `simulated_misses`.

    Source: ours; a model and a simulation, not proved.
    """
    chance = simulated_misses(law, n, eps, z)
    width, centre = np.broadcast_arrays(np.asarray(eps, np.float64), np.asarray(z, np.float64))
    asked = (chance > _QUIET) & np.isfinite(width)
    if np.any(asked):
        model = hitting.nonempty_misses(law, n, width[asked], centre[asked])
        chance[asked] = np.where(model > HANDOVER, np.maximum(model, chance[asked]), chance[asked])
    return chance


def miss_chance(law: str, n: int, eps: ArrayLike, z: ArrayLike) -> Floats:
    """P(no subset of n samples within eps of z), which is 0 for |z| <= eps.

    The simulated chance; where the hitting law gives more than 1e-4, the larger of the two.

    Raises
    ------
    BadInput
        As `simulated_misses`.

    Source: ours; a model and a simulation, not proved. Checked: against counting with other seeds.

    >>> round(float(miss_chance("UU", 10, 0.001, 0.25)), 1)
    0.4
    """
    chance = outer_misses(law, n, eps, z)
    return np.where(np.abs(np.asarray(z, np.float64)) <= np.asarray(eps, np.float64), 0.0, chance)


def _bits(tails: Tails, n: int, width: Floats, centre: Floats) -> Floats:
    """-log2 of the miss chance, targets of any size."""
    bits = _bits_in_one(tails, n, width, np.minimum(centre, EDGE))
    far = centre > EDGE
    for groups in np.unique(np.ceil(centre[far] / EDGE)):
        these = far & (np.ceil(centre / EDGE) == groups)
        share = _bits_in_one(tails, int(n // groups), width[these] / groups, np.full(int(these.sum()), EDGE))
        bits[these] = np.clip(share - math.log2(groups), 0.0, bits[these])
    return bits


def _bits_in_one(tails: Tails, n: int, width: Floats, centre: Floats) -> Floats:
    """-log2 of the miss chance for targets inside the table: bilinear in target and octave, linear in n."""
    first, last = float(tails.octaves[0]), float(tails.octaves[-1])
    octave = np.maximum(-np.log2(width), first)
    beyond = np.maximum(octave - last, 0.0)
    octave = np.minimum(octave, last) - first
    column = centre * STEPS
    t = np.minimum(column.astype(np.intp), len(tails.targets) - 2)
    e = np.minimum(octave.astype(np.intp), len(tails.octaves) - 2)
    right, down = column - t, octave - e
    left = n - beyond
    wider = 0.5 * np.log2(max(n, 1) / np.maximum(left, 0.5))
    rows = np.maximum(left - np.maximum(wider, 0.0) - np.minimum(beyond, _SPARE_SAMPLES), 0.0)
    row = np.minimum(rows.astype(np.intp), tails.samples - 1)
    over = np.maximum(rows - tails.samples, 0.0)
    rise = np.minimum(rows - row, 1.0)
    bits = np.zeros(width.shape)
    for dt, share_t in ((0, 1 - right), (1, right)):
        for de, share_e in ((0, 1 - down), (1, down)):
            at = (t + dt, e + de)
            value = (1 - rise) * tails.bits[row, *at] + rise * tails.bits[row + 1, *at] + over * tails.slope[at]
            bits += share_t * share_e * value
    return bits
