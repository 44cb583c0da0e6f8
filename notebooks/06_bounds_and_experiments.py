# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Bounds against experiments
#
# A theorem says how wide is wide enough; an experiment says what happens. This lecture puts them into one table, first
# for single subset sums, then for four ways to make a weight, then for whole tickets beside the widths that every
# theorem in the catalogue asks for.

# %%
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from slth.experiments.executors.processes import Processes
from slth.experiments.executors.serial import Serial
from slth.experiments.run import run
from slth.experiments.sweep import Find, Sweep

ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "paper_figures" / "slth.mplstyle").exists())
plt.style.use(ROOT / "paper_figures" / "slth.mplstyle")
BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A9099"
FOLDER = Path(tempfile.mkdtemp())


def show(table, *columns):
    """Some columns of a table."""
    rows = [columns, *[[row.get(column, "") for column in columns] for row in table.rows]]
    cells = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


# %% [markdown]
# ## 1. A sweep
#
# A `Sweep` is a *measure*, a grid of its parameters and a number of repeats. The measure `closest` draws $n$ samples of
# a law and finds the subset whose sum is closest to $z$, proven by the solver; a success is one within $\varepsilon$.
# What theory says of the same cell stands in the same row.

# %%
sweep = Sweep("closest", {"law": ("UU",), "eps": (0.01,), "z": (0.5,), "n": (6, 8, 10, 12, 14, 16, 18)}, repeats=2000)
table = run(sweep, FOLDER / "first", Serial())
show(
    table,
    "n",
    "hits",
    "chance low",
    "chance",
    "chance high",
    "hitting law",
    "simulated tail",
    "first moment",
    "verdict",
)
assert not table.violated
chances = [row["chance"] for row in table.rows]
assert chances == sorted(chances)  # not only in the limit: see below
assert all(row["chance low"] <= row["first moment"] + 1e-9 for row in table.rows)

# %% [markdown]
# Three things make such a table trustworthy.
#
# - **The interval is exact.** `chance low` and `chance high` are Clopper and Pearson's; no normal approximation.
# - **Draws are counted, not streamed.** Instance $i$ sees the same random words in every cell, and $n$ samples are the
#   first $n$ of $n + 1$. So success is monotone in $n$ *for every instance*, and the differences between rows are far
#   less noisy than the rows.
# - **Nothing depends on where it ran.** A unit of work is a file, named after what it is. Worker processes, batches and
#   a kill in between leave the same bytes:

# %%
again = run(Sweep(sweep.measure, sweep.grid, sweep.repeats, batch=300), FOLDER / "processes", Processes(2))
assert again.csv() == table.csv()

ticks = []
run(sweep, FOLDER / "first", Serial(), tick=lambda what, done, total: ticks.append((done, total)))
print(f"in two processes: the same {len(again.csv()):,} bytes; asked again: {ticks[0][0]} of {ticks[0][1]} units kept")
assert ticks == [(14, 14)]  # two of 1,000 instances for each of 7 cells

# %% [markdown]
# ## 2. How many samples, for four laws
#
# With `Find` the sweep looks for the smallest $n$ at which a chance is reached, by bisection, with a band in which the
# true answer lies at the stated confidence. Beside it the $n$ at which the *theory* expects as much. Some columns are
# theorems, which the table holds against the experiment (`verdict`): fewer than `first moment` cannot be enough,
# `certified` must be. Others are models.

# %%
accuracies, wanted = (1e-1, 1e-2, 1e-3, 1e-4), (0.5, 0.99)
grid = {"law": ("U", "N", "UU", "NN"), "eps": accuracies}
table = run(Sweep("closest", grid, 600, find=Find("n", tuple(range(1, 41)), wanted)), FOLDER / "laws", Serial())
show(
    table,
    "law",
    "eps",
    "wanted chance",
    "n low",
    "n",
    "n high",
    "n: hitting law",
    "n: first moment",
    "n: certified",
    "verdict",
)
assert not table.violated
for row in table.rows:
    assert row["n: first moment"] <= row["n high"] and row["n low"] <= row["n: certified"]
for laws in (("U", "N"), ("UU", "NN")):
    off = Counter(row["n"] - row["n: hitting law"] for row in table.rows if row["law"] in laws)
    print(f"{' and '.join(laws)}: n beyond the hitting law, and how often:", dict(sorted(off.items())))
    assert max(abs(gap) for gap in off) <= (1 if "U" in laws else 4)
