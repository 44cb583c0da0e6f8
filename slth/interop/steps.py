"""Steps: the operations of an architecture as files and users name them, before any weight is known."""

from __future__ import annotations

from dataclasses import dataclass

from slth.core.nodes import Shape

Pair = tuple[int, int]
TITLES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "spread": "AdaptiveAvgPool2d",
}
ONCE = "slth convert TARGET out.safetensors --arch ... --input ... saves repeating it"
"""What every message adds that asks for an architecture or the shape of an input."""
WEIGHTED = ("dense", "conv", "norm")
MOST = 1 << 12


@dataclass(frozen=True)
class Step:
    """One operation.

    Parameters
    ----------
    op : str
        "dense", "conv", "norm" (BatchNorm in evaluation mode), an activation of `slth.core.nodes.ACTIVATIONS`,
        "maxpool", "meanpool", "spread" (means over windows of such a size that the output is `kernel`), "flatten",
        "add" or "identity".
    layer : str or None
        Name in the file of what has weights; None takes those of its kind in order.
    width : int or None
        Outputs of a dense layer, a convolution or a flatten where the plan says so.
    bias : bool or None
        Whether it has a bias; None where the plan leaves it to the file.
    kernel : pair or None
        (vertical, horizontal), of convolutions and pools; None leaves that of a convolution to the file.
    stride : pair or None
        None: 1 in convolutions, the kernel in pools.
    padding : pair
        Of convolutions.
    slope : float
        Of leaky_relu.
    eps : float or None
        Of norm; None where the file does not say it.
    feeds : tuple of int or None
        Numbers of the steps that feed it, -1 being the network's input; None for the one before.
    optional : bool
        Whether it is left out where the file has no layer of its kind.
    """

    op: str
    layer: str | None = None
    width: int | None = None
    bias: bool | None = None
    kernel: Pair | None = None
    stride: Pair | None = None
    padding: Pair = (0, 0)
    slope: float = 0.0
    eps: float | None = None
    feeds: tuple[int, ...] | None = None
    optional: bool = False

    @property
    def title(self) -> str:
        """The name in messages."""
        return TITLES.get(self.op, self.op)


@dataclass(frozen=True)
class Plan:
    """An architecture.

    Parameters
    ----------
    input_shape : tuple of int or None
    steps : tuple of Step
    notes : tuple of str
        For the user.
    canonical : bool
        Whether each step is one node of the network, as in a canonical target.
    strict : bool
        Whether dense layers take flat inputs only, as in torch and ONNX.
    movable : bool
        Whether the input shape is only the usual one, so that the user may say another.
    name : str
        Of a named architecture.
    """

    input_shape: Shape | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    canonical: bool = False
    strict: bool = False
    movable: bool = False
    name: str = ""

    @property
    def feeds(self) -> tuple[tuple[int, ...], ...]:
        """What feeds every step."""
        return tuple((number - 1,) if step.feeds is None else step.feeds for number, step in enumerate(self.steps))
