"""Sparsity has a price: random weights needed against the density of the subsets that are kept.

python paper_figures/fig_density.py     draws fig_density.png and .pdf from data/density_*.csv, which
                                        benchmarks/density.py writes
"""

from __future__ import annotations

import matplotlib.pyplot as plt
from drawing import GREY, columns, facts, main, titled
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = {0.01: ("#0072B2", "o", "-"), 0.001: ("#D55E00", "s", "--"), 0.0001: ("#009E73", "^", "-.")}


def sums(axes: Axes, known: dict[str, float]) -> None:
    """Left: one subset sum, measured points on the theory's curve."""
    points, curves = columns("density_points.csv"), columns("density_curves.csv")
    for eps, (colour, marker, line) in COLOURS.items():
        own = curves["eps"] == eps
        share, order, first = (curves[key][own] for key in ("share", "order_half", "first_moment"))
        some = share * order >= 1
        axes.plot(share[some], order[some], color=colour, ls=line, lw=1)
        some = share * first >= 1
        axes.plot(share[some], first[some], color=colour, ls=":", lw=0.8)
        for chance, face in ((0.5, colour), (0.99, "none")):
            of = (points["eps"] == eps) & (points["chance"] == chance)
            axes.plot(points["share"][of], points["n"][of], marker, color=colour, mfc=face, ms=3.8, mew=0.8)
        axes.plot([], [], color=colour, ls=line, marker=marker, ms=3.8, lw=1, label=f"eps = {eps:g}")
    axes.plot([], [], ls="none", marker="o", color=GREY, mfc="none", ms=3.8, label="full: chance 50 %, hollow: 99 %")
    axes.plot([], [], ls=":", color=GREY, lw=0.8, label="first moment: below, chance < 50 %")
    axes.set_xlim(0.012, 0.9)
    axes.set_ylim(7, 260)
    axes.set_xlabel("density k/n of the chosen subset")
    axes.set_ylabel("samples n of one subset sum")
    axes.set_yticks([10, 20, 50, 100, 200], ["10", "20", "50", "100", "200"])
    axes.legend(loc="upper right", borderaxespad=0.1)
    words = f"lines: C log$_2$(k/eps) / H$_2$(k/n),\nC = {known['C at 0.5']:.2f} fitted at 50 %"
    axes.text(0.0135, 7.6, words, fontsize=7, va="bottom")


def network(axes: Axes, known: dict[str, float]) -> None:
    """Right: a whole network, theory only."""
    table = columns("density_network.csv")
    axes.fill_between(table["share"], 1, table["least"], color=GREY, alpha=0.15, lw=0)
    axes.plot(table["share"], table["least"], color=GREY)
    axes.plot(table["share"], table["first_moment"], color="#009E73", ls=":")
    axes.plot(table["share"], table["order"], color="#0072B2", ls="--")
    axes.set_xlim(2e-7, 0.9)
    axes.set_ylim(5, 1e9)
    axes.set_xlabel("density of the ticket")
    axes.set_ylabel("random weights per target weight")
    said = {"fontsize": 7}
    axes.text(1e-4, 5e6, "Theorem 3, order only (C = 1)", color="#0072B2", **said)
    axes.text(2.5e-2, 900, "first moment", color="#009E73", **said)
    axes.text(4e-7, 50, "too few for every map to be reached\n(lower bound, Theorem 5)", color="#4D4D4D", **said)
    width, layers = int(known["width"]), int(known["layers"])
    words = f"{layers} layers of {width} x {width}, eps = {known['eps']:g}"
    axes.text(0.98, 0.97, words, transform=axes.transAxes, ha="right", va="top", **said)


def draw() -> Figure:
    """The figure."""
    known = {name: float(value) for name, value in facts("density_facts.csv").items()}
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.1))
    figure.subplots_adjust(left=0.075, right=0.985, top=0.9, bottom=0.14, wspace=0.24)
    for axes, letter, title in ((left, "a", "One subset sum, measured"), (right, "b", "A network, theory")):
        axes.set_xscale("log")
        axes.set_yscale("log")
        titled(axes, letter, title)
    sums(left, known)
    network(right, known)
    left.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
    left.minorticks_off()
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw)