ratios = [row["n: certified"] / row["n"] for row in table.rows]
print(f"certified over measured: {min(ratios):.1f} to {max(ratios):.1f}")
assert min(ratios) > 3 and max(ratios) < 14

figure, panels = plt.subplots(1, 4, figsize=(8.6, 2.7), layout="constrained", sharey=True)
for panel, law in zip(panels, grid["law"], strict=True):
    for chance, colour, marker in zip(wanted, (BLUE, ORANGE), "os", strict=True):
        rows = [row for row in table.rows if row["law"] == law and row["wanted chance"] == chance]
        n, low, high = (np.array([row[name] for row in rows], float) for name in ("n", "n low", "n high"))
        style = {"color": colour, "elinewidth": 1, "label": f"measured, {100 * chance:g} %"}
        panel.errorbar(accuracies, n, (n - low, high - n), fmt=marker, **style)
        panel.plot(accuracies, [row["n: hitting law"] for row in rows], color=colour, lw=0.9)
        panel.plot(accuracies, [row["n: first moment"] for row in rows], color=GREY, lw=0.9, ls=":")
        panel.plot(accuracies, [row["n: certified"] for row in rows], color=colour, lw=0.9, ls="--")
    panel.set(xscale="log", yscale="log", xlabel="eps", title=law)
    panel.invert_xaxis()
    panel.set_yticks([2, 5, 10, 20, 50, 100, 200, 500], [2, 5, 10, 20, 50, 100, 200, 500])
panels[0].set_ylabel("samples n")
panels[0].legend(loc="upper left")
words = "dashed: certified\nlines: hitting law\ndotted: first moment"
panels[1].text(0.04, 0.9, words, transform=panels[1].transAxes, fontsize=7, va="center")
plt.show()

# %% [markdown]
# The hitting law is right within a sample for plain uniforms and normals. Products, which are what networks offer, need
# some more at 99 % and coarse tolerances, since many of them are tiny; for products of uniforms slth uses simulated
# tails. Proofs ask for three to thirteen times as many.
#
# ## 3. What "order only" means
#
# Most theorems have a constant that the paper does not give. `slth bound --list` says for every formula how sure one
# can be of it:

# %%
from slth.theory.bounds.catalogue import SURE, catalogue
from slth.theory.bounds.papers import dacunha2023esa, lueker1998

entries = list(catalogue())
for kind, count in Counter(entry.formula.sure for entry in entries).items():
    print(f"{count:3}  {kind}: {SURE[kind]}")
assert len(entries) > 50
assert sum(entry.formula.sure == "order only" for entry in entries) > len(entries) / 2

# %% [markdown]
# Take Lueker's theorem, the one of lecture 04 about all targets at once: $n \ge C\ln(2/\min(\varepsilon, \delta))$
# uniform samples. What is the formula worth with $C = 1$? Measure `cover` decides exactly whether every
# $|z| \le \frac12$ has a subset within $\varepsilon$:

# %%
accuracies = (0.01, 0.003, 0.001, 3e-4)
grid = {"law": ("U",), "eps": accuracies}
table = run(Sweep("cover", grid, 600, find=Find("n", tuple(range(1, 41)), (0.99,))), FOLDER / "cover", Serial())
assert not table.violated
eps = np.array(accuracies)
measured = np.array([row["n"] for row in table.rows], float)
iterated = np.array([row["n: value iteration"] for row in table.rows], float)
with_one, needed = lueker1998.required_samples(eps, 0.01), lueker1998.lower_bound(eps)
certified = dacunha2023esa.certified_samples(eps, 0.01)
print("  eps   C = 1   necessary   measured, 99 %   iterated   certified   measured / formula")
for row in zip(eps, with_one, needed, measured, iterated, certified, measured / with_one, strict=True):
    print("{:5g}   {:5.1f}   {:9.0f}   {:14.0f}   {:8.0f}   {:9.0f}   {:18.2f}".format(*row))
assert np.all(with_one < needed)  # C = 1 is not only unproved: it is false
assert np.all(needed <= measured) and np.all(measured <= iterated) and np.all(iterated <= certified)
assert np.all(np.diff(measured / with_one) < 0.05) and measured[0] / with_one[0] > 1.1 * measured[-1] / with_one[-1]

