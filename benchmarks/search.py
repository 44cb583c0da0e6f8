"""Speed of supermask search: choosing the mask against a full sort, a masked step against a dense one.

    python benchmarks/search.py [--device auto]

Both sides of a ratio run in turns in one process. The full sort is what the reference implementation of edge-popup does
in every forward pass: a copy of the scores, a sort of all of them, and two scatters.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from harness import Row, machine, save

from slth.search.architectures import architecture_for
from slth.search.draw import Kaiming
from slth.search.forward import forward
from slth.search.learner import Learner
from slth.search.loop import descend
from slth.search.recipe import Recipe
from slth.search.select import largest
from slth.search.settings import Machine, Training
from slth.search.supermask import Supermask
from slth.search.task import Task, Tensors

SCORES = 1 << 24
FASTER = 20
SLOWER = 1.25
BATCH = 128


def sorted_mask(scores: torch.Tensor, density: float) -> torch.Tensor:
    """The mask by a full sort."""
    out = scores.clone()
    _, order = scores.flatten().sort()
    pruned = int((1 - density) * scores.numel())
    flat = out.flatten()
    flat[order[:pruned]] = 0
    flat[order[pruned:]] = 1
    return flat


def seconds(work: Callable[[], object], place: torch.device) -> float:
    """Wall time of one call, the device's queue included."""
    if place.type == "cuda":
        torch.cuda.synchronize(place)
    begun = time.perf_counter()
    work()
    if place.type == "cuda":
        torch.cuda.synchronize(place)
    return time.perf_counter() - begun


def selection(place: torch.device) -> list[Row]:
    """Distinct scores in a random order: both sides must give the same mask."""
    coin = torch.Generator().manual_seed(0)
    scores = ((torch.randperm(SCORES, generator=coin) + 1) / 2.0**24).to(place)
    rows = []
    for density in (0.5, 0.1, 0.01):
        kept = int(density * SCORES)
        same = torch.equal(largest(scores, kept), sorted_mask(scores, kept / SCORES).bool())
        pairs = [
            (
                seconds(lambda k=kept: largest(scores, k), place),
                seconds(lambda k=kept: sorted_mask(scores, k / SCORES), place),
            )
            for _ in range(7)
        ]
        ours, theirs = (median(times) for times in zip(*pairs, strict=True))
        holds = same and (theirs / ours >= FASTER or place.type == "cuda")
        measured = f"{theirs / ours:.1f} x ({1000 * ours:.1f} ms against {1000 * theirs:.0f} ms), masks equal: {same}"
        bar = f">= {FASTER} x on a CPU, the same mask"
        rows.append(Row(f"the largest {density:g} of {SCORES:,} scores, {place.type}", measured, bar, holds))
    return rows


class Dense:
    """Weights trained without any mask: the step to compare with."""

    def __init__(self, masked: Supermask) -> None:
        self.parameters = [weight.clone() for weight in masked.weights]
        self.statistics = masked.statistics

    def effective(self, training: bool) -> list[torch.Tensor]:
        """The weights themselves."""
        return [weight.detach() for weight in self.parameters]

    def pull(self, gradients: list[torch.Tensor]) -> None:
        """The gradients themselves."""
        for weight, gradient in zip(self.parameters, gradients, strict=True):
            weight.grad = gradient


def step(place: torch.device, shape: tuple[int, int, int], repeats: int) -> tuple[Row, int]:
    """One step of edge-popup on conv4 against one of plain training, forward, backward and update."""
    architecture = architecture_for("conv4", shape, 10)
    data = Tensors(torch.randn(BATCH, *shape).to(place), torch.randint(10, (BATCH,)).to(place))
    task = Task(
        architecture,
        Kaiming().source(architecture, 0, 0.5),
        data,
        Tensors(data.images[:0], data.labels[:0]),
        0.5,
        0,
        Training(),
        Machine(place.type),
        place,
    )
    masked = Supermask(task, Recipe())
    learners: list[Learner | Dense] = [masked, Dense(masked)]
    optimisers = [task.training.over(learner.parameters) for learner in learners]

    def one(number: int) -> None:
        descend(task, learners[number], forward, data)
        optimisers[number].step()

    for number in (0, 1, 0, 1):
        one(number)
    pairs = [tuple(seconds(lambda n=number: one(n), place) for number in (0, 1)) for _ in range(repeats)]
    ours, dense = (median(times) for times in zip(*pairs, strict=True))
    size = f"{architecture.size:,} weights, batch {BATCH} of {shape[0]}x{shape[1]}x{shape[2]}"
    what = f"masked step of conv4 ({size}), {place.type}"
    measured = f"{ours / dense:.3f} x a dense step ({1000 * ours:.1f} ms against {1000 * dense:.1f} ms)"
    peak = torch.cuda.max_memory_allocated(place) if place.type == "cuda" else 0
    return Row(what, measured, f"<= {SLOWER} x", ours / dense <= SLOWER), peak


def main() -> None:
    """Measures and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    place = Machine(parser.parse_args().device).place
    torch.manual_seed(0)
    rows = selection(place)
    notes = []
    for shape in ((1, 28, 28), (3, 32, 32)):
        row, peak = step(place, shape, 50 if place.type == "cuda" else 7)
        rows.append(row)
        if peak:
            notes.append(f"{shape}: at most {peak / 2**20:.0f} MiB of GPU memory, both networks included.")
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else machine()
    save("search" if place.type == "cpu" else f"search_{place.type}", "Speed of supermask search", rows, *notes, name)


if __name__ == "__main__":
    main()
