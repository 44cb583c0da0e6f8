"""A strong-lottery-ticket theorem in which every constant is a number, and every step is checked by machine.

**Theorem.** Let l >= 1, sizes d_0, .., d_l, 0 < eps <= 1 and 0 < delta < 1. Let g be a random ReLU network of 2l layers
without biases, all entries independent and uniform on [-1, 1], whose layer 2i - 1 has N_i = d_{i-1} n_i units, with
n_i = `required_samples(d_{i-1}, d_i, l, eps, delta)`. With probability at least 1 - delta, *every* network
f(x) = W_l relu(.. relu(W_1 x)), W_i of shape (d_i, d_{i-1}) and spectral norm at most 1, has masks for g with
|f(x) - g(x)|_2 <= eps for all |x|_2 <= 1. The same holds with sup norms and largest row sums of |W_i| (norm "inf").

It is Theorem 1 of Pensia et al. (NeurIPS 2020) with a number for its constant: N_i <= 141 d_{i-1} ln(d_{i-1} d_i l /
min(eps, delta)), or 98 d_{i-1} log2(..), wherever the argument of the logarithm is 2 or more. With layers 2i scaled
by 2, which ReLU networks do not feel, as slth draws them, 87 and 60 do.

The chain of proof is written out in proofs_checks/README.md; its steps are entries of proofs_checks/ledger.md. Units
read one input each (`blocks`); a unit with weight u > 0 serves the inputs' positive part, one with u < 0 the negative.
A bias is one more column that meets the constant input 1, as in `propagation`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput
from slth.theory.bounds import least_iteration, unimodal
from slth.theory.bounds.growth import start
from slth.theory.bounds.propagation import NORMS, LayerShape

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_ROUNDS = 1000
ROUNDED = 1 + 1e-12  # a sample more where float64 cannot tell


def failure_bound(n: int, tolerance: float, scale: float = 1.0) -> float:
    """Bound on P(some |z| <= 1 is not within tolerance of a sum of samples scale v relu(u)), n samples, at most 1.

    Formula: (2/tau - 1)(4/tau - 1)(1 - kappa/2)^n, kappa = 1/8 for scale 1 and (3 - 2 ln 2)/8 for scale 2.

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: ours, proved in proofs_checks/README.md, steps 1 to 8.

    >>> round(failure_bound(247, 0.01), 4), round(failure_bound(247, 0.01, scale=2), 7)
    (0.0095, 3e-07)
    """
    return unimodal.failure_bound("D", n, tolerance / scale, _half_width(scale))


@overload
def required_samples(
    inputs: int,
    outputs: int,
    layers: int,
    eps: float,
    delta: float,
    norm: str = ...,
    *,
    scale: float = ...,
    bits: int | None = ...,
) -> int: ...
@overload
def required_samples(
    inputs: ArrayLike,
    outputs: ArrayLike,
    layers: ArrayLike,
    eps: ArrayLike,
    delta: ArrayLike,
    norm: str = ...,
    *,
    scale: float = ...,
    bits: int | None = ...,
) -> int | Counts: ...
def required_samples(
    inputs: ArrayLike,
    outputs: ArrayLike,
    layers: ArrayLike,
    eps: ArrayLike,
    delta: ArrayLike,
    norm: str = "2",
    *,
    scale: float = 1.0,
    bits: int | None = None,
) -> int | Counts:
    """Units per input, n_i, with which the theorem holds for a layer; every array of sizes broadcasts.

    Formula: ceil(ln((2/tau - 1)(4/tau - 1) 2 l d_in d_out / delta) / -ln(1 - kappa/2)), with
    tau = eps/(2 l sqrt(d_in d_out)) in the 2-norm and eps/(2 l d_in) in the sup norm.

    Parameters
    ----------
    inputs, outputs, layers : int or array of int
        d_in and d_out of the layer, l.
    eps, delta : float or array of float
        0 < eps <= 1, 0 < delta < 1, of the whole network.
    norm : "2" or "inf"
        Of inputs, outputs and, as operator norm at most 1, of the layers of the target.
    scale : float
        Factor of the second layer's weights: 1, or 2 or more.
    bits : int or None
        Weights are odd multiples of 2^-bits, as slth's uniform law draws them with 24, instead of real numbers. Sums of
        n samples are then off by at most n scale 2^(1 - bits), for which the tolerance leaves room.

    Raises
    ------
    BadInput
        For numbers out of range, or bits too few for the tolerance.

    Source: ours, proved in proofs_checks/README.md; the construction is that of Pensia et al. (NeurIPS 2020).

    >>> required_samples(2, 2, 2, 0.5, 0.1), required_samples(2, 2, 2, 0.5, 0.1, scale=2)
    (197, 120)
    >>> required_samples([784, 500], [500, 10], 2, 0.01, 0.01)
    array([710, 575])
    """
    tolerance, share = _each(inputs, outputs, layers, eps, delta, norm)
    found = _enough(tolerance, share, scale, _rounding(scale, bits))
    return int(found) if found.ndim == 0 else found


def iterated_samples(
    inputs: int,
    outputs: int,
    layers: int,
    eps: float,
    delta: float,
    norm: str = "2",
    *,
    scale: float = 1.0,
    bits: int | None = None,
) -> int:
    """Units per input with which the theorem holds too, found by value iteration: about two thirds, and no formula.

    Parameters
    ----------
    inputs, outputs, layers, eps, delta, norm, scale, bits
        As in `required_samples`, which is never less.

    Raises
    ------
    BadInput
        As `required_samples`.

    Source: ours, proved in `least_iteration` and proofs_checks/README.md, step 16, in place of steps 6 to 8.

    >>> iterated_samples(2, 2, 2, 0.5, 0.1), iterated_samples(784, 500, 2, 0.01, 0.01)
    (133, 456)
    """
    most = required_samples(inputs, outputs, layers, eps, delta, norm, scale=scale, bits=bits)
    tolerance, share = _each(inputs, outputs, layers, eps, delta, norm)
    left = float(tolerance) - most * _rounding(scale, bits)
    found = least_iteration.certified_n("D", left / scale, float(share), _half_width(scale), most=most)
    return most if found is None else found.each


def required_widths(
    shapes: Sequence[LayerShape],
    eps: float,
    delta: float,
    norm: str = "2",
    *,
    scale: float = 1.0,
    bits: int | None = None,
    iterated: bool = False,
) -> tuple[int, ...]:
    """Widths N_i of the hidden layers 2i - 1 with which the theorem holds for all targets of these shapes.

    Parameters
    ----------
    shapes : sequence of LayerShape
        Of norm at most 1.
    eps, delta, norm, scale, bits
        As in `required_samples`.
    iterated : bool
        By `iterated_samples` instead of `required_samples`: fewer, and the theorem holds as well.

    Raises
    ------
    BadInput
        For no layer, sizes that do not fit together, norms above 1 or numbers out of range.

    Source: ours, proved in proofs_checks/README.md.

    >>> required_widths([LayerShape(500, 784), LayerShape(10, 500)], 0.01, 0.01)
    (556640, 287500)
    >>> required_widths([LayerShape(500, 784), LayerShape(10, 500)], 0.01, 0.01, iterated=True)
    (357504, 182000)
    """
    if not shapes:
        raise BadInput("needs at least one layer")
    for before, after in itertools.pairwise(shapes):
        if before.outputs != after.inputs:
            raise BadInput(f"a layer of {before.outputs} outputs cannot feed one of {after.inputs} inputs")
    if any(shape.norm > 1 for shape in shapes):
        raise BadInput("the theorem is for layers of norm at most 1; scale the target down, ReLU networks allow it")
    units = iterated_samples if iterated else required_samples
    return tuple(
        shape.inputs * units(shape.inputs, shape.outputs, len(shapes), eps, delta, norm, scale=scale, bits=bits)
        for shape in shapes
    )


def constant(scale: float = 1.0, base: float = math.e) -> float:
    """C in N_i <= C d_{i-1} log(d_{i-1} d_i l / min(eps, delta)), where the logarithm's argument is 2 or more.

    Formula: (3/lambda + (1 + ln(64)/lambda)/ln 2) ln(base), lambda = -ln(1 - kappa/2).

    Parameters
    ----------
    scale : float
        As in `required_samples`.
    base : float
        Of the logarithm.

    Raises
    ------
    BadInput
        For a base of at most 1 or another scale.

    Source: ours, proved in proofs_checks (width_constant).

    >>> [round(constant(scale, base), 1) for scale in (1, 2) for base in (math.e, 2)]
    [140.9, 97.7, 86.1, 59.7]
    """
    if not (math.isfinite(base) and base > 1):
        raise BadInput(f"the base of a logarithm here must be above 1, not {base}")
    rate = _rate(scale)
    return (3 / rate + (1 + math.log(64) / rate) / math.log(2)) * math.log(base)


def _each(
    inputs: ArrayLike, outputs: ArrayLike, layers: ArrayLike, eps: ArrayLike, delta: ArrayLike, norm: str
) -> tuple[Floats, Floats]:
    """Tolerance and chance of failure of one entry's subset sum."""
    sizes = [np.asarray(size, np.float64) for size in (inputs, outputs, layers, eps, delta)]
    if norm not in NORMS:
        raise BadInput(f"norm {norm!r} is none of {', '.join(NORMS)}")
    if any(not np.all(size >= 1) for size in sizes[:3]):
        raise BadInput(f"sizes and layers must be 1 or more, not {inputs!r}, {outputs!r}, {layers!r}")
    if not (np.all(sizes[3] > 0) and np.all(sizes[3] <= 1) and np.all(sizes[4] > 0) and np.all(sizes[4] < 1)):
        raise BadInput(f"needs 0 < eps <= 1 and 0 < delta < 1, not eps={eps!r}, delta={delta!r}")
    into, out, depth, error, chance = np.broadcast_arrays(*sizes)
    tolerance = error / (2 * depth * (np.sqrt(into * out) if norm == "2" else into))
    return tolerance, chance / (2 * depth * into * out)


