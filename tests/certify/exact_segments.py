"""The exact sup of |ticket - target| on a segment: both networks are piecewise linear there, all breaks are found.

Numbers are integers at a common power of two and at the common denominator of the point: relu networks are positively
homogeneous when the constant 1 is scaled as well, so that no fraction is ever reduced.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import lcm
from operator import mul

import numpy as np

from slth.core.collapse import EffectiveLayer
from slth.core.network import Activation, Network

Point = list[Fraction]


def integers(array) -> tuple[list, int]:
    """Float entries as integers over one power of two: (integers, denominator)."""
    ratios = [v.as_integer_ratio() for v in np.asarray(array, np.float64).ravel().tolist()]
    bottom = max(b for _, b in ratios)
    out = np.empty(len(ratios), object)
    out[:] = [a * (bottom // b) for a, b in ratios]
    return out.reshape(np.shape(array)).tolist(), bottom


class Exact:
    """One network as integer matrices: layer = (plus, minus, bias, denominator)."""

    def __init__(self, layers: list[tuple[list, list, list, int]], last: bool) -> None:
        self.layers, self.last = layers, last

    @classmethod
    def target(cls, network: Network) -> Exact:
        layers = []
        for dense in network.affine:
            bias = np.zeros(dense.shape[0]) if dense.bias is None else dense.bias
            table, bottom = integers(np.hstack([dense.weight, bias[:, None]]).astype(np.float64))
            rows = [row[:-1] for row in table]
            layers.append((rows, rows, [row[-1] for row in table], bottom))
        return cls(layers, isinstance(network.nodes[-1], Activation))

    @classmethod
    def ticket(cls, effective: tuple[EffectiveLayer, ...], last: bool) -> Exact:
        layers = []
        for layer in effective:
            top, bottom = layer.unit.as_integer_ratio()
            scale = [[[v * top for v in row] for row in part.tolist()] for part in (layer.plus, layer.minus)]
            layers.append((scale[0], scale[1], [v * top for v in layer.bias.tolist()], bottom))
        return cls(layers, last)

    def run(self, x: list[int], one: int) -> tuple[list[tuple[list[int], int]], list[Fraction]]:
        """Pre-activations of hidden layers (numbers, their denominator) and outputs at x / one."""
        seen, plus, minus = [], [max(v, 0) for v in x], [max(-v, 0) for v in x]
        for index, (right, left, bias, bottom) in enumerate(self.layers):
            z = [sum(map(mul, row, plus)) + b * one for row, b in zip(right, bias, strict=True)]
            if any(minus):
                z = [v - sum(map(mul, row, minus)) for v, row in zip(z, left, strict=True)]
            one *= bottom
            if index + 1 < len(self.layers) or self.last:
                seen.append((z, one))
            plus, minus = [max(v, 0) for v in z], []
        return seen, [Fraction(max(v, 0) if self.last else v, one) for v in z]


def segment_sup(target: Network, effective: tuple[EffectiveLayer, ...], p: Point, q: Point) -> list[Fraction]:
    """Per output, the exact maximum of |ticket - target| on [p, q]."""
    last = isinstance(target.nodes[-1], Activation)
    networks = Exact.target(target), Exact.ticket(effective, last)
    known: dict[Fraction, tuple[list, list[Fraction]]] = {}

    def at(t: Fraction) -> tuple[list, list[Fraction]]:
        if t not in known:
            x = [a + t * (b - a) for a, b in zip(p, q, strict=True)]
            one = lcm(*(v.denominator for v in x))
            whole = [v.numerator * (one // v.denominator) for v in x]
            runs = [network.run(whole, one) for network in networks]
            stages = [[(whole, one)], *([left, right] for left, right in zip(runs[0][0], runs[1][0], strict=True))]
            known[t] = stages, [b - a for a, b in zip(runs[0][1], runs[1][1], strict=True)]
        return known[t]

    points = [Fraction(0), Fraction(1)]
    for stage in range(len(target.affine) + last):  # the inputs' signs, then one relu after the other
        roots = set()
        for s, t in pairwise(points):
            for (left, below), (right, under) in zip(at(s)[0][stage], at(t)[0][stage], strict=True):
                for u, v in zip(left, right, strict=True):
                    if u * v < 0:
                        roots.add(s + (t - s) * Fraction(u * under, u * under - v * below))
        points = sorted({*points, *roots})
    return [max(abs(e) for e in column) for column in zip(*(at(t)[1] for t in points), strict=True)]
