"""How close the best subset comes: quantiles of the error against the number of samples, four laws.

python paper_figures/fig_best_error.py            draws fig_best_error.png and .pdf from data/best_error.csv
python paper_figures/fig_best_error.py --data     runs sweeps/best_error.toml (a minute) and rewrites the table first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, GREY, PINK, RED, columns, main, spread, swept, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HEADER = ["law", "n", "runs", "chance", "low", "error", "high", "theory"]
LEVELS = {0.1: 0.0942, 0.5: 0.6544, 0.9: 2.894, 0.99: 18.43}  # of the hitting law, at z = 0
CHANCES = {"10 %": 0.1, "50 %": 0.5, "90 %": 0.9, "99 %": 0.99}
LAWS = {  # sigma, colour, marker, line, name
    "U": (3**-0.5, BLUE, "o", "-", "uniform"),
    "N": (1.0, RED, "s", "--", "normal"),
    "UU": (1 / 3, PINK, "D", ":", "product of uniforms"),
    "NN": (1.0, GREEN, "^", "-.", "product of normals"),
}


def compute() -> None:
    """The sweep's quantiles beside the hitting law's."""
    from slth.theory.bounds.hitting import best_error

    rows: list[list[Any]] = []
    for row in swept("best_error"):
        for name, chance in CHANCES.items():
            measured = [row[f"{name} low"], row[name], row[f"{name} high"]]
            theory = best_error(row["law"], row["n"], chance, row["z"])
            rows.append([row["law"], row["n"], row["runs"], chance, *measured, theory])
    write("best_error.csv", HEADER, rows)


def medians(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Left: the median error."""
    for law, (_, colour, marker, line, name) in LAWS.items():
        of = (table["law"] == law) & (table["chance"] == 0.5)
        axes.plot(table["n"][of], table["theory"][of], color=colour, ls=line, lw=1)
        axes.plot(table["n"][of], table["error"][of], marker, color=colour, ms=3.4, mew=0.8, label=f"{law}, {name}")
    axes.legend(loc="upper right", borderaxespad=0.1)
    words = "lines: 0.6544 $\\sigma\\sqrt{n}$ $2^{-n}$,\none bit a sample"
    axes.text(4.2, 1.5e-8, words, fontsize=7.5)
    axes.set_yscale("log")
    axes.set_ylim(3e-9, 0.5)
    axes.set_ylabel("median error of the closest subset")


def collapsed(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Right: all quantiles of all laws, over what one law predicts them to grow like."""
    for law, (sigma, colour, marker, _, _) in LAWS.items():
        for chance in CHANCES.values():
            of = (table["law"] == law) & (table["chance"] == chance) & (table["error"] < 0.0999)
            n = table["n"][of]
            scale = 2.0**n / (sigma * np.sqrt(n))
            middle, low, high = (table[key][of] * scale for key in ("error", "low", "high"))
            shift = 0.22 * (list(LAWS).index(law) - 1.5)
            style = {"color": colour, "ms": 3, "mew": 0.7, "mfc": "none", "elinewidth": 0.7}
            axes.errorbar(n + shift, middle, yerr=spread(middle, low, high), fmt=marker, **style)
    for chance, level in LEVELS.items():
        axes.axhline(level, color=DARK, lw=0.9, zorder=1)
        axes.text(29, level, f"{100 * chance:.0f} %\n{level:.4g}", fontsize=7, va="center")
    axes.set_yscale("log")
    axes.set_ylim(0.04, 60)
    axes.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_ylabel("quantile of the error / ($\\sigma\\sqrt{n}$ $2^{-n}$)")
    axes.text(3.4, 0.27, "lines: hitting law, a model", color=GREY, fontsize=7)


def draw() -> Figure:
    """The figure."""
    table = columns("best_error.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.1))
    figure.subplots_adjust(left=0.085, right=0.94, top=0.89, bottom=0.14, wspace=0.22)
    medians(left, table)
    collapsed(right, table)
    for axes in (left, right):
        axes.set_xlim(3, 28.8)
        axes.set_xticks(range(4, 29, 4))
        axes.set_xlabel("samples n of one subset sum")
    titled(left, "a", "Each sample halves the error")
    titled(right, "b", "All laws share its quantiles")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
