"""torch's classes of layers: what each says of itself in a pickle, as steps; what is not supported, by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.states import STATISTICS
from slth.interop.steps import MOST, Pair, Step

ROOT = "torch.nn.modules."
LINEAR = f"{ROOT}linear.Linear"
CONV = f"{ROOT}conv.Conv2d"
NORMS = (f"{ROOT}batchnorm.BatchNorm1d", f"{ROOT}batchnorm.BatchNorm2d")
DROPOUTS = ("Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout")
AFFINE = {"weight", "bias"}
NORMED = {*AFFINE, *STATISTICS}
TENSORS = {LINEAR: AFFINE, CONV: AFFINE, NORMS[0]: NORMED, NORMS[1]: NORMED}
"""Parameters and buffers of every class that has some."""
ADVICE = (
    (("Softmax", "LogSoftmax", "Softmin", "Softmax2d"), "certify logits: remove the last layer"),
    (("ConvTranspose", "LazyConv", "LazyLinear"), "is not supported: write it as Conv2d or Linear"),
    (("Conv1d", "Conv3d"), "is not supported, only Conv2d: a convolution in one dimension is one with a 1xK kernel"),
    (("LayerNorm", "GroupNorm", "InstanceNorm", "LocalResponseNorm", "RMSNorm", "SyncBatchNorm"), "NORM"),
    (("RNN", "LSTM", "GRU", "Multihead", "Transformer", "Embedding"), "is not supported: feed-forward networks only"),
    (("PReLU", "ReLU6", "ELU", "SELU", "GELU", "SiLU", "Mish", "Hard", "Softplus", "CELU", "RReLU"), "ACTIVATION"),
    (("MaxPool1d", "MaxPool3d", "AvgPool1d", "AvgPool3d", "AdaptiveMax", "LPPool", "FractionalMax"), "POOL"),
)
SENTENCES = {
    "NORM": "is not supported, since it depends on the whole input: train with BatchNorm, which is folded away",
    "ACTIVATION": "is not supported: train with ReLU, LeakyReLU, Tanh or Sigmoid",
    "POOL": "is not supported: use MaxPool2d, AvgPool2d or AdaptiveAvgPool2d",
}

State = dict[str, Any]


def steps_of(kind: str, state: State, path: str, where: str) -> list[Step]:
    """What a module without children does.

    Parameters
    ----------
    kind : str
        Its class.
    state : dict
        Its attributes.
    path, where : str
        Its name in the file, and in messages.

    Raises
    ------
    BadFile
        For every class and setting that is not supported; the line names it.
    """
    if kind in STEPS:
        return STEPS[kind](state, path, where)
    name = kind.rpartition(".")[2]
    if not kind.startswith(ROOT):
        raise BadFile(f"{where} is {shown(kind, 80)}: its forward() is code; pass --arch, or export it to ONNX")
    for starts, advice in ADVICE:
        if name.startswith(starts):
            said = SENTENCES.get(advice, advice)
            raise BadFile(f"{where} is {shown(name, 60)}{':' if said.startswith('certify') else ', which'} {said}")
    raise BadFile(f"{where} is {shown(name, 60)}, which is not supported")


def _linear(state: State, path: str, where: str) -> list[Step]:
    return [Step("dense", path)]


def _conv(state: State, path: str, where: str) -> list[Step]:
    kernel, stride = _pair(state, "kernel_size", where), _pair(state, "stride", where)
    _must(state, where, "groups", 1, "grouped convolutions are not supported: write it as one full convolution")
    _must(state, where, "dilation", (1, 1), "dilation is not supported: write the zeros into a larger kernel")
    _must(state, where, "padding_mode", "zeros", "only padding with zeros is supported")
    _must(state, where, "transposed", False, "transposed convolutions are not supported")
    padding = state.get("padding")
    if padding == "valid":
        return [Step("conv", path, kernel=kernel, stride=stride)]
    if padding == "same":
        if kernel[0] % 2 == 0 or kernel[1] % 2 == 0 or stride != (1, 1):
            raise BadFile(f"{where}: padding 'same' with an even kernel is not the same on both sides, not supported")
        return [Step("conv", path, kernel=kernel, stride=stride, padding=(kernel[0] // 2, kernel[1] // 2))]
    return [Step("conv", path, kernel=kernel, stride=stride, padding=_pair(state, "padding", where, 0))]


def _norm(state: State, path: str, where: str) -> list[Step]:
    eps = state.get("eps")
    if not isinstance(eps, (int, float)) or not 0 <= eps < math.inf:
        raise BadFile(f"{where} has no sensible eps")
    buffers = state.get("_buffers")
    if not isinstance(buffers, dict) or buffers.get("running_mean") is None or buffers.get("running_var") is None:
        raise BadFile(f"{where} has no running statistics, so it depends on the whole batch: train it with them")
    return [Step("norm", path, eps=float(eps))]


def _leaky(state: State, path: str, where: str) -> list[Step]:
    slope = state.get("negative_slope")
    if slope == 0:
        return [Step("relu")]
    if not isinstance(slope, (int, float)) or not 0 < slope < 1:
        raise BadFile(f"{where}: LeakyReLU is supported with a slope between 0 and 1")
    return [Step("leaky_relu", slope=float(slope))]


def _max_pool(state: State, path: str, where: str) -> list[Step]:
    _must(state, where, "padding", (0, 0), "max pooling with padding is not supported: crop or resize the input")
    _must(state, where, "dilation", (1, 1), "pooling with dilation is not supported")
    _must(state, where, "return_indices", False, "pooling that returns indices is not supported")
    return [_pool("maxpool", state, where)]


def _mean_pool(state: State, path: str, where: str) -> list[Step]:
    _must(state, where, "padding", (0, 0), "mean pooling with padding is not supported")
    _must(state, where, "divisor_override", None, "mean pooling with another divisor is not supported")
    return [_pool("meanpool", state, where)]


def _pool(op: str, state: State, where: str) -> Step:
    _must(state, where, "ceil_mode", False, "pooling with ceil_mode is not supported: crop or resize the input")
    kernel = _pair(state, "kernel_size", where)
    return Step(op, kernel=kernel, stride=kernel if state.get("stride") is None else _pair(state, "stride", where))


def _spread(state: State, path: str, where: str) -> list[Step]:
    return [Step("spread", kernel=_pair(state, "output_size", where))]


def _flatten(state: State, path: str, where: str) -> list[Step]:
    if (state.get("start_dim"), state.get("end_dim")) != (1, -1):
        raise BadFile(f"{where}: only Flatten(1, -1) is supported")
    return [Step("flatten")]


def _pair(state: State, name: str, where: str, least: int = 1) -> Pair:
    """A size that torch keeps as one integer or as two."""
    value = state.get(name)
    sizes = (value, value) if type(value) is int else value
    good = isinstance(sizes, (tuple, list)) and len(sizes) == 2
    if not good or not all(type(size) is int and least <= size <= MOST for size in sizes or ()):
        raise BadFile(f"{where}: its {name} is not one or two sizes from {least} to {MOST}")
    return sizes[0], sizes[1]  # type: ignore[index]


def _must(state: State, where: str, name: str, wanted: Any, sentence: str) -> None:
    """Refuse an attribute that says other than what slth computes; one that old files do not have is the default."""
    value = state.get(name, wanted)
    if isinstance(wanted, tuple) and type(value) is int:
        value = (value, value)
    if isinstance(wanted, tuple) and isinstance(value, list):
        value = tuple(value)
    if type(value) is not type(wanted) or value != wanted:
        raise BadFile(f"{where}: {sentence}")


def _plain(op: str) -> Callable[[State, str, str], list[Step]]:
    return lambda state, path, where: [Step(op)]


STEPS: dict[str, Callable[[State, str, str], list[Step]]] = {
    LINEAR: _linear,
    CONV: _conv,
    **dict.fromkeys(NORMS, _norm),
    f"{ROOT}activation.ReLU": _plain("relu"),
    f"{ROOT}activation.Tanh": _plain("tanh"),
    f"{ROOT}activation.Sigmoid": _plain("sigmoid"),
    f"{ROOT}activation.LeakyReLU": _leaky,
    f"{ROOT}pooling.MaxPool2d": _max_pool,
    f"{ROOT}pooling.AvgPool2d": _mean_pool,
    f"{ROOT}pooling.AdaptiveAvgPool2d": _spread,
    f"{ROOT}flatten.Flatten": _flatten,
    **{f"{ROOT}dropout.{name}": _plain("identity") for name in DROPOUTS},
    f"{ROOT}linear.Identity": _plain("identity"),
}
