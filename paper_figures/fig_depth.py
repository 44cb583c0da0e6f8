"""One layer more than the target, or twice as many: random weights needed at depth L+1 and 2L.

python paper_figures/fig_depth.py            draws fig_depth.png and .pdf from data/depth_*.csv
python paper_figures/fig_depth.py --data     runs sweeps/depth.toml (three minutes) and rewrites these first, the second
                                             from benchmarks/results/depth.json
"""

from __future__ import annotations

import json
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, RED, RESULTS, columns, main, read, spread, swept, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DEPTHS = {"L+1": (RED, "s", "--"), "2L": (BLUE, "o", "-")}
SIZE, DELTA = 6, 0.1
POINTS = ["depth", "layers", "chance", "runs", "low", "n", "high", "weights", "order"]
TRAINED = ["target", "activation", "depth", "target_weights", "samples", "source_weights", "kept"]
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def compute() -> None:
    """The search, the orders of both theorems beside it, and the benchmark's tickets of trained targets."""
    rows: list[list[Any]] = []
    for row in swept("depth"):
        layers = row["target"].count("-")
        ends = [row[f"samples{end}"] if row[f"samples{end}"] != "beyond" else "" for end in (" low", "", " high")]
        eps = 2 * layers * SIZE * row["weight_error"]
        found = row["wanted chance"], row["runs"], *ends, row["source weights"]
        rows.append([row["depth"], layers, *found, order(row["depth"], layers, eps)])
    write("depth_points.csv", POINTS, rows)
    trained = json.loads((RESULTS / "depth.json").read_text(encoding="utf-8"))["rows"]
    write("depth_trained.csv", TRAINED, [[row[key] for key in TRAINED] for row in trained if row["wish"] is None])


def order(depth: str, layers: int, eps: float) -> float:
    """Weights of the random network that the theorem asks for, with 1 for the constant it leaves out."""
    from slth.theory.bounds.papers import burkholz2022, pensia2020

    if depth == "2L":
        return layers * float(pensia2020.required_parameters(SIZE, SIZE, layers, eps))
    return float(burkholz2022.required_parameters(layers * SIZE * SIZE, layers, eps, DELTA))


def searched(axes: Axes, points: dict[str, np.ndarray], key: str) -> None:
    """Samples or weights against the depth of the target, at both chances."""
    for depth, (colour, marker, line) in DEPTHS.items():
        for chance, face, shift in ((0.5, "white", -0.05), (0.9, colour, 0.05)):
            of = (points["depth"] == depth) & (points["chance"] == chance)
            style = {"color": colour, "ls": line, "lw": 0.9, "mfc": face, "ms": 4, "elinewidth": 0.8, "zorder": 3}
            bars = spread(*(points[end][of] for end in ("n", "low", "high"))) if key == "n" else None
            axes.errorbar(points["layers"][of] + shift, points[key][of], yerr=bars, marker=marker, **style)
        if key == "weights":
            axes.plot(points["layers"][of], points["order"][of], color=colour, ls=":", lw=1.2)
    axes.set_xticks([2, 3, 4, 5])
    axes.set_xlim(1.7, 5.3)
    axes.set_xlabel("layers L of the target, 6 wide")


def trained(axes: Axes) -> None:
    """Right: tickets of trained targets, random weights filled and kept ones hollow."""
    rows = read("depth_trained.csv")
    cells = list(dict.fromkeys((row["target"], row["activation"]) for row in rows))
    names = []
    for place, cell in enumerate(cells):
        both = {row["depth"]: row for row in rows if (row["target"], row["activation"]) == cell}
        for key, face in (("source_weights", None), ("kept", "white")):
            ends = [float(both[depth][key]) for depth in DEPTHS]
            axes.plot(ends, [place, place], color=DARK, lw=0.6, zorder=1)
            for end, (colour, marker, _) in zip(ends, DEPTHS.values(), strict=True):
                axes.plot(end, place, marker, color=colour, mfc=face or colour, ms=4.2)
        names.append(f"{cell[0]}, {NAMES[cell[1]]}")
    axes.set_yticks(range(len(cells)), names)
    axes.set_ylim(len(cells) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.set_xlabel("weights: hollow kept, filled random")


def draw() -> Figure:
    """The figure."""
    points = columns("depth_points.csv")
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(8.6, 3))
    figure.subplots_adjust(left=0.055, right=0.99, top=0.885, bottom=0.145, wspace=0.42)
    searched(left, points, "n")
    searched(middle, points, "weights")
    middle.set_yscale("log")
    middle.set_ylim(1.2e3, 1.5e5)
    trained(right)
    left.set_ylim(10, 32)
    left.set_yticks(range(10, 33, 5))
    left.set_ylabel("samples of one subset sum")
    middle.set_ylabel("weights of the random network")
    for depth, (colour, marker, line) in DEPTHS.items():
        left.plot([], [], color=colour, marker=marker, ls=line, ms=4, lw=0.9, label=f"depth {depth}")
    left.legend(loc="upper left", borderaxespad=0.1)
    left.text(1.8, 10.5, "full: chance 90 %, hollow: 50 %", fontsize=7)
    middle.text(5.2, 1.4e3, "dotted: order only, constants 1", fontsize=7, ha="right")
    titled(left, "a", "A few samples more")
    titled(middle, "b", "but ten times the weights")
    titled(right, "c", "Trained on digits, too")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
