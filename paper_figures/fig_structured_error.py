"""Vector subset sums, as removing filters needs them: error against samples, samples against dimension.

python paper_figures/fig_structured_error.py            draws the figure from data/structured_*.csv
python paper_figures/fig_structured_error.py --data     first rewrites these files from benchmarks/results/vectors.json
"""

from __future__ import annotations

import json
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import RESULTS, columns, main, spread, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ORDER, SHADES = "#D55E00", ("#0072B2", "#009E73", "#7A3E9D")
TREES = ("klist", "localsearch", "greedy", "relaxation")  # solvers that prove nothing
COUNTED = (1, 4, 9)  # dimensions whose counting limit is drawn
MARKERS = "os^Dv<>pP"
POINTS = ["d", "n", "median", "low", "high", "solver", "seeds"]
HALVES = ["kind", "d", "eps", "n", "low", "high", "beyond", "draws"]
GROWTH = ["eps", "exponent", "low", "high"]
LEAST = 1e-11  # errors below are those of the unit 2^-40


def square(dims: int) -> float:
    """Squared 2-norm of a typical target of 1-norm 1, entries at most 1/2; the curves hardly depend on it."""
    return min(0.25, 1.5 / dims)


def compute() -> None:
    """The tables, from the benchmark's results and the theory."""
    from slth.theory.bounds import structured
    from slth.theory.bounds.papers import dacunha2023

    found = json.loads((RESULTS / "vectors.json").read_text(encoding="utf-8"))
    rows = found["rows"] if isinstance(found, dict) else found
    errors = [row for row in rows if row.get("kind") == "error_vs_n" and row.get("median") is not None]
    halves = [row for row in rows if row.get("kind") in ("smallest_n", "smallest_k")]
    fits = [row for row in rows if row.get("kind") == "exponent" and row.get("what") == "n"]
    write("structured_points.csv", POINTS, [[row.get(key, "") for key in POINTS] for row in errors])
    write("structured_halves.csv", HALVES, [[row.get(key, "") for key in HALVES] for row in halves])
    write("structured_growth.csv", GROWTH, [[row.get(key, "") for key in GROWTH] for row in fits])
    table: list[list[Any]] = []
    most = max((int(row["n"]) for row in errors), default=200)
    for d in sorted({int(row["d"]) for row in errors}) or range(1, 10):
        for n in sorted({round(x) for x in np.geomspace(max(2, d), 1.3 * most, 60)}):
            error = structured.nsn_first_moment_eps(d, n, square(d))
            if error > LEAST:
                table.append([d, n, error, structured.counting_eps(d, n)])
    write("structured_curves.csv", ["d", "n", "first_moment", "counting"], table)
    shares = [float(eps) for eps in np.geomspace(1e-9, 0.5, 80)]
    order = [[d, eps, float(dacunha2023.required_samples(d, eps))] for d in range(1, 10) for eps in shares]
    write("structured_order.csv", ["d", "eps", "n"], order)
    known = sorted({float(row["eps"]) for row in halves})
    first = [
        [d, eps, structured.nsn_first_moment_n(d, eps, square(d)), float(dacunha2023.required_samples(d, eps))]
        for eps in known
        for d in range(1, 10)
    ]
    write("structured_first.csv", ["d", "eps", "n", "order"], first)


