"""Searches of given weights: jackpots, and other methods on the same weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import ANYWHERE, CPU, SHORT, same, task_for, toy, trained

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.given import Given
from slth.core.network import Dense, Network
from slth.interop.found import read_found, write_found
from slth.search.draw import redrawn
from slth.search.find import find
from slth.search.method import methods
from slth.search.methods.randomsearch import RandomSearch
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.methods.zhang2023 import Jackpots, started

TWO = replace(SHORT, epochs=2)
REFUSED = ("chijiwa2021", "diffenderfer2021")
"""New draws, and signs instead of weights."""


def search(method="jackpots", network=None, *, training=TWO, sanity=False, **more):
    network = network or trained()
    architecture = Architecture.of(network, (1, 8, 8))
    source = Given.of(network)
    return find(method, architecture, toy(), source=source, training=training, machine=CPU, sanity=sanity, **more)


@pytest.mark.parametrize("whole_last", [True, False])
@pytest.mark.parametrize("density", [0.05, 0.37, 1.0])
def test_it_starts_from_magnitude_pruning(density, whole_last):
    task = task_for(Jackpots(), density=density)
    learner = started(task, whole_last)
    learner.begin_epoch(0)
    learner.effective(training=True)
    searched = learner.weights[:-1] if whole_last else learner.weights
    sizes = torch.cat([weight.abs().reshape(-1) for weight in searched])
    kept = round(len(sizes) * density)
    lowest = sizes.sort(descending=True).values[kept - 1]
    for weight, mask in zip(searched, learner.masks, strict=False):
        assert torch.equal(mask, weight.abs() >= lowest)
    assert not whole_last or learner.masks[-1].all()


def test_the_ticket_is_of_the_given_weights(tmp_path):
    network = trained()
    found = search(network=network, density=0.4, sanity=True)
    ticket = found.ticket
    assert ticket.source == Given.of(network) and ticket.made["source"].endswith(network.digest)
    assert "trained_accuracy" not in found.notes and 0 <= found.notes["magnitude_accuracy"] <= 1
    assert found.baselines is not None
    for layer, whole in zip(ticket.network.affine, network.affine, strict=True):
        assert ((layer.weight == whole.weight) | (layer.weight == 0)).all()
    assert (ticket.network.affine[0].bias == network.affine[0].bias).all()
    write_found(tmp_path / "t.slth", ticket)
    again = read_found(tmp_path / "t.slth")[0].holding(network)
    assert again.network.digest == ticket.network.digest
    same(found, search(network=network, density=0.4))


def test_it_finds_more_than_magnitude_pruning():
    """Even of weights that nobody trained."""
    training = replace(SHORT, epochs=12)
    found = search(density=0.5, training=training)
    assert found.ticket.claim.accuracy >= found.notes["magnitude_accuracy"]
    assert found.epochs[-1].loss < found.epochs[0].loss


@pytest.mark.parametrize("key", ANYWHERE)
def test_other_methods_on_given_weights(key):
    fewer = {"randomsearch": {"trials": 3}, "tanaka2020": {"rounds": 3}, "hidenseek2022": {"rounds": 3}}
    plugin = methods.get(key)(**fewer.get(key, {}))
    if key in REFUSED:
        with pytest.raises(BadInput, match="can not search given weights"):
            search(plugin)
        return
    found = search(plugin)
    assert found.ticket.network.affine[0].bias is not None and found.ticket.source == Given.of(trained())
    assert found.ticket.claim.of == 41


def test_random_search_prints_what_the_ticket_does():
    found = search(RandomSearch(trials=2), density=1.0)
    network, data = trained(), toy()
    answers = network(data.preprocessing(data.test.images)).argmax(axis=1)
    assert found.ticket.claim.correct == int((answers == data.test.labels).sum())


def test_finetuning_compares_with_permuted_weights():
    found = search(GemMiner(period=1, finetune=1), training=replace(SHORT, epochs=3))
    assert 0 <= found.notes["finetuned_redrawn_weights_accuracy"] <= 1


def test_redrawn_weights_are_permuted_ones():
    source = Given.of(trained())
    one, again, other = (redrawn(source, seed) for seed in (1 << 200, 1 << 200, 2))
    assert one == again != other and one != source
    assert np.array_equal(np.sort(one.whole(0), axis=None), np.sort(source.whole(0), axis=None))


def test_what_it_needs():
    with pytest.raises(BadInput, match="--target"):
        find("jackpots", Architecture.of(trained()), toy(), machine=CPU)
    flat = Network((Dense(np.ones((3, 64), np.float32)),), (64,))
    with pytest.raises(BadInput, match="whole_last=false"):
        search(network=flat)
    assert search(Jackpots(whole_last=False), flat, density=0.5).ticket.mask.density == 0.5
