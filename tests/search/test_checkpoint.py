"""Searches that are killed go on; files that are not their state are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import CONV, DENSE, RESIDUAL, SHORT, same, search, task_for

from slth.core.errors import BadFile, BadInput
from slth.core.network import content_digest
from slth.interop.safetensors import read_container, write_container
from slth.search import checkpoint as checkpoints
from slth.search.loop import fit
from slth.search.methods.chijiwa2021 import IteRand
from slth.search.methods.diffenderfer2021 import Biprop
from slth.search.methods.hidenseek2022 import HideNSeek
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.parts.rules import Bernoulli
from slth.search.parts.scores import Sigmoid
from slth.search.recipe import Recipe
from slth.search.supermask import Supermask
from slth.search.task import Watch


class Killed(Exception):
    """What a kill looks like from inside."""


def killer(after: int) -> Watch:
    def epoch(record):
        if record.number == after:
            raise Killed

    return Watch(epoch=epoch)


ADAM = replace(SHORT, optimiser="adam", rate=0.01)
INTERRUPTED = {
    "sgd, norms": ("edge-popup", CONV, SHORT),
    "adam, norms": ("edge-popup", RESIDUAL, ADAM),
    "adamw, dense": ("biprop", DENSE, replace(ADAM, optimiser="adamw")),
    "no momentum": ("edge-popup", DENSE, replace(SHORT, momentum=0.0)),
    "draws": (IteRand(every=4, chance=0.3), CONV, SHORT),
    "alive": (GemMiner(period=1), CONV, replace(SHORT, decay=0.0)),
    "alive, rewound": (GemMiner(period=1, rewind=True), DENSE, SHORT),
    "signs, coins": (HideNSeek(rounds=2), CONV, SHORT),
    "coins": ("zhou2019", CONV, replace(ADAM, rate=0.1)),
    "schedule": (Biprop(across="network"), CONV, SHORT),
    "augmented": ("edge-popup-filters", CONV, replace(SHORT, augment=True, warmup=1.5, curve="steps", smoothing=0.1)),
}


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("name", INTERRUPTED)
def test_a_killed_search_goes_on(monkeypatch, tmp_path, name, after):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    method, spec, training = INTERRUPTED[name]
    path = tmp_path / "state"
    more = {"bias": True, "training": training, "seed": 3, "density": 0.3, "checkpoint": path}
    with pytest.raises(Killed):
        search(method, spec, watch=killer(after), **more)
    records = json.loads(read_container(path)[0][checkpoints.KEY])["epochs"]
    assert len(records) == after
    seen = []
    resumed = search(method, spec, watch=Watch(epoch=lambda record: seen.append(record.number)), **more)
    assert seen == list(range(after, training.epochs)), "epochs that are done are not done again"
    assert path.exists(), "for the caller to remove"
    same(resumed, search(method, spec, **{**more, "checkpoint": None}))


def test_coins_go_on_after_a_kill(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    recipe = Recipe(score=Sigmoid(), rule=Bernoulli())
    scores = []
    for path, watch in ((None, Watch()), (tmp_path / "state", killer(2)), (tmp_path / "state", Watch())):
        task = task_for("edge-popup", training=SHORT, checkpoint=path, watch=watch)
        learner = Supermask(task, recipe)
        try:
            fit(task, learner)
        except Killed:
            continue
        scores.append(learner.parameters)
    assert all(map(torch.equal, *scores))


def test_writing_waits(monkeypatch, tmp_path):
    path = tmp_path / "state"
    with pytest.raises(Killed):
        search(watch=killer(3), checkpoint=path)
    assert not path.exists(), "epochs of a moment are not worth a file"


@pytest.fixture
def unfinished(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    path = tmp_path / "state"
    with pytest.raises(Killed):
        search(watch=killer(2), checkpoint=path)
    return path


def refused(path, kind=BadInput, **more) -> str:
    with pytest.raises(BadInput) as caught:
        search(checkpoint=path, **more)
    assert isinstance(caught.value, kind) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_damaged_checkpoint(unfinished):
    whole = unfinished.read_bytes()
    for broken in (b"", whole[:7], whole[:200], whole[:-1], whole + b"x", b"\xff" * 100):
        unfinished.write_bytes(broken)
        assert str(unfinished) in refused(unfinished, BadFile)


def test_the_checkpoint_of_another_search(unfinished):
    for other in (
        {"seed": 1},
        {"density": 0.4},
        {"method": "biprop"},
        {"training": replace(SHORT, rate=0.2)},
        {"held_out": 0.2},
    ):
        assert "another search" in refused(unfinished, **other)
    with pytest.raises(BadInput, match="another search"):
        search(spec=CONV.replace("relu", "tanh"), checkpoint=unfinished)
    assert unfinished.exists(), "nobody's work is thrown away"


def test_a_checkpoint_that_was_tampered_with(unfinished):
    metadata, arrays = read_container(unfinished)
    body = json.loads(metadata[checkpoints.KEY])

    def written(changed_body, changed_arrays):
        text = changed_body if isinstance(changed_body, str) else json.dumps(changed_body)
        seal = content_digest(text, changed_arrays)
        write_container(unfinished, {checkpoints.KEY: text, checkpoints.SEAL: seal}, changed_arrays)
        refused(unfinished)

    for key in body:
        written({name: value for name, value in body.items() if name != key}, arrays)
    for text in ("", "{", "[]", "3", "null", '"label"'):
        written(text, arrays)
    written({**body, "epochs": [{"number": 0}]}, arrays)
    written({**body, "epochs": [3]}, arrays)
    written({**body, "best_epoch": 10**6}, arrays)
    written({**body, "epochs": []}, arrays)
    for name in arrays:
        if name.startswith("learner."):
            written(body, {other: array for other, array in arrays.items() if other != name})
    written(body, {**arrays, "learner.scores.0": np.zeros((2, 2), np.float32)})
    written(body, {**arrays, "optimiser.9.momentum_buffer": np.zeros(3, np.float32)})
    written(body, {**arrays, "optimiser.x.momentum_buffer": np.zeros(3, np.float32)})
    written(body, {**arrays, "best.kept.0": np.array([5, 4])})
    write_container(unfinished, {"other": "{}"}, arrays)
    refused(unfinished, BadFile)
    write_container(unfinished, metadata, {**arrays, "learner.scores.0": arrays["learner.scores.0"] + np.float32(1)})
    refused(unfinished, BadFile)
