"""Solved tickets in untouched random networks: the same function, the same mask, and what can not be planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy import CPU, toy

from slth.core.errors import BadInput
from slth.core.network import Activation, Conv, Dense, Flatten, Network
from slth.core.preprocessing import Preprocessing
from slth.core.ticket import Ticket
from slth.datasets.dataset import Dataset
from slth.search.find import find
from slth.search.planted import planted
from slth.search.settings import Training
from slth.theory.build import approximate
from slth.theory.plan import Request

SAMPLES = 16


def data() -> Dataset:
    """Pictures of 4 x 4 bytes with pixels in [0, 1], as targets of slth take them."""
    return replace(toy(side=4, classes=3), preprocessing=Preprocessing(255, (0.0,), (1.0,)))


def dense(bias: bool = True, shape: tuple[int, ...] = (16,)) -> Network:
    """A random 16-5-3 network."""
    rng = np.random.default_rng(1)
    weights = [rng.uniform(-0.5, 0.5, size).astype(np.float32) for size in ((5, 16), (5,), (3, 5), (3,))]
    first, second = Dense(weights[0], weights[1] if bias else None), Dense(weights[2], weights[3] if bias else None)
    flat = () if len(shape) == 1 else (Flatten(),)
    return Network((*flat, first, Activation("relu"), second), shape)


def solved(target: Network, theorem: str = "pensia2020", **wishes) -> Ticket:
    options = wishes.pop("options", None)
    request = Request(samples=SAMPLES, objective="closest", seed=3, threads=1, **wishes)
    return approximate(target, request, theorem, options=options).ticket


@pytest.mark.parametrize("target", [dense(), dense(bias=False), dense(shape=(1, 4, 4))], ids=["bias", "plain", "flat"])
@pytest.mark.parametrize("law", ["uniform", "normal"])
def test_the_planted_network_is_the_tickets(target, law):
    ticket = solved(target, law=law)
    found = planted(ticket, target, data())
    inputs = np.random.default_rng(0).random((200, *data().shape))
    ours, theirs = found.network(inputs), ticket.to_network(target)(inputs)
    # the planted network is a float32 one, but weights of these laws have at most 24 bits and lose none of them: what
    # is left is the order of sums in float64
    assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()
    assert found.source is ticket.source and found.mask is ticket.mask and found.mask.count == ticket.mask.count
    assert found.architecture.input_shape == data().shape and len(found.architecture.slots) == 4


def test_the_claim_is_counted():
    target = dense()
    found = planted(solved(target), target, data())
    answers = target(data().preprocessing(data().test.images)).argmax(axis=1)
    assert found.claim.of == len(data().test) and found.claim.data == data().test.digest
    assert found.claim.correct == int((answers == data().test.labels).sum()), "errors are far below the margins"
    assert found.made["target"] == target.digest


def test_a_search_takes_the_same_network():
    target = dense()
    ticket = planted(solved(target), target, data())
    training = Training(epochs=2, batch=32, optimiser="adam", rate=1e-3)
    common = {"source": ticket.source, "training": training, "machine": CPU, "sanity": False}
    for function in (None, target):
        found = find("edge-popup", ticket.architecture, data(), density=0.3, target=function, **common).ticket
        assert found.source == ticket.source and found.architecture is ticket.architecture
        assert found.mask.count == sum(round(0.3 * rows * width) for rows, width in ticket.mask.shapes)


def conv() -> Network:
    """One convolution and a dense layer."""
    rng = np.random.default_rng(1)
    kernel, matrix = (rng.uniform(-0.5, 0.5, size).astype(np.float32) for size in ((2, 1, 3, 3), (3, 8)))
    return Network((Conv(kernel, None), Activation("relu"), Flatten(), Dense(matrix, None)), (1, 4, 4))


@pytest.mark.parametrize(
    ("target", "theorem", "options"),
    [
        pytest.param(conv(), "dacunha2022", {}, id="convolutions"),
        pytest.param(dense(), "burkholz2022", {"depth": "L+1"}, id="direct stages and copies"),
    ],
)
def test_what_can_not_be_planted(target, theorem, options):
    with pytest.raises(BadInput, match=r"\Aonly tickets of dense targets with stages of two layers can be planted"):
        planted(solved(target, theorem, options=options), target, data())


def test_another_target():
    with pytest.raises(BadInput, match=r"\Athe ticket is for target"):
        planted(solved(dense()), dense(bias=False), data())
