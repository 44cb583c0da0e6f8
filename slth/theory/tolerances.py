"""From a wish about outputs to a tolerance for every weight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slth.certify import Certified, certify
from slth.certify.prices import prices
from slth.core.collapse import EffectiveLayer
from slth.core.domain import Domain
from slth.core.network import Dense, Floats, Network
from slth.theory.bounds.propagation import LayerShape, entry_tolerances
from slth.theory.gadgets.pair import matrix_of

AUTO_FRACTION = 1e-3  # --epsilon auto: a tolerance of 1/1000 of the layer's largest weight
AIM = 0.9  # aim below the wish: the real ticket differs from the simulated one
ROUNDS = 4
CLAIM_SLACK = 2.0**-9  # what a claim leaves for the exact checker's own outward rounding
SIMULATED_BITS = 60
SHORT = 14  # bits of a tolerance, a level or a claim: enough, and the same on every machine
USED = 0.75  # the closest of several fitting subsets uses about so much of its tolerance


@dataclass(frozen=True, eq=False)
class Tolerances:
    """One array of shape (outputs, columns) a dense layer, in the target's units."""

    layers: tuple[Floats, ...]
    how: str

    def narrowed(self, factor: float, errors: tuple[Floats, ...]) -> Tolerances:
        """All tolerances times a factor, none above the layer's largest error: so that something must change."""
        pairs = zip(self.layers, errors, strict=True)
        return Tolerances(tuple(np.minimum(layer, off.max()) * factor for layer, off in pairs), self.how)

    @property
    def median(self) -> float:
        """The median over all weights."""
        return float(np.median(np.concatenate([layer.ravel() for layer in self.layers])))


def claimed(certified: Certified) -> float:
    """The eps that a ticket claims: what both checkers can prove, and room for their own rounding.

    Rounded up to a few digits, so that the last bits of a library's products do not change a ticket's bytes.
    """
    return float(-_short(-np.array(certified.checker_eps * (1 + CLAIM_SLACK) + 2.0**-40)))


def uniform(target: Network, value: float) -> Tolerances:
    """The same tolerance for every weight."""
    shapes = [matrix_of(node).shape for node in target.dense]
    return Tolerances(tuple(np.full(shape, value) for shape in shapes), f"{value:g} for every weight")


def relative(target: Network) -> Tolerances:
    """1/1000 of the layer's largest weight."""
    tops = [AUTO_FRACTION * _largest(node) for node in target.dense]
    layers = tuple(np.full(matrix_of(node).shape, top) for node, top in zip(target.dense, tops, strict=True))
    return Tolerances(layers, "1/1000 of the layer's largest weight: " + ", ".join(f"{top:.2g}" for top in tops))


def for_epsilon(target: Network, domain: Domain, epsilon: float, seed: int) -> Tolerances:
    """Tolerances at the level where a simulated ticket certifies, in the shape that costs the fewest terms.

    A subset needs about one bit of tolerance a term, so that the shape with the largest sum of log tolerances is the
    cheapest (ours). Levels are found by certifying simulated tickets whose weights are off by uniform errors within
    tolerance: no subset sum is solved for that.
    """
    found = []
    for how, shape in _shapes(target, domain):
        layers = _capped(target, shape, _level(target, domain, shape, epsilon, seed))
        found.append(Tolerances(layers, f"{how}, for eps {epsilon:g}"))
    return max(found, key=lambda tolerances: sum(float(np.log(layer).sum()) for layer in tolerances.layers))


def by_norms(target: Network, domain: Domain, epsilon: float) -> tuple[float, ...]:
    """The tolerance a layer that bounds by norms would ask for: what the theorem's own proof can promise.

    Source: Pensia et al. (2020) for norms at most 1; `bounds.propagation` says what is ours.
    """
    width = math.prod(target.input_shape)
    radius = max(float(np.abs([region.lower, region.upper]).max()) for region in domain.regions(width))
    if any(node.bias is not None for node in target.dense):
        radius = max(radius, 1.0)
    matrices = [matrix_of(node) for node in target.dense]
    norms = [float(np.abs(matrix).sum(axis=1).max()) for matrix in matrices]
    shapes = [LayerShape(len(m), m.shape[1], norm) for m, norm in zip(matrices, norms, strict=True)]
    return entry_tolerances(shapes, epsilon, "inf", max(radius, 2.0**-60))


def _shapes(target: Network, domain: Domain) -> list[tuple[str, list[Floats]]]:
    """Relative tolerances worth trying: all equal, or as the square root of 1/price.

    1/price itself saves a few terms more and asks some weights for tolerances that only n > 40 reaches.
    Errors of a hidden layer's rows cancel like random signs in the bound, so that a price there counts 1/sqrt(rows). A
    weight of the last layer burdens its own output only, a hidden one all of them: there it counts 1/rows.
    """
    priced = []
    for number, layer in enumerate(prices(target, domain)):
        hidden = number < len(target.dense) - 1
        with np.errstate(divide="ignore"):
            priced.append((math.sqrt(len(layer)) if hidden else len(layer)) / layer)
    return [
        ("equal", [np.ones_like(layer) for layer in priced]),
        ("priced", [np.sqrt(layer) for layer in priced]),
    ]


def _level(target: Network, domain: Domain, shape: list[Floats], epsilon: float, seed: int) -> float:
    level = epsilon * 1e-3 / min(float(layer[np.isfinite(layer)].min(initial=1.0)) for layer in shape)
    for _ in range(ROUNDS):
        layers = _simulated(target, _capped(target, shape, level), seed)
        eps = claimed(certify(target, layers, domain, sharp=False))
        if not 0 < eps < math.inf:
            break
        change = AIM * epsilon / eps
        level = float(_short(np.array(level * min(max(change, 1e-6), 1e6))))
        if 0.95 < change < 1.05:
            break
    return level


def _short(values: Floats) -> Floats:
    """Values rounded down to SHORT bits: what other machines compute a little differently comes out equal."""
    fraction, exponent = np.frexp(values)
    out: Floats = np.ldexp(np.floor(np.ldexp(fraction, SHORT)), exponent - SHORT)
    return out


def _capped(target: Network, shape: list[Floats], level: float) -> tuple[Floats, ...]:
    tops = [max(_largest(node), 2.0**-60) for node in target.dense]
    return tuple(_short(np.minimum(level * inverse, top)) for inverse, top in zip(shape, tops, strict=True))


def _simulated(target: Network, layers: tuple[Floats, ...], seed: int) -> tuple[EffectiveLayer, ...]:
    rng = np.random.default_rng(seed)
    out = []
    for node, tolerance in zip(target.dense, layers, strict=True):
        exact = matrix_of(node)
        guess = np.where(np.abs(exact) <= tolerance, 0.0, exact + rng.uniform(-USED, USED, exact.shape) * tolerance)
        unit = 2.0 ** (math.frexp(max(float(np.abs(guess).max()), 2.0**-60))[1] - SIMULATED_BITS)
        integers = np.rint(guess / unit).astype(np.int64)
        inputs = node.shape[1]
        bias = integers[:, inputs] if node.bias is not None else np.zeros(len(exact), np.int64)
        absolute = np.hstack([np.abs(guess), np.zeros((len(exact), 1))])[:, : inputs + 1]
        out.append(EffectiveLayer(integers[:, :inputs], integers[:, :inputs], bias, absolute, unit, inputs + 1))
    return tuple(out)


def _largest(node: Dense) -> float:
    return max(float(np.abs(array).max()) for _, array in node.tensors())
