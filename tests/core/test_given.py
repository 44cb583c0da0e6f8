"""Given weights: a whole mask is the network itself, a mask is a product, and other networks are refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
from drawn_given import small, ticket_of
from drawn_networks import conv_networks

from slth.core.architecture import Architecture, Slot
from slth.core.errors import BadInput
from slth.core.found import FoundTicket
from slth.core.given import Given
from slth.core.laws import law
from slth.core.network import Conv, Dense, Network
from slth.core.nodes import Activation
from slth.core.source import Source


def single(network: Network) -> Network:
    """In float32."""
    nodes = []
    for node in network.nodes:
        if isinstance(node, Dense | Conv):
            bias = None if node.bias is None else node.bias.astype(np.float32)
            node = replace(node, weight=node.weight.astype(np.float32), bias=bias)
        nodes.append(node)
    return replace(network, nodes=tuple(nodes))


@given(conv_networks())
def test_a_mask_that_keeps_all_is_the_network(network):
    assert ticket_of(network, 1.0).network.digest == single(network).digest


@given(conv_networks(), st.integers(0, 99))
def test_a_mask_is_a_product_and_leaves_biases_of_convolutions(network, seed):
    ticket = ticket_of(network, 0.4, seed)
    for layer, (found, whole) in enumerate(zip(ticket.network.affine, single(network).affine, strict=True)):
        mask = np.zeros(ticket.mask.shapes[layer])
        mask.reshape(-1)[ticket.mask.kept[layer]] = 1
        inner = whole.weight[0].size
        assert (found.weight == whole.weight * mask[:, :inner].reshape(whole.weight.shape)).all()
        if whole.bias is None:
            assert found.bias is None
        else:
            kept = mask[:, -1] if isinstance(whole, Dense) else 1
            assert (found.bias == whole.bias * kept).all()


@given(conv_networks(), st.integers(0, 99))
def test_permuted_weights_are_the_same_ones(network, seed):
    source = Given.of(network)
    other = source.permuted(np.random.default_rng(seed))
    assert other.layers == source.layers
    for layer in range(len(source.layers)):
        one, two = source.whole(layer), other.whole(layer)
        bias = source.layers[layer].bias
        for part in (slice(None, -1 if bias else None), slice(-1, None)):
            assert (np.sort(one[:, part], axis=None) == np.sort(two[:, part], axis=None)).all() or not bias
        assert (np.sort(one, axis=None) == np.sort(two, axis=None)).all()


def unread(ticket: FoundTicket) -> FoundTicket:
    """As a file has it: without weights and fixed biases."""
    return replace(ticket, source=replace(ticket.source, network=None), architecture=ticket.architecture.bare)


def test_a_ticket_that_was_read_needs_its_network():
    network = small()
    ticket = ticket_of(network, 0.5)
    bare = unread(ticket)
    assert bare.source == ticket.source
    with pytest.raises(BadInput, match="--target"):
        _ = bare.network
    assert bare.holding(network).network.digest == ticket.network.digest
    with pytest.raises(BadInput, match="is about weights of digest"):
        bare.holding(small(seed=1))
    tanh = replace(
        bare.architecture, nodes=(bare.architecture.nodes[0], Activation("tanh"), *bare.architecture.nodes[2:])
    )
    with pytest.raises(BadInput, match="its architecture is not that of the network"):
        replace(bare, architecture=tanh).holding(network)


def test_flat_networks_take_pictures():
    rng = np.random.default_rng(0)
    network = Network((Dense(rng.standard_normal((3, 16)).astype(np.float32)),), (16,))
    picture = rng.random((5, 1, 4, 4))
    ticket = ticket_of(network, 1.0, shape=(1, 4, 4))
    assert (ticket.network(picture) == network(picture.reshape(5, 16))).all()
    for shape in [(1, 4, 5), (15,)]:
        with pytest.raises(BadInput, match="takes inputs of shape"):
            Architecture.of(network, shape)
    with pytest.raises(BadInput, match="takes inputs of shape"):
        Architecture.of(small(), (1, 2, 8))


def test_what_given_weights_are_not():
    ticket = ticket_of(small(), 0.5)
    with pytest.raises(BadInput, match="kept as they are"):
        replace(ticket, values="binary")
    draws = tuple(np.ones(len(kept), np.int64) for kept in ticket.mask.kept)
    with pytest.raises(BadInput, match="kept as they are"):
        replace(ticket, mask=replace(ticket.mask, draws=draws))
    with pytest.raises(BadInput, match="drawn anew"):
        ticket.source.values(0, np.array([0]), np.array([1]))
    with pytest.raises(BadInput, match="scale 1"):
        replace(ticket.source, layers=(replace(ticket.source.layers[0], scale=0.5), ticket.source.layers[1]))
    with pytest.raises(BadInput, match="64 hexadecimal"):
        replace(ticket.source, digest="AB" * 32)
    random = Source(0, law("normal"), ticket.source.layers)
    with pytest.raises(BadInput, match="fixed biases"):
        replace(ticket, source=random)
    plain = ticket_of(small(bias=False), 0.5)
    found = replace(plain, source=Source(0, law("normal"), plain.source.layers))
    with pytest.raises(BadInput, match="random network"):
        found.holding(small())
    for offset, kernel in [((1.0,), (3, 3)), ((1.0, 2.0), None)]:
        with pytest.raises(BadInput, match="fixed biases"):
            Slot(2, 1, kernel, offset=offset)
