"""Networks as ONNX models: one operator for each node, weights as initializers."""

from __future__ import annotations

from typing import Any

import numpy as np

from slth.core.errors import BadInput, Unavailable
from slth.core.network import INPUT, Network
from slth.core.nodes import Activation, Affine, Array, Conv, Dense, Flatten, Node, Pool
from slth.version import version

OPERATORS = 13
"""The operator set: old enough for every runtime of these years; the operators used have not changed since."""
FILE_VERSION = 8
NAMES = {"relu": "Relu", "leaky_relu": "LeakyRelu", "tanh": "Tanh", "sigmoid": "Sigmoid"}
LARGEST = 1 << 31  # bytes of one model, by the rules of protobuf


def onnx_bytes(network: Network, kind: np.dtype[Any]) -> bytes:
    """An ONNX model of a network: input `x` of shape (batch, *input_shape), output `y`, all numbers of one type.

    Parameters
    ----------
    kind : float32 or float64
        The slope of a leaky_relu is float32 in any case, as ONNX has it.

    Raises
    ------
    BadInput
        For a model beyond 2 GB.
    Unavailable
        When onnx is not installed.
    """
    try:
        from onnx import helper, numpy_helper
    except ImportError:
        raise Unavailable("writing .onnx needs onnx; install slth[onnx] or write .safetensors") from None
    if network.size * kind.itemsize >= LARGEST - (1 << 24):
        raise BadInput(f"{network.size} weights are too many for one ONNX file, which ends at 2 GB")
    tensors: dict[str, Array] = {}
    calls: list[Any] = []
    for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
        given = ["x" if feed == INPUT else f"v{feed}" for feed in feeds]
        shape = network.input_shape if feeds[0] == INPUT else network.shapes[feeds[0]]
        made = "y" if number == len(network.nodes) - 1 else f"v{number}"
        if isinstance(node, Dense) and len(shape) > 1:
            calls.append(helper.make_node("Flatten", given, [f"f{number}"], axis=1))
            given = [f"f{number}"]
        if isinstance(node, Affine):
            parts = {f"{number}.{name}": array.astype(kind) for name, array in node.tensors()}
            tensors |= parts
            given += parts
        operator, attributes = _operator(node)
        calls.append(helper.make_node(operator, given, [made], name=f"{operator}{number}", **attributes))
    stored = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    number_type = helper.np_dtype_to_tensor_dtype(kind)
    begin = helper.make_tensor_value_info("x", number_type, ["batch", *network.input_shape])
    end = helper.make_tensor_value_info("y", number_type, ["batch", *network.shapes[-1]])
    graph = helper.make_graph(calls, "network", [begin], [end], stored)
    versions = [helper.make_opsetid("", OPERATORS)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=FILE_VERSION, producer_name="slth")
    model.producer_version = version()
    return bytes(model.SerializeToString(deterministic=True))


def _operator(node: Node) -> tuple[str, dict[str, Any]]:
    """The ONNX operator of a node, and its attributes."""
    if isinstance(node, Dense):
        return "Gemm", {"transB": 1}
    if isinstance(node, Conv):
        return "Conv", {"kernel_shape": node.kernel, "strides": node.stride, "pads": [*node.padding, *node.padding]}
    if isinstance(node, Pool):
        name = "MaxPool" if node.kind == "max" else "AveragePool"
        return name, {"kernel_shape": node.kernel, "strides": node.stride}
    if isinstance(node, Activation):
        return NAMES[node.kind], {"alpha": node.slope} if node.slope else {}
    return ("Flatten", {"axis": 1}) if isinstance(node, Flatten) else ("Add", {})
