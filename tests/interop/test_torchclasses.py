"""Saved Sequential objects of every supported class compute in slth what they compute in torch."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import inspect, read, write_target

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn.utils import prune


def scrambled(net):
    """The same network with statistics and scalings that are not those of a new one."""
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.normal_()
            module.running_var.uniform_(0.1, 2)
            if module.affine:
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)
    return net


def pruned():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    prune.l1_unstructured(net[0], "weight", 0.5)
    return net


def normed():
    body = (nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4, eps=0.02), nn.ReLU(), nn.Conv2d(4, 3, 3))
    tail = (nn.BatchNorm2d(3, affine=False), nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4), nn.ReLU())
    return nn.Sequential(nn.Sequential(*body), *tail, nn.Linear(4, 2))


def lines(*modules):
    return lambda: nn.Sequential(*modules)


PADDED = nn.Conv2d(2, 3, (3, 1), stride=(1, 2), padding=(2, 1))
MAKERS = {
    "same": lines(nn.Conv2d(2, 3, (3, 5), padding="same"), nn.ReLU(), nn.Flatten(), nn.Linear(108, 2)),
    "valid": lines(nn.Conv2d(2, 3, 2, padding="valid"), nn.Tanh(), nn.Flatten(), nn.Linear(75, 2)),
    "strides": lines(PADDED, nn.LeakyReLU(0.2), nn.Flatten(1), nn.Linear(96, 2)),
    "no bias": lines(nn.Conv2d(2, 3, 2, bias=False), nn.Sigmoid(), nn.Conv2d(3, 1, 5)),
    "max pool": lines(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.MaxPool2d(3, stride=2), nn.Flatten(), nn.Linear(12, 2)),
    "mean pool": lines(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.AvgPool2d((2, 3)), nn.Flatten(), nn.Linear(18, 2)),
    "one mean": lines(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
    "means": lines(nn.Conv2d(2, 3, 1), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.Linear(18, 2)),
    "leaky without slope": lines(nn.Conv2d(2, 3, 1), nn.LeakyReLU(0), nn.Conv2d(3, 1, 1)),
    "dropout": lines(nn.Conv2d(2, 3, 1), nn.Dropout2d(), nn.Tanh(), nn.Identity(), nn.Conv2d(3, 1, 1)),
    "norms": normed,
    "pruned": pruned,
    "double": lambda: normed().double(),
    "half": lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Conv2d(3, 1, 4)).half(),
    "single": lambda: nn.Conv2d(2, 3, 3),
    "channels last": lambda: normed().to(memory_format=torch.channels_last),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("maker", MAKERS)
def test_the_function_is_that_of_torch(tmp_path, maker, legacy):
    torch.manual_seed(len(maker))
    net = scrambled(MAKERS[maker]())
    torch.save(net, tmp_path / "net.pt", _use_new_zipfile_serialization=not legacy)
    target = read(tmp_path / "net.pt", None, "2x6x6")
    x = torch.randn(5, 2, 6, 6, dtype=torch.float64)
    wanted = net.double().eval()(x).detach().numpy()
    np.testing.assert_allclose(target.network(x.numpy()), wanted, rtol=1e-12, atol=1e-12)
    write_target(target.network, tmp_path / "canonical")
    assert read(tmp_path / "canonical", None, "2x6x6").network.digest == target.network.digest
    assert any("BatchNorm (evaluation mode) is folded" in note for note in target.notes) == ("Batch" in str(net))


def test_the_input_shape_is_asked_for(tmp_path):
    torch.save(MAKERS["mean pool"](), tmp_path / "net.pt")
    with pytest.raises(BadFile, match=r"--input 2x6x6 \(squares that fit: 6, 7\)"):
        read(tmp_path / "net.pt")
    torch.save(MAKERS["same"](), tmp_path / "net.pt")
    found = read(tmp_path / "net.pt")
    assert found.network.input_shape == (2, 6, 6) and "of all squares only 2x6x6 fits" in found.notes[0]
    assert inspect(tmp_path / "net.pt")["architecture"].startswith("2x6x6; conv 3 3x5 same; relu; flatten; dense 2")


def test_linear_layers_take_rows_only(tmp_path):
    """torch applies a Linear to the last axis of a picture, which is another function."""
    torch.save(nn.Sequential(nn.Flatten(), nn.Linear(72, 2)), tmp_path / "net.pt")
    assert read(tmp_path / "net.pt", None, "2x6x6").network.input_shape == (2, 6, 6)
    torch.save(nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.Linear(12, 2)), tmp_path / "net.pt")
    with pytest.raises(BadFile, match=r"gets pictures \(3, 1, 4\), and acts on their last axis only: put a Flatten"):
        read(tmp_path / "net.pt", None, "2x1x4")


def plain(*modules):
    return nn.Sequential(nn.Conv2d(2, 4, 3), *modules)


def without_statistics():
    return plain(nn.BatchNorm2d(4, track_running_stats=False))


def hidden_weight():
    net = plain()
    net[0].__dict__["weight"] = torch.zeros(4, 2, 3, 3)
    return net


BAD = {
    "module 0: grouped convolutions are not supported: write": lambda: nn.Sequential(nn.Conv2d(2, 4, 3, groups=2)),
    "dilation is not supported: write the zeros into": lambda: nn.Sequential(nn.Conv2d(2, 4, 3, dilation=2)),
    "only padding with zeros": lambda: nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect")),
    "padding 'same' with an even kernel": lambda: nn.Sequential(nn.Conv2d(2, 4, 2, padding="same")),
    "module 1 is LayerNorm, which is not supported, since": lambda: plain(nn.LayerNorm(4)),
    "GroupNorm, which is not supported, since it depends on the whole input": lambda: plain(nn.GroupNorm(2, 4)),
    "InstanceNorm2d, which": lambda: plain(nn.InstanceNorm2d(4)),
    "ConvTranspose2d, which is not supported: write it": lambda: plain(nn.ConvTranspose2d(4, 4, 3)),
    "Conv1d, which is not supported, only Conv2d": lambda: plain(nn.Conv1d(4, 4, 3)),
    "max pooling with padding is not supported": lambda: plain(nn.MaxPool2d(3, padding=1)),
    "mean pooling with padding": lambda: plain(nn.AvgPool2d(3, padding=1)),
    "another divisor": lambda: plain(nn.AvgPool2d(3, divisor_override=2)),
    "pooling with dilation": lambda: plain(nn.MaxPool2d(3, dilation=2)),
    "module 1: pooling with ceil_mode is not supported": lambda: plain(nn.MaxPool2d(3, ceil_mode=True)),
    "returns indices": lambda: plain(nn.MaxPool2d(3, return_indices=True)),
    "MaxPool3d, which is not supported: use MaxPool2d": lambda: plain(nn.MaxPool3d(3)),
    "GELU, which is not supported: train with ReLU": lambda: plain(nn.GELU()),
    "PReLU, which is not supported: train with": lambda: plain(nn.PReLU()),
    "LeakyReLU is supported with a slope between 0 and 1": lambda: plain(nn.LeakyReLU(2.0)),
    "Softmax2d: certify logits: remove the last layer": lambda: plain(nn.Softmax2d()),
    "LSTM, which is not supported: feed-forward": lambda: plain(nn.LSTM(4, 4)),
    "Upsample, which is not supported": lambda: plain(nn.Upsample(3)),
    "has no running statistics": without_statistics,
    "BatchNorm 2 does not directly follow": lambda: plain(nn.ReLU(), nn.BatchNorm2d(4)),
    "BatchNorm 0 does not directly follow": lambda: nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1)),
    "BatchNorm 1 has 5 channels, layer 0 before it gives 4": lambda: plain(nn.BatchNorm2d(5)),
    r"operation AdaptiveAvgPool2d averages down to \(3, 3\), which is supported where that divides": lambda: plain(
        nn.AdaptiveAvgPool2d(3)
    ),
    "its output_size is not one or two sizes": lambda: plain(nn.AdaptiveAvgPool2d((None, 2))),
    "is a Conv2d with unusual tensors, whose meaning is code": hidden_weight,
    "takes pictures of 3 channels": lambda: plain(nn.ReLU(), nn.Conv2d(3, 1, 1)),
}


@pytest.mark.parametrize("reason", BAD)
def test_refusals(tmp_path, reason):
    torch.save(BAD[reason](), tmp_path / "net.pt")
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net.pt", None, "2x6x6")
    line = str(caught.value)
    assert line.isprintable() and len(line) < 500 and "unforeseen" not in line


ATTRIBUTES = {
    "kernel_size": ("3", (3,), (3, -1), (1 << 40, 1), 3.0, None, True),
    "stride": ((0, 1), [1, 2, 3], "same", None),
    "padding": ("reflect", (1, -1), None),
    "groups": (True, 2, None, "1"),
    "dilation": ((1, 2), None, 1.0),
    "padding_mode": (None, 0),
    "transposed": (True, 1, None),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ATTRIBUTES.items() for value in values])
def test_odd_attributes(tmp_path, name, value):
    net = plain()
    net[0].__dict__[name] = value
    torch.save(net, tmp_path / "net.pt")
    with pytest.raises(BadFile, match="module 0") as caught:
        read(tmp_path / "net.pt", None, "2x6x6")
    assert "unforeseen" not in str(caught.value)
