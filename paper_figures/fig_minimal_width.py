"""The least width of a random network that holds a target, measured, beside what theorems ask for.

python paper_figures/fig_minimal_width.py            draws fig_minimal_width.png and .pdf from data/minimal_width_*.csv
python paper_figures/fig_minimal_width.py --data     runs sweeps/minimal_width_*.toml (four minutes) and rewrites these
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREEN, GREY, PINK, RED, columns, main, spread, swept, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LAYERS, SIZE, TOLERANCE, DELTA = 2, 8, 0.001, 0.05
POINTS = ["against", "eps", "size", "chance", "runs", "low", "width", "high", "tails", "proved"]
CURVES = ["against", "theorem", "eps", "size", "width"]
LOOKS = {  # colour, line, width, name, height of the name
    "malach2020": (RED, "-", 1.1, "Malach et al. 2020, 1/eps$^2$\nin b above $\\mathregular{10^7}$", 6e4),
    "orseau2020": (PINK, (0, (1, 1)), 1.2, "Orseau et al. 2020", 850),
    "certified": (GREEN, "-", 1.8, "proved, all constants explicit", 430),
    "diffenderfer2021": (RED, "--", 1.1, "Diffenderfer, Kailkhura 2021", 150),
    "sreenivasan2022": (RED, ":", 1.3, "Sreenivasan et al. 2022", 92),
    "burkholz2022": (PINK, "-.", 1.1, "Burkholz 2022, depth L+1", 15),
    "pensia2020": (GREEN, "--", 1.1, "Pensia et al. 2020", 9.8),
    "counting": (GREY, "-", 1.0, "counting: less reaches not\nevery target", 3.8),
}


def compute() -> None:
    """Both searches, widths in units of the target's, and the theorems beside them."""
    rows: list[list[Any]] = []
    for against in ("eps", "size"):
        for row in swept(f"minimal_width_{against}"):
            size = int(row["target"].rsplit("-", 1)[1])
            unit = row["width factor"] / row["samples"]
            ends = [
                unit * row[f"samples{end}"] if row[f"samples{end}"] != "beyond" else "" for end in (" low", "", " high")
            ]
            theory = [unit * row[f"samples: {name}"] for name in ("simulated tail", "certified, groups full")]
            accuracy = float(2 * LAYERS * size * row["weight_error"])
            rows.append([against, accuracy, size, row["wanted chance"], row["runs"], *ends, *theory])
    write("minimal_width_points.csv", POINTS, rows)
    cells = [("eps", float(eps), SIZE) for eps in np.geomspace(0.999, 0.002, 40)]
    cells += [("size", 2 * LAYERS * size * TOLERANCE, size) for size in range(2, 41)]
    curves = [[against, name, eps, size, width] for against, eps, size in cells for name, width in widths(eps, size)]
    write("minimal_width_curves.csv", CURVES, curves)


def widths(eps: float, size: int) -> list[tuple[str, float]]:
    """Hidden units for each neuron of the target that theorems ask for; constants that papers leave out are 1."""
    from slth.theory.bounds import packing
    from slth.theory.bounds.papers import (
        burkholz2022,
        diffenderfer2021,
        malach2020,
        orseau2020,
        pensia2020,
        sreenivasan2022,
    )

    layer = size, size, LAYERS, eps, DELTA
    weights = LAYERS * size * size
    tolerance = eps / (2 * LAYERS * size)
    units = {
        "counting": size * 2 * packing.counting_samples(size, size, eps / (2 * LAYERS), chance=1 - DELTA),
        "certified": pensia2020.certified_width(*layer),
        "pensia2020": pensia2020.required_width(*layer),
        "orseau2020": orseau2020.required_width(*layer),
        "burkholz2022": burkholz2022.required_width(size, weights, LAYERS, 1, eps, DELTA),
        "sreenivasan2022": sreenivasan2022.required_width(size, LAYERS, eps, DELTA),
        "diffenderfer2021": diffenderfer2021.required_width(size, LAYERS, eps),
        "malach2020": 2 * size * malach2020.required_samples(tolerance, DELTA / weights),
    }
    return [(name, float(width) / size) for name, width in units.items()]


def panel(axes: Axes, against: str) -> None:
    """One of the two."""
    points, curves = columns("minimal_width_points.csv"), columns("minimal_width_curves.csv")
    for name, (colour, line, thick, *_) in LOOKS.items():
        of = (curves["against"] == against) & (curves["theorem"] == name)
        axes.plot(curves[against][of], curves["width"][of], color=colour, ls=line, lw=thick)
    for chance, face in ((0.5, "white"), (0.95, BLUE)):
        of = (points["against"] == against) & (points["chance"] == chance)
        x, middle = points[against][of], points["width"][of]
        bars = spread(middle, points["low"][of], points["high"][of])
        axes.errorbar(x, middle, yerr=bars, fmt="o", color=BLUE, mfc=face, ms=3.8, mew=0.9, elinewidth=0.8, zorder=3)
        axes.plot(x, points["tails"][of], color=BLUE, lw=0.7)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1, 1e5)


def draw() -> Figure:
    """The figure."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4), sharey=True)
    figure.subplots_adjust(left=0.07, right=0.795, top=0.92, bottom=0.115, wspace=0.06)
    panel(left, "eps")
    panel(right, "size")
    for colour, _, _, name, height in LOOKS.values():
        right.text(44, height, name, color=colour, fontsize=7, va="center")
    right.text(
        44, 41, "measured, chance 95 %, hollow\n50 %; lines: simulated tails", color=BLUE, fontsize=7, va="center"
    )
    words = "dashed, dotted, and Malach et al.:\norder only, unknown constants 1"
    left.text(0.98, 0.03, words, transform=left.transAxes, ha="right", color=DARK, fontsize=7)
    left.set_xlim(1.2, 0.0018)
    left.set_xlabel("error eps of the network, by weights within eps/32")
    left.set_ylabel("hidden units per neuron of the target")
    right.set_xlim(1.8, 42)
    right.set_xticks([2, 4, 8, 16, 32], ["2", "4", "8", "16", "32"])
    right.minorticks_off()
    right.set_xlabel("width d of the target; weights within 0.001, eps = d/250")
    titled(left, "a", "Accuracy costs little width (8-8-8)")
    titled(right, "b", "Size costs hardly any (d-d-d)")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
