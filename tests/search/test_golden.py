"""Every method against a tiny reference from its paper's formulas: each step of a short search, to the last bit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
import reference_more as more
import torch
from toy import CONV, DENSE, shaped, task_for

from slth.search.method import key_of, methods
from slth.search.methods.chijiwa2021 import IteRand
from slth.search.methods.diffenderfer2021 import Biprop
from slth.search.methods.fischer2022 import AnnealedEdgePopup
from slth.search.methods.frankle2019 import Magnitude
from slth.search.methods.gadhikar2023 import RandomMask, erk
from slth.search.methods.hidenseek2022 import HideNSeek
from slth.search.methods.koster2022 import SignedSupermask
from slth.search.methods.lee2019 import Snip
from slth.search.methods.ramanujan2020 import EdgePopup
from slth.search.methods.randomsearch import RandomSearch
from slth.search.methods.recipe import AnyRecipe
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.methods.structured import StructuredEdgePopup
from slth.search.methods.tanaka2020 import Synflow
from slth.search.methods.wang2020 import Grasp
from slth.search.methods.zhang2023 import Jackpots
from slth.search.methods.zhou2019 import Supermask as BernoulliSupermask
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task
from slth.search.weak import flowing

WEIGHED = ("hidenseek", "jackpots")
"""Cases whose first mask depends on weights."""
EXEMPT: dict[str, str] = {"layerremoval": "only for networks with sums, see test_layers.py"}
"""Methods without a reference, and why."""


@dataclass(frozen=True)
class Case:
    plugin: Any
    reference: type[reference.EdgePopup]
    epochs: int = 2
    density: float = 0.3
    networks: tuple[str, ...] = ("conv", "dense")

    @property
    def training(self) -> Training:
        kind = "adam" if self.reference is more.Zhou else "sgd"
        return Training(epochs=self.epochs, batch=16, optimiser=kind, rate=0.1, decay=self.reference.decay)


CASES = {
    "edge-popup": Case(EdgePopup(), reference.EdgePopup),
    "edge-popup, normal weights": Case(EdgePopup("normal", False), reference.EdgePopup, density=0.77),
    "biprop": Case(Biprop(), reference.Biprop),
    "biprop across the network": Case(Biprop(across="network"), reference.GlobalBiprop, epochs=4),
    "iterand": Case(IteRand(every=4, chance=0.3), reference.IteRand),
    "gem-miner": Case(GemMiner(period=2), reference.GemMiner, epochs=6),
    "gem-miner, rewound": Case(GemMiner(period=2, rewind=True), reference.Rewound, epochs=6),
    "edge-popup-filters": Case(StructuredEdgePopup(), reference.Filters, density=0.5),
    "edge-popup-filters, whole last": Case(StructuredEdgePopup(last="whole"), reference.FiltersWholeLast, density=0.5),
    "annealed-edge-popup": Case(AnnealedEdgePopup(), more.Annealed, epochs=3),
    "supermask": Case(BernoulliSupermask(), more.Zhou),
    "signed-supermask": Case(SignedSupermask(), more.Koster),
    "hidenseek": Case(HideNSeek(rounds=3), more.HideNSeek),
    "hidenseek of two clients": Case(HideNSeek(rounds=3, clients=2), more.Federated),
    "jackpots": Case(Jackpots(), more.Jackpots, networks=("given",)),
    "recipe": Case(AnyRecipe(), reference.EdgePopup),
    "recipe of parts": Case(
        AnyRecipe(rule="of:2:4", gradient="kept", penalty="magnitudes:0.001"), more.TwoOfFour, networks=("fours",)
    ),
}

BEFORE_TRAINING = {
    "snip": (Snip(train=False), more.snip),
    "grasp": (Grasp(train=False, temperature=1.0), lambda *task: more.grasp(*task, 1.0)),
    "grasp, hot": (Grasp(train=False), lambda *task: more.grasp(*task, 200.0)),
    "synflow": (Synflow(train=False, rounds=7), lambda *task: more.synflow(*task, 7)),
    "magnitude": (Magnitude(train=False), lambda *task: more.magnitude(*task, 1)),
    "magnitude, rounds": (Magnitude(train=False, rounds=3), lambda *task: more.magnitude(*task, 3)),
    "random-mask": (RandomMask(train=False), lambda task, w, _: random_mask(task, w, False)),
    "random-mask, erk": (RandomMask(train=False, densities="erk"), lambda task, w, _: random_mask(task, w, True)),
    "random-search": (RandomSearch(trials=9), lambda *task: more.best_of(*task, 9)[0]),
}
"""Methods that choose a mask once."""
TWO_EPOCHS = Training(epochs=2, batch=16, rate=0.05)


def random_mask(task: Task, weights: list[torch.Tensor], erdos: bool) -> list[torch.Tensor]:
    densities = [task.density] * 3
    if erdos:
        densities = more.erdos_renyi([tuple(weight.shape) for weight in weights], task.density)
    return more.scattered(weights, densities, torch.Generator().manual_seed(task.seed))


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


PAIRS = [(name, network) for name, case in CASES.items() for network in case.networks]


@pytest.mark.parametrize(("name", "network"), PAIRS)
def test_every_step_is_that_of_the_paper(steps, name, network):
    case = CASES[name]
    task = task_for(case.plugin, _architecture(network), density=case.density, seed=11, training=case.training)
    wanted = case.reference(task, reference.conv_network if network == "conv" else reference.dense_network)
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
    if network == "fours":
        return shaped("flatten; dense 8; relu; dense 12; relu; dense")
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
        if mask.signs:
            assert np.array_equal(mask.signs[layer], masks[layer].reshape(-1)[places])
    assert bool(mask.signs) == any((mask < 0).any() for mask in masks)
    assert bool(mask.draws) == any(draw.any() for draw in wanted.draws)
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


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(WEIGHED)])
def test_the_first_mask(steps, name):
    """Before any step, whatever the network: from scores alone."""
    case = CASES[name]
    architecture = _architecture(case.networks[-1])
    task = task_for(case.plugin, architecture, density=case.density, seed=3, training=case.training)
    learner = Supermask(task, case.plugin.recipe())
    learner.begin_epoch(0)
    learner.effective(training=True)
    first = case.reference(task, reference.dense_network)
    masks = first.tossed(0) if isinstance(first, more.Zhou) else first.masks(0)
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


@pytest.mark.parametrize("network", ["conv", "dense"])
@pytest.mark.parametrize("name", BEFORE_TRAINING)
def test_masks_chosen_once(name, network):
    plugin, wanted = BEFORE_TRAINING[name]
    task = task_for(
        plugin, _architecture(network), density=0.3, seed=4, training=Training(epochs=2, batch=16, rate=0.05)
    )
    function = getattr(reference, f"{network}_network")
    weights = reference.EdgePopup(task, function).weights
    masks = wanted(task, weights, function)
    chosen = plugin.search(task).chosen
    assert not chosen.mask.signs and not chosen.mask.draws and chosen.values == "weight"
    for kept, mask in zip(chosen.mask.kept, masks, strict=True):
        assert np.array_equal(kept, np.flatnonzero(mask.numpy()))
    if name != "random-mask, erk":
        size = task.architecture.size
        assert abs(chosen.mask.count - 0.3 * size) <= 0.5 * (3 if name.startswith("random") else 1)
    stats = more.blank(task)
    for start in range(0, len(task.train), 16):
        kept = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
        function(kept, task.train.images[start : start + 16], stats, True)
    for (mean, variance), (m, v) in zip(chosen.statistics, stats, strict=True):
        assert np.array_equal(mean, m.numpy()) and np.array_equal(variance, v.numpy())


def test_synaptic_flow_revives_nothing():
    """Even where a layer vanished and nothing flows any more."""
    task = task_for(Synflow(), _architecture("dense"), density=0.5)
    weights = reference.EdgePopup(task, reference.dense_network).weights
    before = flowing(task.architecture, weights, 0.03, 1)
    assert not before[0].any(), "a layer vanished"
    after = flowing(task.architecture, weights, 0.03**2, 2)
    assert sum(int(mask.sum()) for mask in after) == round(0.03**2 * task.architecture.size) > 0
    assert not any((later & ~earlier).any() for earlier, later in zip(before, after, strict=True))


@pytest.mark.parametrize("density", [0.01, 0.1, 0.3, 0.7, 0.99, 1.0])
def test_erdos_renyi(density):
    shapes = [(4, 1, 3, 3), (8, 4, 3, 3), (30, 200), (3, 31)]
    found = erk(shapes, density)
    assert found == pytest.approx(more.erdos_renyi(shapes, density), rel=1e-6)
    sizes = [np.prod(shape) for shape in shapes]
    assert sum(d * size for d, size in zip(found, sizes, strict=True)) == pytest.approx(density * sum(sizes))


@pytest.mark.parametrize("plugin", [Magnitude(rounds=2), Snip()])
def test_weak_tickets_report_trained_weights(plugin):
    task = task_for(
        plugin, _architecture("conv"), density=0.3, seed=4, training=Training(epochs=2, batch=16, rate=0.05)
    )
    weights = reference.EdgePopup(task, reference.conv_network).weights
    outcome = plugin.search(task)
    masks = [torch.zeros_like(weight, dtype=torch.bool) for weight in weights]
    for mask, kept in zip(masks, outcome.chosen.mask.kept, strict=True):
        mask.view(-1)[torch.from_numpy(kept.copy())] = True
    found, _ = outcome.trained["trained"]
    assert all(map(torch.equal, found, more.trained(task, weights, masks, reference.conv_network)))


def test_what_was_pruned_for_good_stays_pruned():
    """Whatever happens to its score."""
    plugin = GemMiner(period=1)
    task = task_for(plugin, _architecture("dense"), density=0.1, training=Training(epochs=5, batch=16))
    learner = Supermask(task, plugin.recipe())
    before, size = learner.alive, task.architecture.size
    for epoch in range(4):
        learner.end_epoch(epoch)
        assert not any((later & ~earlier).any() for earlier, later in zip(before, learner.alive, strict=True))
        assert sum(int(flags.sum()) for flags in learner.alive) == round(size * 0.1 ** ((epoch + 1) / 4))
        before = learner.alive
        for scores in learner.parameters:
            scores.copy_(1 - scores)


def test_every_method_has_a_reference():
    covered = {key_of(case.plugin) for case in CASES.values()} | {
        key_of(plugin) for plugin, _ in BEFORE_TRAINING.values()
    }
    missing = set(methods.names()) - covered - set(EXEMPT)
    assert not missing, f"no reference in this file for {', '.join(sorted(missing))}"
    assert not covered & set(EXEMPT) and set(EXEMPT) <= set(methods.names())


def test_no_part_of_the_search_in_the_reference():
    text = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (reference, more))
    assert not [part for part in ("parts", "supermask", "select", "recipe", "loop") if f"slth.search.{part}" in text]


def test_the_task_is_of_its_density(steps):
    task = task_for(EdgePopup(), _architecture("dense"), density=0.3)
    outcome = EdgePopup().search(task)
    assert [len(kept) for kept in outcome.chosen.mask.kept] == [
        round(0.3 * slot.size) for slot in task.architecture.slots
    ]
