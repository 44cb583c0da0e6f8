"""From a wish about outputs to a tolerance for every weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.certify import Certified, certify
from slth.certify.prices import prices
from slth.core.collapse import EffectiveLayer, Zone
from slth.core.domain import Domain
from slth.core.errors import BadInput
from slth.core.network import Conv, Dense, Floats, Network
from slth.theory.bounds.propagation import LayerShape, entry_tolerances
from slth.theory.plan import Request, Say
from slth.theory.stages import layer_of, matrix_of, taps_of

AUTO_FRACTION = 1e-3  # --epsilon auto: a tolerance of 1/1000 of the layer's largest weight
AIM = 0.9  # aim below the wish: the real ticket differs from the simulated one
ROUNDS = 4
CLAIM_SLACK = 2.0**-9  # what a claim leaves for the exact checker's own outward rounding
SIMULATED_BITS = 60
SHORT = 14  # bits of a tolerance, a level or a claim: enough, and the same on every machine
FINEST = 2.0**-50  # of a layer's largest weight: tolerances below it are out of reach
USED = 0.75  # the closest of several fitting subsets uses about so much of its tolerance


@dataclass(frozen=True, eq=False)
class Tolerances:
    """One array for each affine layer, shaped as its `matrix_of`, in the target's units."""

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
    return float(-_short(-np.array(certified.checker_eps * (1 + CLAIM_SLACK) + 2.0**-30)))


def wished(target: Network, request: Request, domain: Domain, say: Say) -> Tolerances:
    """The tolerances that a request asks for, said aloud."""
    if request.weight_error is not None:
        found = uniform(target, request.weight_error)
    elif request.epsilon is not None:
        found = for_epsilon(target, domain, request.epsilon, request.seed)
    else:
        found = relative(target)
    say(f"tolerances: {found.how}, median {found.median:.2g}")
    if request.epsilon is not None and target.is_sequence:
        asked = ", ".join(f"{value:.2g}" for value in by_norms(target, domain, request.epsilon))
        say(f"(bounds by norms, as in the theorem's proof, would ask for {asked}, layer by layer)")
    return found


def uniform(target: Network, value: float) -> Tolerances:
    """The same tolerance for every weight."""
    shapes = [matrix_of(node).shape for node in target.affine]
    return Tolerances(tuple(np.full(shape, value) for shape in shapes), f"{value:g} for every weight")


def relative(target: Network) -> Tolerances:
    """1/1000 of the layer's largest weight."""
    tops = [AUTO_FRACTION * _largest(node) for node in target.affine]
    layers = tuple(np.full(matrix_of(node).shape, top) for node, top in zip(target.affine, tops, strict=True))
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
    best = max(found, key=lambda tolerances: sum(float(np.log(layer).sum()) for layer in tolerances.layers))
    if any(layer.min() < FINEST * _largest(node) for layer, node in zip(best.layers, target.affine, strict=True)):
        raise BadInput(
            f"an error of {epsilon:g} can not be certified on {domain}, where the bound of so deep a network is too "
            "loose: take a smaller --domain, a larger --epsilon, or --weight-error"
        )
    return best


def by_norms(target: Network, domain: Domain, epsilon: float) -> tuple[float, ...]:
    """The tolerance a layer that bounds by norms would ask for: what the theorem's own proof can promise.

    Source: Pensia et al. (2020) for norms at most 1; `bounds.propagation` says what is ours.
    """
    shapes, radius = norms_of(target, domain)
    return entry_tolerances(shapes, epsilon, "inf", radius)


def norms_of(target: Network, domain: Domain) -> tuple[list[LayerShape], float]:
    """Every layer with its largest row sum of absolute weights, a filter being one row, and the largest input."""
    width = math.prod(target.input_shape)
    radius = max(float(np.abs([region.lower, region.upper]).max()) for region in domain.regions(width))
    if any(node.bias is not None for node in target.affine):
        radius = max(radius, 1.0)
    rows = [matrix_of(node).reshape(node.shape[0], -1) for node in target.affine]
    norms = [float(np.abs(row).sum(axis=1).max()) for row in rows]
    shapes = [LayerShape(len(row), row.shape[1], norm) for row, norm in zip(rows, norms, strict=True)]
    return shapes, max(radius, 2.0**-60)


def _shapes(target: Network, domain: Domain) -> list[tuple[str, list[Floats]]]:
    """Relative tolerances worth trying: all equal, or as the square root of 1/price.

    1/price itself saves a few terms more and asks some weights for tolerances that only n > 40 reaches.
    Errors of a hidden layer's rows cancel like random signs in the bound, so that a price there counts 1/sqrt(rows). A
    weight of the last layer burdens its own output only, a hidden one all of them: there it counts 1/rows.
    """
    priced = []
    for number, (layer, node) in enumerate(zip(prices(target, domain), target.affine, strict=True)):
        hidden, rows = number < len(target.affine) - 1, node.shape[0]
        with np.errstate(divide="ignore"):
            priced.append((math.sqrt(rows) if hidden else rows) / _as_matrix(layer, node))
    return [
        ("equal", [np.ones_like(layer) for layer in priced]),
        ("priced", [np.sqrt(layer) for layer in priced]),
    ]


def _as_matrix(layer: Floats, node: Dense | Conv) -> Floats:
    """Prices in the weight's order, biases last, as `matrix_of` has them."""
    parts = layer[:, : node.weight[0].size].reshape(*node.shape, taps_of(node)).transpose(0, 2, 1)
    if node.bias is not None:
        parts = np.concatenate([parts, np.repeat(layer[:, None, -1:], taps_of(node), axis=1)], axis=2)
    return parts.reshape(node.shape[0] * taps_of(node), -1)


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
    tops = [max(_largest(node), 2.0**-60) for node in target.affine]
    return tuple(_short(np.minimum(level * inverse, top)) for inverse, top in zip(shape, tops, strict=True))


def _simulated(target: Network, layers: tuple[Floats, ...], seed: int) -> tuple[EffectiveLayer, ...]:
    rng = np.random.default_rng(seed)
    out = []
    for node, tolerance in zip(target.affine, layers, strict=True):
        exact = matrix_of(node)
        guess = np.where(np.abs(exact) <= tolerance, 0.0, exact + rng.uniform(-USED, USED, exact.shape) * tolerance)
        unit = 2.0 ** (math.frexp(max(float(np.abs(guess).max()), 2.0**-60))[1] - SIMULATED_BITS)
        integers = np.rint(guess / unit).astype(np.int64)
        weight, bias = layer_of(integers, node)
        absolute, absolute_bias = layer_of(np.abs(guess), node)
        rows = node.shape[0]
        out.append(
            EffectiveLayer(
                plus=_flat(weight),
                minus=_flat(weight),
                bias=np.zeros(rows, np.int64) if bias is None else bias,
                bias_error=np.zeros(rows),
                absolute=_flat(absolute),
                absolute_bias=np.zeros(rows) if absolute_bias is None else absolute_bias,
                remainder=None,
                zone=Zone(1.0, 0.0),
                unit=unit,
                fan_in=exact[0].size * taps_of(node),
            )
        )
    return tuple(out)


def _flat(weight: NDArray[Any]) -> NDArray[Any]:
    """A 1 x 1 kernel as a matrix, as collapsed layers have it."""
    return weight.reshape(weight.shape[:2]) if weight[0, 0].size == 1 else weight


def _largest(node: Dense | Conv) -> float:
    return max(float(np.abs(array).max()) for _, array in node.tensors())
