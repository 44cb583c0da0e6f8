"""What a ticket is, in one picture drawn from a real one: the ticket of examples/digits.pt.

python paper_figures/fig_ticket.py            draws fig_ticket.png and fig_ticket.pdf from data/ticket_*.csv
python paper_figures/fig_ticket.py --data     makes the ticket again and rewrites these files first
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from drawing import ROOT, facts, main, read, write
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.patches import ConnectionPatch, Rectangle

EPSILON = 0.1  # what `make demo` asks for
NEURON, INPUT = 18, 44  # the hidden neuron and the pixel whose weight is looked at
WINDOW = 130  # units of the random network that are drawn
KEPT, OTHER, GREY, GOAL = "#D55E00", "#4D4D4D", "#A3A9B1", "#0072B2"
WEIGHTS = LinearSegmentedColormap.from_list("weights", ["#4A2377", "#A68BC2", "#FFFFFF", "#7DBFA2", "#00583C"])
NOISE = LinearSegmentedColormap.from_list("noise", ["#C9CED6", "#FFFFFF", "#C9CED6"])


def compute() -> None:
    """Makes the ticket and writes the four tables."""
    import slth

    target = slth.read(ROOT / "examples" / "digits.pt").network
    ticket = slth.approximate(target, slth.Request(epsilon=EPSILON)).ticket
    source, mask = ticket.source, ticket.mask
    trained = target.affine[0].weight.astype(np.float64)
    effective = ticket.layers[0].plus * ticket.layers[0].unit
    entries = [(row, column) for row in range(trained.shape[0]) for column in range(trained.shape[1])]
    table = [[*entry, f"{trained[entry]:.9g}", f"{effective[entry]:.9g}"] for entry in entries]
    write("ticket_layer.csv", ["neuron", "input", "trained", "ticket"], table)

    units = source.layers[0].rows
    reads = np.full(units, -1)
    reads[mask.pairs(0)[0]] = mask.pairs(0)[1]
    rows, columns = mask.pairs(1)
    chosen = np.zeros(units, bool)
    chosen[columns[rows == NEURON]] = True
    every = np.arange(units)
    v = source.weights(1, np.full(units, NEURON), every)

    serving = samples_of(ticket, target)
    picked = [unit for unit in serving if chosen[unit] and reads[unit] == INPUT]
    start = max(0, picked[0] - WINDOW // 2)
    inputs = source.layers[0].columns
    first = source.weights(0, np.arange(start, start + WINDOW)[:, None], np.arange(inputs)[None])
    drawn = [
        [unit, reads[unit], f"{v[unit]:.4f}", int(chosen[unit]), *(f"{w:.3f}" for w in first[unit - start])]
        for unit in range(start, start + WINDOW)
    ]
    write("ticket_source.csv", ["unit", "reads", "v", "chosen", *(f"u{k}" for k in range(inputs))], drawn)

    first_weights = source.weights(0, np.array(serving), np.full(len(serving), INPUT))
    parts = [
        [s, f"{a:.9g}", f"{v[s]:.9g}", f"{a * v[s]:.9g}", int(s in picked)]
        for s, a in zip(serving, first_weights, strict=True)
    ]
    write("ticket_weight.csv", ["unit", "u", "v", "product", "chosen"], parts)
    facts = {
        "neuron": NEURON,
        "input": INPUT,
        "weight": f"{trained[NEURON, INPUT]:.9g}",
        "sum": f"{effective[NEURON, INPUT]:.9g}",
        "largest_difference": f"{np.abs(trained - effective).max():.4g}",
        "claim": f"{ticket.claim.eps:.6g}",
        "units": units,
        "target_weights": target.size,
        "source_weights": source.size,
        "kept_weights": mask.count,
    }
    write("ticket_facts.csv", ["name", "value"], [list(pair) for pair in facts.items()])


def samples_of(ticket: Any, target: Any) -> list[int]:
    """The units that were assigned to INPUT, whether the ticket keeps them or not."""
    import slth
    from slth.theory.gadgets.assignment import EMPTY, assign
    from slth.theory.theorem import theorems

    samples = ticket.made["samples"]
    plan = theorems.get("pensia2020")().plan(target, slth.Request(epsilon=EPSILON), samples)
    group = plan.layers[0].slots.index((INPUT, 1))
    return [int(unit) for unit in assign(plan.source, plan.layers[0], plan.assignment)[group] if unit != EMPTY]


def matrices(top: Axes, bottom: Axes, facts: dict[str, str]) -> None:
    """Left: the trained layer above, what the ticket computes below."""
    table = read("ticket_layer.csv")
    shape = (int(table[-1]["neuron"]) + 1, int(table[-1]["input"]) + 1)
    pictures = {name: np.array([float(row[name]) for row in table]).reshape(shape) for name in ("trained", "ticket")}
    neuron, pixel = int(facts["neuron"]), int(facts["input"])
    for axes, name in ((top, "trained"), (bottom, "ticket")):
        axes.imshow(pictures[name], cmap=WEIGHTS, vmin=-1.1, vmax=1.1, aspect="auto", rasterized=True)
        axes.set_xticks([])
        axes.set_yticks([])
        framed(axes)
        axes.add_patch(Rectangle((-0.5, neuron - 0.5), shape[1], 1, fill=False, ec=KEPT, lw=0.8))
        axes.add_patch(Rectangle((pixel - 1.2, neuron - 1.2), 2.4, 2.4, fill=False, ec=KEPT, lw=1.5))
    top.set_ylabel("trained")
    bottom.set_ylabel("in the ticket")
    bottom.set_xlabel(
        f"{shape[0]} neurons (rows), {shape[1]} inputs (columns)\n"
        f"largest difference of a weight: {float(facts['largest_difference']):.4f}"
    )


def source(first: Axes, second: Axes, facts: dict[str, str]) -> None:
    """Middle: a stretch of the random pair of layers, and what one neuron keeps of it."""
    table = read("ticket_source.csv")
    inputs = sum(name.startswith("u") and name != "unit" for name in table[0])
    values = np.array([[float(row[f"u{k}"]) for k in range(inputs)] for row in table]).T
    reads = np.array([int(row["reads"]) for row in table])
    v = np.array([float(row["v"]) for row in table])
    chosen = np.array([row["chosen"] == "1" for row in table])
    place = np.arange(len(table))
    first.imshow(values, cmap=NOISE, vmin=-1, vmax=1, aspect="auto", rasterized=True)
    second.imshow(v[None], cmap=NOISE, vmin=-4, vmax=4, aspect="auto", rasterized=True)
    others = (reads >= 0) & ~chosen
    first.scatter(place[others], reads[others], s=2.4, marker="s", color=OTHER, lw=0)
    for axes, height in ((first, reads[chosen]), (second, np.zeros(chosen.sum()))):
        axes.scatter(place[chosen], height, s=15, marker="s", color=KEPT, lw=0, zorder=3)
        axes.set_xticks([])
        axes.set_yticks([])
        framed(axes)
    for unit in place[chosen]:
        ends = (unit, reads[unit]), (unit, 0)
        line = ConnectionPatch(*ends, "data", "data", axesA=first, axesB=second, color=KEPT, lw=0.6, alpha=0.6)
        first.figure.add_artist(line)
    for unit in place[chosen & (reads == int(facts["input"]))]:
        box = (unit - 3.2, int(facts["input"]) - 2.1)
        first.add_patch(Rectangle(box, 6.4, 4.2, fill=False, ec=KEPT, lw=1.5, zorder=4))
    first.set_ylabel("inputs")
    second.set_ylabel("neuron", rotation=0, ha="right", va="center")
    second.set_xlabel(f"{len(table)} of {int(facts['units']):,} random units (columns)")
    words = [("kept for the marked neuron", KEPT), ("kept for others", OTHER), ("pruned", GREY)]
    coloured(second, words, -1.72)


def coloured(axes: Axes, words: list[tuple[str, str]], height: float) -> None:
    """One centred line whose words explain the colours."""
    parts = [TextArea(text, textprops={"color": color, "weight": "bold", "size": 7.5}) for text, color in words]
    line = HPacker(children=parts, sep=8, pad=0, align="baseline")
    place = {"bbox_to_anchor": (0.5, height), "bbox_transform": axes.transAxes}
    axes.add_artist(AnchoredOffsetbox("upper center", child=line, frameon=False, pad=0, borderpad=0, **place))


def weight(axes: Axes, facts: dict[str, str]) -> None:
    """Right: the samples of one weight, and the chosen ones adding up to it."""
    table = read("ticket_weight.csv")
    product = np.array([float(row["product"]) for row in table])
    chosen = np.array([row["chosen"] == "1" for row in table])
    goal, total = float(facts["weight"]), float(facts["sum"])
    place = np.arange(len(table))
    axes.axhline(0, color="#888888", lw=0.6)
    for mask, colour, size in ((~chosen, "#A3A9B1", 3), (chosen, KEPT, 4.5)):
        axes.vlines(place[mask], 0, product[mask], color=colour, lw=1)
        axes.plot(place[mask], product[mask], "o", color=colour, ms=size)
    begin, width, level = len(table) + 3.0, 5.4, 0.0
    for step, part in enumerate(sorted(product[chosen], key=abs, reverse=True)):
        left = begin + (width + 0.5) * step
        axes.add_patch(Rectangle((left, min(level, level + part)), width, abs(part), color=KEPT, lw=0))
        tall = abs(part) > 0.4
        middle, edge = level + part / 2, max(level, level + part) + 0.08
        axes.text(
            left + width / 2,
            middle if tall else edge,
            f"{part:.2f}".replace("-", "\N{MINUS SIGN}"),
            ha="center",
            va="center" if tall else "bottom",
            fontsize=6.5,
            color="white" if tall else KEPT,
        )
        level += part
    end = begin + (width + 0.5) * chosen.sum()
    axes.plot([-1.5, end], [goal, goal], color=GOAL, lw=1.1, ls=(0, (4, 2)), zorder=0)
    axes.text(end, 1.86, f"trained weight {goal:.4f}", color=GOAL, ha="right", va="bottom", weight="bold", fontsize=7.5)
    axes.text(
        end, -0.12, f"{chosen.sum()} kept, added up", color=KEPT, ha="right", va="top", weight="bold", fontsize=7.5
    )
    axes.set_xlim(-1.5, end + 0.5)
    axes.set_xticks([])
    axes.set_ylabel("product of two random weights", labelpad=1)
    sign = "above" if total > goal else "below"
    axes.set_xlabel(
        f"{len(table)} random products, {chosen.sum()} of them kept:\n"
        f"their sum is {scientific(abs(total - goal))} {sign} the weight"
    )
    axes.spines["bottom"].set_visible(False)


def scientific(value: float) -> str:
    """7.5e-05 as people write it."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"{mantissa} $\times\ \mathregular{{10^{{{int(exponent)}}}}}$"


