"""Whole Sequential objects: the exact architecture, or one line on what is not supported."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadFile, BadInput
from slth.interop.read import read

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn.utils import prune


class Doubling(nn.Sequential):
    """A Sequential with a forward of its own."""

    def forward(self, x):
        return 2 * super().forward(x)


def hook(module, args, output):
    return output + 1


def hooked():
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].register_forward_hook(hook)
    return net


def overridden():
    net = nn.Sequential(nn.Linear(2, 2))
    net.forward = abs
    return net


def masked_without_hook():
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].register_buffer("weight_mask", torch.zeros(2, 2))  # Linear.forward does not look at it
    return net


def original_without_hook():
    net = nn.Sequential(nn.Linear(2, 2))
    prune.random_unstructured(net[0], "weight", 0.5)
    net[0]._forward_pre_hooks.clear()  # the forward then uses the attribute weight, whatever it holds
    return net


def linear_with_child():
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].add_module("0", nn.Linear(2, 2))
    return net


def line(*modules):
    return lambda: nn.Sequential(*modules)


BAD = {
    "certify logits: remove the last layer": line(nn.Linear(2, 2), nn.LogSoftmax(1)),
    "Softmax: certify logits": line(nn.Linear(2, 2), nn.Softmax(1)),
    "no activation before layer 1: merge": line(nn.Linear(2, 2), nn.Linear(2, 2)),
    "no activation before layer 2: merge": line(nn.Linear(2, 2), nn.Dropout(0.5), nn.Linear(2, 2)),
    "ReLU before the first layer": line(nn.ReLU(), nn.Linear(2, 2)),
    r"only Flatten\(1, -1\)": line(nn.Flatten(0), nn.Linear(2, 2)),
    "has 0 Linear layers": line(nn.ReLU()),
    "takes 3 inputs but 0 gives 2": line(nn.Linear(2, 2), nn.ReLU(), nn.Linear(3, 2)),
    r"is a whole module Doubling of \(0: Linear": lambda: Doubling(nn.Linear(2, 2)),
    r"module 0 is .*Doubling: its forward\(\) is code": line(Doubling(nn.Linear(2, 2))),
    "module 0 has a hook, which is code": hooked,
    r"overrides forward\(\), which is code": overridden,
    "module 0 is a Linear with unusual tensors": masked_without_hook,
    "unusual tensors, whose meaning is code": original_without_hook,
    "with modules inside, which cannot be": linear_with_child,
    "is a whole module ModuleList": lambda: nn.ModuleList([nn.Linear(2, 2)]),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("reason", BAD)
def test_refusals(tmp_path, reason, legacy):
    torch.save(BAD[reason](), tmp_path / "net.pt", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net.pt")
    assert "\n" not in str(caught.value) and "unforeseen" not in str(caught.value)


def test_dropout_is_noted(tmp_path):
    torch.save(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), tmp_path / "net.pt")
    assert read(tmp_path / "net.pt").notes == ("Dropout is the identity (evaluation mode)",)


def test_a_second_relu_in_a_row_is_dropped(tmp_path):
    torch.save(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.ReLU(), nn.Linear(2, 1)), tmp_path / "net.pt")
    assert [node["op"] for node in read(tmp_path / "net.pt").network.architecture()["nodes"]] == [
        "dense",
        "relu",
        "dense",
    ]


def test_an_unflatten_before_everything_else_is_the_input_shape(tmp_path):
    net = nn.Sequential(nn.Unflatten(1, (1, 5, 4)), nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 3))
    torch.save(net, tmp_path / "net.pt")
    network = read(tmp_path / "net.pt").network
    x = np.random.default_rng(0).random((6, 20))
    assert network.input_shape == (1, 5, 4)
    np.testing.assert_allclose(network(x), net.double()(torch.tensor(x)).detach().numpy(), atol=1e-12)
    torch.save(nn.Sequential(nn.Linear(4, 4), nn.Unflatten(1, (1, 4))), tmp_path / "net.pt")
    with pytest.raises(BadInput, match="Unflatten"):
        read(tmp_path / "net.pt")
