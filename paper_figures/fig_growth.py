"""Growth sets: the share of targets that subset sums reach while they stay inside, against the bound that is proved.

python paper_figures/fig_growth.py            draws fig_growth.png and .pdf from data/growth.csv
python paper_figures/fig_growth.py --data     simulates the sets (half a minute) and rewrites the table first
"""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, PINK, RED, columns, main, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SEED, INSTANCES = 14, 20_000
CELLS = (("U", 0.1, 30), ("U", 0.01, 40), ("N", 0.01, 48), ("NN", 0.01, 48), ("UU", 0.01, 48))  # law, eps, samples
HEADER = ["law", "eps", "t", "mean_v", "low_v", "median_v", "high_v", "mean", "error", "bound"]
STYLES = {"U": (BLUE, "o", "-"), "N": (RED, "s", "--"), "NN": (GREEN, "^", "-."), "UU": (PINK, "D", ":")}


def compute() -> None:
    """v_t of many instances, its quantiles, the mean of 1/v_t - 1 with its standard error, and the bound."""
    from slth.experiments.draws import Draws
    from slth.experiments.reached import grown
    from slth.theory.bounds import unimodal
    from slth.theory.bounds.growth import density_of

    rows: list[list[Any]] = []
    for law, eps, samples in CELLS:
        values, bits = Draws(SEED, 0, INSTANCES).samples(law, samples)
        density = density_of(law)
        edge = math.floor(math.ldexp(density.half_width, bits))
        kappa = density.kappa if law == "N" else max(density.kappa, unimodal.kappa(law, density.half_width))
        measures, _ = grown(values, math.floor(math.ldexp(eps / 2, bits)), edge)
        share = measures / (2 * edge)
        left = 1 / share - 1
        for t in range(samples + 1):
            quantiles = [float(value) for value in np.quantile(share[:, t], (0.05, 0.5, 0.95))]
            error = float(left[:, t].std() / math.sqrt(INSTANCES))
            bound = (2 * density.half_width / eps - 1) * (1 - kappa / 2) ** t
            rows.append([law, eps, t, float(share[:, t].mean()), *quantiles, float(left[:, t].mean()), error, bound])
    write("growth.csv", HEADER, rows)


def shares(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Left: v_t itself, uniform samples."""
    for eps, colour, marker in ((0.1, RED, "s"), (0.01, BLUE, "o")):
        of = (table["law"] == "U") & (table["eps"] == eps)
        t = table["t"][of]
        band = {"color": colour, "alpha": 0.16, "lw": 0}
        axes.fill_between(t, table["low_v"][of], table["high_v"][of], **band)
        axes.plot(t, table["median_v"][of], color=colour, lw=1)
        axes.plot(t, table["mean_v"][of], marker, color=colour, ms=3, label=f"eps = {eps:g}")
    axes.set_xlim(0, 25)
    axes.set_ylim(0.007, 1.25)
    axes.set_yscale("log")
    axes.set_yticks([0.01, 0.03, 0.1, 0.3, 1], ["0.01", "0.03", "0.1", "0.3", "1"])
    axes.set_xlabel("samples t, uniform on [\N{MINUS SIGN}1, 1]")
    axes.set_ylabel("$v_t$: reached share of [\N{MINUS SIGN}1/2, 1/2]")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.2))
    words = "markers: mean; lines: median;\nbands: 5-95 % of 20,000 instances"
    axes.text(0.99, 0.03, words, transform=axes.transAxes, ha="right", fontsize=7)


def contraction(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Middle: the quantity of the proof."""
    for eps, colour, marker in ((0.1, RED, "s"), (0.01, BLUE, "o")):
        of = (table["law"] == "U") & (table["eps"] == eps)
        t, mean, error = (table[key][of] for key in ("t", "mean", "error"))
        some = (mean > 0) & (error < mean / 2)
        axes.errorbar(t[some], mean[some], yerr=1.96 * error[some], fmt=marker, color=colour, ms=3, elinewidth=0.7)
        axes.plot(t, table["bound"][of], color=colour, ls=(0, (4, 2)), lw=1)
    axes.text(15.5, 3.2, "lines, proved:\n(1/eps \N{MINUS SIGN} 1) (3/4)$^t$", color=DARK, fontsize=7)
    axes.set_yscale("log")
    axes.set_xlim(-0.5, 32)
    axes.set_ylim(1e-4, 300)
    axes.set_xlabel("samples t, uniform on [\N{MINUS SIGN}1, 1]")
    axes.set_ylabel("mean of 1/$v_t$ \N{MINUS SIGN} 1")


def laws(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Right: other laws, each on its own interval."""
    for law, (colour, marker, line) in STYLES.items():
        of = (table["law"] == law) & (table["eps"] == 0.01)
        t, mean, bound = (table[key][of] for key in ("t", "mean", "bound"))
        keep = (mean > 1e-3) & (t % 3 == 0)
        axes.plot(t[keep], mean[keep] / mean[0], marker, color=colour, ms=3, label=law)
        axes.plot(t, bound / bound[0], color=colour, ls=line, lw=1)
    axes.set_yscale("log")
    axes.set_xlim(-0.5, 46)
    axes.set_ylim(1e-4, 1.6)
    axes.set_xlabel("samples t")
    axes.set_ylabel("the same mean, over that at t = 0")
    axes.legend(loc="upper right", title="law", borderaxespad=0.1)
    axes.text(0.6, 1.5e-4, "lines, proved:\n(1 \N{MINUS SIGN} $\\kappa$/2)$^t$", color=DARK, fontsize=7)


def draw() -> Figure:
    """The figure."""
    table = columns("growth.csv")
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(8.6, 2.9))
    figure.subplots_adjust(left=0.065, right=0.99, top=0.88, bottom=0.145, wspace=0.29)
    shares(left, table)
    contraction(middle, table)
    laws(right, table)
    titled(left, "a", "A sample adds half, at first")
    titled(middle, "b", "The rate 3/4 is exact at first")
    titled(right, "c", "Other laws, eps = 0.01")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
