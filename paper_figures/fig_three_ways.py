"""Three ways to make one weight from random ones: samples needed against the error that is allowed.

python paper_figures/fig_three_ways.py            draws fig_three_ways.png and .pdf from data/three_ways_*.csv
python paper_figures/fig_three_ways.py --data     runs sweeps/three_ways_*.toml (three minutes) and rewrites these first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, PINK, RED, columns, main, spread, swept, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

TARGET, CHANCE = 0.5, 0.5
WAYS = {"both": (RED, "s", "-"), "nearest": (PINK, "D", "-."), "digits": (GREEN, "^", "--"), "sums": (BLUE, "o", "-")}
POINTS = ["way", "eps", "runs", "low", "n", "high"]
CURVES = ["way", "eps", "n"]


def compute() -> None:
    """The four searches, and for each way the theory."""
    rows: list[list[Any]] = []
    for way in WAYS:
        found = swept(f"three_ways_{way}")
        name = next(iter({"n", "samples"} & set(found[0])))
        rows += [[way, row["eps"], row["runs"], row[f"{name} low"], row[name], row[f"{name} high"]] for row in found]
    write("three_ways_points.csv", POINTS, rows)
    accuracies = [float(eps) for eps in np.geomspace(0.2, 1e-7, 80)]
    curves = [[way, eps, float(n)] for way in WAYS for eps in accuracies for n in [theory(way, eps)] if n < 1e10]
    curves += [["certified", eps, certified(eps)] for eps in accuracies]
    write("three_ways_curves.csv", CURVES, curves)


def theory(way: str, eps: float) -> float:
    """Samples for a chance of one half: exact for single products, enough for digits, simulated for sums."""
    from slth.experiments.measures.nearest import Nearest
    from slth.theory.bounds import digits, tails

    if way == "digits":
        return digits.digit_samples(eps, 1 - CHANCE)
    if way == "sums":
        chances = [1 - float(tails.miss_chance("UU", n, eps, TARGET)) for n in range(1, 61)]
        return float(np.interp(CHANCE, chances, np.arange(1, 61)))
    one = Nearest(1, eps, TARGET, way == "both").said()[0].value
    return float(np.log(1 - CHANCE) / np.log1p(-one))


def certified(eps: float) -> int:
    """Samples with which all targets up to 1 are proved to be met, at that chance."""
    from slth.theory.bounds.sufficient import sufficient_n

    return sufficient_n("UU", eps, 1 - CHANCE).total


def lines(axes: Axes, curves: dict[str, np.ndarray]) -> None:
    """The theory."""
    for way, (colour, _, line) in WAYS.items():
        of = curves["way"] == way
        axes.plot(curves["eps"][of], curves["n"][of], color=colour, ls=line, lw=1)
    of = curves["way"] == "certified"
    axes.plot(curves["eps"][of], curves["n"][of], color=DARK, ls=":", lw=1.2)


def draw() -> Figure:
    """The figure."""
    points, curves = columns("three_ways_points.csv"), columns("three_ways_curves.csv")
    figure, axes = plt.subplots(figsize=(6, 3.8))
    figure.subplots_adjust(left=0.11, right=0.98, top=0.9, bottom=0.125)
    lines(axes, curves)
    for way, (colour, marker, _) in WAYS.items():
        of = points["way"] == way
        middle, low, high = (points[key][of] for key in ("n", "low", "high"))
        style = {"color": colour, "ms": 3.8, "elinewidth": 0.8}
        axes.errorbar(points["eps"][of], middle, yerr=spread(middle, low, high), fmt=marker, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.15, 6e-8)
    axes.set_ylim(2, 1e6)
    axes.set_xlabel("error eps of the weight 1/2 (smaller to the right)")
    axes.set_ylabel("random samples for a chance of 50 %")
    said = {"fontsize": 7.5, "linespacing": 1.15}
    axes.text(7e-4, 1.3e5, "both factors of one product\n(Malach et al. 2020): 1/eps$^2$", color=RED, **said)
    axes.text(1.1e-4, 4e3, "one product, the nearest: 1/eps", color=PINK, **said)
    words = "golden digits (Orseau et al. 2020):\nlog(1/eps) log log(1/eps);\ndashed: enough for any weight"
    axes.text(6.5e-4, 330, words, color=GREEN, **said)
    axes.text(7e-8, 30, "dotted: subset sums,\nproved for all weights", color=DARK, ha="right", **said)
    axes.text(8e-3, 3, "subset sums of products (Lueker 1998, Pensia et al. 2020): log(1/eps)", color=BLUE, **said)
    titled(axes, "", "One weight of a random network: from 1/eps$^2$ samples to log(1/eps)")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
