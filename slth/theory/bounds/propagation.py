"""From errors of single weights to the error of the network, and back, as papers on strong tickets do it.

Every layer of a 2-for-1 construction computes W'+ max(x, 0) - W'- max(-x, 0) where both matrices are
entrywise within tau of W. These bounds know nothing of the trained network but its norms and its shape, so
they are far above what a certificate of the actual ticket proves; they are printed beside it.

Assumed throughout: dense layers without bias and 1-Lipschitz activations that fix 0 between them, inputs of
norm at most `radius`. A bias counts as one more column that meets the constant input 1: append it to W, and 1
to x.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from slth.core.errors import BadInput

NORMS = ("2", "inf")


@dataclass(frozen=True)
class LayerShape:
    """What the bounds need of one layer.

    Parameters
    ----------
    outputs, inputs : int
    norm : float
        An upper bound on the operator norm of W: the spectral norm for "2", the largest row sum of |W| for
        "inf".
    """

    outputs: int
    inputs: int
    norm: float = 1.0

    def __post_init__(self) -> None:
        if self.outputs < 1 or self.inputs < 1 or not (math.isfinite(self.norm) and self.norm >= 0):
            raise BadInput(f"a layer needs positive sizes and a finite norm >= 0, not {self}")

    def growth(self, norm: str) -> float:
        """Norm of the all-ones matrix of this shape: entrywise error tau is operator error <= tau times it."""
        return math.sqrt(self.outputs * self.inputs) if norm == "2" else float(self.inputs)


def propagated_error(
    layers: Sequence[LayerShape], tolerances: Sequence[float], norm: str = "2", radius: float = 1.0
) -> float:
    """Bound on sup |f(x) - g(x)| over |x| <= radius when layer i is entrywise within tolerances[i].

    Formula: radius (prod_i (|W_i| + eta_i) - prod_i |W_i|), eta_i = tau_i sqrt(outputs inputs) in the 2-norm
    and tau_i inputs in the sup norm. With |W_i| <= 1 and equal eta this is the familiar (1 + eta)^l - 1.

    Parameters
    ----------
    layers : sequence of LayerShape
    tolerances : sequence of float
        One entrywise tolerance a layer, >= 0.
    norm : "2" or "inf"
        Of inputs and outputs alike.
    radius : float

    Raises
    ------
    BadInput
        For lists of different length, negative tolerances or an unknown norm.

    Source: Pensia et al. (NeurIPS 2020) for norms at most 1; the product form for other norms is ours.

    >>> shape = [LayerShape(8, 8), LayerShape(8, 8)]
    >>> round(propagated_error(shape, [0.01, 0.01]), 6), round((1 + 0.08) ** 2 - 1, 6)
    (0.1664, 0.1664)
    """
    _check(layers, norm, radius)
    if len(tolerances) != len(layers) or not all(math.isfinite(tau) and tau >= 0 for tau in tolerances):
        raise BadInput(f"needs one finite tolerance >= 0 for each of {len(layers)} layers, not {list(tolerances)}")
    kept, error = 1.0, 0.0  # prod |W_i|, and prod(|W_i| + eta_i) - prod |W_i| without the cancellation
    for layer, tau in zip(layers, tolerances, strict=True):
        eta = tau * layer.growth(norm)
        error = (layer.norm + eta) * error + eta * kept
        kept *= layer.norm
    return radius * error


def entry_tolerances(
    layers: Sequence[LayerShape], eps: float, norm: str = "2", radius: float = 1.0
) -> tuple[float, ...]:
    """One entrywise tolerance a layer with which the network is within eps on |x| <= radius.

    Norms at most 1, radius at most 1, eps at most 1: tau_i = eps / (2 l sqrt(outputs inputs)) in the 2-norm
    (the paper's own is the smaller eps / (2 l outputs inputs)) and eps / (2 l inputs) in the sup norm. Else
    eta_i = |W_i| ((1 + eps')^(1/l) - 1) with eps' = eps / (radius prod |W_i|), norms below 1 taken as 1: the
    same *relative* error in every layer.

    Raises
    ------
    BadInput
        For eps <= 0, no layer, or an unknown norm.

    Source: Pensia et al. (NeurIPS 2020), with the root of outputs inputs instead of the product, and the
    general form: ours.

    >>> two = [LayerShape(500, 784), LayerShape(10, 500)]
    >>> [f"{tau:.2e}" for tau in entry_tolerances(two, 0.01)]
    ['3.99e-06', '3.54e-05']
    >>> [f"{tau:.2e}" for tau in entry_tolerances(two, 0.01, "inf")]
    ['3.19e-06', '5.00e-06']
    """
    _check(layers, norm, radius)
    if not (math.isfinite(eps) and eps > 0):
        raise BadInput(f"eps must be a positive number, not {eps}")
    depth = len(layers)
    if radius <= 1 and eps <= 1 and all(layer.norm <= 1 for layer in layers):
        return tuple(eps / (2 * depth * layer.growth(norm)) for layer in layers)
    gains = [max(1.0, layer.norm) for layer in layers]
    relative = math.log1p(eps / (radius * math.prod(gains))) / depth
    return tuple(gain * math.expm1(relative) / layer.growth(norm) for gain, layer in zip(gains, layers, strict=True))


def _check(layers: Sequence[LayerShape], norm: str, radius: float) -> None:
    if norm not in NORMS:
        raise BadInput(f"norm {norm!r} is none of {', '.join(NORMS)}")
    if not layers or not (math.isfinite(radius) and radius > 0):
        raise BadInput(f"needs at least one layer and a positive radius, not {len(layers)} layers and radius {radius}")
