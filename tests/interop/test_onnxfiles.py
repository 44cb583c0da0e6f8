"""ONNX models, written by the onnx package and by torch, compute the same numbers after slth has read them."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import inspect, read, write_target

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_models import CONV, FC, FLAT, RNG, conv, model, node, tensor, weights

NORM = {f"n.{part}": weights(3) for part in ("weight", "bias", "mean")} | {"n.var": abs(weights(3)) + np.float32(0.1)}
NORMED = [
    node("Conv", "x c.weight c.bias", "a"),
    node("BatchNormalization", "a n.weight n.bias n.mean n.var", epsilon=0.02),
]
SUM = [
    node("Conv", "x c.weight c.bias", "a"),
    node("Tanh", "a", "b"),
    node("Conv", "b d.weight", "c", kernel_shape=[1, 1]),
    node("Add", "b c", "d"),
    node("Add", "d d", "e"),
    node("Sigmoid", "e"),
]
MODELS = {
    "padding": (conv(pads=[1, 2, 1, 2], strides=[2, 1], kernel_shape=[3, 3], dilations=[1, 1], group=1), CONV),
    "same": (conv(auto_pad="SAME_UPPER"), CONV),
    "valid": (conv(auto_pad="VALID"), CONV),
    "max pool": ([*FLAT, node("MaxPool", "b", kernel_shape=[2, 3], strides=[2, 1], ceil_mode=0)], CONV),
    "mean pool": ([*FLAT, node("AveragePool", "b", kernel_shape=[2, 2], count_include_pad=1)], CONV),
    "global": ([*FLAT, node("GlobalAveragePool", "b")], CONV),
    "mean of pictures": ([*FLAT, node("ReduceMean", "b", axes=[3, 2])], CONV),
    "mean of pictures as rows": (
        [*FLAT, node("ReduceMean", "b", "m", axes=[-2, -1], keepdims=0), node("MatMul", "m g")],
        CONV | {"g": weights(3, 4)},
    ),
    "leaky": ([FLAT[0], node("LeakyRelu", "a", "b", alpha=0.2), node("LeakyRelu", "b")], CONV),
    "norm": (NORMED, CONV | NORM),
    "sum": (SUM, CONV | {"d.weight": weights(3, 3, 1, 1)}),
    "flatten": ([*FLAT, node("Flatten", "b", "f"), node("Gemm", "f fc.weight fc.bias")], CONV | FC),
    "reshape": (
        [*FLAT, node("Reshape", "b s", "f"), node("MatMul", "f fc.weight", "m"), node("Add", "fc.bias m")],
        CONV | FC | {"s": np.array([0, -1])},
    ),
    "reshape to a width": (
        [*FLAT, node("Reshape", "b s", "f"), node("MatMul", "f fc.weight")],
        CONV | FC | {"s": np.array([-1, 48])},
    ),
    "transB": (
        [*FLAT, node("Flatten", "b", "f"), node("Gemm", "f w fc.bias", transB=1, alpha=1.0, beta=1.0)],
        CONV | FC | {"w": weights(4, 48)},
    ),
    "constants": (
        [
            helper.make_node("Constant", [], ["w"], value=tensor("w", weights(4, 48))),
            node("Transpose", "w", "wt", perm=[1, 0]),
            node("Identity", "fc.bias", "bias"),
            *FLAT,
            node("Identity", "b", "i"),
            node("Dropout", "i", "o"),
            node("Flatten", "o", "f", axis=1),
            node("MatMul", "f wt", "m"),
            node("Add", "m bias"),
        ],
        CONV | FC,
    ),
    "one layer twice": (
        [*FLAT, node("Conv", "b d.weight", "c"), node("Relu", "c", "e"), node("Conv", "e d.weight")],
        CONV | {"d.weight": weights(3, 3, 1, 1)},
    ),
    "unused": ([*FLAT, node("Relu", "b", "u"), node("Tanh", "b")], CONV | {"unused": weights(2)}),
}


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "listed"])
@pytest.mark.parametrize("name", MODELS)
def test_the_function_is_that_of_onnx(tmp_path, name, raw):
    nodes, constants = MODELS[name]
    made = model(nodes, constants, raw=raw)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    target = read(tmp_path / "net.onnx")
    x = weights(3, 2, 6, 6)
    wanted = ReferenceEvaluator(made).run(None, {"x": x})[0]
    np.testing.assert_allclose(target.network(x), wanted, rtol=1e-4, atol=1e-5)
    assert target.source_format == "onnx" and target.network.input_shape == (2, 6, 6)
    write_target(target.network, tmp_path / "canonical")
    assert read(tmp_path / "canonical").network.digest == target.network.digest
    assert inspect(tmp_path / "net.onnx")["digest"] == target.network.digest


def test_double_precision_is_exact(tmp_path):
    constants = {name: array.astype(np.float64) for name, array in (CONV | NORM).items()}
    made = model(NORMED, constants, kind=TensorProto.DOUBLE)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    x = RNG.standard_normal((3, 2, 6, 6))
    wanted = ReferenceEvaluator(made).run(None, {"x": x})[0]
    np.testing.assert_allclose(read(tmp_path / "net.onnx").network(x), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_what_torch_exports(tmp_path):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.conv = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, bias=False)
            self.norm, self.last = nn.BatchNorm2d(4), nn.Linear(36, 3, bias=False)

        def forward(self, x):
            x = torch.relu(self.first(x))
            x = nn.functional.max_pool2d(torch.relu(self.norm(self.conv(x)) + x), 2)
            return self.last(nn.functional.dropout(x.flatten(1), training=self.training))

    net = Residual()
    net.norm.running_mean.normal_()
    net.norm.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 2, 6, 6)
    axes = {"x": {0: "n"}}
    torch.onnx.export(net.eval(), x, tmp_path / "net.onnx", dynamo=False, input_names=["x"], dynamic_axes=axes)
    network = read(tmp_path / "net.onnx").network
    wanted = net.double()(x.double()).detach().numpy()
    np.testing.assert_allclose(network(x.double().numpy()), wanted, atol=1e-5)


def test_the_axes_of_a_mean_may_be_an_input(tmp_path):
    nodes = [*FLAT, node("ReduceMean", "b axes", "m", keepdims=0), node("Gemm", "m g", "n"), node("Relu", "n")]
    made = model(nodes, CONV | {"axes": np.array([2, 3]), "g": weights(3, 4)}, opset=18)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    x = weights(3, 2, 6, 6)
    wanted = ReferenceEvaluator(made).run(None, {"x": x})[0]
    np.testing.assert_allclose(read(tmp_path / "net.onnx").network(x), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_view_that_torch_exports_is_answered_with_advice(tmp_path):
    torch = pytest.importorskip("torch")

    class Viewed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.last = torch.nn.Conv2d(2, 4, 3), torch.nn.Linear(64, 3)

        def forward(self, x):
            x = torch.relu(self.conv(x))
            return self.last(x.view(x.size(0), -1))

    axes = {"x": {0: "n"}}
    given = torch.randn(2, 2, 6, 6)
    torch.onnx.export(Viewed(), given, tmp_path / "net", dynamo=False, input_names=["x"], dynamic_axes=axes)
    with pytest.raises(BadFile, match=r"\(Shape\) is not supported: use flatten\(1\) instead of view or reshape"):
        read(tmp_path / "net")


def outside():
    made = model([*FLAT[:1], node("Relu", "a")], CONV)
    entry = made.graph.initializer[0]
    entry.ClearField("raw_data")
    entry.data_location = TensorProto.EXTERNAL
    entry.external_data.add(key="location", value="../../../../etc/passwd")
    return made


def changed(change):
    made = model([*FLAT[:1], node("Relu", "a")], CONV)
    change(made)
    return made


def value(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


FORMS = {
    "tensor c.weight.* lies in another file, which slth does not open": outside,
    "is a model of 2 inputs": lambda: changed(lambda made: made.graph.input.append(value("z", 1, 2))),
    "is a model of 2 outputs": lambda: changed(lambda made: made.graph.output.append(value("a", 1, 2))),
    "operator set before 7": lambda: changed(lambda made: made.opset_import.__getitem__(0).__setattr__("version", 6)),
    "holds no graph": lambda: changed(lambda made: made.ClearField("graph")),
    "holds sparse tensors": lambda: changed(lambda made: made.graph.sparse_initializer.add()),
    "no batch axis": lambda: model([*FLAT[:1], node("Relu", "a")], CONV, shape=("n",)),
    "another number of entries": lambda: changed(
        lambda made: made.graph.initializer[0].__setattr__("raw_data", bytes(8))
    ),
    "holds its numbers twice": lambda: changed(lambda made: made.graph.initializer[0].float_data.append(1)),
    "ONNX type 14": lambda: changed(lambda made: made.graph.initializer[0].__setattr__("data_type", 14)),
    "malformed shape": lambda: changed(lambda made: made.graph.initializer[0].dims.append(-1)),
    "holds more than": lambda: changed(lambda made: made.graph.initializer[0].dims.append(1 << 30)),
}


@pytest.mark.parametrize("reason", FORMS)
def test_forms_that_are_not_read(tmp_path, reason):
    (tmp_path / "net").write_bytes(FORMS[reason]().SerializeToString())
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net")
    assert str(caught.value).isprintable() and "unforeseen" not in str(caught.value)


def test_an_input_shape_that_is_left_open_is_asked_for(tmp_path):
    nodes, constants = MODELS["flatten"]
    (tmp_path / "net").write_bytes(model(nodes, constants, shape=("n", 2, "h", "w")).SerializeToString())
    assert read(tmp_path / "net").network.input_shape == (2, 6, 6)
    nodes, constants = MODELS["global"]
    (tmp_path / "net").write_bytes(model(nodes, constants, shape=("n", 2, "h", "w")).SerializeToString())
    with pytest.raises(BadFile, match="pass --input, for example --input 2x32x32"):
        read(tmp_path / "net")
    assert read(tmp_path / "net", None, "2x5x7").network.input_shape == (2, 5, 7)


def test_damaged_models_give_one_line_or_a_network(tmp_path):
    whole = [model(*MODELS[name]).SerializeToString() for name in ("sum", "constants", "norm", "reshape")]
    draw = random.Random(0)
    refused = 0
    for _ in range(600):
        data = bytearray(draw.choice(whole))
        for _ in range(draw.randint(1, 4)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        data = data[: draw.randrange(len(data))] if draw.random() < 0.3 else data
        (tmp_path / "net").write_bytes(data)
        try:
            read(tmp_path / "net")
        except BadFile as error:
            refused += 1
            assert str(error).isprintable() and "unforeseen" not in str(error), error
    assert refused > 100


def test_reading_needs_no_package(tmp_path):
    (tmp_path / "net.onnx").write_bytes(model(*MODELS["sum"]).SerializeToString())
    code = f"""
import sys
from slth.interop.read import read
read({str(tmp_path / "net.onnx")!r})
sys.exit(any(name in sys.modules for name in ("onnx", "google.protobuf", "torch")))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
