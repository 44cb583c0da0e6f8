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
# # A ticket of a convolutional network
#
# Da Cunha, Natale and Viennot (2022) prove that random convolutional networks contain strong lottery tickets. Each
# convolution of the target becomes two random ones: a $1\times1$ layer and a layer with kernels of the target's size.
# This lecture looks at one kernel, then builds a ticket of a whole network with padding, pooling and biases, and shows
# what its certificate says on a box and around real images.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import slth
from slth.certify import certify

ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "paper_figures" / "slth.mplstyle").exists())
plt.style.use(ROOT / "paper_figures" / "slth.mplstyle")
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A9099"

# %% [markdown]
# ## 1. One kernel
#
# A $1\times1$ filter with weight $u_r$ on channel $t$ gives the picture $\sigma(u_r X_t)$. If $u_r > 0$ and $X_t \ge 0$
# that is simply $u_r X_t$. The next layer convolves it with a random kernel $V_r$, so together the two compute
# $(u_r V_r) * X_t$, and many such units compute
#
# $$\sum_r (m_r \odot u_r V_r) * X_t ,$$
#
# where the mask $m_r$ keeps single entries of the kernels. So **every entry of the target's kernel is a subset sum of
# its own**, over the samples $u_r V_r[a, b]$. The scalars $u_r$ are shared by all of them; nothing else changes
# against dense layers. Let us do it for a $3\times3$ edge filter.

# %%
edges = np.array([[0.25, 0.5, 0.25], [0, 0, 0], [-0.25, -0.5, -0.25]], np.float32)[None, None]
target = slth.Network((slth.Conv(edges, padding=(1, 1)),), (1, 8, 8))
made = slth.approximate(target, slth.Request(weight_error=1e-3, seed=1))
layer = made.ticket.layers[0]
first, second = made.ticket.source.layers
print(f"random network: {first.rows} filters 1x1, then {second.rows} of {second.columns}x3x3")
print(f"kept: {made.ticket.mask.count} of {made.ticket.source.size} weights")
print(np.round(layer.plus[0, 0] * layer.unit, 4))
assert np.abs(layer.plus * layer.unit - edges).max() <= 1e-3
assert len(made.ticket.missed) == 0

# %% [markdown]
# The zero entries need no unit at all: the empty sum is exact.
#
# A *bias* is the weight of one more input, a channel that is 1 everywhere. Zero padding must not touch that channel,
# or the bias would fade at the border. And *max pooling* needs nothing random: it is kept as it is. In the sup norm it
# passes errors on without enlarging them.
#
# ## 2. A whole network
#
# `examples/cnn.pt` reads 8×8 digits with two convolutions, max pooling and a dense layer. The file is a pickled
# module; slth reads its architecture, padding and pooling included, without executing anything in it.

# %%
target = slth.read(ROOT / "examples" / "cnn.pt").network
for number, shape in enumerate(target.shapes):
    print(f"{number}  {type(target.nodes[number]).__name__:10}  {shape}")

# %%
made = slth.approximate(target, slth.Request(weight_error=1e-4, seed=0), say=print)
ticket = made.ticket
print(f"target weights  {target.size:>9,}")
print(f"random weights  {ticket.source.size:>9,}")
print(f"kept weights    {ticket.mask.count:>9,}   {ticket.mask.count / target.size:.1f} a target weight")
assert len(ticket.missed) == 0
assert made.max_weight_error <= 1e-4

# %% [markdown]
# Every weight of every layer is within $10^{-4}$. Does the random network read digits as well?

# %%
from sklearn.datasets import load_digits

digits = load_digits()
pixels, labels = digits.data.reshape(-1, 1, 8, 8) / 16, digits.target
compact = ticket.to_network(target)
outputs, found = target(pixels), compact(pixels)
right = [100 * float((answer.argmax(1) == labels).mean()) for answer in (outputs, found)]
print(f"target {right[0]:.2f} %, ticket {right[1]:.2f} %")
print(f"same answer on {(outputs.argmax(1) == found.argmax(1)).sum()} of {len(labels)}")
print(f"largest difference of an output on real digits: {np.abs(outputs - found).max():.2e}")
assert (outputs.argmax(1) == found.argmax(1)).mean() > 0.999

# %% [markdown]
# ## 3. What is proved
#
# The certificate bounds the difference of the two networks backward through dense layers, convolutions and pooling.
# (A maximum of two numbers is $b + \sigma(a - b)$, so that pooling is a tree of ReLUs for it.) It holds for **every
# real input** of a domain. On the whole box $[0,1]^{64}$ each unit may be on or off, and the bound is far above what
# an attack finds. Around real images it is close. Both shrink in proportion to the errors of the weights.

# %%
from fractions import Fraction

from slth.core.domain import Ball, Box

box = Box(Fraction(0), Fraction(1))
domains = {"box [0, 1]": box}
for radius in ("1/10", "1/20", "1/100"):
    centres = pixels[:5].reshape(5, -1)
    domains[f"balls of {float(Fraction(radius)):g}"] = Ball(centres, Fraction(radius), "linf", box)
rows = []
for name, domain in domains.items():
    certified = certify(target, ticket.layers, domain)
    attacked = slth.attack(target, ticket.layers, domain, seconds=1.0)
    rows.append((name, certified.eps_real, certified.interval_eps, attacked.error))
    proved = f"certified {certified.eps_real:.2e}   intervals {certified.interval_eps:.2e}"
    print(f"{name:14} {proved}   attack {attacked.error:.2e}")
    assert attacked.error <= certified.eps_real <= certified.interval_eps * (1 + 1e-9)
assert rows[-1][1] < 3 * rows[-1][3]

figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
for place, (_, proved, interval, attacked) in enumerate(reversed(rows)):
    axes.plot([attacked, proved], [place, place], color=GREY, lw=1, zorder=0)
    axes.plot(attacked, place, "o", color=ORANGE, label="attack" if place == 0 else None)
    axes.plot(proved, place, "D", color=BLUE, label="certificate" if place == 0 else None)
    axes.plot(interval, place, "|", color=GREY, ms=10, label="intervals alone" if place == 0 else None)
axes.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
axes.set_xscale("log")
axes.set(xlabel="largest output error", title="The truth lies between attack and certificate")
axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3)
axes.grid(axis="x")
plt.show()

# %% [markdown]
# ## 4. Published code, and this
#
# The paper's public experiment replaces the weights of a LeNet-5's two convolutions by solver output, 2.4 % of its
# parameters, without the $1\times1$ layers and without masks. `python benchmarks/lenet.py` builds the ticket of the
# *whole* net, 107,786 weights within $10^{-5}$, and proves it. The figures are in `benchmarks/results/lenet.md`.
#
# Filters can be removed whole instead of single weights: that is the next lecture, on structured tickets.