def framed(axes: Axes) -> None:
    """A thin line all around."""
    for side in axes.spines.values():
        side.set_visible(True)


def draw() -> Figure:
    """The figure."""
    known = facts("ticket_facts.csv")
    figure = plt.figure(figsize=(8.8, 3.5))
    outer = figure.add_gridspec(
        1, 3, width_ratios=[1.08, 1.32, 1.25], left=0.03, right=0.99, top=0.87, bottom=0.135, wspace=0.2
    )
    left = outer[0].subgridspec(2, 1, hspace=0.06)
    middle = outer[1].subgridspec(2, 1, height_ratios=[1, 0.055], hspace=0.12)
    top, bottom = figure.add_subplot(left[0]), figure.add_subplot(left[1])
    first, second = figure.add_subplot(middle[0]), figure.add_subplot(middle[1])
    last = figure.add_subplot(outer[2])
    matrices(top, bottom, known)
    source(first, second, known)
    weight(last, known)
    titles = (
        (top, "a", "A trained layer, found again"),
        (first, "b", "in a random network,"),
        (last, "c", "weight by weight"),
    )
    for axes, letter, title in titles:
        place = axes.get_position().x0
        figure.text(place, 0.93, letter, fontsize=10, fontweight="bold")
        figure.text(place + 0.02, 0.93, title, fontsize=10)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
