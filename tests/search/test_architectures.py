"""What --arch means for pictures of a shape and a number of classes."""

from __future__ import annotations

import pytest

from slth.core.architecture import Norm, Slot
from slth.core.errors import BadInput
from slth.core.nodes import Activation, Add, Pool
from slth.interop.named import NAMED
from slth.search.architectures import architecture_for

MNIST, CIFAR = (1, 28, 28), (3, 32, 32)


def count(architecture, kind) -> int:
    return sum(isinstance(node, kind) for node in architecture.nodes)


@pytest.mark.parametrize("name", list(NAMED))
@pytest.mark.parametrize(("shape", "classes"), [(MNIST, 10), (CIFAR, 10), (CIFAR, 7), ((3, 64, 64), 100)])
def test_names_fit_all_pictures(name, shape, classes):
    if name == "conv8" and shape == MNIST:
        shape = (1, 32, 32)
    architecture = architecture_for(name, shape, classes)
    assert architecture.input_shape == shape and architecture.shapes[-1] == (classes,)
    assert not any(slot.bias for slot in architecture.slots)


def test_sizes_of_names():
    assert architecture_for("lenet300", MNIST, 10).size == 784 * 300 + 300 * 100 + 1000
    assert architecture_for("conv2", CIFAR, 10).size == 27 * 64 + 9 * 64 * 64 + 64 * 256 * 256 + 256 * 256 + 2560
    conv4 = architecture_for("conv4", CIFAR, 10)
    assert [slot.rows for slot in conv4.slots] == [64, 64, 128, 128, 256, 256, 10]
    resnet = architecture_for("resnet20", CIFAR, 10)
    assert len(resnet.slots) == 20 + 2 and count(resnet, Add) == 9
    assert count(resnet, Norm) == 21, "each convolution's"


def test_norms():
    assert count(architecture_for("conv4", CIFAR, 10), Norm) == 0
    normed = architecture_for("conv4", CIFAR, 10, norm=True)
    assert count(normed, Norm) == 4 and [node.eps for node in normed.nodes if isinstance(node, Norm)] == [1e-5] * 4
    assert count(architecture_for("resnet20", CIFAR, 10, norm=False), Norm) == 0
    text = "1x28x28; conv 4 3x3 same; norm; relu; flatten; dense"
    assert count(architecture_for(text, MNIST, 10), Norm) == 1, "a text that says norm means it"


@pytest.mark.parametrize(("width", "rows"), [(0.5, [32, 32, 128, 128, 10]), (2.0, [128, 128, 512, 512, 10])])
def test_width_of_hidden_layers(width, rows):
    architecture = architecture_for("conv2", CIFAR, 10, width=width)
    assert [slot.rows for slot in architecture.slots] == rows
    assert [slot.rows for slot in architecture_for("784-300-10", MNIST, 10, width=width).slots] == [300 * width, 10]


def test_hardly_any_width():
    assert [slot.rows for slot in architecture_for("conv2", CIFAR, 10, width=1e-9).slots] == [1, 1, 1, 1, 10]


def test_biases():
    free = architecture_for("784-30-10", MNIST, 10, bias=True)
    assert [slot.bias for slot in free.slots] == [True, True] and free.size == 30 * 785 + 10 * 31
    assert [slot.bias for slot in architecture_for("784-30-10:nobias", MNIST, 10, bias=True).slots] == [False, False]
    assert [slot.bias for slot in architecture_for("784-30-10:bias", MNIST, 10).slots] == [True, True]
    convolutional = architecture_for("conv2", CIFAR, 10, bias=True)
    assert [slot.bias for slot in convolutional.slots] == [False, False, True, True, True]


def test_widths_and_texts():
    dense = architecture_for("784-30-20-10", MNIST, 10)
    assert [slot.shape for slot in dense.slots] == [(30, 784), (20, 30), (10, 20)]
    assert isinstance(dense.nodes[-1], Slot) and count(dense, Activation) == 2
    text = "conv 4 3x3 stride 2 pad 1; tanh; meanpool 2; flatten; dense"
    built = architecture_for(f"1x28x28; {text}", MNIST, 6)
    assert built.shapes[-1] == (6,) and [node.kind for node in built.nodes if isinstance(node, Pool)] == ["mean"]


@pytest.mark.parametrize(
    ("spec", "shape", "classes", "more", "said"),
    [
        ("784-300-9", MNIST, 10, {}, "puts out .9,., the data has 10 classes"),
        ("783-300-10", MNIST, 10, {}, "inputs of shape .783,., the data has pictures of .1, 28, 28"),
        ("3x32x32-300-10", MNIST, 10, {}, "inputs of shape"),
        ("conv9", CIFAR, 10, {}, "is not an architecture"),
        ("conv8", (1, 4, 4), 10, {}, "window"),
        ("conv2", CIFAR, 10, {"width": 0.0}, "--width"),
        ("conv2", CIFAR, 10, {"width": -1.0}, "--width"),
        ("conv2", CIFAR, 10, {"width": float("nan")}, "--width"),
        ("conv2", CIFAR, 10, {"width": float("inf")}, "--width"),
        ("1x28x28; conv 4 3x3 bias; flatten; dense 10", MNIST, 10, {}, "bias"),
        ("1x28x28; relu; flatten", MNIST, 10, {}, "no dense layer and no convolution"),
        ("1x28x28; flatten; dense; relu; dense 10", MNIST, 10, {}, "."),
        ("1x28x28; flatten; relu; norm; dense 10", MNIST, 10, {}, "norm"),
        ("", MNIST, 10, {}, "."),
    ],
)
def test_errors_in_one_line(spec, shape, classes, more, said):
    with pytest.raises(BadInput, match=said) as caught:
        architecture_for(spec, shape, classes, **more)
    assert "\n" not in str(caught.value) and "--" in str(caught.value)