def errors(axes: Axes) -> None:
    """Left: the best error found against n, one colour a dimension."""
    points, curves, order = (columns(f"structured_{name}.csv") for name in ("points", "curves", "order"))
    dims = sorted(set(curves["d"].astype(int)))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.88, len(dims)))
    for d, colour in zip(dims, colours, strict=True):
        own = curves["d"] == d
        axes.plot(curves["n"][own], curves["first_moment"][own], color=colour, lw=1)
        if d in COUNTED:
            axes.plot(curves["n"][own], curves["counting"][own], color=colour, lw=0.9, ls=":")
        for exact in (True, False) if points else ():
            of = (points["d"] == d) & (points["median"] > LEAST) & (np.isin(points["solver"], TREES) != exact)
            middle = points["median"][of]
            bars = spread(middle, points["low"][of], points["high"][of])
            style = {"color": colour, "mfc": colour if exact else "white", "ms": 3.2, "elinewidth": 0.6, "mew": 0.7}
            marker, label = MARKERS[(d - 1) % len(MARKERS)], f"{d}" if exact else None
            axes.errorbar(points["n"][of], middle, yerr=bars, fmt=marker, label=label, **style)
    for d in (1, 2):
        own = (order["d"] == d) & (order["n"] < 1500)  # room for the words
        axes.plot(order["n"][own], order["eps"][own], color=ORDER, lw=1, ls=(0, (4, 2)))
    least = float(points["median"].min()) / 5 if points else 1e-6
    axes.set_ylim(max(least, 1e-9), 3)
    axes.set_xlim(3.5, 2.5e4)
    axes.text(330, 0.28, "D = 2", color=ORDER, fontsize=7)
    own = order["d"] == 1
    floor = axes.get_ylim()[0]
    axes.text(
        1.15 * float(np.interp(3 * floor, order["eps"][own], order["n"][own])),
        3 * floor,
        "D = 1",
        color=ORDER,
        fontsize=7,
    )
    words = "filled: exact search\nhollow: tree of lists\nlines: first moment\ndotted: counting\nlimit, D = 1, 4, 9"
    axes.text(0.99, 0.45, words, transform=axes.transAxes, ha="right", fontsize=7)
    words = "dashed: order of\nthe theorem, C = 1\n(D = 9: over $10^6$)"
    axes.text(0.99, 0.27, words, transform=axes.transAxes, ha="right", fontsize=7, color=ORDER)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("samples n (filters of one sign group)")
    axes.set_ylabel("error in the worst coordinate")
    axes.legend(
        title="D", ncols=2, loc="lower left", handletextpad=0.2, columnspacing=0.8, frameon=True, edgecolor="white"
    )


def dimensions(axes: Axes) -> None:
    """Right: the smallest n at which half of the searches succeed, against the dimension."""
    halves, first, fits = (columns(f"structured_{name}.csv") for name in ("halves", "first", "growth"))
    searched = halves["kind"] == "smallest_n" if halves else np.zeros(0, bool)
    accuracies = sorted(set(halves["eps"][searched]), reverse=True) if halves else []
    for place, eps in enumerate(accuracies):
        colour, own = SHADES[place % len(SHADES)], first["eps"] == eps
        of = searched & (halves["eps"] == eps) & ~(2 * halves["beyond"] >= halves["draws"])  # its median is known
        d, n = halves["d"][of], halves["n"][of]
        bars = spread(n, halves["low"][of], halves["high"][of])
        words = f"eps = {eps:g}"
        for power, low, high in (
            zip(*(fits[key][fits["eps"] == eps] for key in GROWTH[1:]), strict=True) if fits else ()
        ):
            words += f": $D^{{{power:.2f}}}$ ({low:.2f} to {high:.2f})"
        style = {"color": colour, "ms": 4, "elinewidth": 0.7, "capsize": 1.5}
        axes.errorbar(d, n, yerr=bars, fmt=MARKERS[place], label=words, **style)
        axes.plot(first["d"][own], first["n"][own], color=colour, lw=0.9)
        axes.plot(first["d"][own], first["order"][own], color=ORDER, lw=1, ls=(0, (4, 2)))
    for eps in sorted(set(halves["eps"][~searched])) if halves else ():
        of = ~searched & (halves["eps"] == eps)
        words = f"eps = {eps:g}: k of k$^2$ samples, as published"
        axes.plot(halves["d"][of], halves["n"][of], "d", color=SHADES[0], mfc="none", ms=4.5, label=words)
    axes.text(1.05, 2e5, "dashed: order of the\ntheorem ($D^6$, C = 1)", color=ORDER, fontsize=7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(3, 2e9)
    axes.set_xticks([1, 2, 3, 4, 6, 9], ["1", "2", "3", "4", "6", "9"])
    axes.minorticks_off()
    axes.set_xlabel("dimension D (entries of a filter)")
    axes.set_ylabel("samples n for a chance of 50 %")
    if accuracies:
        axes.legend(loc="upper left", title="fitted growth, 95 % interval", alignment="left", title_fontsize=7)


def draw() -> Figure:
    """The figure."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.4), width_ratios=[1.35, 1])
    figure.subplots_adjust(left=0.075, right=0.985, top=0.9, bottom=0.135, wspace=0.22)
    errors(left)
    dimensions(right)
    for axes, letter, title in ((left, "a", "Error against samples"), (right, "b", "Samples against dimension")):
        titled(axes, letter, title)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
