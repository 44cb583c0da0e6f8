"""One function in one random network, by subset sums and by search: errors of the outputs against the width.

python paper_figures/fig_searched_width.py            draws fig_searched_width.png and .pdf from its tables in data/
python paper_figures/fig_searched_width.py --data     builds and searches (ten minutes on two cores) and rewrites these
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, DARK, GREY, RED, columns, main, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SIZES = (2, 3, 4, 6, 8, 10, 12, 16, 20)
SUMS = (*range(2, 21), 22, 24, 26)
SEEDS = (0, 1, 2)
DENSITIES, RATES, WARMER, EPOCHS = (0.1, 0.3), (1e-3, 3e-3), (0, 2), 30
SECOND = 4.0  # weights of the second layers are uniform on [-SECOND, SECOND]
BUILT = ["n", "seed", "weights", "kept", "missed", "weight_median", "weight_max"]
BUILT += ["off_max", "off_mean", "test", "claim"]
FOUND = ["n", "seed", "density", "rate", "halvings", "held_out", "off_max", "off_mean", "test", "loss", "seconds"]
CURVES = ["n", "weight_median"]


def compute() -> None:
    """Tickets, and for each width searches in the random network of its ticket."""
    from worlds import in_parallel, trained

    from slth.theory.bounds.hitting import best_error

    write("searched_width_built.csv", BUILT, in_parallel(construct, [(n, seed) for n in SUMS for seed in SEEDS]))
    tries = [(n, density) for n in SIZES for density in DENSITIES]
    write("searched_width_found.csv", FOUND, [row for rows in in_parallel(searches, tries) for row in rows])
    arrays = [array for node in trained().affine for array in (node.weight, node.bias)]
    middle = float(np.median(np.abs(np.concatenate([array.ravel() for array in arrays])))) / SECOND
    curve = [[n, SECOND * best_error("UU", n, 0.5, middle)] for n in SUMS]
    write("searched_width_curves.csv", CURVES, curve)


def ticket_of(n: int, seed: int) -> tuple[Any, Any]:
    """The closest subset sums of n samples, and the ticket seen as a found one."""
    from worlds import digits, trained

    from slth.search.planted import planted
    from slth.theory.build import approximate
    from slth.theory.plan import Request

    made = approximate(trained(), Request(samples=n, objective="closest", seed=seed, threads=1))
    return made, planted(made.ticket, trained(), digits())


def construct(n: int, seed: int) -> list[Any]:
    """One ticket: what its weights and its outputs are off by."""
    from worlds import off, trained

    made, ticket = ticket_of(n, seed)
    errors = np.concatenate([errors.ravel() for errors in made.weight_errors])
    far = off(ticket.network, trained(), False)
    size = sum(layer.size for layer in ticket.source.layers)
    found = [
        n,
        seed,
        size,
        ticket.mask.count,
        int((errors > 0.01).sum()),
        float(np.median(errors)),
        float(errors.max()),
    ]
    return [*found, *far, ticket.claim.accuracy, made.ticket.claim.eps]


def searches(n: int, density: float, seed: int = 0) -> list[list[Any]]:
    """Edge-popup in the same random network, for the target's function: all settings of the grid."""
    from worlds import halvings, held_out_error, off, seek_function, trained

    _, ticket = ticket_of(n, seed)
    base = halvings(ticket.architecture, ticket.source, (density,) * 4)
    rows = []
    for more, rate in ((more, rate) for more in WARMER for rate in RATES):
        found = seek_function("ramanujan2020", ticket, density, rate, EPOCHS, base + more)
        held = held_out_error(found.ticket.network, trained())
        far = off(found.ticket.network, trained(), False)
        row = [n, seed, density, rate, base + more, held, *far, found.ticket.claim.accuracy, found.epochs[-1].loss]
        rows.append([*row, found.seconds])
    return rows


def chosen(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """For each width the search with the least error on the pictures held out."""
    places = [np.flatnonzero(found["n"] == n) for n in np.unique(found["n"])]
    best = [of[np.argmin(found["held_out"][of])] for of in places]
    return {key: values[best] for key, values in found.items()}


def middle_of(built: dict[str, np.ndarray], key: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, and the least, middle and largest of the seeds."""
    sizes = np.unique(built["n"])
    values = np.array([np.sort(built[key][built["n"] == n]) for n in sizes])
    return sizes, values[:, 0], np.median(values, axis=1), values[:, -1]


def sums(axes: Axes, built: dict[str, np.ndarray], key: str, **style: Any) -> None:
    """The middle of the seeds and their range."""
    sizes, low, middle, high = middle_of(built, key)
    axes.fill_between(sizes, low, high, color=style["color"], alpha=0.15, lw=0)
    axes.plot(sizes, middle, **style)


def names(axes: Axes, lines: tuple[tuple[str, str, str, str], ...]) -> None:
    """Entries of a legend."""
    for label, colour, line, marker in lines:
        face = colour if line == "-" else "white"
        axes.plot([], [], color=colour, ls=line, lw=1.2, marker=marker, ms=4, mfc=face, label=label)


def draw() -> Figure:
    """The figure."""
    built, found = columns("searched_width_built.csv"), chosen(columns("searched_width_found.csv"))
    curve = columns("searched_width_curves.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.4), width_ratios=(1.35, 1))
    figure.subplots_adjust(left=0.085, right=0.985, top=0.8, bottom=0.135, wspace=0.27)
    sums(left, built, "claim", color=GREY, ls=":", lw=1.2)
    for key, line in (("off_max", "-"), ("off_mean", "--")):
        sums(left, built, key, color=BLUE, ls=line, lw=1.1)
        face = RED if key == "off_max" else "white"
        left.plot(found["n"], found[key], color=RED, ls=line, marker="s", ms=4, mfc=face, lw=1.1)
    sums(right, built, "weight_max", color=BLUE, lw=1.1)
    sums(right, built, "weight_median", color=BLUE, ls="--", lw=1.1)
    right.plot(curve["n"], curve["weight_median"], color=DARK, ls=":", lw=1.4)
    for axes in (left, right):
        axes.set_yscale("log")
        axes.set_xlim(1, 27)
        axes.set_xlabel("samples n of one subset sum")
    left.set_ylim(1e-6, 200)
    right.set_ylim(1e-9, 3)
    left.set_ylabel("error of an output (outputs up to 22)")
    right.set_ylabel("error of a weight")
    names(left, (("search, largest", RED, "-", "s"), ("search, mean", RED, "--", "s")))
    names(left, (("subset sums, proved", GREY, ":", ""), ("subset sums, largest", BLUE, "-", "")))
    names(left, (("subset sums, mean", BLUE, "--", ""),))
    names(right, (("largest of 2,410", BLUE, "-", ""), ("median", BLUE, "--", "")))
    names(right, (("median by the hitting law (model)", DARK, ":", ""),))
    for axes in (left, right):
        axes.legend(loc="lower left", handlelength=2.6)
    place = left.secondary_xaxis("top", functions=(lambda n: n, lambda n: n))
    weights = {int(n): size for n, size in zip(built["n"], built["weights"], strict=True)}
    place.set_xticks([4, 12, 20, 26], [f"{weights[n] / 1000:.0f}" for n in (4, 12, 20, 26)])
    place.set_xlabel("thousands of random weights", fontsize=7)
    for axes, edge, words in ((left, 0.012, "a   Sought and built"), (right, 0.6, "b   Built: a bit a sample")):
        axes.grid(True)
        figure.text(edge, 0.945, words, fontsize=9, fontweight="bold")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
