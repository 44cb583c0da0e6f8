"""Every method against a tiny reference from its paper's formulas: each step of a short search, to the last bit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
import torch
from toy import CONV, DENSE, shaped, task_for

from slth.search.method import key_of, methods
from slth.search.methods.chijiwa2021 import IteRand
from slth.search.methods.diffenderfer2021 import Biprop
from slth.search.methods.ramanujan2020 import EdgePopup
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.methods.structured import StructuredEdgePopup
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome

EXEMPT: dict[str, str] = {}
"""Methods without a reference, and why."""


@dataclass(frozen=True)
class Case:
    plugin: Any
    reference: type[reference.EdgePopup]
    epochs: int = 2
    density: float = 0.3

    @property
    def training(self) -> Training:
        return Training(epochs=self.epochs, batch=16, rate=0.1, decay=self.reference.decay)


CASES = {
    "edge-popup": Case(EdgePopup(), reference.EdgePopup),
    "edge-popup, normal weights": Case(EdgePopup("normal", False), reference.EdgePopup, density=0.77),
    "biprop": Case(Biprop(), reference.Biprop),
    "biprop across the network": Case(Biprop(across="network"), reference.GlobalBiprop, epochs=4),
    "iterand": Case(IteRand(every=4, chance=0.3), reference.IteRand),
    "gem-miner": Case(GemMiner(period=2), reference.GemMiner, epochs=6),
    "edge-popup-filters": Case(StructuredEdgePopup(), reference.Filters, density=0.5),
    "edge-popup-filters, whole last": Case(StructuredEdgePopup(last="whole"), reference.FiltersWholeLast, density=0.5),
}


@pytest.fixture
def steps(monkeypatch):
    """What the search's learner has after each step: scores, masks, weights, draws, what is alive."""
    seen = []
    plain = Supermask.settle

    def settle(self):
        plain(self)
        alive = None if self.alive is None else [flags.clone() for flags in self.alive]
        masks = [mask.clone() for mask in self.masks]
        weights, draws = [weight.clone() for weight in self.weights], [draw.copy() for draw in self.draws]
        seen.append(([score.clone() for score in self.parameters], masks, weights, draws, alive))

    monkeypatch.setattr(Supermask, "settle", settle)
    return seen


@pytest.mark.parametrize("network", ["conv", "dense"])
@pytest.mark.parametrize("name", CASES)
def test_every_step_is_that_of_the_paper(steps, name, network):
    case = CASES[name]
    task = task_for(case.plugin, _architecture(network), density=case.density, seed=11, training=case.training)
    wanted = case.reference(task, getattr(reference, f"{network}_network"))
    final = wanted.train()
    outcome = case.plugin.search(task)
    assert len(steps) == len(wanted.log) == case.epochs * 6
    for (scores, masks, weights, draws, _), (s, m, w, d) in zip(steps, wanted.log, strict=True):
        assert all(torch.equal(mine.float(), theirs) for mine, theirs in zip(masks, m, strict=True))
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(weights, w, strict=True))
        assert all(np.array_equal(mine, theirs) for mine, theirs in zip(draws, d, strict=True))
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(scores, s, strict=True))
    _same_result(outcome, wanted, final, name)
    assert any(not torch.equal(a, b) for a, b in zip(wanted.log[0][1], wanted.log[-1][1], strict=True)), "it moves"


def _architecture(network: str):
    return shaped(CONV, bias=True) if network == "conv" else shaped(DENSE)


def _same_result(outcome: Outcome, wanted: reference.EdgePopup, final: list[torch.Tensor], name: str) -> None:
    masks = [mask.numpy().reshape(len(mask), -1) for mask in final]
    if name.startswith("edge-popup-filters"):
        masks = _without_slices(masks, wanted)
    mask = outcome.chosen.mask
    for layer, kept in enumerate(mask.kept):
        places = np.flatnonzero(masks[layer])
        assert np.array_equal(kept, places)
        if wanted.draws[layer].any():
            assert np.array_equal(mask.draws[layer], wanted.draws[layer][places])
    assert not mask.signs and bool(mask.draws) == any(draw.any() for draw in wanted.draws)
    assert outcome.epoch == wanted.task.training.epochs - 1, "without held-out pictures the last epoch"
    for (mean, variance), (m, v) in zip(outcome.chosen.statistics, wanted.stats, strict=True):
        assert np.array_equal(mean, m.numpy()) and np.array_equal(variance, v.numpy())


