"""Exported networks load in torch and compute the same numbers there."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from drawn_networks import conv_networks, residual_at_the_input
from hypothesis import given

from slth.core.errors import BadInput, Unavailable
from slth.core.network import Activation, Conv, Dense, Flatten, Network, Pool
from slth.interop.describe import summary
from slth.interop.export import export_network, module_code, sequential_code, to_torch_state
from slth.interop.read import read


@pytest.fixture(params=[np.float32, np.float64])
def network(request):
    rng = np.random.default_rng(0)
    first = Dense(rng.standard_normal((5, 4)).astype(request.param), rng.standard_normal(5).astype(request.param))
    return Network(
        (Flatten(), first, Activation(), Dense(rng.standard_normal((3, 5)).astype(request.param))), (1, 2, 2)
    )


def test_torch_loads_the_state_dict(tmp_path, network):
    torch = pytest.importorskip("torch")
    export_network(network, tmp_path / "ticket.pt")
    net = eval(sequential_code(network), {"nn": torch.nn})
    state = torch.load(tmp_path / "ticket.pt", weights_only=True)
    net.to(state["1.weight"].dtype).load_state_dict(state)
    x = np.random.default_rng(1).random((6, 1, 2, 2))
    wanted = net.double()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(network(x), wanted, rtol=0, atol=1e-12)
    again = read(tmp_path / "ticket.pt", "1x2x2-5-3").network
    assert again.digest == network.digest


def in_torch(network, code):
    """The module that the written Python builds, with the weights of the network."""
    place = {}
    exec(compile(code, "network.py", "exec"), place)
    module = place["build"]()
    module.load_state_dict(to_torch_state(network))
    assert place["INPUT"] == network.input_shape
    return module


def agree(network, module):
    import torch

    x = np.random.default_rng(1).standard_normal((3, *network.input_shape))
    np.testing.assert_allclose(module.double()(torch.tensor(x)).detach().numpy(), network(x), rtol=1e-10, atol=1e-10)


@given(conv_networks())
def test_every_network_is_a_torch_module(network):
    pytest.importorskip("torch")
    agree(network, in_torch(network, module_code(network)))


def test_sums_with_the_input_and_pictures_into_dense_layers():
    pytest.importorskip("torch")
    network = residual_at_the_input()
    agree(network, in_torch(network, module_code(network)))
    with pytest.raises(BadInput, match="module_code gives a class"):
        sequential_code(network)
    bare = Network((Dense(np.ones((2, 4))),), (1, 2, 2))
    agree(bare, in_torch(bare, module_code(bare)))


def test_a_convolutional_network_comes_back(tmp_path):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    conv = Conv(rng.standard_normal((3, 1, 2, 2)).astype(np.float32), None, (1, 1), (1, 0))
    nodes = (conv, Activation("tanh"), Pool("mean", (2, 2), (1, 1)), Flatten(), Dense(np.ones((2, 36), np.float32)))
    network = Network(nodes, (1, 4, 5))
    for name in ("net.pt", "net.py", "net.safetensors"):
        export_network(network, tmp_path / name)
    assert read(tmp_path / "net.pt", summary(network)).network.digest == network.digest
    assert read(tmp_path / "net.safetensors").network.digest == network.digest
    place = {}
    exec((tmp_path / "net.py").read_text(), place)
    module = place["build"]()
    module.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    agree(network, module)
    torch.save(module.float(), tmp_path / "module.pt")
    assert read(tmp_path / "module.pt", None, "1x4x5").network.digest == network.digest


HALF, THIRD = np.full((2, 2), 0.5), np.full((2, 2), 1 / 3)


@pytest.mark.parametrize("last, kind", [(HALF, "float32"), (THIRD, "float64"), (HALF * 1e300, "float64")])
def test_models_have_one_float_type(tmp_path, last, kind):
    torch = pytest.importorskip("torch")
    first = Dense(HALF.astype(np.float32), np.ones(2, np.float32))
    network = Network((first, Activation(), Dense(last)), (2,))
    export_network(network, tmp_path / "net.pt")
    export_network(network, tmp_path / "net.py")
    state = torch.load(tmp_path / "net.pt", weights_only=True)
    place = {}
    exec((tmp_path / "net.py").read_text(), place)
    module = place["build"]()
    for tensors in (state, module.state_dict()):
        assert {tensor.dtype for tensor in tensors.values()} == {getattr(torch, kind)}
    module.load_state_dict(state)
    given = np.ones((1, 2), kind)
    assert f"inputs must be {kind}" in place["build"].__doc__
    assert module(torch.from_numpy(given)).detach().numpy().tolist() == network(given).tolist()


def test_safetensors_keep_the_type_of_every_layer(tmp_path):
    first, bias = Dense(HALF.astype(np.float32)), np.full(2, 0.1)
    network = Network((first, Activation(), Dense(THIRD, bias)), (2,))
    export_network(network, tmp_path / "net.safetensors")
    again = read(tmp_path / "net.safetensors")
    assert [layer.weight.dtype.name for layer in again.network.affine] == ["float32", "float64"]
    assert again.network.digest == network.digest and again.notes == ()


def test_safetensors_keep_the_digest(tmp_path, network):
    export_network(network, tmp_path / "ticket.safetensors")
    assert read(tmp_path / "ticket.safetensors").network.digest == network.digest


def test_other_endings_are_refused(tmp_path, network):
    with pytest.raises(BadInput, match=r"ends in \.pt, \.pth, \.onnx, \.safetensors or \.py"):
        export_network(network, tmp_path / "ticket.h5")


def test_missing_torch_is_said(tmp_path, network, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Unavailable, match=r"needs torch; install slth\[torch\] or write \.safetensors"):
        export_network(network, tmp_path / "ticket.pt")
    assert list(tmp_path.iterdir()) == []
