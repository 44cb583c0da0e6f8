"""Ten search methods in the random network in which a ticket is known to be: do they find it, or one as good?

python paper_figures/fig_planted.py            draws fig_planted.png and .pdf from data/planted_*.csv
python paper_figures/fig_planted.py --data     searches (a quarter of an hour on two cores) and rewrites these first
"""

from __future__ import annotations

import math
import time
from typing import Any

import matplotlib.pyplot as plt
from drawing import BLUE, DARK, GREEN, GREY, PINK, RED, facts, main, read, titled, write
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

DENSITIES = {0.037: ("o", RED), 0.1: ("s", PINK), 0.3: ("^", GREEN), 0.5: ("D", BLUE)}
STAYS = (1e-5, 1e-4, 1e-3)  # rates of searches that start from the ticket
METHODS = ("ramanujan2020", "fischer2022", "chijiwa2021", "diffenderfer2021", "hidenseek2022", "koster2022", "zhou2019")
METHODS += ("sreenivasan2022gem", "structured", "randomsearch")
FREE = ("koster2022", "zhou2019")  # their density is what comes out
# held_out: the accuracy there, or minus the squared error, by which settings were chosen
GAVE = ["method", "goal", "start", "density_asked", "rate", "halvings", "held_out", "test", "density"]
SEEN = ["overlap", "overlap_random", "agree", "off_max", "off_mean", "seconds", "tried"]


def compute() -> None:
    """All methods, all densities; then searches for the function, with the ticket's densities, and from the ticket."""
    from worlds import Budget, agreement, digits, in_parallel, off, outputs, trained

    budget = Budget()
    work: list[tuple[Any, ...]] = []
    for key in METHODS:
        asked = (0.5,) if key in FREE else DENSITIES
        work += [(key, "labels", "random", density, budget) for density in asked]
    work += [("ramanujan2020", "function", "random", density, budget) for density in DENSITIES]
    for goal in ("labels", "function"):
        work += [("planted", goal, "random", 0.037, budget)]
        work += [("planted", goal, "ticket", 0.037, Budget(rates=(rate,))) for rate in STAYS]
    write("planted_searches.csv", GAVE + SEEN, in_parallel(cell, work))
    ticket, target, test = planted_ticket(), trained(), digits().test
    right = float((outputs(target, test).argmax(axis=1) == test.labels).mean())
    rows = [["test", ticket.claim.accuracy], ["target", right], ["density", ticket.mask.density]]
    rows += [["weights", sum(layer.size for layer in ticket.source.layers)]]
    rows += [["agree", agreement(ticket.network, target)]]
    rows += list(zip(("off_max", "off_mean"), off(ticket.network, target, False), strict=True))
    write("planted_facts.csv", ["name", "value"], rows)


def planted_ticket() -> Any:
    """The solved ticket of the target, seen as a found one."""
    from worlds import digits, trained

    from slth.search.planted import planted
    from slth.theory.build import approximate
    from slth.theory.plan import Request

    target = trained()
    return planted(approximate(target, Request(epsilon=0.5, threads=1)).ticket, target, digits())


def cell(key: str, goal: str, start: str, density: float, budget: Any) -> list[Any]:
    """One method at one density: every setting of the budget, and of these the best on the pictures held out."""
    from worlds import halvings, held_out_error, seek, seek_function, trained

    from slth.core.errors import BadInput

    ticket, begun = planted_ticket(), time.perf_counter()
    densities = ticket.mask.densities if key == "planted" else (density,) * 4
    base = halvings(ticket.architecture, ticket.source, densities)
    tried = settings(key, goal, start, base, budget)
    best: tuple[float, list[Any]] | None = None
    for halved, rate in tried:
        search = seek if goal == "labels" else seek_function
        try:
            found = search(method_of(key, ticket, start), ticket, density, rate, budget.epochs, halved)
        except BadInput:  # the loss was no number
            continue
        worth = validated(found) if goal == "labels" else -held_out_error(found.ticket.network, trained())
        if best is None or worth > best[0]:
            best = worth, [key, goal, start, density, rate, halved, worth, *measured(found.ticket, ticket, goal)]
    row = best[1] if best else [key, goal, start, density, *[""] * (len(GAVE + SEEN) - 6)]
    return [*row, time.perf_counter() - begun, len(tried)]


def settings(key: str, goal: str, start: str, base: int, budget: Any) -> list[tuple[int, float]]:
    """Halvings of the outputs' unit, and rates, that are tried."""
    if start == "ticket":  # whose outputs have the target's unit
        return [(0, rate) for rate in budget.rates]
    colder, rates = (budget.colder, budget.rates) if goal == "labels" else (budget.warmer, budget.gentle)
    found = [(base + more, rate) for more in colder for rate in rates]
    return found[:1] if key == "randomsearch" else found