def _without_slices(masks: list[np.ndarray], wanted: reference.EdgePopup) -> list[np.ndarray]:
    """Entries of a layer that read a filter or neuron of which nothing is kept go too."""
    out = [masks[0]]
    for layer in range(1, len(masks)):
        silent = ~out[-1].any(axis=1)
        inputs = wanted.slots[layer].columns
        read = np.repeat(silent, inputs // len(silent))
        mask = masks[layer].copy()
        mask[:, :inputs][:, read] = 0
        out.append(mask)
    return out


@pytest.mark.parametrize("name", CASES)
def test_the_first_mask(steps, name):
    """Before any step, whatever the network: from scores alone."""
    case = CASES[name]
    task = task_for(case.plugin, _architecture("dense"), density=case.density, seed=3, training=case.training)
    learner = Supermask(task, case.plugin.recipe())
    learner.effective(training=True)
    masks = case.reference(task, reference.dense_network).masks(0)
    assert all(torch.equal(mine.float(), theirs) for mine, theirs in zip(learner.masks, masks, strict=True))


def test_iterand_draws_pruned_weights_only(steps):
    case = CASES["iterand"]
    task = task_for(case.plugin, _architecture("conv"), density=0.3, seed=2, training=case.training)
    case.plugin.search(task)
    redrawn = 0
    for number, (before, after) in enumerate(itertools.pairwise(steps), start=1):
        for layer in range(3):
            changed = torch.from_numpy(after[3][layer] != before[3][layer]).view(after[1][layer].shape)
            # the mask of this step is that of the event just before it: scores have not moved in between
            assert not (changed & after[1][layer]).any()
            assert number % 4 == 0 or not changed.any()
            assert torch.equal(after[2][layer][~changed], before[2][layer][~changed])
            redrawn += int(changed.sum())
            if number % 4 == 0:
                pruned = int((~after[1][layer]).sum())
                spread = (pruned * 0.3 * 0.7) ** 0.5
                assert abs(int(changed.sum()) - 0.3 * pruned) < 5 * spread + 1
    assert redrawn > 100


def test_gem_miner_never_revives(steps):
    case = CASES["gem-miner"]
    task = task_for(case.plugin, _architecture("conv"), density=0.1, seed=2, training=case.training)
    outcome = case.plugin.search(task)
    size = task.architecture.size
    counts = []
    for before, after in itertools.pairwise(steps):
        for earlier, later, mask in zip(before[4], after[4], after[1], strict=True):
            assert not (later & ~earlier).any() and not (mask.bool() & ~later).any()
        counts.append(sum(int(flags.sum()) for flags in after[4]))
    assert sorted(set(counts), reverse=True) == [size, round(size * 0.1**0.5), round(size * 0.1)]
    assert outcome.chosen.mask.count <= round(size * 0.1)


def test_every_method_has_a_reference():
    covered = {key_of(case.plugin) for case in CASES.values()}
    missing = set(methods.names()) - covered - set(EXEMPT)
    assert not missing, f"no reference in this file for {', '.join(sorted(missing))}"
    assert not covered & set(EXEMPT) and set(EXEMPT) <= set(methods.names())


def test_no_part_of_the_search_in_the_reference():
    text = Path(reference.__file__).read_text(encoding="utf-8")
    assert not [part for part in ("parts", "supermask", "select", "recipe", "loop") if f"slth.search.{part}" in text]


def test_the_task_is_of_its_density(steps):
    task = task_for(EdgePopup(), _architecture("dense"), density=0.3)
    outcome = EdgePopup().search(task)
    assert [len(kept) for kept in outcome.chosen.mask.kept] == [
        round(0.3 * slot.size) for slot in task.architecture.slots
    ]
