"""Removing neurons with and without the block mask: random hidden units needed for one ReLU unit within eps.

python paper_figures/fig_neuron_removal.py            draws fig_neuron_removal.png and .pdf from data/neuron_*.csv
python paper_figures/fig_neuron_removal.py --data     measures again (two minutes) and rewrites these files first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import columns, main, spread, titled, write
from matplotlib.figure import Figure

BITS = 50
FREE_RUNS = {4: 200, 8: 200, 16: 200, 32: 200, 64: 200, 128: 60, 256: 20}  # units: random draws
SAMPLES, BLOCKED_RUNS = range(2, 23, 2), 400
QUANTILES = (0.05, 0.5, 0.95)
FREE, BLOCKED = "#D55E00", "#0072B2"


def quantiles(errors: np.ndarray) -> list[float]:
    """What is drawn of one set of errors."""
    return [float(value) for value in np.quantile(errors, QUANTILES)]


def free_errors(units: int, runs: int) -> np.ndarray:
    """Least sup error of random units in the plane, outer weights free: what removing units can reach at best."""
    from slth.theory.bounds.neurons import best_fit

    rng = np.random.default_rng([41, units])
    return np.array([best_fit(rng.uniform(0, 2 * np.pi, units)).error for _ in range(runs)])


def blocked_errors(samples: int, runs: int) -> np.ndarray:
    """Sup error on the disc of the block-masked pair of layers: four subset sums, two inputs and two signs.

    Samples are products of two normals; in each quadrant of inputs the error is linear before the last ReLU, so the
    norm of its coefficients bounds it.
    """
    from slth.rss.solve import solve

    rng = np.random.default_rng([42, samples])
    angle = rng.uniform(0, 2 * np.pi, runs)
    goals = np.repeat(np.stack([np.cos(angle), np.sin(angle)], 1)[:, :, None], 2, axis=2)
    products = rng.standard_normal((2, *goals.shape, samples)).prod(axis=0)
    values, targets = (np.rint(np.ldexp(a, BITS)).astype(np.int64) for a in (products, goals))
    found = solve(values.reshape(-1, samples), targets.reshape(-1), bits=BITS)
    errors = np.ldexp(found.errors.astype(np.float64), -BITS).reshape(goals.shape).max(axis=2)
    return np.hypot(errors[:, 0], errors[:, 1])


def compute() -> None:
    """Measures both constructions and writes the tables."""
    from slth.theory.bounds.hitting import first_moment_n
    from slth.theory.bounds.neurons import least_neurons

    rows: list[list[Any]] = [["free", n, runs, *quantiles(free_errors(n, runs))] for n, runs in FREE_RUNS.items()]
    rows += [["blocked", 4 * n, BLOCKED_RUNS, *quantiles(blocked_errors(n, BLOCKED_RUNS))] for n in SAMPLES]
    write("neuron_points.csv", ["kind", "units", "runs", "low", "median", "high"], rows)
    accuracies = [float(eps) for eps in np.geomspace(3e-7, 0.5, 80)]
    table = [[eps, least_neurons(eps), 4 * first_moment_n("NN", eps / 2**0.5, 0.5**0.5)] for eps in accuracies]
    write("neuron_curves.csv", ["eps", "least_free", "first_moment_blocked"], table)


def draw() -> Figure:
    """The figure."""
    points, curves = columns("neuron_points.csv"), columns("neuron_curves.csv")
    figure, axes = plt.subplots(figsize=(4.8, 3.5))
    figure.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.14)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.fill_between(curves["eps"], 1, curves["least_free"], color=FREE, alpha=0.1, lw=0)
    axes.plot(curves["eps"], curves["least_free"], color=FREE)
    axes.plot(curves["eps"], curves["first_moment_blocked"], color=BLOCKED, ls=(0, (4, 2)))
    for kind, colour, marker in (("free", FREE, "o"), ("blocked", BLOCKED, "s")):
        of = points["kind"] == kind
        middle = points["median"][of]
        bars = spread(middle, points["low"][of], points["high"][of])
        style = {"color": colour, "ms": 4, "elinewidth": 0.7, "capsize": 1.5}
        axes.errorbar(middle, points["units"][of], xerr=bars, fmt=marker, **style)
    axes.set_xlim(0.8, 3e-7)
    axes.set_ylim(3, 4000)
    axes.set_xlabel("sup error eps on the unit disc (smaller to the right)")
    axes.set_ylabel("random hidden units")
    titled(axes, "", "One ReLU unit from random units, by removing units only")
    said = {"fontsize": 7.5, "ha": "left", "va": "top"}
    words = "without block mask:\nno chance of 50 % below\nn = $\\pi$ / (8 arctan 2 eps)"
    axes.text(1.7e-4, 640, words, color=FREE, **said)
    words = "without block mask,\nbest outer weights\n(linear program)"
    axes.text(0.6, 330, words, color=FREE, **said)
    words = "with block mask, four subset sums,\n4n units (proven optimum);\ndashed: first moment, 4n*"
    axes.text(3.2e-3, 27, words, color=BLOCKED, **said)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
