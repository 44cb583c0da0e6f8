"""The text language of --arch: what it says, what it refuses, and that every network can be written in it."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_networks import conv_networks, residual_at_the_input
from hypothesis import HealthCheck, given, settings

from slth.core.errors import BadFile, BadInput
from slth.core.network import Flatten
from slth.interop.architecture import parse_arch
from slth.interop.describe import summary
from slth.interop.read import inspect, read
from slth.interop.safetensors import write_container
from slth.interop.spec import as_spec, parse_spec


def same(network, path):
    """Whether text and weights alone give the network again."""
    write_container(path, {}, network.tensors())
    found = read(path, as_spec(network)).network
    nodes = [type(node) for node in found.nodes]
    assert nodes == [type(node) for node in network.nodes] and found.inputs == network.inputs
    return found.digest == network.digest and as_spec(found) == as_spec(network)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conv_networks())
def test_networks_are_written_and_read(tmp_path, network):
    assert same(network, tmp_path / "net")
    assert summary(network) == as_spec(network)


def test_sums_with_the_input(tmp_path):
    network = residual_at_the_input()
    assert as_spec(network).startswith("2x3x3; save s0; conv 2 3x3 same; add s0; save s1; add s1; flatten")
    assert same(network, tmp_path / "net")


def test_words():
    plan = parse_spec(
        "1x8x9; conv 4 3 stride 2 pad 1x0 nobias @a ;batchnorm eps 1e-3 @b; leakyrelu .2; avgpool 2 stride 1;"
        "globalpool; linear 5 bias @c; tanh; dense @d;"
    )
    conv, norm, leaky, pool, whole, dense, _, last = plan.steps
    assert plan.input_shape == (1, 8, 9)
    assert (conv.op, conv.layer, conv.width, conv.kernel) == ("conv", "a", 4, (3, 3))
    assert (conv.stride, conv.padding, conv.bias) == ((2, 2), (1, 0), False)
    assert (norm.op, norm.layer, norm.eps) == ("norm", "b", 1e-3)
    assert (leaky.op, leaky.slope) == ("leaky_relu", 0.2)
    assert (pool.op, pool.kernel, pool.stride) == ("meanpool", (2, 2), (1, 1))
    assert (whole.op, whole.kernel) == ("spread", (1, 1))
    assert (dense.op, dense.width, dense.bias) == ("dense", 5, True)
    assert (last.layer, last.width) == ("d", None)


@pytest.mark.parametrize(
    ("line", "asked", "flattens"),
    [
        ("1x2x2; dense 3", None, 1),
        ("2x2; flatten; dense 3", None, 1),
        ("4; dense 3", None, 0),
        ("dense 3", "1x2x2", 1),
        ("4; flatten; dense 3; flatten", None, 1),
        ("dense 3", None, 0),
        ("1x2x2; flatten; flatten; dense 3", None, 1),
    ],
)
def test_pictures_are_flattened_once_before_dense_layers(tmp_path, line, asked, flattens):
    write_container(tmp_path / "net", {}, {"f.weight": np.ones((3, 4))})
    nodes = read(tmp_path / "net", line + ";", asked).network.nodes
    assert sum(isinstance(node, Flatten) for node in nodes) == flattens == len(nodes) - 1


BAD = {
    "is none of conv, dense": "4; denser 3",
    "'an empty piece' is none of": "4; ; dense 3",
    "'softmax' is none of": "4; dense 3; softmax",
    "needs a number of outputs": "1x8x8; conv; dense 3",
    "needs a size such as 3 or 3x5, up to 4096, where 'nothing' stands": "1x8x8; conv 4; dense 3",
    "where '3x3x3' stands": "1x8x8; conv 4 3x3x3",
    "where '5000' stands": "1x8x8; conv 4 5000",
    "where '0' stands": "1x8x8; maxpool 0; dense 3",
    "where '-1' stands": "1x8x8; conv 4 3 pad -1",
    "can be same only with odd kernels": "1x8x8; conv 4 2x2 same",
    "stride 1 and no pad": "1x8x8; conv 4 3 same stride 2",
    "'dilation' there; after its sizes it takes: stride pad same bias layer": "1x8x8; conv 4 3 dilation 2",
    "does not take 'pad' there": "1x8x8; maxpool 2 pad 1",
    "does not take 'nobias' there": "4; dense 3 bias nobias",
    "does not take '3' there; after its sizes it takes: nothing": "4; relu 3",
    "needs its slope": "4; dense 3; leaky_relu",
    "a decimal number between 0 and 1": "4; dense 3; leaky_relu 1.5",
    "'leaky_relu nan' needs a decimal": "4; dense 3; leaky_relu nan",
    "names nothing that was saved": "4; dense 3; add a",
    "'from b' names nothing": "4; save a; from b",
    "ends with from": "4; dense 3; save a; relu; from a",
    "saves under a name that is taken": "4; save a; dense 4; save a",
    "a size of the input that is 0 or too large": "0x4; dense 3",
    "more than 10000 pieces": ";" * 20_000,
    "31m' is none of": "4; relu\x1b[31m",
}


@pytest.mark.parametrize("reason", BAD)
def test_refusals(reason):
    with pytest.raises(BadInput, match=reason) as caught:
        parse_arch(BAD[reason])
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


DOES_NOT_FIT = {
    "has 2 Conv2d, 0 Linear and 0 BatchNorm layers, the file has 1 Conv2d": "1x5x5; conv 2 3; conv 2 3",
    "layer c has the kernel 3x3, the architecture says 5x5": "1x9x9; conv 2 5; dense 3",
    "layer c gives 2 outputs, the architecture says 4": "1x5x5; conv 4 3; dense 3",
    r"layer f takes 18 inputs, the architecture has \(2, 2, 2\) there \(one input: \(1, 4": "1x4x4; conv 2 3; dense 3",
    r"layer c has a window of \(3, 3\) but pictures of \(2, 2\) arrive": "1x2x2; conv 2 3; dense 3",
    r"layer c takes pictures of 1 channels but \(3, 5, 5\) arrives \(one input: \(3, 5": "3x5x5; conv 2 3; dense 3",
    "has no layer x|layer x of the architecture is not in the file": "1x5x5; conv 2 3 @x; dense 3 @f",
    "names some of its layers; name all or none": "1x5x5; conv 2 3 @c; dense 3",
    "a ReLU before the first layer is not supported": "1x5x5; relu; conv 2 3; dense 3",
    "node 0 feeds no other node": "1x3x6; save a; conv 2 3; from a; dense 3",
    r"operation add adds shapes \(2, 3, 3\) and \(1, 5, 5\)": "1x5x5; save a; conv 2 3; add a; dense 3",
    r"operation maxpool has a window of \(4, 4\)": "1x5x5; conv 2 3; maxpool 4; dense 3",
    r"pass --input, for example --input 1x8x8 \(squares that fit: 8, 9\)": "conv 2 3; relu; maxpool 2; dense 3",
    r"slth convert TARGET .* saves repeating it\): pass --input": "conv 2 3; relu; maxpool 2; dense 3",
}


@pytest.mark.parametrize("reason", DOES_NOT_FIT)
def test_texts_that_do_not_fit(tmp_path, reason):
    ones = np.ones
    write_container(tmp_path / "net", {}, {"c.weight": ones((2, 1, 3, 3)), "f.weight": ones((3, 18))})
    with pytest.raises(BadFile, match=reason) as caught:
        read(tmp_path / "net", DOES_NOT_FIT[reason])
    assert "\n" not in str(caught.value)


def test_the_input_shape_is_found_where_only_one_square_fits(tmp_path):
    ones = np.ones
    write_container(tmp_path / "net", {}, {"c.weight": ones((2, 1, 3, 3)), "f.weight": ones((3, 18))})
    found = read(tmp_path / "net", "conv 2 3; relu; dense 3")
    assert found.network.input_shape == (1, 5, 5)
    assert found.notes == (
        "the file does not say the shape of an input: of all squares only 1x5x5 fits the weights; "
        "pass --input where that is wrong",
    )
    assert isinstance(found.network.nodes[2], Flatten)
    asked = read(tmp_path / "net", "conv 2 3; relu; dense 3", "1x3x11")
    assert asked.network.input_shape == (1, 3, 11) and asked.notes == ()


@pytest.mark.parametrize(
    "line", ["", "x", "1x", "0", "1x28x28x", "٣", "-1", "1 28 28", "9" * 99, "1x" * 8 + "1", "4294967296"]
)
def test_bad_input_shapes(tmp_path, line):
    write_container(tmp_path / "net", {}, {"f.weight": np.ones((3, 4))})
    with pytest.raises(BadInput):
        read(tmp_path / "net", None, line)


@pytest.mark.parametrize("shape", [(), (0, 4), (1.0, 4), ("1", "4"), (True, 4), 4, (1,) * 9, (1 << 32,)])
def test_input_shapes_as_numbers(tmp_path, shape):
    write_container(tmp_path / "net", {}, {"f.weight": np.ones((3, 4))})
    network = read(tmp_path / "net", None, [1, 2, 2]).network
    assert network.input_shape == (1, 2, 2)
    assert inspect(tmp_path / "net", None, (1, 2, 2))["digest"] == network.digest
    with pytest.raises(BadInput, match=r"input_shape takes|the input that is 0 or too large"):
        read(tmp_path / "net", None, shape)


def test_file_and_user_must_agree_on_the_input(tmp_path):
    write_container(tmp_path / "net", {}, {"f.weight": np.ones((3, 4))})
    assert read(tmp_path / "net", None, "1x2x2").network.input_shape == (1, 2, 2)
    with pytest.raises(BadFile, match="has inputs of shape 4, which is not --input 1x2x2"):
        read(tmp_path / "net", "4-3", "1x2x2")