# %% [markdown]
# With $C = 1$ the formula asks for *fewer samples than are necessary*: there are not enough subsets to go round. So the
# number it gives is of the right order, and no number that suffices. Nor is there a constant to be read off: what is
# measured is $\log_2(1/\varepsilon)$ and something for $\delta$, so that its ratio to the formula falls with
# $\varepsilon$, slowly, towards $1/\ln 2 = 1.44$. That is why slth prints such formulas with "C=1" in the heading, and
# beside them what is certified.
#
# ## 4. Four ways to one weight
#
# Theorems differ by how they make a weight $w$ out of random ones, and so do their widths:
#
# - **Malach et al. (2020)**: look for *one* pair with both factors where they should be, $u \approx v \approx \sqrt w$:
#   order $1/\varepsilon^2$ pairs.
# - The same, but only the *product* has to match: order $1/\varepsilon$.
# - **Orseau et al. (2020)**: a random number for each golden digit of $w$: order $\log(1/\varepsilon)$ digits, and a
#   coupon collector to get them all. No search at all: digits are taken greedily.
# - **Pensia et al. (2020)**: a subset sum of products: $\log_2(1/\varepsilon)$ and little more.

# %%
ways = {
    "both factors": ("nearest", {"both": (True,)}, (0.1, 0.05, 0.02, 0.01), 6000, 100, PINK, "^"),
    "one product": ("nearest", {}, (0.1, 0.03, 0.01, 0.003, 0.001), 6000, 100, ORANGE, "s"),
    "golden digits": ("digits", {}, (0.1, 0.03, 0.01, 0.003, 0.001, 1e-4, 1e-5), 400, 1000, GREEN, "D"),
    "subset sum": ("closest", {"law": ("UU",)}, (0.1, 0.03, 0.01, 0.003, 0.001, 1e-4, 1e-5), 40, 1000, BLUE, "o"),
}
figure, axes = plt.subplots(figsize=(5.4, 3.3), layout="constrained")
slopes, needed = {}, {}
for name, (measure, more, accuracies, most, repeats, colour, marker) in ways.items():
    find = Find("n", tuple(range(1, most)), (0.5,))
    table = run(Sweep(measure, {**more, "eps": accuracies}, repeats, find=find), FOLDER / "ways", Serial())
    assert not table.violated
    n, low, high = (np.array([row[key] for row in table.rows], float) for key in ("n", "n low", "n high"))
    axes.errorbar(accuracies, n, (n - low, high - n), fmt=marker, color=colour, elinewidth=1, label=name)
    theory = next(key for key in table.rows[0] if key.startswith("n: "))
    axes.plot(accuracies, [row[theory] for row in table.rows], color=colour, lw=0.8)
    needed[name] = n
    slopes[name] = float(np.polyfit(np.log(accuracies), np.log(n), 1)[0])
    print(f"{name:14} n = {', '.join(f'{k:.0f}' for k in n)}; n grows like eps^{slopes[name]:.2f}; line: {theory[3:]}")
axes.set(xscale="log", yscale="log", xlabel="eps", ylabel="random pairs (digits: numbers) n", xlim=(0.15, 6e-6))
axes.set_title("Even odds for w = 1/2")
axes.legend(loc="upper right")
plt.show()
assert abs(slopes["both factors"] + 2) < 0.15 and abs(slopes["one product"] + 1) < 0.15
assert slopes["golden digits"] > -0.35 and slopes["subset sum"] > -0.3
assert np.all(needed["golden digits"] / needed["subset sum"] < 5)

# %% [markdown]
# The cheaper the search, the dearer the network. One pair is found by looking; a subset sum of 17 products takes the
# solver a few microseconds; the greedy digits take a line of code, and up to four times the random numbers of a subset
# sum. (Their line is a guarantee: every digit has a number. Missing ones can often be made up for.)
#
# ## 5. Tickets
#
# Now a whole target: random weights, 6-4-2, spectral norms 1. `ticket` builds a ticket from a fresh random network in
# every run; a success misses no weight by more than 0.01.

# %%
grid = {"target": ("random:6-4-2",), "theorem": ("pensia2020",), "weight_error": (0.01,)}
sizes = (8, 10, 12, 14, 18, 22)
table = run(Sweep("ticket", {**grid, "samples": sizes}, 60, batch=20), FOLDER / "tickets", Processes(2))
show(table, "samples", "source weights", "hits", "chance", "simulated tail", "certified", "50 %", "verdict")
assert not table.violated
chance, tail = (np.array([row[name] for row in table.rows]) for name in ("chance", "simulated tail"))
assert np.all(np.abs(chance - tail) < 0.2) and chance[-1] > 0.9

