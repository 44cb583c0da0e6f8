"""The second moment method: what it can prove about one target, beside the true chance.

python paper_figures/fig_second_moment.py            draws fig_second_moment.png and .pdf from data/second_moment_*.csv
python paper_figures/fig_second_moment.py --data     counts subsets (a minute) and rewrites these first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, GREY, RED, columns, main, spread, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAW, EPS, SEED, INSTANCES, BLOCK = "U", 0.01, 17, 10_000, 100
SAMPLES, TARGETS = range(6, 17), (0.1, 0.5, 1.0)
LOOKS = {0.1: (BLUE, "o", "-"), 0.5: (RED, "s", "--"), 1.0: (GREEN, "^", "-.")}
RESAMPLES = 1000
POINTS = ["z", "n", "runs", "mean", "ratio_low", "ratio", "ratio_high", "hits", "low", "chance", "high"]
CURVES = ["z", "n", "ratio", "floor", "hitting"]


def counts(n: int) -> np.ndarray:
    """How many subsets of n samples are within EPS of each target, (instances, targets), by enumeration."""
    from slth.experiments.draws import Draws

    found = np.empty((INSTANCES, len(TARGETS)), np.int64)
    for start in range(0, INSTANCES, BLOCK):
        values, bits = Draws(SEED, start, BLOCK).samples(LAW, n)
        sums = np.zeros((BLOCK, 1))
        for column in np.ldexp(values.astype(np.float64), -bits).T:
            sums = np.concatenate([sums, sums + column[:, None]], axis=1)
        for place, z in enumerate(TARGETS):
            found[start : start + BLOCK, place] = np.count_nonzero(np.abs(sums - z) <= EPS, axis=1)
    return found


def compute() -> None:
    """Ratios with bootstrap intervals, chances with exact ones, and the theory."""
    from slth.experiments.chances import clopper_pearson
    from slth.theory.bounds.hitting import hit_chance
    from slth.theory.bounds.moments import second_moment, second_moment_chance

    rng = np.random.default_rng(SEED)
    points: list[list[Any]] = []
    curves: list[list[Any]] = []
    for n in SAMPLES:
        for z, found in zip(TARGETS, counts(n).T, strict=True):
            values, weights = np.unique(found, return_counts=True)
            drawn = rng.multinomial(INSTANCES, weights / INSTANCES, RESAMPLES)
            ratios = (drawn @ values**2) * INSTANCES / (drawn @ values) ** 2
            ratio = float(np.mean(found**2) / np.mean(found) ** 2)
            ends = [float(end) for end in np.quantile(ratios, (0.025, 0.975))]
            hits = int(np.count_nonzero(found))
            low, high = clopper_pearson(hits, INSTANCES)
            measured = [float(found.mean()), ends[0], ratio, ends[1], hits, low, hits / INSTANCES, high]
            points.append([z, n, INSTANCES, *measured])
    for z in TARGETS:
        for n in range(SAMPLES[0], 25):
            cell = LAW, n, EPS, z
            curves.append([z, n, *(float(rule(*cell)) for rule in (second_moment, second_moment_chance, hit_chance))])
    write("second_moment_points.csv", POINTS, points)
    write("second_moment_curves.csv", CURVES, curves)


def ratios(axes: Axes, points: dict[str, np.ndarray], curves: dict[str, np.ndarray]) -> None:
    """Left: E N^2 / (E N)^2."""
    for z, (colour, marker, line) in LOOKS.items():
        of, on = points["z"] == z, curves["z"] == z
        middle, low, high = (points[key][of] for key in ("ratio", "ratio_low", "ratio_high"))
        axes.plot(curves["n"][on], curves["ratio"][on], color=colour, ls=line, lw=1)
        style = {"color": colour, "ms": 3.4, "elinewidth": 0.8, "label": f"z = {z:g}"}
        axes.errorbar(points["n"][of], middle, yerr=spread(middle, low, high), fmt=marker, **style)
    axes.axhline(2 / 3**0.5, color=DARK, lw=0.8)
    axes.text(15.6, 2 / 3**0.5 * 0.985, r"$2/\sqrt{3}$", fontsize=7.5, va="top")
    axes.set_yscale("log")
    axes.set_ylim(1, 8)
    axes.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_ylabel(r"E N$^2$ / (E N)$^2$")
    axes.legend(loc="upper right")
    words = r"lines: $\frac{2}{\sqrt{3}}\,$exp$\,\frac{2z^2}{3n\sigma^2}$ + 1 / E N"
    axes.text(0.98, 0.52, words, transform=axes.transAxes, ha="right", fontsize=8)


def chances(axes: Axes, points: dict[str, np.ndarray], curves: dict[str, np.ndarray]) -> None:
    """Right: the true chance, and what the ratio says it is at least."""
    axes.axhspan(3**0.5 / 2, 1, color=GREY, alpha=0.13, lw=0)
    axes.text(5.5, 0.93, "out of its reach", color=GREY, fontsize=7)
    for z, (colour, marker, line) in LOOKS.items():
        of, on = points["z"] == z, curves["z"] == z
        axes.plot(curves["n"][on], curves["hitting"][on], color=colour, ls=line, lw=1)
        middle, low, high = (points[key][of] for key in ("chance", "low", "high"))
        axes.errorbar(
            points["n"][of], middle, yerr=spread(middle, low, high), fmt=marker, color=colour, ms=3.4, elinewidth=0.8
        )
        axes.plot(points["n"][of], 1 / points["ratio"][of], marker, color=colour, mfc="none", ms=3.4, mew=0.8)
        axes.plot(curves["n"][on], curves["floor"][on], color=colour, ls=":", lw=1)
    axes.text(17.9, 0.14, "filled: true chance (lines: hitting law)", fontsize=7, ha="right")
    axes.text(17.9, 0.065, "hollow: what the second moment proves", fontsize=7, ha="right")
    axes.text(5.6, 3**0.5 / 2 - 0.012, r"$\sqrt{3}/2$", fontsize=7.5, va="top")
    axes.set_ylim(0, 1.01)
    axes.set_ylabel("P(a subset within eps of z)")


def draw() -> Figure:
    """The figure."""
    points, curves = columns("second_moment_points.csv"), columns("second_moment_curves.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.1))
    figure.subplots_adjust(left=0.07, right=0.985, top=0.89, bottom=0.14, wspace=0.2)
    ratios(left, points, curves)
    chances(right, points, curves)
    for axes in (left, right):
        axes.set_xlim(5.3, 18)
        axes.set_xticks(range(6, 19, 2))
        axes.set_xlabel("samples n, uniform; eps = 0.01")
    titled(left, "a", "The number of subsets stays random")
    titled(right, "b", "The second moment ends at 87 %")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
