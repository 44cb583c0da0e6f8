"""The architectures with a name, against the same networks written in torch."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.describe import summary
from slth.interop.read import inspect, read
from slth.interop.safetensors import write_container

torch = pytest.importorskip("torch")
from torch import nn


class LeNet(nn.Module):
    """LeNet-5 as people write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5, padding=2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class ConvNet(nn.Module):
    """Conv-2, 4, 6 with the dense part as 1 x 1 convolutions, as in the code of the edge-popup paper."""

    def __init__(self, blocks, narrow=16, norm=False) -> None:
        super().__init__()
        layers, before = [], 3
        for width in (64, 128, 256)[:blocks]:
            for channels in (before, width):
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False)]
                layers += [nn.BatchNorm2d(width)] * norm + [nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            before = width
        self.convs = nn.Sequential(*layers)
        side = 32 >> blocks
        ends = (nn.Conv2d(before * side * side, 256, 1), nn.ReLU(), nn.Conv2d(256, 256, 1))
        self.linear = nn.Sequential(*ends, nn.ReLU(), nn.Conv2d(256, 10, 1))

    def forward(self, x):
        x = self.convs(x)
        return self.linear(x.view(x.size(0), -1, 1, 1)).flatten(1)


class Block(nn.Module):
    """One residual block."""

    def __init__(self, into, width, stride) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(into, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(into, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class ResNet20(nn.Module):
    """ResNet-20 with option B."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        sizes = [(16, 16, 1), (16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 32, 1)]
        sizes += [(32, 64, 2), (64, 64, 1), (64, 64, 1)]
        self.layers = nn.Sequential(*(Block(*size) for size in sizes))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.layers(torch.relu(self.bn1(self.conv1(x)))).mean((2, 3)))


def settled(net):
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
    return net


MAKERS = {
    "lenet5": LeNet,
    "conv2": lambda: ConvNet(1),
    "conv4": lambda: ConvNet(2),
    "conv6": lambda: ConvNet(3, norm=True),
    "resnet20": ResNet20,
}


@pytest.mark.parametrize("ordered", [True, False], ids=["in order", "sorted by name"])
@pytest.mark.parametrize("name", MAKERS)
def test_the_function_is_that_of_torch(tmp_path, name, ordered):
    torch.manual_seed(1)
    net = settled(MAKERS[name]())
    if ordered:
        torch.save(net.state_dict(), tmp_path / "net")
    else:
        write_container(tmp_path / "net", {}, {key: value.numpy() for key, value in net.state_dict().items()})
    target = read(tmp_path / "net", name)
    x = torch.rand(3, *target.network.input_shape, dtype=torch.float64)
    wanted = net.double().eval()(x).detach().numpy()
    np.testing.assert_allclose(target.network(x.numpy()), wanted, rtol=1e-9, atol=1e-9)
    assert inspect(tmp_path / "net")["problem"].endswith(
        f"the weights fit --arch {name}; pass that, or another architecture where it is wrong"
    )
    assert any("eps, taken as 1e-05" in note for note in target.notes) == (name in ("conv6", "resnet20"))
    if name in ("lenet5", "conv2"):
        assert read(tmp_path / "net", summary(target.network)).network.digest == target.network.digest


def test_shortcuts_without_weights_are_refused(tmp_path):
    net = ResNet20()
    state = {key: value for key, value in net.state_dict().items() if "shortcut" not in key}
    torch.save(state, tmp_path / "net.pt")
    for arch in (None, "resnet20"):
        with pytest.raises(BadFile, match=r"shortcuts without weights \(option A: .*train it with option B"):
            read(tmp_path / "net.pt", arch)


def test_classes_and_pictures_may_be_others(tmp_path):
    net = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU())
    net.extend([nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 16, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU()])
    net.append(nn.Linear(256, 7))
    torch.save(net.state_dict(), tmp_path / "net.pt")
    found = read(tmp_path / "net.pt", "conv2", "1x8x8").network
    x = torch.rand(2, 1, 8, 8, dtype=torch.float64)
    np.testing.assert_allclose(found(x.numpy()), net.double()(x).detach().numpy(), atol=1e-12)
    with pytest.raises(BadFile, match=r"layer 0 takes pictures of 1 channels but \(3, 32, 32\) arrives"):
        read(tmp_path / "net.pt", "conv2")


@pytest.mark.shared
def test_the_trained_lenet(shared, figure):
    target = read(shared / "targets" / "lenet5-mnist.safetensors", "lenet5")
    network = target.network
    assert network.size == 107_786 and target.notes == () and target.original_dtype == "float32"
    images, labels = mnist(shared)
    guesses = np.concatenate([network(images[k : k + 500]).argmax(1) for k in range(0, len(images), 500)])
    right = int((guesses == labels).sum())
    figure("LeNet-5 as read, right of the first 2,000 test digits", f"{right:,}")
    assert right >= 1960


def mnist(shared):
    with gzip.open(shared / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + 2000 * 784)[16:], np.uint8)
    with gzip.open(shared / "mnist" / "t10k-labels-idx1-ubyte.gz") as file:
        return images.reshape(-1, 784) / 255, np.frombuffer(file.read(8 + 2000)[8:], np.uint8)
