"""ONNX models for tests, written by the onnx package."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(0)
SHAPE = ("n", 2, 6, 6)


def tensor(name, array, raw=True):
    if raw:
        return numpy_helper.from_array(array, name)
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    return helper.make_tensor(name, kind, array.shape, array.ravel().tolist())


def model(nodes, constants, shape=SHAPE, opset=17, raw=True, kind=TensorProto.FLOAT, **changes):
    """A model of one input x; the last node gives the output y."""
    stored = [tensor(name, array, raw) for name, array in constants.items()]
    inputs = [helper.make_tensor_value_info("x", kind, shape)]
    outputs = [helper.make_tensor_value_info("y", kind, None)]
    graph = helper.make_graph(nodes, "g", changes.pop("inputs", inputs), changes.pop("outputs", outputs), stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **changes)


def node(op, inputs, output="y", **attributes):
    return helper.make_node(op, inputs.split(), [output], name=f"{op.lower()}0", **attributes)


def weights(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


def conv(**attributes):
    return [node("Conv", "x c.weight c.bias", "a", **attributes), node("Relu", "a")]


CONV = {"c.weight": weights(3, 2, 3, 3), "c.bias": weights(3)}
FLAT = [node("Conv", "x c.weight", "a"), node("Relu", "a", "b")]
FC = {"fc.weight": weights(48, 4), "fc.bias": weights(4)}
