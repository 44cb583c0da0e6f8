"""Failure against the number of samples, one target: measured, models, and what is proved, for four laws.

python paper_figures/fig_failure_vs_n.py            draws fig_failure_vs_n.png and .pdf from data/failure_*.csv
python paper_figures/fig_failure_vs_n.py --data     runs sweeps/failure_vs_n.toml (two minutes) and rewrites these first
"""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, GREY, RED, columns, heading, main, spread, swept, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAWS = {"U": "U, uniform", "N": "N, normal", "UU": "UU, product of uniforms", "NN": "NN, product of normals"}
ACCURACIES = {0.01: (BLUE, "o", "-"), 0.001: (RED, "s", "--")}
TARGET = 0.5
PROVED, MOST = 0.01, 600  # where bounds are drawn, and up to how many samples
POINTS = ["law", "eps", "n", "runs", "misses", "low", "miss", "high", "hitting", "tail", "necessary", "certified"]
CURVES = ["law", "eps", "n", "hitting", "tail", "necessary", "growth", "least_growth", "iterated"]


def compute() -> None:
    """The sweep, as chances of failure, and the curves beside it."""
    from slth.theory.bounds import hitting

    rows: list[list[Any]] = []
    for row in swept("failure_vs_n"):
        misses = row["runs"] - row["hits"]
        ends = [float(1 - row["chance high"]), misses / row["runs"], float(1 - row["chance low"])]
        cell = row["law"], row["n"], row["eps"], TARGET
        theory = [float(hitting.miss_chance(*cell)), simulated(*cell), 1 - row["first moment"], 1 - row["certified"]]
        rows.append([row["law"], row["eps"], row["n"], row["runs"], misses, *ends, *theory])
    write("failure_points.csv", POINTS, rows)
    curves: list[list[Any]] = []
    for law in LAWS:
        for eps in ACCURACIES:
            for n in range(3, 27):
                necessary = max(0.0, 1 - hitting.expected_hits_exact(law, n, eps, TARGET))
                model = float(hitting.miss_chance(law, n, eps, TARGET)), simulated(law, n, eps, TARGET)
                curves.append([law, eps, n, *model, necessary, "", "", ""])
        proved = bounds(law, PROVED)
        some = sorted({*range(3, 31), *(round(n) for n in np.geomspace(30, MOST, 60))})
        curves += [[law, PROVED, n, "", "", "", *(float(bound[n]) for bound in proved)] for n in some]
    write("failure_curves.csv", CURVES, curves)


def simulated(law: str, n: int, eps: float, z: float) -> float | str:
    """The simulated tail, where there is one."""
    from slth.theory.bounds import tails

    return float(tails.miss_chance(law, n, eps, z)) if law in tails.LAWS else ""


def bounds(law: str, eps: float) -> list[np.ndarray]:
    """Three proved bounds for n = 0 .. MOST samples in all: growth, least growth, the better of both iterated."""
    from slth.theory.bounds import growth, iteration, least_iteration, unimodal

    groups = max(1, math.ceil(TARGET / growth.density_of(law).half_width - 1e-12))
    n = np.arange(MOST + 1)
    each = n // groups
    least = unimodal.failure_bound(law, n, eps)
    if law != "N":
        least = np.minimum(least, unimodal.failure_bound(law, n, eps, TARGET))
    iterated = iteration.iterated_failure(law, int(each[-1]), eps, groups)[each]
    for half_width in (TARGET, least_iteration.HALF_WIDTHS[law]):
        iterated = np.minimum(iterated, least_iteration.failure_curve(law, MOST, eps, half_width))
    return [growth.failure_bound(law, each, eps, groups), least, iterated]


