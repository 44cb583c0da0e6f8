"""The names that all published formulas share for their parameters, with what they mean and where they may lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """A parameter of formulas.

    Parameters
    ----------
    means : str
    low, high : float
        It lies between them.
    open_low, open_high : bool
        Whether the end itself is excluded.
    """

    means: str
    low: float = 0.0
    high: float = math.inf
    open_low: bool = True
    open_high: bool = True

    @property
    def range(self) -> str:
        """Where it lies: `in (0, 1)`, `>= 1`, `> 0`, `a number`."""
        if math.isfinite(self.high):
            return f"in {'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"
        if math.isfinite(self.low):
            return f"{'>' if self.open_low else '>='} {self.low:g}"
        return "a number"

    def holds(self, values: Floats) -> bool:
        """Whether all values lie in the range."""
        above = values > self.low if self.open_low else values >= self.low
        below = values < self.high if self.open_high else values <= self.high
        return bool(np.all(above & below & np.isfinite(values)))


def _count(means: str) -> Quantity:
    return Quantity(means, 1.0, open_low=False)


def _share(means: str) -> Quantity:
    return Quantity(means, 0.0, 1.0)


VOCABULARY = {
    "eps": _share("error allowed: of the network's output, of a layer, or of one sum, as the formula says"),
    "delta": _share("chance of failure allowed"),
    "chance": Quantity("chance of success wanted of the random network", 0.0, 1.0, open_high=False),
    "layers": _count("layers of the target"),
    "layer": _count("number of a layer, counted from 1"),
    "d_in": _count("inputs of a dense layer of the target"),
    "d_out": _count("outputs of a dense layer of the target"),
    "width": _count("width of a layer of the target, or of all its layers"),
    "parameters": _count("weights of the target"),
    "weights": _count("weights that share one pool of samples"),
    "side": _count("side of a square kernel"),
    "c_in": _count("input channels of a convolution"),
    "c_out": _count("output channels of a convolution"),
    "dims": _count("dimension of the vectors of a subset sum"),
    "n": _count("samples of one subset sum, or units"),
    "share": _share("share of the samples, or of the weights, that is kept"),
    "radius": Quantity("largest target of a subset sum, in units of the samples' law"),
    "norm": Quantity("largest row sum of absolute weights, over the layers of the target"),
    "size": Quantity("largest sum of absolute values that a layer of the target puts out", open_low=False),
    "precision": _share("distance of neighbouring numbers of the target's grid on [-1, 1]"),
    "heads": _count("heads of an attention layer"),
    "alpha": Quantity("bound on the 2-norm of every token, at least the root of each width"),
    "basis": Quantity("the larger of the number of basis maps and of their norm"),
    "constant": Quantity("C, which the paper does not give"),
    "spread": Quantity("kappa, which the paper does not give"),
    "power": Quantity("exponent that the paper leaves open or that we do not know", open_low=False),
    "side_power": Quantity("exponent of the kernel's side", open_low=False),
    "channel_power": Quantity("exponent of the output channels", open_low=False),
    "depth_power": Quantity("exponent of the number of layers", open_low=False),
}


def checked(name: str, value: ArrayLike) -> Floats:
    """The value of a parameter as a float64 array.

    Raises
    ------
    BadInput
        For a name that is none of the vocabulary, or a value outside its range.

    >>> checked("eps", [0.1, 0.01]).tolist()
    [0.1, 0.01]
    """
    if name not in VOCABULARY:
        raise BadInput(f"{name!r} is no parameter of a formula; there are: {', '.join(VOCABULARY)}")
    quantity = VOCABULARY[name]
    try:
        values = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{name} must be {quantity.range}, not {value!r}") from None
    if not quantity.holds(values):
        wrong = f"{float(values):g}" if values.ndim == 0 else values.tolist()
        raise BadInput(f"{name} must be {quantity.range}, not {wrong}")
    return values
