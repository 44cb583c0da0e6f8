"""The door of supermask search: it draws the network, asks a method for a mask, and evaluates the ticket itself."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.found import Accuracy, FoundTicket, correct_answers
from slth.core.given import Stock
from slth.core.network import Network
from slth.datasets.dataset import Dataset, Split
from slth.datasets.split import validation as split_off
from slth.search.baselines import Baselines, baselines
from slth.search.evaluate import accuracy
from slth.search.method import Method, key_of, method_called
from slth.search.settings import Machine, Training
from slth.search.task import Epoch, Outcome, Task, Tensors, Watch
from slth.version import __version__


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Parameters
    ----------
    ticket : FoundTicket
        Its claim was counted by the door, in float64, on the test pictures: once, after everything was chosen.
    epochs : tuple of Epoch
    epoch : int or None
        The epoch that was chosen by validation accuracy, counted from 0.
    baselines : Baselines or None
    notes : mapping
        What the method has to say, with the test accuracy of trained weights where it trained them.
    seconds : float
    """

    ticket: FoundTicket
    epochs: tuple[Epoch, ...]
    epoch: int | None
    baselines: Baselines | None
    notes: Mapping[str, Any]
    seconds: float


def find(
    method: str | Method,
    architecture: Architecture,
    data: Dataset,
    *,
    density: float = 0.5,
    seed: int = 0,
    training: Training | None = None,
    machine: Machine | None = None,
    source: Stock | None = None,
    target: Network | None = None,
    held_out: float = 0.1,
    sanity: bool = True,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> Found:
    """Search a random network for a subnetwork that answers correctly.

    Parameters
    ----------
    method : str or Method
        A key or name (`methods`), or an instance with options.
    architecture : Architecture
        `architecture_for` makes one of a text.
    data : Dataset
    density : float
        The fraction of weights to keep, in (0, 1].
    seed : int
        From 0 to 2^64 - 1. Determines weights, initial scores, order of the data and all coins: on one device, with
        one number of threads, the same seed gives the same mask.
    training : Training, optional
        The method's own by default.
    machine : Machine, optional
        A GPU when there is one, float32.
    source : Source or Given, optional
        The random network, one layer for each slot; by default the one that the method draws from the seed. Or given
        weights, `Given.of(network)` with `Architecture.of(network, data.shape)`: then the ticket is one of these, no
        strong ticket of a random network.
    target : Network, optional
        Search for the function of this network, by the squared distance to its outputs, instead of for labels. The
        claim counts correct answers all the same.
    held_out : float
        The fraction of the training pictures on which the best epoch is chosen; 0 takes the last epoch.
    sanity : bool
        Whether to measure `Baselines`.
    checkpoint : Path, optional
        Where the state is kept, so that a search that was killed goes on. For the caller to remove, once the ticket is
        in a safe place.
    watch : Watch, optional

    Raises
    ------
    BadInput
        When an argument can not be used or the loss is no number.
    Unavailable
        When the device is not there.

    Source: ours.
    """
    begun = time.perf_counter()
    plugin = method_called(method)() if isinstance(method, str) else method
    _check(density, seed, architecture, data)
    machine = machine or Machine()
    training = training or plugin.training(architecture)
    place = machine.place
    deterministic(place)
    train, held = split_off(data.train, held_out, seed) if held_out else (data.train, None)
    label = _label(plugin, data, density, seed, training, machine, held_out, source, target)
    task = Task(
        architecture,
        source or plugin.draw().source(architecture, seed, density),
        _tensors(data, train, place, target),
        _tensors(data, held, place, target),
        density,
        seed,
        training,
        machine,
        place,
        checkpoint,
        watch or Watch(),
        f"{label} {architecture} {data.preprocessing}",
    )
    outcome = plugin.search(task)
    ticket = _ticket(task, outcome, data, json.loads(label))
    test = _tensors(data, data.test, place)
    sane = baselines(task, ticket, test) if sanity else None
    notes = dict(outcome.notes)
    for name, (weights, statistics) in outcome.trained.items():
        notes[f"{name}_accuracy"] = accuracy(architecture, weights, statistics, test)
    return Found(ticket, outcome.epochs, outcome.epoch, sane, notes, time.perf_counter() - begun)


def _check(density: float, seed: int, architecture: Architecture, data: Dataset) -> None:
    if not 0 < density <= 1:
        raise BadInput(f"a density is the fraction kept, in (0, 1], not {density}")
    if not 0 <= seed < 1 << 64:
        raise BadInput(f"the seed of a search is from 0 to 2^64 - 1, not {seed}")
    if architecture.input_shape != data.shape:
        raise BadInput(
            f"{data.name} has pictures of shape {data.shape}, the architecture takes {architecture.input_shape}"
        )
    if architecture.shapes[-1] != (len(data.classes),):
        raise BadInput(
            f"{data.name} has {len(data.classes)} classes, the architecture puts out {architecture.shapes[-1]}"
        )


def deterministic(place: torch.device) -> None:
    """Asks for kernels whose sums do not depend on the order in which threads finish."""
    if place.type == "cuda":
        import os

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False


def _tensors(data: Dataset, split: Split | None, place: torch.device, target: Network | None = None) -> Tensors:
    """Prepared pictures, labels and what the target says of them; none of each for no split."""
    if split is None:
        return Tensors(torch.empty((0, *data.shape), device=place), torch.empty(0, dtype=torch.int64, device=place))
    images = data.preprocessing(split.images)
    goals = None
    if target is not None:
        outputs = target(images).reshape(len(images), -1)
        goals = torch.from_numpy(outputs.astype(np.float32)).to(place)
    prepared = torch.from_numpy(images.astype(np.float32))
    return Tensors(prepared.to(place), torch.tensor(split.labels).to(place), goals)


def _label(
    plugin: Method,
    data: Dataset,
    density: float,
    seed: int,
    training: Training,
    machine: Machine,
    held_out: float,
    source: Stock | None,
    target: Network | None,
) -> str:
    """All that determines the result, as canonical JSON without floats: a ticket's `made`, a checkpoint's label."""
    options = {name: _exact(value) for name, value in asdict(plugin).items()}  # type: ignore[call-overload]
    made: dict[str, Any] = {
        "method": key_of(plugin),
        "options": options,
        "density": _exact(density),
        "training": {name: _exact(value) for name, value in asdict(training).items()},
        "precision": machine.precision,
        "compiled": machine.compiled or None,
        "device": machine.place.type,
        "held_out": _exact(held_out),
        "train": data.train.digest,
        "seed": str(seed),
        "source": None if source is None else source.label,
        "target": None if target is None else target.digest,
        "torch": torch.__version__,
        "slth": __version__,
    }
    return json.dumps({key: value for key, value in made.items() if value is not None}, sort_keys=True)


def _exact(value: Any) -> Any:
    """A float, or an integer beyond 2^53, as text: a ticket's JSON holds neither."""
    return repr(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) > 1 << 53) else value


def _ticket(task: Task, outcome: Outcome, data: Dataset, made: dict[str, Any]) -> FoundTicket:
    """The ticket, with its claim counted on the test pictures."""
    chosen = outcome.chosen
    unclaimed = Accuracy(data.test.digest, f"{data.name} test", 0, len(data.test), data.preprocessing)
    if outcome.epoch is not None:
        made["epoch"] = outcome.epoch + 1
    if task.place.type == "cpu":
        made["threads"] = torch.get_num_threads()  # they decide in which order sums are formed
    ticket = FoundTicket(task.architecture, task.source, chosen.mask, chosen.values, chosen.statistics, unclaimed, made)
    right = correct_answers(ticket.network, data.preprocessing, data.test.images, data.test.labels, task.watch.count)
    return replace(ticket, claim=replace(unclaimed, correct=right))
