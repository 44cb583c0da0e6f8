"""Plant 'n' Seek with solved tickets: circle, ReLU and helix are in the random network; do searches find them?

    python benchmarks/plantnseek.py [--epochs 30] [--seeds 1]

The three tasks of Fischer and Burkholz (2022) as small networks. Their benchmark writes the target into the random
network, and as published puts a softmax behind its regression networks, which makes the output of the ReLU task the
constant 1. Here the ticket is solved by subset sums in a network that is left as it was drawn (`slth.search.planted`),
and outputs stay as they are. Searches get the same network, the same inputs and the planted ticket's density. Inputs
are bytes, on [-1, 1]. Errors are root mean squares over test inputs, divided by the deviation of the target's outputs:
1 is what a constant reaches. Settings are the two named, after the last epoch, not tuned: weights of these networks
are of the size that subset sums need, not of the one that gradients like, and stages as narrow as the target die easily
(an error of 1.266 for the ReLU is that of outputs 0).
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass

import numpy as np
from harness import HERE, machine

from slth.core.found import FoundTicket
from slth.core.network import Activation, Dense, Network
from slth.core.preprocessing import Preprocessing
from slth.datasets.dataset import Dataset, Split
from slth.search.find import find
from slth.search.planted import planted
from slth.search.settings import Machine, Training
from slth.theory.build import approximate
from slth.theory.plan import Request

KNOTS = 30
METHODS = ("ramanujan2020", "fischer2022")
TRAINED = {"sgd 0.1": ("sgd", 0.1, 5e-4), "adam 0.01": ("adam", 0.01, 0.0)}
STEPS = Preprocessing(255, (0.5,), (0.5,))


def interpolating(values: np.ndarray, knots: np.ndarray) -> tuple[Dense, np.ndarray, np.ndarray]:
    """ReLU units, outgoing weights (outputs, units) and biases of the function through values at knots from -1 on."""
    slopes = np.diff(values, axis=0) / np.diff(knots)[:, None]
    bends = np.diff(slopes, axis=0, prepend=np.zeros((1, values.shape[1])))
    first = Dense(np.ones((len(bends), 1), np.float32), -knots[:-1].astype(np.float32))
    return first, bends.T, values[0]


def relu() -> Network:
    """max(x, 0)."""
    return Network((Dense(np.ones((1, 1), np.float32)), Activation(), Dense(np.ones((1, 1), np.float32))), (1,))


def helix() -> Network:
    """(a cos a, a sin a, a) / 8 pi with a = (5 + 3 x) pi, piecewise linear."""
    knots = np.linspace(-1, 1, KNOTS + 1)
    angle = (5 + 3 * knots) * math.pi
    curve = np.stack([angle * np.cos(angle), angle * np.sin(angle), angle], axis=1) / (8 * math.pi)
    first, out, bias = interpolating(curve, knots)
    return Network((first, Activation(), Dense(out.astype(np.float32), bias.astype(np.float32))), (1,))


def circle() -> Network:
    """x^2 + y^2, each square piecewise linear in half as many pieces."""
    knots = np.linspace(-1, 1, KNOTS // 2 + 1)
    first, out, bias = interpolating(knots[:, None] ** 2, knots)
    units = len(first.weight)
    weight = np.zeros((2 * units, 2), np.float32)
    weight[:units, 0] = weight[units:, 1] = 1
    both = Dense(weight, np.tile(first.bias, 2))
    return Network((both, Activation(), Dense(np.tile(out, 2).astype(np.float32), (2 * bias).astype(np.float32))), (2,))


def inputs(target: Network) -> Dataset:
    """Bytes, one channel, one row: every other one of 256, or 4,000 random pairs; labels are the largest output."""
    rng = np.random.default_rng(0)
    if target.input_shape == (1,):
        parts = [np.arange(start, 256, 2, dtype=np.uint8).reshape(-1, 1, 1, 1) for start in (0, 1)]
        parts[0] = np.repeat(parts[0], 16, axis=0)
    else:
        parts = [rng.integers(0, 256, (size, 1, 1, 2)).astype(np.uint8) for size in (4000, 2000)]
    splits = [Split(part, target(STEPS(part)).argmax(axis=1).astype(np.int64)) for part in parts]
    classes = tuple(f"output {number}" for number in range(math.prod(target.shapes[-1])))
    return Dataset("plant", classes, splits[0], splits[1], STEPS)


def off(ticket: FoundTicket, target: Network, data: Dataset) -> float:
    """Root mean square of the error, in deviations of the target."""
    x = STEPS(data.test.images)
    wanted = target(x)
    return float(np.sqrt(((ticket.network(x) - wanted) ** 2).mean() / wanted.var(axis=0).mean()))


@dataclass(frozen=True)
class Line:
    """One search, or the planted ticket itself."""

    task: str
    what: str
    weights: int
    kept: int
    error: float

    def __str__(self) -> str:
        return f"| {self.task} | {self.what} | {self.weights:,} | {self.kept:,} | {self.error:.4g} |"


def lines(name: str, target: Network, epochs: int, seed: int) -> list[Line]:
    """The planted ticket and what each method finds in its network."""
    data = inputs(target)
    request = Request(objective="fewest", weight_error=1e-4, seed=seed, threads=1)
    solved = approximate(target, request, "pensia2020").ticket
    assert not solved.missed, "every weight of the target is in the random network"
    ticket = planted(solved, target, data)
    size = ticket.source.size
    found = [Line(name, "planted", size, ticket.mask.count, off(ticket, target, data))]
    for method in METHODS:
        for density, what in ((ticket.mask.density, "the same density"), (0.5, "density 0.5")):
            for how, (kind, rate, decay) in TRAINED.items():
                training = Training(epochs=epochs, batch=32, optimiser=kind, rate=rate, decay=decay)
                more = {"source": ticket.source, "target": target, "training": training, "seed": seed}
                more |= {"density": density, "held_out": 0.0, "sanity": False, "machine": Machine("cpu")}
                searched = find(method, ticket.architecture, data, **more).ticket
                error = off(searched, target, data)
                found.append(Line(name, f"{method}, {what}, {how}", size, searched.mask.count, error))
    return found


def main() -> None:
    """Runs all tasks and writes results/plantnseek.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    rows = ["| task | what | weights | kept | error |", "|---|---|---|---|---|"]
    for name, target in (("relu", relu()), ("circle", circle()), ("helix", helix())):
        runs = [lines(name, target, options.epochs, seed) for seed in range(options.seeds)]
        for same in zip(*runs, strict=True):
            middle = sorted(same, key=lambda line: line.error)[len(same) // 2]
            rows.append(str(middle))
            print(middle, flush=True)
    heading = f"`python benchmarks/plantnseek.py --epochs {options.epochs} --seeds {options.seeds}` on {machine()}."
    about = " ".join(__doc__.split("[--seeds 1]")[1].split())
    text = f"# Plant 'n' Seek with solved tickets\n\n{heading} {about} Rows are medians of the seeds.\n\n"
    text += "\n".join(rows) + "\n"
    (HERE / "results" / "plantnseek.md").write_text(text, encoding="utf-8")
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
