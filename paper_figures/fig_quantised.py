"""Integers, as quantised networks have them: the chance to meet a target exactly jumps where 2^n passes their range.

python paper_figures/fig_quantised.py            draws fig_quantised.png and .pdf from data/quantised_*.csv
python paper_figures/fig_quantised.py --data     runs sweeps/quantised.toml (two minutes) and rewrites these first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import DARK, GREY, columns, main, spread, swept, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARKERS = "os^Dv<"
POINTS = ["bits", "n", "runs", "hits", "low", "chance", "high", "model"]
CURVES = ["bits", "n", "kappa", "model"]
FAR = 96  # bits of one more curve: how the jump sharpens


def compute() -> None:
    """The sweep, and the hitting law on integers beside it."""
    from slth.theory.bounds.quantised import exact_hit_chance, kappa

    rows: list[list[Any]] = []
    for row in swept("quantised"):
        ends = [row["chance low"], row["chance"], row["chance high"]]
        model = float(exact_hit_chance(1 << row["bits"], row["n"], 1))
        rows.append([row["bits"], row["n"], row["runs"], row["hits"], *ends, model])
    write("quantised_points.csv", POINTS, rows)
    every = sorted({row[0] for row in rows})
    cells = [(bits, n) for bits in every for n in range(2, 35)] + [(FAR, n) for n in range(50, 2 * FAR)]
    curves = [[bits, n, kappa(1 << bits, n), float(exact_hit_chance(1 << bits, n, 1))] for bits, n in cells]
    write("quantised_curves.csv", CURVES, curves)


def shown(points: dict[str, np.ndarray], bits: int) -> np.ndarray:
    """The rows of one number of bits: the jump and a little around it."""
    return (points["bits"] == bits) & (np.abs(points["n"] - bits - 3) < 8)


def draw() -> Figure:
    """The figure."""
    points, curves = columns("quantised_points.csv"), columns("quantised_curves.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.1), sharey=True)
    figure.subplots_adjust(left=0.075, right=0.985, top=0.89, bottom=0.14, wspace=0.08)
    every = sorted(set(points["bits"].astype(int)))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.88, len(every)))
    for bits, colour, marker in zip(every, colours, MARKERS, strict=True):
        of, on = shown(points, bits), curves["bits"] == bits
        n, middle = points["n"][of], points["chance"][of]
        bars = spread(middle, points["low"][of], points["high"][of])
        style = {"color": colour, "ms": 3.2, "elinewidth": 0.7}
        left.plot(curves["n"][on], curves["model"][on], color=colour, lw=0.9)
        left.errorbar(n, middle, yerr=bars, fmt=marker, **style)
        right.plot(curves["kappa"][on], curves["model"][on], color=colour, lw=0.9)
        right.errorbar(bits / n, middle, yerr=bars, fmt=marker, label=f"{bits} bits", **style)
    on = curves["bits"] == FAR
    right.plot(curves["kappa"][on], curves["model"][on], color=DARK, lw=1, ls="--")
    right.axvline(1, color=GREY, lw=0.8)
    words(left, right)
    return figure


def words(left: Axes, right: Axes) -> None:
    """Axes and what the lines are."""
    left.set_xlim(1, 33)
    left.set_ylim(0, 1.02)
    left.set_xlabel("samples n")
    left.set_ylabel("P(some subset adds up to 1)")
    left.text(0.98, 0.04, "lines: hitting\nlaw on integers", transform=left.transAxes, ha="right", fontsize=7)
    right.legend(loc="upper left", borderaxespad=0.2)
    right.set_xlim(2, 0.3)
    right.set_xlabel("$\\kappa$ = bits / n (more samples to the right)")
    right.text(1.03, 0.96, "$\\kappa$ = 1", color=GREY, fontsize=7.5, ha="right")
    right.text(0.97, 0.05, f"dashed: {FAR} bits,\nby the hitting law", fontsize=7)
    titled(left, "a", "Each bit costs one sample")
    titled(right, "b", "The jump sharpens at $\\mathbf{\\kappa}$ = 1")


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
