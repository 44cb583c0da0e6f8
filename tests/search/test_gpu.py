"""On a GPU: the same seeds give the same masks, and what the CPU computes exactly comes out the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_select import layouts
from toy import ANYWHERE, CONV, CPU, RESIDUAL, SHORT, same, search, shaped, task_for, toy

from slth.search.find import deterministic
from slth.search.method import methods
from slth.search.methods.chijiwa2021 import IteRand
from slth.search.select import SORTED_ON_GPU, largest
from slth.search.settings import Machine
from slth.search.supermask import Supermask
from slth.search.task import Tensors

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
]
GPU = Machine("cuda")


@pytest.mark.parametrize("key", ANYWHERE)
@pytest.mark.parametrize("spec", [CONV, RESIDUAL])
def test_the_seed_determines_the_mask(key, spec):
    more = {"density": 0.4, "seed": 5, "machine": GPU, "training": replace(SHORT, epochs=2)}
    same(search(key, spec, **more), search(key, spec, **more))


@pytest.mark.parametrize("name", list(layouts()))
def test_select_is_the_cpus(name):
    scores = torch.from_numpy(layouts()[name].astype(np.float32))
    for k in (1, len(scores) // 3, len(scores) // 2, len(scores) - 1):
        found = largest(scores.cuda(), k)
        assert found.is_cuda and torch.equal(found.cpu(), largest(scores, k))


def test_select_of_more_than_is_sorted():
    scores = torch.randn(SORTED_ON_GPU + 5, generator=torch.Generator().manual_seed(1)).round(decimals=4)
    for k in (1, 1000, len(scores) // 2, len(scores) - 1):
        assert torch.equal(largest(scores.cuda(), k).cpu(), largest(scores, k))


@pytest.mark.parametrize(
    "key", ["ramanujan2020", "diffenderfer2021", "chijiwa2021", "sreenivasan2022gem", "structured"]
)
def test_the_first_mask_is_the_cpus(key):
    deterministic(torch.device("cuda"))
    plugin = methods.get(key)()
    task = task_for(plugin, shaped(CONV, bias=True), density=0.3)
    other = replace(task, place=torch.device("cuda"), machine=GPU, train=on_gpu(task.train))
    learners = [Supermask(where, plugin.recipe()) for where in (task, other)]
    for learner in learners:
        learner.begin_epoch(0)
        learner.effective(training=True)
    for ours, theirs in zip(*(learner.masks for learner in learners), strict=True):
        assert torch.equal(ours, theirs.cpu())
    for ours, theirs in zip(*(learner.weights for learner in learners), strict=True):
        assert torch.equal(ours, theirs.cpu())


def on_gpu(data: Tensors) -> Tensors:
    return Tensors(data.images.cuda(), data.labels.cuda())


@pytest.mark.parametrize("machine", [Machine("cuda", "bfloat16"), Machine("cuda", compiled=True)])
def test_precision_and_compilation(machine):
    found = search("edge-popup", RESIDUAL, machine=machine, training=replace(SHORT, epochs=6))
    plain = search("edge-popup", RESIDUAL, machine=GPU, training=replace(SHORT, epochs=6))
    assert found.epochs[0].loss == pytest.approx(plain.epochs[0].loss, rel=0.05)
    assert found.ticket.mask.count == plain.ticket.mask.count


def test_draws():
    more = {"seed": 5, "machine": GPU, "density": 0.3}
    one, other = (search(IteRand(every=4, chance=0.3), **more) for _ in range(2))
    assert one.ticket.mask.draws and any(draws.any() for draws in one.ticket.mask.draws)
    same(one, other)


def test_it_learns_as_on_the_cpu():
    """Means over seeds: single masks of so small networks differ by more."""
    data, training = toy(count=320, tests=500), replace(SHORT, epochs=15)
    reached = []
    for machine in (CPU, GPU):
        found = [search(machine=machine, data=data, training=training, seed=seed) for seed in range(8)]
        reached.append(np.mean([each.ticket.claim.accuracy for each in found]))
    assert abs(reached[0] - reached[1]) <= 0.03 and reached[0] > 0.7