def measured(axes: Axes, points: dict[str, np.ndarray], eps: float, size: float) -> None:
    """Points of one accuracy with their intervals; none are drawn where nothing failed."""
    colour, marker, _ = ACCURACIES[eps]
    of = (points["eps"] == eps) & (points["misses"] > 0)
    middle, low, high = (points[key][of] for key in ("miss", "low", "high"))
    style = {"color": colour, "ms": size, "elinewidth": 0.8, "zorder": 3}
    axes.errorbar(points["n"][of], middle, yerr=spread(middle, low, high), fmt=marker, **style)


def models(axes: Axes, points: dict[str, np.ndarray], curves: dict[str, np.ndarray]) -> None:
    """Above: how well the models do, and the first moment, which is a theorem."""
    for eps, (colour, _, line) in ACCURACIES.items():
        measured(axes, points, eps, 3.2)
        of = (curves["eps"] == eps) & ~np.isnan(curves["hitting"])
        n = curves["n"][of]
        axes.plot(n, curves["hitting"][of], color=colour, ls=line, lw=1)
        if not np.isnan(curves["tail"][of]).any():
            axes.plot(n, curves["tail"][of], color=DARK, lw=0.8)
        possible = curves["necessary"][of] > 0.02
        axes.plot(n[possible], curves["necessary"][of][possible], color=GREY, ls=":", lw=1.2)
    axes.set_xlim(3, 24)
    axes.set_ylim(1e-6, 2)


def proofs(axes: Axes, points: dict[str, np.ndarray], curves: dict[str, np.ndarray]) -> None:
    """Below: what is proved to suffice, one accuracy."""
    measured(axes, points, PROVED, 2.4)
    of = ~np.isnan(curves["growth"])
    n = curves["n"][of]
    for key, colour, line in (("growth", GREY, "-."), ("least_growth", DARK, "--"), ("iterated", GREEN, "-")):
        axes.plot(n, np.where(curves[key][of] < 1, curves[key][of], np.nan), color=colour, ls=line, lw=1.2)
    axes.set_xscale("log")
    axes.set_xlim(3.5, MOST)
    axes.set_xticks([5, 10, 20, 50, 100, 200, 500], ["5", "10", "20", "50", "100", "", "500"])
    axes.minorticks_off()
    axes.set_ylim(1e-6, 2)


def draw() -> Figure:
    """The figure."""
    points, curves = columns("failure_points.csv"), columns("failure_curves.csv")
    figure, rows = plt.subplots(2, 4, figsize=(8.6, 5.1), sharey=True)
    figure.subplots_adjust(left=0.07, right=0.99, top=0.87, bottom=0.085, wspace=0.1, hspace=0.66)
    for (law, name), above, below in zip(LAWS.items(), *rows, strict=True):
        own = [{key: table[key][table["law"] == law] for key in table} for table in (points, curves)]
        models(above, *own)
        proofs(below, *own)
        for axes in (above, below):
            axes.grid(True)
            axes.set_title(name, fontsize=7.5, fontweight="normal", pad=4)
            axes.set_yscale("log")
            axes.set_xlabel("samples n")
    for axes in rows[:, 0]:
        axes.set_ylabel("P(no subset within eps of 1/2)")
    title = "Failures follow the hitting law; products of two fail more often, where a few unlucky samples decide"
    names = ("eps = 0.01, measured and hitting law (a model)", "eps = 0.001")
    looks = zip(names, ACCURACIES.values(), strict=True)
    legend = {name: {"color": colour, "marker": marker, "ls": line} for name, (colour, marker, line) in looks}
    legend |= {
        "simulated tails": {"lw": 0.8},
        "first moment, a theorem: not below": {"color": GREY, "ls": ":", "lw": 1.2},
    }
    heading(figure, 0.965, "a", title, legend)
    title = "What is proved at eps = 0.01 takes three to four times the samples that are needed"
    legend = {"measured": {"color": BLUE, "marker": "o", "ls": ""}, "least growth": {"ls": "--", "lw": 1.2}}
    legend |= {"growth": {"color": GREY, "ls": "-."}, "value iteration of either": {"color": GREEN, "lw": 1.2}}
    heading(figure, 0.462, "b", title, legend)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