def _rounding(scale: float, bits: int | None) -> float:
    """Of one sample."""
    return 0.0 if bits is None else scale * 2.0 ** (1 - bits)


def _half_width(scale: float) -> float:
    if scale != 1 and not (math.isfinite(scale) and scale >= 2):
        raise BadInput(f"the theorem is proved for scale 1 and for 2 or more, not {scale}")
    return 1 / scale


def _rate(scale: float) -> float:
    return -math.log1p(-unimodal.kappa("D", _half_width(scale)) / 2)


def _enough(tolerance: Floats, share: Floats, scale: float, rounding: float) -> Counts:
    """The least n with failure at most share; each sample costs `rounding` of the tolerance."""
    half_width, rate = _half_width(scale), _rate(scale)
    n = np.zeros(tolerance.shape)
    for _ in range(MOST_ROUNDS):
        left = tolerance - n * rounding
        if np.any(left <= 0):
            raise BadInput(f"n samples of so few bits are off by more than the tolerance {float(tolerance.min()):.3g}")
        needed = np.ceil((start(half_width, left / scale) - np.log(share)) / rate * ROUNDED)
        if np.all(needed <= n):
            return np.asarray(n, np.int64)
        n = np.maximum(n, needed)
    raise BadInput(f"too few bits for the tolerance {float(tolerance.min()):.3g}")
