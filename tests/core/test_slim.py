"""Networks without dead units compute the same numbers with fewer weights."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
from drawn_networks import conv_networks, residual_at_the_input

from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.slim import slim


def thinned(network, density, seed):
    """The same network with most weights 0, whole rows and biases among them."""
    rng = np.random.default_rng(seed)

    def thin(node):
        if not isinstance(node, Dense | Conv):
            return node
        mask = rng.random(node.weight.shape) < density
        mask[rng.random(len(mask)) < 0.3] = False
        mask[:, rng.random(mask.shape[1]) < 0.3] = False
        bias = None if node.bias is None else node.bias * (rng.random(len(mask)) < 0.5)
        weight = node.weight * mask
        return Dense(weight, bias) if isinstance(node, Dense) else Conv(weight, bias, node.stride, node.padding)

    return Network(tuple(map(thin, network.nodes)), network.input_shape, network.inputs)


def agree(network, smaller, seed=0):
    x = np.random.default_rng(seed).standard_normal((4, *network.input_shape))
    wanted = network(x)
    np.testing.assert_allclose(smaller(x), wanted, rtol=0, atol=1e-12 * (1 + np.abs(wanted).max()))


@given(conv_networks(), st.sampled_from([0.05, 0.3, 0.7]), st.integers(0, 99))
def test_slim_networks_compute_the_same(network, density, seed):
    network = thinned(network, density, seed)
    smaller = slim(network)
    assert smaller.size <= network.size and smaller.input_shape == network.input_shape
    assert smaller.shapes[-1] == network.shapes[-1]
    agree(network, smaller, seed)
    assert slim(smaller) is smaller


def test_nothing_dead_is_nothing_dropped():
    network = residual_at_the_input()
    assert slim(network) is network


def conv(weight, bias=None, padding=(1, 1)):
    bias = None if bias is None else np.array(bias, np.float32)
    return Conv(np.array(weight, np.float32), bias, (1, 1), padding)


def picture_network(bias, act="relu", padding=(1, 1), last=None):
    """Three filters: one that lives, one that reads nothing, one that nobody reads."""
    first = np.zeros((3, 1, 3, 3))
    first[[0, 2]] = np.arange(1, 19).reshape(2, 1, 3, 3)
    second = np.ones((2, 3, 3, 3))
    second[:, 2] = 0
    width = (5 + 2 * padding[0] - 2) * (5 + 2 * padding[1] - 2)
    last = np.ones((2, 2 * width), np.float32) if last is None else last
    nodes = (conv(first, bias), Activation(act), conv(second, None, padding), Flatten(), Dense(last))
    return Network(nodes, (1, 5, 5))


@pytest.mark.parametrize(
    "bias, act, left",
    [
        (None, "relu", 1),
        ([0.5, 0, 0.5], "relu", 1),
        ([0.5, -2, 0.5], "relu", 1),  # relu of -2 is 0
        ([0.5, -2, 0.5], "tanh", 2),
        ([0.5, 2, 0.5], "relu", 2),  # another constant, which the padding cuts off
        (None, "sigmoid", 2),
    ],
)
def test_filters_that_are_zero_go_and_constants_stay(bias, act, left):
    network = picture_network(bias, act)
    smaller = slim(network)
    assert [layer.shape for layer in smaller.affine] == [(left, 1), (2, left), (2, 50)]
    agree(network, smaller)


def test_dead_units_die_backwards_to_the_input():
    last = np.zeros((2, 50), np.float32)
    last[:, 25:] = 1  # the second channel only
    network = picture_network(None, last=last)
    second = np.zeros((2, 3, 3, 3))
    second[0] = 1
    second[1, 0] = 1
    network = Network((*network.nodes[:2], conv(second), *network.nodes[3:]), network.input_shape)
    smaller = slim(network)
    assert [layer.shape for layer in smaller.affine] == [(1, 1), (1, 1), (2, 25)]
    agree(network, smaller)


def test_one_unit_stays_where_all_are_dead():
    nodes = (Dense(np.zeros((4, 3))), Activation(), Dense(np.ones((5, 4))), Activation("tanh"), Dense(np.ones((2, 5))))
    smaller = slim(Network(nodes, (3,)))
    assert [layer.shape for layer in smaller.affine] == [(1, 3), (1, 1), (2, 1)]
    agree(Network(nodes, (3,)), smaller)


@pytest.mark.parametrize("dead, left", [((0, 1), 2), ((0,), 3), ((), 3)])
def test_sums_lose_a_channel_where_both_sides_are_dead(dead, left):
    """Channel 2 of both is 0: what is summed is one group of channels."""
    a, b = np.ones((3, 1, 3, 3)), np.ones((3, 3, 3, 3))
    for side in dead:
        (a, b)[side][2] = 0
    nodes = (conv(a), Activation(), conv(b), Add(), Pool("mean", (2, 2), (1, 1)), Flatten(), Dense(np.ones((2, 48))))
    network = Network(nodes, (1, 5, 5), ((-1,), (0,), (1,), (1, 2), (3,), (4,), (5,)))
    smaller = slim(network)
    assert smaller.affine[0].shape == (left, 1) and smaller.affine[1].shape == (left, left)
    agree(network, smaller)


def test_sums_of_differently_flattened_units_stay():
    nodes = (conv(np.ones((2, 1, 3, 3))), Flatten(), Dense(np.zeros((18, 9))), Add(), Dense(np.ones((2, 18))))
    network = Network(nodes, (1, 3, 3), ((-1,), (0,), (-1,), (1, 2), (3,)))
    assert slim(network).size == network.size
    agree(network, slim(network))
