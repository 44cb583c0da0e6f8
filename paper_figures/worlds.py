"""What the two figures on both worlds share: a target, its ticket's random network, and searches in the same one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from slth.core.architecture import Architecture
from slth.core.found import FoundTicket, masked_layer
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Network
from slth.core.preprocessing import Preprocessing
from slth.core.source import Source
from slth.datasets.dataset import Dataset, Split
from slth.datasets.load import load
from slth.datasets.split import validation
from slth.search.engine import outcome
from slth.search.find import Found, find
from slth.search.loop import fit
from slth.search.method import Method, methods
from slth.search.methods.ramanujan2020 import EdgePopup
from slth.search.recipe import Recipe
from slth.search.select import largest
from slth.search.settings import Machine, Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task
from slth.search.tuning import mask_tensors

CPU = Machine("cpu")
Floats = NDArray[np.float64]


@cache
def digits() -> Dataset:
    """scikit-learn's digits, pixels in [0, 1] as targets of slth take them."""
    return replace(load("digits"), preprocessing=Preprocessing(16, (0.0,), (1.0,)))


@cache
def trained() -> Network:
    """A 64-32-10 network trained on the training pictures alone, so that its accuracy on the others is honest."""
    torch.set_num_threads(1)
    data, coin = digits().train, torch.Generator().manual_seed(0)
    x = torch.from_numpy(digits().preprocessing(data.images).reshape(len(data), -1).astype(np.float32))
    labels = torch.tensor(data.labels)
    shapes = ((32, 64), (32,), (10, 32), (10,))
    weights = [((2 * torch.rand(s, generator=coin) - 1) / s[-1] ** 0.5).requires_grad_() for s in shapes]
    first, bias, second, last = weights
    optimiser = torch.optim.AdamW(weights, 3e-3, weight_decay=1e-2)
    for _ in range(60):
        for batch in torch.randperm(len(x), generator=coin).split(64):
            noisy = (x[batch] + 0.2 * torch.randn(len(batch), 64, generator=coin)).clamp(0, 1)
            answers = torch.relu(noisy @ first.T + bias) @ second.T + last
            loss = torch.nn.functional.cross_entropy(answers, labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    found = [weight.detach().numpy() for weight in weights]
    return Network((Dense(found[0], found[1]), Activation("relu"), Dense(found[2], found[3])), (64,))


@cache
def split() -> tuple[Split, Split]:
    """Training pictures and those held out, as `find` splits them for seed 0."""
    return validation(digits().train, 0.1, 0)


def outputs(network: Network, pictures: Split) -> Floats:
    """What a network says of pictures, (pictures, outputs)."""
    return np.asarray(network(digits().preprocessing(pictures.images))).reshape(len(pictures), -1)


def tempered(source: Source, halvings: int) -> Source:
    """The same random numbers, the last layer's in a unit 2^-halvings times as large: a softmax's temperature."""
    *layers, last = source.layers
    return replace(source, layers=(*layers, replace(last, scale=last.scale * 2.0**-halvings)))


def halvings(architecture: Architecture, source: Source, densities: Sequence[float]) -> int:
    """After how many halvings the outputs of a random mask have a deviation of about 1 on the training pictures."""
    rng = np.random.default_rng(0)
    pairs = zip(source.layers, densities, strict=True)
    mask = Mask.of(source, [np.flatnonzero(rng.random(layer.rows * layer.width) < p) for layer, p in pairs])
    weights = [masked_layer(source, mask, "weight", layer) for layer in range(len(source.layers))]
    return round(math.log2(outputs(architecture.filled(weights, ()), digits().train).std() or 1.0))


def overlap(one: Mask, other: Mask) -> tuple[float, float]:
    """Intersection over union of two masks, and what is expected of random ones with these densities of layers."""
    both = expected = 0.0
    for layer, (kept, others) in enumerate(zip(one.kept, other.kept, strict=True)):
        first = others[other.draws[layer] == 0] if other.draws else others  # what was drawn anew is another weight
        both += len(np.intersect1d(kept, first))
        expected += len(kept) * len(others) / math.prod(one.shapes[layer])
    total = one.count + other.count
    return both / (total - both), expected / (total - expected)


def off(network: Network, target: Network, free: bool) -> tuple[float, float]:
    """The largest and the mean distance of outputs on the test pictures; `free`: after the best common factor."""
    factor = 1.0
    if free:  # labels do not fix a factor; the one that fits best on the training pictures is granted
        ours, theirs = outputs(network, digits().train), outputs(target, digits().train)
        factor = float((ours * theirs).sum() / max((ours * ours).sum(), 1e-30))
    error = np.abs(factor * outputs(network, digits().test) - outputs(target, digits().test))
    return float(error.max()), float(error.mean())


def agreement(network: Network, target: Network) -> float:
    """The fraction of the test pictures on which both give the same answer."""
    answers = [outputs(one, digits().test).argmax(axis=1) for one in (network, target)]
    return float((answers[0] == answers[1]).mean())


@dataclass(frozen=True)
class Budget:
    """The same for every method: epochs, and the settings that are tried."""

    epochs: int = 20
    rates: tuple[float, ...] = (3e-4, 1e-3, 1e-2, 1e-1)
    colder: tuple[int, ...] = (2, 6)
    gentle: tuple[float, ...] = (1e-3, 3e-3)  # for a function
    warmer: tuple[int, ...] = (0, 2)


def seek(method: str | Method, planted: FoundTicket, density: float, rate: float, epochs: int, halved: int) -> Found:
    """One search for labels in the random network of a planted ticket, at a temperature."""
    training = Training(epochs=epochs, optimiser="adam", rate=rate, decay=0.0)
    source = tempered(planted.source, halved)
    common = {"density": density, "source": source, "training": training, "machine": CPU, "sanity": False}
    return find(method, planted.architecture, digits(), **common)


def seek_function(
    method: str | Method, planted: FoundTicket, density: float, rate: float, epochs: int, halved: int
) -> Found:
    """One search for the target's function; the last epoch counts, and held-out pictures are left for the choice."""
    training = Training(epochs=epochs, optimiser="adam", rate=rate, decay=0.0)
    source, data = tempered(planted.source, halved), replace(digits(), train=split()[0])
    common = {"density": density, "source": source, "training": training, "machine": CPU, "sanity": False}
    return find(method, planted.architecture, data, target=trained(), held_out=0.0, **common)


def held_out_error(network: Network, target: Network) -> float:
    """The mean squared distance on the pictures held out."""
    return float(np.square(outputs(network, split()[1]) - outputs(target, split()[1])).mean())


def planted_popup(ticket: FoundTicket) -> type[Method]:
    """Edge-popup that keeps as many weights of each layer as a ticket, and that can start from the ticket's mask."""
    counts = [len(kept) for kept in ticket.mask.kept]

    class Counts:
        def masks(self, ranked: Sequence[torch.Tensor], density: float, coin: object) -> list[torch.Tensor]:
            return [largest(layer, count) for layer, count in zip(ranked, counts, strict=True)]

    @dataclass(frozen=True)
    class Planted(EdgePopup):
        from_ticket: bool = True
        name: ClassVar[str] = "planted"

        def search(self, task: Task) -> Outcome:
            learner = Supermask(task, Recipe(rule=Counts()))
            if self.from_ticket:  # scores of the ticket in the upper half of their interval, others in the lower
                for scores, kept in zip(learner.parameters, mask_tensors(task, ticket.mask), strict=True):
                    scores.abs_().add_(kept * float(scores.abs().max()))
            return outcome(fit(task, learner))

    if "planted" not in methods.names():
        methods.register("planted")(Planted)
    return methods.get("planted")


def in_parallel(do: Callable[..., Any], work: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The work in as many processes as there are cores."""
    with get_context("spawn").Pool() as pool:
        return pool.starmap(do, work, chunksize=1)
