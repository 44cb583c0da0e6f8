"""ONNX models that are written compute the same numbers in ONNX's own reference, and are read back."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from drawn_networks import conv_networks, residual_at_the_input
from hypothesis import HealthCheck, given, settings

from slth.core.errors import BadInput, Unavailable
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.interop import onnxwrite
from slth.interop.export import export_network, float_type
from slth.interop.onnxwrite import onnx_bytes
from slth.interop.read import read

onnx = pytest.importorskip("onnx")
from onnx.reference import ReferenceEvaluator

anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_onnx(network, kind):
    """What ONNX's reference computes for some inputs, and what the network does."""
    model = onnx.load_from_string(onnx_bytes(network, kind))
    onnx.checker.check_model(model, full_check=True)
    x = np.random.default_rng(0).standard_normal((3, *network.input_shape)).astype(kind)
    with np.errstate(over="ignore", invalid="ignore"):  # the reference's sigmoid forms e^x of large x, on both branches
        return ReferenceEvaluator(model).run(None, {"x": x})[0], network(x)


@given(conv_networks())
def test_every_network_is_an_onnx_model(network):
    found, wanted = in_onnx(network, float_type(network))
    assert found.dtype == float_type(network) and found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * (1 + np.abs(wanted).max()))


def test_sums_with_the_input_and_pictures_into_dense_layers():
    bare = Network((Dense(np.ones((2, 4)), np.ones(2)), Activation("leaky_relu", 0.125)), (1, 2, 2))
    for network in (residual_at_the_input(), bare):
        found, wanted = in_onnx(network, np.dtype(np.float64))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def normal(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def every_node(rng):
    conv = Conv(normal(rng, 4, 2, 3, 3), normal(rng, 4), (1, 1), (1, 1))
    nodes = (
        conv,
        Activation("leaky_relu", 0.125),
        Conv(normal(rng, 4, 4, 1, 1)),
        Add(),
        Activation("tanh"),
        Pool("max", (2, 2), (2, 1)),
        Pool("mean", (2, 1), (1, 1)),
        Flatten(),
        Dense(normal(rng, 3, 16), normal(rng, 3)),
        Activation("sigmoid"),
        Dense(normal(rng, 2, 3)),
        Activation(),
    )
    feeds = ((-1,), (0,), (1,), (2, 1), *((number - 1,) for number in range(4, 12)))
    return Network(nodes, (2, 6, 3), feeds)


def test_models_are_read_back_to_the_same_digest(tmp_path):
    network = every_node(np.random.default_rng(0))
    export_network(network, tmp_path / "net.onnx")
    assert read(tmp_path / "net.onnx").network.digest == network.digest
    first = (tmp_path / "net.onnx").read_bytes()
    export_network(network, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == first


@anew
@given(conv_networks())
def test_models_are_read_back_to_the_same_numbers(tmp_path, network):
    export_network(network, tmp_path / "net.onnx")
    again = read(tmp_path / "net.onnx").network
    x = np.random.default_rng(0).standard_normal((3, *network.input_shape))
    wanted = network(x)
    rounded = any(isinstance(node, Activation) and node.slope for node in network.nodes)
    np.testing.assert_allclose(again(x), wanted, rtol=0, atol=(1e-5 if rounded else 1e-12) * (1 + np.abs(wanted).max()))


def test_missing_onnx_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(Unavailable, match=r"needs onnx; install slth\[onnx\] or write \.safetensors"):
        export_network(residual_at_the_input(), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_models_beyond_the_format_are_refused(monkeypatch):
    monkeypatch.setattr(onnxwrite, "LARGEST", 1 << 24)
    with pytest.raises(BadInput, match="too many for one ONNX file"):
        onnx_bytes(residual_at_the_input(), np.dtype(np.float32))