def validated(found: Any) -> float:
    """The accuracy on the pictures held out by which a search chose."""
    if not found.epochs:
        return float(found.notes["best_trial"])
    return float(found.epochs[-1 if found.epoch is None else found.epoch].validation_accuracy)


def measured(found: Any, ticket: Any, goal: str) -> list[float]:
    """What is known of a result in the end, none of which it was chosen by."""
    from worlds import agreement, off, overlap, trained

    both, far = overlap(ticket.mask, found.mask), off(found.network, trained(), goal == "labels")
    return [found.claim.accuracy, found.mask.density, *both, agreement(found.network, trained()), *far]


def method_of(key: str, ticket: Any, start: str) -> Any:
    """A method by its key; `planted` is edge-popup with the ticket's densities of layers, perhaps from its mask."""
    from worlds import planted_popup

    from slth.search.methods.randomsearch import RandomSearch

    if key == "planted":
        return planted_popup(ticket)(from_ticket=start == "ticket")
    return RandomSearch(trials=1000) if key == "randomsearch" else key


def named(row: dict[str, str]) -> str:
    """What stands at the left of a row."""
    from slth.search.method import methods

    goal = "labels" if row["goal"] == "labels" else "function"
    if row["method"] == "planted":
        if row["start"] == "random":
            return f"ticket's layer densities, {goal}"
        return f"from the ticket, {goal}, rate $\\mathdefault{{10^{{{round(math.log10(float(row['rate'])))}}}}}$"
    name = methods.get(row["method"]).name
    return f"{name}, for the function" if goal == "function" else name


def panel(axes: Axes, places: dict[str, float], rows: list[dict[str, str]], key: str) -> None:
    """One number of every row; those of one method in one line, densities from top to bottom."""
    for row in rows:
        density = float(row["density_asked"])
        marker, colour = DENSITIES[density]
        value = float(row[key]) / (float(row["overlap_random"]) if key == "overlap" else 1.0)
        several = sum(named(other) == named(row) for other in rows) > 1
        shift = 0.2 * (list(DENSITIES).index(density) - 1.5) if several else 0.0
        face = colour if marker in "o^" else "white"
        axes.plot(value, places[named(row)] + shift, marker, color=colour, mfc=face, ms=3.6, mew=0.9)


def draw() -> Figure:
    """The figure."""
    rows, known = read("planted_searches.csv"), facts("planted_facts.csv")
    names = list(dict.fromkeys(named(row) for row in rows))
    apart = next(number for number, name in enumerate(names) if "layer densities" in name)
    places = {name: number + 1.2 + 0.4 * (number >= apart) for number, name in enumerate(names)}
    figure, panels = plt.subplots(1, 3, figsize=(7.4, 5.6), sharey=True)
    figure.subplots_adjust(left=0.258, right=0.985, top=0.895, bottom=0.075, wspace=0.1)
    random = next(row for row in rows if row["method"] == "planted")
    tickets = (known["test"], 1 / float(random["overlap_random"]), known["off_max"])
    for axes, key, value in zip(panels, ("test", "overlap", "off_max"), tickets, strict=True):
        panel(axes, places, rows, key)
        axes.plot(float(value), 0, "*", color=DARK, ms=8)
        axes.axvline(float(value) if key != "overlap" else 1, color=GREY, lw=0.8, ls=":", zorder=1)
        axes.tick_params(axis="y", length=0)
    left, middle, right = panels
    left.set_yticks([0, *places.values()], ["the ticket", *names])
    left.set_ylim(max(places.values()) + 0.6, -0.6)
    middle.set_xscale("log")
    middle.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    right.set_xscale("log")
    left.set_xlabel("360 pictures")
    middle.set_xlabel("times that of a random mask")
    right.set_xlabel("of an output (up to 22)")
    keys = []
    for density, (marker, colour) in DENSITIES.items():
        style = {"color": colour, "marker": marker, "mfc": colour if marker in "o^" else "white", "ms": 4}
        keys.append(Line2D([], [], ls="", label=f"density {density:g}", **style))
    figure.legend(handles=keys, ncols=4, loc="upper left", bbox_to_anchor=(0.2, 1.0), handletextpad=0.2)
    titles = ("Test accuracy", "Overlap", "Largest error")
    for axes, letter, title in zip(panels, "abc", titles, strict=True):
        titled(axes, letter, title)
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw, compute)
