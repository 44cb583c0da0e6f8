"""The operations of ONNX that slth knows: what each asks for, as a step, and every setting that is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from slth.core.errors import BadFile
from slth.interop.files import shown
from slth.interop.onnxcalls import Call, Constants
from slth.interop.steps import MOST, Pair, Step
from slth.interop.tensors import Stored


@dataclass(frozen=True, eq=False)
class Asked:
    """A step, the tensors of its layer by part, and whether its output is made flat."""

    step: Step
    tensors: dict[str, Stored] = field(default_factory=dict)
    name: str = ""
    flat: bool = False


def _gemm(call: Call, constants: Constants) -> Asked:
    found = call.take("alpha", "beta", "transA", "transB")
    call.must("transA", 0, "a transposed input is not supported")
    for name in ("alpha", "beta"):
        call.must(name, 1.0, f"{name} must be 1; export the model with the factor in its weights")
    weight = call.constant(1, constants)
    tensors = {"weight": weight if found.get("transB", 0) == 1 else _transposed(call, weight)}
    if len(call.inputs) > 2:
        bias = call.constant(2, constants)
        width = tensors["weight"].shape[:1]
        if bias.shape not in (width, (1, *width)):
            raise BadFile(f"{call.where}: its constant of shape {bias.shape} is not a bias for {width} outputs")
        tensors["bias"] = replace(bias, shape=width, fetch=lambda: bias.fetch().reshape(width))
    return Asked(Step("dense"), tensors, call.layer())


def _matmul(call: Call, constants: Constants) -> Asked:
    call.take()
    return Asked(Step("dense"), {"weight": _transposed(call, call.constant(1, constants))}, call.layer())


def transpose(call: Call, constants: Constants) -> Stored:
    """A stored matrix the other way round, as exporters without constant folding write it.

    Raises
    ------
    BadFile
        For a Transpose of a computed value.
    """
    call.take("perm")
    call.must("perm", [1, 0], "only the Transpose of a stored matrix is supported")
    if call.inputs[0] not in constants:
        raise BadFile(f"{call.where}: only the Transpose of a stored matrix is supported")
    return _transposed(call, constants[call.inputs[0]])


def _transposed(call: Call, weight: Stored) -> Stored:
    if len(weight.shape) != 2 and not weight.problem:
        raise BadFile(f"{call.where}: its weight of shape {weight.shape} is no matrix")
    return replace(weight, shape=weight.shape[::-1], fetch=lambda: np.ascontiguousarray(weight.fetch().T))


def _conv(call: Call, constants: Constants) -> Asked:
    found = call.take("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    call.must("group", 1, "grouped convolutions are not supported: write it as one full convolution")
    weight = call.constant(1, constants)
    if len(weight.shape) != 4 and not weight.problem:
        raise BadFile(f"{call.where}: only convolutions in two dimensions are supported, not {weight.shape}")
    kernel = weight.shape[2:]
    call.must("dilations", [1, 1], "dilation is not supported: write the zeros into a larger kernel")
    call.must("kernel_shape", list(kernel), "its kernel_shape is not that of its weight")
    tensors = {"weight": weight}
    if len(call.inputs) > 2:
        tensors["bias"] = call.constant(2, constants)
    stride = _pair(call, found.get("strides", [1, 1]))
    return Asked(Step("conv", stride=stride, padding=_padding(call, kernel, stride)), tensors, call.layer())


def _padding(call: Call, kernel: tuple[int, ...], stride: Pair) -> Pair:
    """The zeros on each side; both sides must have as many."""
    found = call.attributes
    auto = found.get("auto_pad", b"NOTSET")
    if auto in (b"SAME_UPPER", b"SAME_LOWER") and stride == (1, 1) and all(size % 2 for size in kernel):
        return kernel[0] // 2, kernel[1] // 2
    top, left, bottom, right = _sizes(call, found.get("pads", [0, 0, 0, 0]), 4, 0)
    if auto not in (b"NOTSET", b"VALID") or (auto == b"VALID" and "pads" in found):
        raise BadFile(f"{call.where}: auto_pad {shown(auto, 20)} is not supported here; export it with pads")
    if (top, left) != (bottom, right):
        raise BadFile(f"{call.where}: padding that differs between two sides is not supported")
    return top, left


def _norm(call: Call, constants: Constants) -> Asked:
    found = call.take("epsilon", "momentum", "training_mode", "spatial")
    call.must("training_mode", 0, "BatchNormalization in training mode: export the model after net.eval()")
    call.must("spatial", 1, "only one mean and variance for each channel is supported")
    if len(call.made) > 1 or len(call.inputs) != 5:
        raise BadFile(f"{call.where}: BatchNormalization in training mode: export the model after net.eval()")
    eps = found.get("epsilon", float(np.float32(1e-5)))
    if not 0 <= eps < math.inf:
        raise BadFile(f"{call.where} has no sensible epsilon")
    parts = ("weight", "bias", "running_mean", "running_var")
    tensors = {part: call.constant(place, constants) for place, part in enumerate(parts, 1)}
    return Asked(Step("norm", eps=eps), tensors, call.layer())


def _leaky(call: Call, constants: Constants) -> Asked:
    slope = call.take("alpha").get("alpha", float(np.float32(0.01)))
    if not 0 < slope < 1:
        raise BadFile(f"{call.where}: LeakyRelu is supported with an alpha between 0 and 1")
    return Asked(Step("leaky_relu", slope=slope))


def _max_pool(call: Call, constants: Constants) -> Asked:
    found = call.take("auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides")
    call.must("dilations", [1, 1], "pooling with dilation is not supported")
    if len(call.made) > 1:
        raise BadFile(f"{call.where}: pooling that returns indices is not supported")
    return _pool("maxpool", call, found)


def _mean_pool(call: Call, constants: Constants) -> Asked:
    found = call.take("auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides")
    call.must("dilations", [1, 1], "pooling with dilation is not supported")
    return _pool("meanpool", call, found)


def _pool(op: str, call: Call, found: Mapping[str, Any]) -> Asked:
    call.must("ceil_mode", 0, "pooling with ceil_mode is not supported: crop or resize the input")
    kernel = _pair(call, found.get("kernel_shape", []))
    stride = _pair(call, found.get("strides", [1, 1]))
    if _padding(call, (2, 2), stride) != (0, 0):
        raise BadFile(f"{call.where}: pooling with padding is not supported: crop or resize the input")
    return Asked(Step(op, kernel=kernel, stride=stride))


def _global(call: Call, constants: Constants) -> Asked:
    call.take()
    return Asked(Step("spread", kernel=(1, 1)))


def _mean(call: Call, constants: Constants) -> Asked:
    """The mean over height and width: axes are an attribute, from version 18 of the operators on an input."""
    found = call.take("axes", "keepdims", "noop_with_empty_axes")
    axes, keeps = found.get("axes", []), found.get("keepdims", 1)
    if len(call.inputs) > 1 and not axes:
        stored = call.constant(1, constants)
        axes = stored.load().tolist() if stored.dtype == "int64" and stored.shape == (2,) else []
    if not isinstance(axes, list) or sorted(axes) not in ([2, 3], [-2, -1]) or keeps not in (0, 1):
        advice = "use AdaptiveAvgPool2d(1) and flatten(1), and export again"
        raise BadFile(f"{call.where}: only the mean over height and width is supported: {advice}")
    return Asked(Step("spread", kernel=(1, 1)), flat=keeps == 0)


def _flatten(call: Call, constants: Constants) -> Asked:
    call.take("axis")
    call.must("axis", 1, "only Flatten with axis 1 is supported")
    return Asked(Step("flatten"))


def _reshape(call: Call, constants: Constants) -> Asked:
    """A Reshape that keeps the batch axis and makes one row of the rest."""
    call.take("allowzero")
    shape = call.constant(1, constants)
    sizes = shape.load().tolist() if shape.dtype == "int64" and shape.size == 2 else []
    batch, width = sizes or (2, 0)
    zeros = batch == 0 and call.attributes.get("allowzero", 0) == 0
    if not (zeros or batch in (1, -1)) or not (width > 0 or (width == -1 and batch != -1)):
        raise BadFile(f"{call.where}: only a Reshape that flattens everything but the batch axis is supported")
    return Asked(Step("flatten", width=width if width > 0 else None))


def _dropout(call: Call, constants: Constants) -> Asked:
    call.take("ratio", "seed")
    if len(call.inputs) > 2 and call.constant(2, constants).load().any():
        raise BadFile(f"{call.where} is in training mode: export the model after net.eval()")
    return Asked(Step("identity"))


def _plain(op: str) -> Callable[[Call, Constants], Asked]:
    def ask(call: Call, constants: Constants) -> Asked:
        call.take()
        return Asked(Step(op))

    return ask


def _pair(call: Call, value: Any) -> Pair:
    height, width = _sizes(call, value, 2, 1)
    return height, width


def _sizes(call: Call, value: Any, count: int, least: int) -> list[int]:
    if not isinstance(value, list) or len(value) != count or not all(least <= size <= MOST for size in value):
        raise BadFile(f"{call.where}: only windows in two dimensions are supported, with sizes up to {MOST}")
    return value


OPERATIONS: dict[str, Callable[[Call, Constants], Asked]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "BatchNormalization": _norm,
    "Relu": _plain("relu"),
    "LeakyRelu": _leaky,
    "Tanh": _plain("tanh"),
    "Sigmoid": _plain("sigmoid"),
    "MaxPool": _max_pool,
    "AveragePool": _mean_pool,
    "GlobalAveragePool": _global,
    "ReduceMean": _mean,
    "Add": _plain("add"),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Identity": _plain("identity"),
    "Dropout": _dropout,
}
