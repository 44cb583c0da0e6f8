"""All targets at once: how often some z in [-1/2, 1/2] has no subset within eps; measured, a model, and what is proved.

python paper_figures/fig_cover.py            draws fig_cover.png and .pdf from data/cover_*.csv
python paper_figures/fig_cover.py --data     runs sweeps/cover*.toml (a minute) and rewrites these first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, GREY, columns, heading, main, spread, swept, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

POINTS = ["eps", "n", "runs", "misses", "low", "miss", "high", "model", "iterated", "growth"]
CURVES = ["eps", "n", "model", "necessary", "iterated", "growth"]
ACCURACIES, MOST = (0.1, 0.01, 0.001), 80


def compute() -> None:
    """Both sweeps, as chances of failure, and the curves beside them."""
    curves = [[eps, n, *row] for eps in ACCURACIES for n, row in enumerate(theory(eps)) if n >= 2]
    at = {(row[0], row[1]): row[2:] for row in curves}
    points: list[list[Any]] = []
    for row in [*swept("cover"), *swept("cover_fine")]:
        misses = row["runs"] - row["hits"]
        ends = [float(1 - row["chance high"]), misses / row["runs"], float(1 - row["chance low"])]
        model, _, iterated, grown = at[row["eps"], row["n"]]
        points.append([row["eps"], row["n"], row["runs"], misses, *ends, model, iterated, grown])
    write("cover_points.csv", POINTS, points)
    write("cover_curves.csv", CURVES, curves)


def theory(eps: float) -> list[list[float]]:
    """Model, counting and two proved bounds for n = 0 .. MOST uniform samples."""
    from slth.theory.bounds import coverage, growth, iteration

    n = np.arange(MOST + 1)
    model = coverage.gap_chance("U", np.maximum(n, 1), eps)
    necessary = (2.0**n * 2 * eps < 1).astype(float)  # so few intervals of width 2 eps do not cover one of width 1
    iterated, grown = iteration.iterated_failure("U", MOST, eps), growth.failure_bound("U", n, eps)
    return [[float(cell) for cell in row] for row in zip(model, necessary, iterated, grown, strict=True)]


def panel(axes: Axes, points: dict[str, np.ndarray], curves: dict[str, np.ndarray], eps: float) -> None:
    """One accuracy."""
    of = curves["eps"] == eps
    n = curves["n"][of]
    axes.axvspan(0, n[curves["necessary"][of] > 0].max(initial=0), color=GREY, alpha=0.13, lw=0)
    axes.plot(n, curves["model"][of], color=BLUE, lw=1)
    for key, colour, line in (("iterated", GREEN, "-"), ("growth", DARK, (0, (4, 2)))):
        axes.plot(n, np.where(curves[key][of] < 1, curves[key][of], np.nan), color=colour, ls=line, lw=1.3)
    of = (points["eps"] == eps) & (points["misses"] > 0)
    middle, low, high = (points[key][of] for key in ("miss", "low", "high"))
    axes.errorbar(points["n"][of], middle, yerr=spread(middle, low, high), fmt="o", color=BLUE, ms=3.2, elinewidth=0.8)
    axes.set_yscale("log")
    axes.set_xlim(0, MOST)
    axes.set_ylim(1e-5, 1.6)
    axes.set_xlabel("samples n, uniform on [\N{MINUS SIGN}1, 1]")


def draw() -> Figure:
    """The figure."""
    points, curves = columns("cover_points.csv"), columns("cover_curves.csv")
    figure, all_axes = plt.subplots(1, 3, figsize=(8.6, 3.2), sharey=True)
    figure.subplots_adjust(left=0.07, right=0.99, top=0.78, bottom=0.13, wspace=0.08)
    for axes, eps in zip(all_axes, ACCURACIES, strict=True):
        panel(axes, points, curves, eps)
        axes.grid(True)
        axes.set_title(f"eps = {eps:g}", fontsize=8, fontweight="normal", pad=4)
    all_axes[0].set_ylabel("P(some |z| \N{LESS-THAN OR EQUAL TO} 1/2 is missed)")
    all_axes[2].text(0.7, 1.5e-5, "too few\nsums", color=GREY, fontsize=7)
    legend = {"measured, and a model": {"color": BLUE, "marker": "o"}}
    legend |= {"proved, by value iteration": {"color": GREEN, "lw": 1.3}}
    legend |= {"proved: (1/eps \N{MINUS SIGN} 1) (2/eps \N{MINUS SIGN} 1) (3/4)$^n$": {"ls": (0, (4, 2)), "lw": 1.3}}
    title = "All targets at once: 36 samples are proved to suffice where 16 are needed (eps = 0.01, 1 % of failures)"
    heading(figure, 0.94, "", title, legend)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
