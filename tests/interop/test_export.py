"""Exported networks load in torch and compute the same numbers there."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from slth.core.errors import BadInput, Unavailable
from slth.core.network import Activation, Dense, Flatten, Network
from slth.interop.export import export_network, sequential_code
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


def test_safetensors_keep_the_digest(tmp_path, network):
    export_network(network, tmp_path / "ticket.safetensors")
    assert read(tmp_path / "ticket.safetensors").network.digest == network.digest


def test_other_endings_are_refused(tmp_path, network):
    with pytest.raises(BadInput, match=r"ends in \.pt, \.pth or \.safetensors"):
        export_network(network, tmp_path / "ticket.onnx")


def test_missing_torch_is_said(tmp_path, network, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Unavailable, match=r"needs torch; install slth\[torch\] or write \.safetensors"):
        export_network(network, tmp_path / "ticket.pt")
    assert list(tmp_path.iterdir()) == []
