"""The search as a whole: same seed, same mask; claims, densities, choices, precisions."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import ANYWHERE, CONV, CPU, DENSE, RESIDUAL, SHORT, same, search, shaped, task_for, tensors, toy

from slth.core.errors import BadInput
from slth.core.found import correct_answers
from slth.datasets.load import load
from slth.search import settings
from slth.search.architectures import architecture_for
from slth.search.baselines import masked_weights
from slth.search.evaluate import accuracy
from slth.search.find import find
from slth.search.loop import fit
from slth.search.method import method_called, methods
from slth.search.methods.diffenderfer2021 import Biprop
from slth.search.methods.ramanujan2020 import EdgePopup
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.parts.schedules import Annealed
from slth.search.recipe import Recipe
from slth.search.settings import Machine
from slth.search.supermask import Supermask

FEWER = {"randomsearch": {"trials": 5}, "tanaka2020": {"rounds": 5}}
OURS = ("randomsearch", "recipe", "layerremoval")
FREE = ("zhou2019", "koster2022")
"""Their density is what comes out."""


def quick(key: str):
    """The method, with fewer trials than usual."""
    return methods.get(key)(**FEWER.get(key, {}))


@pytest.mark.parametrize("key", ANYWHERE)
def test_the_seed_determines_everything(key):
    first, again, other = (
        search(quick(key), seed=seed, density=0.4, training=replace(SHORT, epochs=2)) for seed in (5, 5, 6)
    )
    same(first, again)
    assert first.notes == again.notes
    patterns = [(*found.ticket.mask.kept, *found.ticket.mask.signs) for found in (first, other)]
    assert not all(map(np.array_equal, *patterns))
    assert first.ticket.source.seed == 5


# Rates that are too high, and other arguments that cannot be used.


@pytest.mark.parametrize("method", ["edge-popup", "biprop", "iterand", "edge-popup-filters", "signed-supermask"])
@pytest.mark.parametrize("rate", [1e20, 1e30])
def test_a_rate_that_is_too_high(method, rate):
    try:
        found = search(method, training=replace(SHORT, rate=rate, decay=0.1))
    except BadInput as error:
        assert "lower --rate" in str(error) and "\n" not in str(error)
    else:
        assert found.ticket.mask.count > 0, "no empty mask because scores were no numbers"
        assert rate < 1e30


@pytest.mark.parametrize("more", [{"density": 0.0}, {"density": 1.1}, {"density": math.nan}, {"seed": -1}])
def test_arguments_out_of_range(more):
    with pytest.raises(BadInput):
        search(**more)
    with pytest.raises(BadInput):
        search(seed=1 << 64)
    with pytest.raises(BadInput, match="pictures of shape"):
        find("edge-popup", shaped(side=9), toy(), machine=CPU)
    with pytest.raises(BadInput, match="3 classes"):
        find("edge-popup", shaped(classes=4), toy(), machine=CPU)
    with pytest.raises(BadInput, match=r"no method is called 'edgepop'; there are: .*edge-popup"):
        search("edgepop")


def test_one_picture_is_too_few():
    data = toy(count=2)
    with pytest.raises(BadInput, match="1 pictures are too few"):
        find("edge-popup", shaped(), data, machine=CPU, held_out=0.5, training=SHORT)


# Densities.


@pytest.mark.parametrize("density", [0.5, 0.123, 0.01, 1e-4, 1.0])
@pytest.mark.parametrize("method", ["edge-popup", "biprop", "iterand"])
def test_exactly_the_density(method, density):
    found = search(method, bias=True, density=density, training=replace(SHORT, epochs=1))
    sizes = [slot.size for slot in found.ticket.architecture.slots]
    assert [len(kept) for kept in found.ticket.mask.kept] == [round(density * size) for size in sizes]
    assert found.epochs[-1].density == pytest.approx(found.ticket.mask.density)
    assert found.epochs[-1].densities == pytest.approx(found.ticket.mask.densities)


@pytest.mark.parametrize("epochs", [1, 2, 5, 12])
def test_the_network_as_a_whole_has_the_density(epochs):
    training = replace(SHORT, epochs=epochs)
    found = search(Biprop(across="network"), density=0.07, training=training)
    assert found.ticket.mask.count == round(0.07 * found.ticket.architecture.size)


@pytest.mark.parametrize("key", [key for key in ANYWHERE if key not in FREE])
def test_one_epoch_and_hardly_any_weights(key):
    for density in (1e-6, 0.02):
        mask = search(quick(key), bias=True, density=density, training=replace(SHORT, epochs=1)).ticket.mask
        assert mask.count <= 8 if density < 1e-3 else mask.density < 0.1


# The choice of the epoch.


def test_the_best_epoch_is_chosen():
    found = search(training=replace(SHORT, epochs=6), held_out=0.3)
    validated = [record.validation_accuracy for record in found.epochs]
    assert found.epoch == max(range(6), key=lambda epoch: (validated[epoch], epoch))
    assert found.ticket.made["epoch"] == found.epoch + 1
    last = search(training=replace(SHORT, epochs=6), held_out=0.0)
    assert last.epoch == 5 and all(record.validation_accuracy is None for record in last.epochs)


def test_of_equally_good_epochs_the_later(monkeypatch):
    monkeypatch.setattr("slth.search.loop.accuracy", lambda *_: 0.5)
    assert search().epoch == SHORT.epochs - 1
    monkeypatch.setattr("slth.search.loop.accuracy", lambda *_: 0.0)
    assert search().epoch == SHORT.epochs - 1


class Liked:
    """Makes validation accuracy fall from epoch to epoch."""

    def __init__(self, monkeypatch) -> None:
        self.calls = 0
        monkeypatch.setattr("slth.search.loop.accuracy", self)

    def __call__(self, *_) -> float:
        self.calls += 1
        return 1 / self.calls


@pytest.mark.parametrize(
    ("method", "first"), [("edge-popup", 0), (GemMiner(period=2), 4), (Biprop(across="network"), 5)]
)
def test_only_eligible_epochs_are_chosen(monkeypatch, method, first):
    Liked(monkeypatch)
    found = search(method, density=0.2, training=replace(SHORT, epochs=6))
    assert [record.eligible for record in found.epochs] == [number >= first for number in range(6)]
    assert found.epoch == first, "the best of those that may be chosen"
    assert found.ticket.mask.density <= 0.201


def test_annealed_epochs_are_not_chosen(monkeypatch):
    Liked(monkeypatch)
    task = task_for("edge-popup", density=0.2, training=replace(SHORT, epochs=5), held=20)
    course = fit(task, Supermask(task, Recipe(schedule=Annealed())))
    assert [record.eligible for record in course.epochs] == [False] * 4 + [True] and course.best_epoch == 4
    wanted = [pytest.approx(0.2 ** ((epoch + 1) / 5), abs=0.01) for epoch in range(5)]
    assert [record.density for record in course.epochs] == wanted


# The ticket.


@pytest.mark.parametrize("key", ANYWHERE)
@pytest.mark.parametrize("spec", [CONV, RESIDUAL, DENSE])
def test_the_claim_is_what_the_ticket_does(key, spec):
    found = search(quick(key), spec, bias=True, training=replace(SHORT, epochs=2), sanity=key == "ramanujan2020")
    ticket, data = found.ticket, toy()
    assert ticket.claim.of == len(data.test) and ticket.claim.data == data.test.digest
    images, labels, right = data.test.images, data.test.labels, ticket.claim.correct
    assert right == correct_answers(ticket.network, data.preprocessing, images, labels)
    outputs = np.stack([ticket.network(data.preprocessing(image[None])).reshape(-1) for image in images])
    best = np.sort(outputs, axis=1)
    tied = int((best[:, -1] - best[:, -2] <= 1e-12 * np.abs(best).max()).sum())  # by rounding, either may be first
    assert abs(int((outputs.argmax(axis=1) == labels).sum()) - right) <= tied
    architecture = ticket.architecture
    weights = masked_weights(ticket.source, ticket.mask, ticket.values, architecture, torch.device("cpu"))
    statistics = [(torch.tensor(mean), torch.tensor(variance)) for mean, variance in ticket.statistics]
    again = accuracy(architecture, weights, statistics, tensors(data, data.test))
    assert abs(again * len(data.test) - right) <= tied + 1  # float32
    made = json.loads(json.dumps(dict(ticket.made)))
    assert made["method"] == key and made["density"] == "0.5"


def test_what_it_learns_is_better_than_a_random_mask():
    found = search(training=replace(SHORT, epochs=12), sanity=True)
    assert found.baselines is not None
    assert found.ticket.claim.accuracy > max(found.baselines.random_mask, 0.7)
    assert found.epochs[-1].loss < found.epochs[0].loss


def test_statistics_of_silent_outputs():
    found = search("edge-popup-filters", RESIDUAL, density=0.5, training=replace(SHORT, epochs=2))
    for slot, (mean, variance) in zip(found.ticket.architecture.normed, found.ticket.statistics, strict=True):
        rows, width = found.ticket.mask.shapes[slot]
        alive = np.bincount(found.ticket.mask.kept[slot] // width, minlength=rows) > 0
        assert 0 < alive.sum() < rows
        assert (mean[~alive] == 0).all() and (variance[~alive] == 1).all()
        assert (variance[alive] != 1).all()


def test_finetuning_is_reported_and_not_in_the_ticket():
    plain, tuned = (search(GemMiner(period=1, finetune=n), training=replace(SHORT, epochs=3)) for n in (0, 2))
    assert all(map(np.array_equal, plain.ticket.mask.kept, tuned.ticket.mask.kept))
    assert set(tuned.notes) >= {"finetuned_accuracy", "finetuned_shuffled_mask_accuracy"} and not plain.notes
    assert all(0 <= tuned.notes[name] <= 1 for name in tuned.notes if name.endswith("accuracy"))


# Precision and compilation.


def test_bfloat16(monkeypatch):
    kinds = set()
    plain = Supermask.settle

    def settle(self):
        plain(self)
        kinds.update(tensor.dtype for tensor in (*self.parameters, *self.weights))
        kinds.update(score.grad.dtype for score in self.parameters)
        kinds.update(array.dtype for pair in self.statistics for array in pair)

    monkeypatch.setattr(Supermask, "settle", settle)
    half = search(RESIDUAL_METHOD, RESIDUAL, machine=Machine("cpu", "bfloat16"))
    assert kinds == {torch.float32}
    full = search(RESIDUAL_METHOD, RESIDUAL)
    assert half.epochs[0].loss != full.epochs[0].loss, "it does something"
    assert half.epochs[0].loss == pytest.approx(full.epochs[0].loss, rel=0.05)
    same(half, search(RESIDUAL_METHOD, RESIDUAL, machine=Machine("cpu", "bfloat16")))


RESIDUAL_METHOD = EdgePopup("normal")


@pytest.mark.filterwarnings("ignore")
def test_compiled(monkeypatch):
    """The whole forward and backward pass is captured; code is generated in the tests that need a GPU."""
    torch._dynamo.reset()
    captured = []
    plain = torch.compile

    def compiled(function):
        captured.append(function)
        return plain(function, backend="aot_eager", fullgraph=True)

    monkeypatch.setattr(torch, "compile", compiled)
    found = search(spec=RESIDUAL, bias=True, machine=Machine("cpu", compiled=True), held_out=0.0)
    eager = search(spec=RESIDUAL, bias=True, held_out=0.0)
    assert [e.loss for e in found.epochs] == pytest.approx([e.loss for e in eager.epochs], rel=1e-3)
    assert all(map(np.array_equal, found.ticket.mask.kept, eager.ticket.mask.kept))
    assert len(captured) == 1


def test_methods_by_key_and_by_name():
    for key, cls in methods:
        assert method_called(key) is cls and method_called(cls.name) is cls
        assert cls.statement and cls.title and (cls.citation.startswith("@") or key in OURS)


def test_rates_beyond_torchs_arithmetic_are_refused():
    with pytest.raises(BadInput, match="rate must be a number from 0 to 1e\\+30"):
        settings.Training(rate=1e38)


def test_a_search_for_a_function_takes_the_closest_epoch():
    data = load("digits")
    target = find(
        "edge-popup", architecture_for("64-16-10", data.shape, 10), data, training=settings.Training(epochs=1)
    )
    found = find(
        "edge-popup",
        architecture_for("64-40-10", data.shape, 10),
        data,
        training=settings.Training(epochs=6, rate=0.5),
        target=target.ticket.network,
        sanity=False,
    )
    apart = [record.validation_distance for record in found.epochs]
    assert None not in apart
    assert found.epoch == min(range(6), key=lambda number: (apart[number], -number))
