"""State dicts that do not say their architecture: the question ends in a line that works when it is typed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import inspect, read

torch = pytest.importorskip("torch")
from torch import nn

POOLED = (nn.ReLU(), nn.MaxPool2d(2))


def numbered(*modules):
    return nn.Sequential(*modules)


MAKERS = {
    "same, pooled": lambda: numbered(
        nn.Conv2d(1, 5, 5, padding=2), *POOLED, nn.Conv2d(5, 7, 3, padding=1), *POOLED, nn.Flatten(), nn.Linear(343, 9)
    ),
    "no padding": lambda: numbered(
        nn.Conv2d(1, 3, 5), *POOLED, nn.Conv2d(3, 4, 5), *POOLED, nn.Flatten(), nn.Linear(64, 9)
    ),
    "one pool for two": lambda: numbered(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=1),
        *POOLED,
        nn.Flatten(),
        nn.Linear(1024, 9),
    ),
    "global pool": lambda: numbered(
        nn.Conv2d(3, 4, 3, padding=1), *POOLED, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 9)
    ),
    "normed": lambda: numbered(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), *POOLED, nn.Flatten(), nn.Linear(784, 9), nn.BatchNorm1d(9)
    ),
    "dense and normed": lambda: numbered(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)),
    "convolutions only": lambda: numbered(nn.Conv2d(3, 4, 3, padding=1), *POOLED, nn.Conv2d(4, 2, 1), nn.Flatten()),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_the_line_to_type_works(tmp_path, maker):
    torch.manual_seed(0)
    net = MAKERS[maker]()
    torch.save(net.state_dict(), tmp_path / "net.pt")
    with pytest.raises(BadFile, match="the file does not say how its layers are padded, strided and pooled") as caught:
        read(tmp_path / "net.pt")
    assert "(slth convert TARGET out.safetensors --arch ... --input ... saves repeating it)" in str(caught.value)
    line = re.search('--arch "(.*)"$', str(caught.value))[1]
    network = read(tmp_path / "net.pt", line).network
    if maker != "convolutions only":
        x = torch.rand(3, *network.input_shape, dtype=torch.float64)
        np.testing.assert_allclose(network(x.numpy()), net.double().eval()(x).detach().numpy(), atol=1e-9)
    found = inspect(tmp_path / "net.pt")
    assert found["problem"].endswith(f'--arch "{line}"') and len(found["tensors"]) == len(net.state_dict())


def test_what_is_no_chain_is_said(tmp_path):
    torch.save(numbered(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 2, 1)).state_dict(), tmp_path / "net.pt")
    with pytest.raises(BadFile, match=r"are no chain \(1 takes 5, 0 gives 4\): pass --arch as a text with save"):
        read(tmp_path / "net.pt")
    torch.save(numbered(nn.Conv2d(3, 4, 3), nn.Linear(4 * 15, 2)).state_dict(), tmp_path / "net.pt")
    with pytest.raises(BadFile, match=r"are no chain \(1 takes 60, 0 gives 4\)"):
        read(tmp_path / "net.pt")


def test_norms_without_a_place_are_said(tmp_path):
    torch.save(MAKERS["normed"]().state_dict(), tmp_path / "net.pt")
    with pytest.raises(BadFile, match="has 2 BatchNorm layers, the architecture has none; write norm behind each"):
        read(tmp_path / "net.pt", "1x28x28; conv 4 3 same; relu; maxpool 2; dense 9")


def test_a_guess_about_dense_layers_takes_an_input_shape(tmp_path):
    torch.save(numbered(nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 2)).state_dict(), tmp_path / "net.pt")
    asked = read(tmp_path / "net.pt", None, "3x2x2").network
    assert asked.digest == read(tmp_path / "net.pt", "3x2x2-5-2").network.digest
