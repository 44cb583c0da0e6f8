"""Operations and settings of ONNX that are refused, each with one line that names it."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import read

pytest.importorskip("onnx")
from onnx import helper
from onnx_models import CONV, FC, FLAT, conv, model, node, weights

SHAPED = CONV | FC | {"s": np.array([4, -1]), "rows": np.array([-1, 24]), "half": np.ones(1, np.float32)}
BAD = {
    r"node softmax0 \(Softmax\): certify logits": [*FLAT, node("Softmax", "b")],
    r"node erf0 \(Erf\) is not supported; slth reads Gemm, MatMul, Conv": [*FLAT, node("Erf", "b")],
    "grouped convolutions are not supported": [node("Conv", "x half2", group=2)],
    "dilation is not supported": conv(dilations=[2, 2]),
    "padding that differs between two sides": conv(pads=[1, 1, 0, 0]),
    "its kernel_shape is not that of its weight": conv(kernel_shape=[2, 2]),
    "auto_pad b'SAME_UPPER' is not supported here": conv(auto_pad="SAME_UPPER", strides=[2, 2]),
    "auto_pad b'VALID' is not supported here": conv(auto_pad="VALID", pads=[1, 1, 1, 1]),
    "only windows in two dimensions": conv(strides=[1]),
    "pooling with padding is not": [*FLAT, node("MaxPool", "b", kernel_shape=[2, 2], pads=[1, 1, 1, 1])],
    "ceil_mode is not supported": [*FLAT, node("MaxPool", "b", kernel_shape=[2, 2], ceil_mode=1)],
    "pooling with dilation": [*FLAT, node("MaxPool", "b", kernel_shape=[2, 2], dilations=[2, 2])],
    "returns indices": [*FLAT, helper.make_node("MaxPool", ["b"], ["y", "i"], kernel_shape=[2, 2])],
    "LeakyRelu is supported with an alpha between": [FLAT[0], node("LeakyRelu", "a", alpha=1.5)],
    r"only the mean over height and width.*: use AdaptiveAvgPool2d\(1\) and flatten\(1\)": [
        *FLAT,
        node("ReduceMean", "b", axes=[3]),
    ],
    "mean over height and width is": [*FLAT, node("ReduceMean", "b", axes=[1, 2])],
    "mean over height and width": [*FLAT, node("ReduceMean", "b s")],
    "height and width is supported": [*FLAT, node("ReduceMean", "b")],
    "ReduceMean.*is computed or missing": [*FLAT, node("ReduceMean", "b b")],
    "only Flatten with axis 1": [*FLAT, node("Flatten", "b", axis=2)],
    "only a Reshape that flattens": [*FLAT, node("Reshape", "b s")],
    "Reshape.*is computed or missing, not a stored": [*FLAT, node("Reshape", "b b")],
    "alpha must be 1": [*FLAT, node("Flatten", "b", "f"), node("Gemm", "f fc.weight", alpha=2.0)],
    "a transposed input is not": [*FLAT, node("Flatten", "b", "f"), node("Gemm", "f fc.weight", transA=1)],
    "is not a bias for": [*FLAT, node("Flatten", "b", "f"), node("Gemm", "f fc.weight half")],
    "adds a constant that is not the bias": [*FLAT, node("Add", "b half")],
    r"adds a constant of shape \(1,\) to rows of 4": [
        *FLAT,
        node("Flatten", "b", "f"),
        node("MatMul", "f fc.weight", "m"),
        node("Add", "m half"),
    ],
    "adds a constant that is not the bias of a MatMul": [
        *FLAT,
        node("Flatten", "b", "f"),
        node("MatMul", "f fc.weight", "m"),
        node("Add", "m fc.bias", "n"),
        node("Add", "n m"),
    ],
    "a reshaping to rows of 24 numbers meets": [*FLAT, node("Reshape", "b rows", "f"), node("MatMul", "f fc.weight")],
    "gets pictures|no matrix": [*FLAT, node("MatMul", "b fc.weight")],
    "does not take computed values where": [*FLAT, node("MatMul", "fc.bias fc.weight")],
    "its input 2 is computed or missing": [node("Conv", "x x")],
    "takes or makes a value in the wrong order": [node("Relu", "b", "a"), node("Tanh", "a", "b"), node("Tanh", "b")],
    "only the Transpose of a stored matrix": [*FLAT, node("Transpose", "b", perm=[1, 0])],
    "has the attribute odd, which slth does not know": [*FLAT, node("Relu", "b", odd=1)],
    "attribute odd is of a kind": [*FLAT, node("Relu", "b", odd=["a", "b"])],
    "its output is not the last value": [node("Relu", "x", "a")],
    "a ReLU before the first layer": [node("Relu", "x", "a"), node("Conv", "a c.weight")],
    "export the model after net.eval": [
        FLAT[0],
        node("BatchNormalization", "a fc.bias fc.bias fc.bias fc.bias", training_mode=1),
    ],
    "in training mode: export": [*FLAT, node("Dropout", "b half train")],
    "is not supported; slth reads": [*FLAT, helper.make_node("Relu", ["b"], ["y"], domain="custom")],
}


@pytest.mark.parametrize("reason", BAD)
def test_refusals(tmp_path, reason):
    constants = SHAPED | {"half2": weights(2, 1, 3, 3), "train": np.array(True)}
    (tmp_path / "net").write_bytes(model(BAD[reason], constants).SerializeToString())
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net")
    assert str(caught.value).isprintable() and "unforeseen" not in str(caught.value)
