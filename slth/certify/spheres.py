"""Remainders in the 2-norm: what the sum of |c_j v_j| can be when a scaled v lies in a ball.

For the first layer v = M (x - centre) + v(centre) with |x - centre| <= reach, so that for any positive scales
sum_j c_j |v_j| <= c . |v(centre)| + ‖c s‖₂ ‖diag(1/s) M diag(reach / q)‖₂ ‖q‖₂.
With s and q from the 2-norms of rows and columns this is never far from the best choice, which is the dual of
Grothendieck's semidefinite bound; s = q = 1 gives the plain product of norms, s and q from 1-norms the interval bound.
Source: ours (weighted 2-norm step); Schur's test for the 1-norm case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slth.certify.inputs import Inputs
from slth.certify.norms import spectral
from slth.certify.operators import Matrix
from slth.certify.pairs import Pair, dense
from slth.certify.rounding import FLOOR, INFLATION, UNIT, Floats, gamma, inflated, length, lengths, up

OWN = 64
"""Up to this many rows each gets scales of its own; more rows share one set."""


@dataclass(frozen=True, eq=False)
class Sphere:
    """|v_j| <= offset_j + |w_j| where the 2-norm of w / scale is at most radius; no claim where scale_j is 0.

    Parameters
    ----------
    scale, offset : arrays (width,), >= 0
    radius : float
    """

    scale: Floats
    offset: Floats
    radius: float

    def remainder(self, rows: Floats) -> Floats:
        """Per row c >= 0, an upper bound of sum_j c_j |v_j|."""
        spans = up(lengths(rows * self.scale) * (1 + 4 * UNIT))
        return inflated(spans * self.radius + rows @ self.offset)

    def shares(self, rows: Floats) -> Floats:
        """How much of that each c_j is to blame for, about."""
        spans = np.maximum(lengths(rows * self.scale), 1e-300)
        return (rows * self.scale) ** 2 * (self.radius / spans[:, None]) + rows * self.offset


Members = NDArray[np.int64]
Useful = Callable[[Members, Sphere], bool]


@dataclass(frozen=True, eq=False)
class Origin:
    """Where the values of the first hidden layer come from.

    Parameters
    ----------
    matrix : Matrix
        M, over the lifted inputs.
    centre, reach : arrays (lifted inputs,)
        Every input lies within `reach` of `centre`, coordinate by coordinate.
    radius : float
        And within this 2-norm; inf if that says nothing new.
    offset : array (out,)
        At least |v(centre)|, plus what rounding and the matrix's error may add anywhere.
    """

    matrix: Matrix
    centre: Floats
    reach: Floats
    radius: float
    offset: Floats

    @classmethod
    def gap(cls, pair: Pair, inputs: Inputs) -> Origin:
        """For δz of the first layer."""
        return cls._of(dense(pair.gap), pair.shift, pair.shift_error, inputs)

    @classmethod
    def target(cls, pair: Pair, inputs: Inputs) -> Origin:
        """For z of the first layer."""
        return cls._of(dense(pair.target), pair.bias, np.zeros_like(pair.bias), inputs)

    @classmethod
    def _of(cls, matrix: Matrix, constant: Floats, error: Floats, inputs: Inputs) -> Origin:
        centre, reach, radius = inputs.lifted_middle
        value = np.abs(matrix.value @ centre + constant)
        rounding = gamma(2 * len(centre))
        charge = matrix.charge(np.abs(centre) + reach, rounding) + rounding * np.abs(constant) + error
        floor = FLOOR * len(centre) * (1 + float(np.abs(centre).sum() + reach.sum()))
        return cls(matrix, centre, reach, radius, up(value + inflated(charge + floor)))

    def spheres(self, rows: Floats, useful: Useful, own: int = OWN) -> list[tuple[Members, Sphere]]:
        """Spheres that suit groups of rows c >= 0, with the rows' numbers.

        Parameters
        ----------
        useful : callable
            Told the rows' numbers and a sphere whose radius is a guess (never above the truth where `own` is 0):
            whether proving it is worth the time.
        own : int
            Up to so many rows are groups of a row and its negative; more are one group.
        """
        count = len(rows)
        groups = np.arange(count) % (count // 2) if 1 < count <= own else np.zeros(count, np.int64)
        out = []
        for group in range(int(groups.max(initial=-1)) + 1):
            members = np.flatnonzero(groups == group)  # a row and its negative, or all
            sphere = self._scaled(rows[members], partial(useful, members), own > 0)
            if sphere is not None:
                out.append((members, sphere))
        return out

    def _scaled(self, rows: Floats, useful: Callable[[Sphere], bool], typically: bool) -> Sphere | None:
        typical = np.sqrt(np.mean(rows * rows, axis=0))
        used = np.flatnonzero(typical > 0)
        if not len(used):
            return None
        typical = np.maximum(typical[used], 1e-3 * typical.max())
        body = self.matrix.value[used] * self.reach
        weighted = typical[:, None] * body
        weighted *= 1.0 / max(float(np.abs(weighted).max()), 1e-300)
        scale = np.sqrt(np.sqrt(np.einsum("ij,ij->i", weighted, weighted))) / typical
        q = np.sqrt(np.sqrt(np.einsum("ij,ij->j", weighted, weighted)))
        size = length(q)
        if math.isfinite(self.radius):
            q, size = self.reach, min(self.radius, length(self.reach))
        matrix = body * _inverse(scale)[:, None] * _inverse(q)
        # rows and columns whose scale is too small to divide by are bounded entry by entry
        lost = (_inverse(scale) == 0)[:, None] | (_inverse(q) == 0)
        ignored = inflated(np.where(lost, np.abs(body), 0.0).sum(axis=1))
        full, offset = np.zeros(rows.shape[1]), self.offset.copy()
        full[used] = scale
        offset[used] = up(offset[used] + ignored)
        frobenius = length(matrix)
        small, large = sorted(matrix.shape)
        guess = size * frobenius / math.sqrt(small)  # the norm is never below this
        if typically:  # and this is what it is for independent entries
            guess *= 1 + math.sqrt(small / large)
        if not useful(Sphere(full, offset, guess)):
            return None
        radius = (spectral(matrix, frobenius) + 16 * UNIT * frobenius) * size * INFLATION + FLOOR
        return Sphere(full, offset, radius)


def _inverse(values: Floats) -> Floats:
    """1 / v, and 0 where v is too small to be divided by."""
    fine = values > 1e-140
    return np.where(fine, 1.0 / np.where(fine, values, 1.0), 0.0)
