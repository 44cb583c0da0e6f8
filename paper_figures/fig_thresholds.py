"""How many samples reach a target with a chance of 50 % and 99 %: simulated, and by the models.

python paper_figures/fig_thresholds.py     draws fig_thresholds.png and .pdf from data/thresholds.csv, which
                                           benchmarks/thresholds.py writes
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, RED, columns, heading, main
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAWS = {"U": "U, uniform", "N": "N, normal", "UU": "UU, product of uniforms", "NN": "NN, product of normals"}
CHANCES = {0.5: "white", 0.99: BLUE}


def panel(axes: Axes, table: dict[str, np.ndarray], law: str) -> None:
    """One law: a row for each accuracy, the number found written above its marker."""
    for chance, face in CHANCES.items():
        of = (table["law"] == law) & (table["wanted chance"] == chance)
        n, low, high, model, tail = (
            table[key][of] for key in ("n", "n low", "n high", "n: hitting law", "n: simulated tail")
        )
        place = -np.log10(table["eps"][of])
        axes.hlines(place, low, high, color=BLUE, lw=3.5, alpha=0.35)
        axes.plot(model, place, "|", color=RED, ms=13, mew=1.3)
        if not np.isnan(tail).any():
            axes.plot(tail, place, "x", color=DARK, ms=8, mew=0.9)
        axes.plot(n, place, "o", color=BLUE, mfc=face, ms=4.6, mew=1, zorder=3)
        for at, count in zip(place, n, strict=True):
            axes.annotate(f"{count:.0f}", (count, at), (0, 8.5), textcoords="offset points", fontsize=7, ha="center")
    axes.grid(True, axis="x")
    axes.set_xlim(5, 26)
    axes.set_xticks(range(6, 27, 4))
    axes.set_ylim(5.5, 1.4)
    axes.set_xlabel("samples n")
    axes.set_title(LAWS[law], fontsize=7.5, fontweight="normal", pad=4)


def draw() -> Figure:
    """The figure."""
    table = columns("thresholds.csv")
    figure, all_axes = plt.subplots(1, 4, figsize=(8.6, 3.1), sharey=True)
    figure.subplots_adjust(left=0.075, right=0.99, top=0.785, bottom=0.135, wspace=0.07)
    for axes, law in zip(all_axes, LAWS, strict=True):
        panel(axes, table, law)
    all_axes[0].set_yticks(range(2, 6), [rf"$\mathregular{{10^{{-{k}}}}}$" for k in range(2, 6)])
    all_axes[0].set_ylabel("error eps of the target 1/2")
    legend = {
        "simulated, chance 50 %": {"color": BLUE, "marker": "o", "mfc": "white", "ls": "", "ms": 4.6},
        "99 %": {"color": BLUE, "marker": "o", "ls": "", "ms": 4.6},
        "95 % band": {"color": BLUE, "lw": 3.5, "alpha": 0.35},
        "hitting law": {"color": RED, "marker": "|", "ls": "", "ms": 10, "mew": 1.3},
        "simulated tails": {"marker": "x", "ls": "", "ms": 6, "mew": 0.9},
    }
    title = "The hitting law is right within one sample, but for the last per cent of products of uniforms"
    heading(figure, 0.94, "", title, legend)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw)