# %% [markdown]
# (`50 %` is the median of the certified error of the outputs on $[-1, 1]^6$.) Subset sums of one column share their
# first factors, so their failures are dependent; the simulated tail takes them to be independent, and does well all the
# same.
#
# Beside it every theorem of the catalogue that speaks of such a target. `standing` is what `slth bound` prints: the
# paper's formula with $C = 1$, what is certified, what is necessary, and what was measured by drawing tickets of this
# construction until one misses nothing, the median of three seeds. All for the same tolerance of a weight; one mark is
# the number of hidden units of the whole random network. For papers whose construction slth does not build, there is
# the formula, and what is proved of it with constants, if anything.

# %%
from slth.experiments.targets import target_of
from slth.theory.plan import Request
from slth.theory.standing import standing

target = target_of("random:6-4-2")
keys = (
    ("malach2020", "Malach 2020", 3),
    ("pensia2020", "Pensia 2020", 3),
    ("orseau2020", "Orseau 2020", 0),
    ("burkholz2022", "Burkholz 2022, depth L+1", 3),
    ("dacunha2022", "da Cunha 2022", 3),
    ("natale2024", "Natale 2024", 3),
    ("diffenderfer2021", "Diffenderfer 2021", 0),
    ("sreenivasan2022", "Sreenivasan 2022", 0),
)
found = {name: standing(target, key, Request(weight_error=0.01, delta=0.01), runs=runs) for key, name, runs in keys}
figure, axes = plt.subplots(figsize=(7, 3.1), layout="constrained")
marks = {
    "theorem": ("D", "white", GREY, "formula, C = 1"),
    "first_moment": ("|", GREY, GREY, "first moment"),
    "measured": ("o", ORANGE, ORANGE, "measured"),
    "certified": ("s", BLUE, BLUE, "certified"),
}
print(f"{'hidden units':26}" + "".join(f"{column:>14}" for column in marks))
for height, (name, one) in enumerate(reversed(found.items())):
    built = one.key == one.built  # else all but the formula is about another construction
    units = {column: one.units(column) if built or column == "theorem" else None for column in marks}
    for values in () if built else one.formulas:
        stated = values[0].entry.formula
        if stated.gives == "units" and stated.side == "sufficient" and stated.sure == "constant ours, certified":
            units["certified"] = sum(value.value for value in values)
    for column, (marker, face, edge, label) in marks.items():
        if units[column] is not None:
            style = {"mfc": face, "mec": edge, "ms": 9 if marker == "|" else 5, "ls": "none"}
            axes.plot(units[column], height, marker, label=label if name == "Pensia 2020" else None, **style)
    print(f"{name:26}" + "".join(f"{'' if units[column] is None else f'{units[column]:,.0f}':>14}" for column in marks))
    if built:
        assert one.units("first_moment") <= one.units("measured") < 5 * one.units("first_moment")
        assert one.units("certified") is None or one.units("measured") <= one.units("certified")
axes.set_yticks(range(len(found)), list(found)[::-1])
axes.set(xscale="log", xlabel="hidden units of the random network", title="6-4-2, every weight within 0.01")
axes.grid(axis="y")
axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=4)
plt.show()
pensia = found["Pensia 2020"]
least = pensia.units("first_moment")
print(f"Pensia et al. with C = 1: {pensia.units('theorem'):.0f} units; {least:.0f} for one subset to be expected")
assert pensia.units("theorem") < pensia.units("first_moment")
assert found["Malach 2020"].units("measured") > 20 * pensia.units("measured")

# %% [markdown]
# How to read it. A hollow mark can lie anywhere, on either side of the truth: it is an order with 1 for a constant (and
# for Malach et al. a polynomial of which we know the order only). With fewer units than at the grey bar, less than one
# subset is expected within tolerance of the hardest weight; with as many as at the blue square, all weights are served
# with a chance of 99 %, and that is proved. The truth lies in between, and the orange mark shows where: within a factor
# of three of the bar. **Random networks hold tickets almost as soon as there are enough subsets**; it is the proofs
# that are expensive.
#
# The same for a target and a wish of your own: `slth bound --theorem pensia2020 --target FILE --epsilon 0.1`. What it
# takes to have the certified column for a whole network, with a proof for each of its steps, is the subject of the
# [next lecture](07_certified_theorem.py).
