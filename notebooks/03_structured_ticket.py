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
# # A structured ticket
#
# Deleting single weights of a random network leaves matrices full of holes, which a computer multiplies no faster.
# **Structured** pruning deletes whole filters (in dense layers: neurons), and what is left is a smaller dense network.
# da Cunha, d'Amore and Natale (2023) proved that random networks contain such tickets as well. This lecture builds two,
# proves them, deletes the filters for good, and measures what that gains.

# %%
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import slth

ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "paper_figures" / "slth.mplstyle").exists())
plt.style.use(ROOT / "paper_figures" / "slth.mplstyle")
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A9099"

# %% [markdown]
# ## 1. One kernel
#
# `examples/edge.safetensors` is a trained convolution: one 3×3 kernel that finds edges in noisy pictures. In the random
# network stand two layers in its place: a 1×1 layer with many filters, then a 3×3 layer. Filter $r$ of the first reads
# the picture with one weight $u_r$. Where inputs are not negative and $u_r > 0$, its output is $u_r x$, and the second
# layer adds $v_r * (u_r x)$, with a random kernel $v_r$ of nine weights. Keeping a set $S$ of filters gives
#
# $$\Big(\sum_{r \in S} u_r v_r\Big) * x .$$
#
# So *one* subset must bring nine numbers near nine targets at once: a subset sum of vectors. Pruning single weights
# could choose nine subsets.

# %%
edge = slth.read(ROOT / "examples" / "edge.safetensors").network
kernel = edge.affine[0].weight[0, 0].astype(float)

n, scale = 140, 1 / 16
rng = np.random.default_rng(0)
u, v = np.abs(rng.normal(size=n)), scale * rng.normal(size=(n, 3, 3))
samples = (u[:, None, None] * v).reshape(1, n, 9)
found = slth.solve(np.rint(samples * 2**44).astype(np.int64), np.rint(kernel.reshape(1, 9) * 2**44).astype(np.int64))
kept = np.flatnonzero(found.chosen[0])
made = samples[0, kept].sum(axis=0).reshape(3, 3)
error = np.abs(made - kernel).max()

figure, axes = plt.subplots(1, 5, figsize=(7, 1.7), layout="constrained")
long = kept[np.argsort(-np.abs(samples[0, kept]).max(axis=1))]
pictures = {"a kept filter": samples[0, long[0]], "another": samples[0, long[1]], "sum of the kept": made}
pictures |= {"target": kernel, "difference × 100": 100 * (made - kernel)}
for panel, (name, picture) in zip(axes, pictures.items(), strict=True):
    panel.imshow(np.reshape(picture, (3, 3)), cmap="RdBu", vmin=-0.6, vmax=0.6)
    panel.set_title(name, fontsize=7)
    panel.set_xticks([])
    panel.set_yticks([])
plt.show()
print(
    f"{len(kept)} of {n} filters kept; all nine entries within {error:.4f} (largest entry {np.abs(kernel).max():.2f})"
)
assert error < 0.01

# %% [markdown]
# ## 2. What nine numbers at once cost
#
# A subset of $n$ has about $2^n$ sums. To hit $D$ numbers within $\varepsilon$ takes about $(1/\varepsilon)^D$ of them,
# so each further bit of accuracy costs $D$ samples where a single number costs one. Worse: for one number the best
# subset can be found exactly, for many only searched for. Below, what the search reached (dots) and what the first
# moment says exists (lines), for targets of length 1 and samples at a scale that suits them.

# %%
from slth.theory.bounds.structured import nsn_first_moment_eps

sizes = (20, 30, 45, 68)
fine = np.arange(18, 72)
figure, axes = plt.subplots(figsize=(5.2, 2.9), layout="constrained")
reached = {}
for dims, colour in ((2, GREEN), (4, ORANGE), (9, BLUE)):
    medians = []
    for size in sizes:
        values = rng.normal(size=(3, size, 1)) * rng.normal(size=(3, size, dims)) / 4
        goals = rng.normal(size=(3, dims))
        goals /= np.linalg.norm(goals, axis=1, keepdims=True)
        integers, wanted = np.rint(values * 2**44).astype(np.int64), np.rint(goals * 2**44).astype(np.int64)
        medians.append(float(np.median(slth.solve(integers, wanted, solver="klist").errors)) * 2.0**-44)
    reached[dims] = medians
    model = np.array([nsn_first_moment_eps(dims, int(size), 16.0) / 4 for size in fine])
    axes.semilogy(fine, model, color=colour, label=f"{dims} numbers")
    axes.semilogy(sizes, medians, "o", color=colour)
axes.set(xlabel="filters that can be chosen from", ylabel="largest error of an entry", ylim=(1e-7, 2))
axes.legend()
axes.grid(axis="y")
plt.show()
assert reached[9][-1] < reached[9][0] / 4  # more filters help,
assert reached[9][2] > 10 * reached[2][2]  # and nine numbers are far harder than two

# %% [markdown]
# The lines go on falling at the same rate; the search cannot follow for long, since the number of subsets grows with
# them. So `dacunha2023` has to be given more filters than must exist: slth tries its own search on fresh random filters
# and takes the first number of them that works.
#
# ## 3. A network
#
# `examples/narrow.pt` has 64 pixels, 4 hidden neurons and 10 outputs. Its first layer is 64 vectors of 4 weights, its
# second 4 vectors of 10; biases are one vector more, made of neurons that read the constant 1. We ask that every weight
# be within 0.005.

# %%
target = slth.read(ROOT / "examples" / "narrow.pt").network
request = slth.Request(weight_error=0.005, objective="within", seed=0)
begun = time.perf_counter()
built = slth.approximate(target, request, "dacunha2023", say=print, options={"widths": "69,269"})
ticket = built.ticket
for number, errors in enumerate(built.weight_errors):
    first = ticket.source.layers[2 * number]
    units = len(ticket.mask.kept[2 * number])
    print(f"layer {number}: {units:,} of {first.rows:,} neurons kept, every weight within {errors.max():.4f}")
    assert errors.max() <= 0.005
print(f"{time.perf_counter() - begun:.0f} s")
assert len(ticket.missed) == 0

# %% [markdown]
# (`widths` are samples of a subset sum in each layer. Left out, slth finds them by the trial searches; 69 and 269 is
# what it finds here.) Which neuron may read which input is fixed before anything is known of the target: neurons 0 to
# 137 read pixel 0, the next 138 pixel 1, and so on. All that was chosen is which neurons stay:

# %%
rows, columns = ticket.mask.pairs(0)
assert (columns == np.minimum(rows // (2 * 69), 64)).all()
second = np.zeros((4, ticket.source.layers[0].rows), bool)
second.ravel()[ticket.mask.kept[1]] = True
assert second[:, rows].all() and second.sum() == 4 * len(rows)
print("every kept neuron keeps all its four outgoing weights, every other none")

# %% [markdown]
# ## 4. Proof

# %%
from slth.certify import certify
from slth.interop.targets import write_target

folder = Path(tempfile.mkdtemp())
slth.write_ticket(folder / "narrow.slth", ticket)
write_target(target, folder / "narrow.safetensors")
command = [sys.executable, "-m", "slth.verify", str(folder / "narrow.slth"), str(folder / "narrow.safetensors")]
verdict = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, cwd=ROOT).stdout)
certified = certify(target, ticket.layers, ticket.claim.domain)
attacked = slth.attack(target, ticket.layers, ticket.claim.domain, seconds=2.0)
print(f"claimed        {ticket.claim.eps:.4f} on {ticket.claim.domain}")
print(f"numpy checker  {certified.eps_real:.4f}")
print(f"exact checker  {verdict['eps_real']:.4f}  {verdict['verdict']}")
print(f"attack         {attacked.error:.4f}")
assert verdict["verdict"] == "PROVED"
assert attacked.error <= certified.eps_real <= ticket.claim.eps

# %% [markdown]
# ## 5. The smaller network
#
# Deleted neurons can now be taken out of the matrices. `to_network` does that; its weights are the random ones, as they
# were drawn.

# %%
from sklearn.datasets import load_digits

digits = load_digits()
pixels, labels = digits.data / 16, digits.target
compact = ticket.to_network(target)


def accuracy(network):
    """Per cent of the 1,797 digits."""
    return 100 * float((network(pixels).argmax(1) == labels).mean())


print("shapes          ", " -> ".join(str(layer.weight.shape) for layer in compact.affine))
print(f"random network  {ticket.source.size:>9,} weights")
print(f"compact network {compact.size:>9,} weights, {ticket.source.size / compact.size:.1f} times fewer")
print(f"target          {target.size:>9,} weights")
print(f"accuracy        {accuracy(target):.2f} % (target), {accuracy(compact):.2f} % (ticket)")
assert ticket.source.size > 5 * compact.size
assert abs(accuracy(target) - accuracy(compact)) <= 0.5
assert np.abs(compact(pixels) - target(pixels)).max() <= ticket.claim.eps

# %% [markdown]
# How much faster is that? And how does a ticket compare that prunes single weights, to the same tolerance?

# %%
import torch
from torch import nn


def module(network):
    """The same network in torch."""
    layers = []
    for node in network.nodes:
        if isinstance(node, slth.Dense):
            weight = torch.tensor(node.weight, dtype=torch.float32)
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data = weight
            bias = np.zeros(len(weight)) if node.bias is None else node.bias
            linear.bias.data = torch.tensor(bias, dtype=torch.float32)
            layers.append(linear)
        else:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def whole(ticket, like):
    """The masked random network with all its neurons, deleted weights 0."""
    nodes = []
    for number in range(0, len(ticket.source.layers), 2):
        for layer in (number, number + 1):
            shape = ticket.source.layers[layer]
            flat = np.zeros(shape.size, np.float32)
            flat[ticket.mask.kept[layer]] = ticket.source.weights(layer, *ticket.mask.pairs(layer))
            weight = flat.reshape(shape.rows, shape.columns)
            constant = weight[:, -1].copy() if shape.bias else None
            nodes += [slth.Dense(weight[:, : shape.columns - shape.bias].copy(), constant), like.nodes[1]]
    return slth.Network(tuple(nodes[:-1]), like.input_shape)


def milliseconds(networks, repeats=9):
    """Median time of one pass over all digits, the networks in turn, one thread."""
    torch.set_num_threads(1)
    modules, x = [module(network) for network in networks], torch.tensor(pixels, dtype=torch.float32)
    times = np.empty((repeats, len(modules)))
    with torch.no_grad():
        for repeat in range(repeats):
            for place, one in enumerate(modules):
                begun = time.perf_counter()
                one(x)
                times[repeat, place] = time.perf_counter() - begun
    return 1000 * np.median(times, axis=0)


single = slth.approximate(target, request, "pensia2020").ticket
gains = {}
for name, one in (("whole neurons", ticket), ("single weights", single)):
    before, after = whole(one, target), one.to_network(target)
    assert np.abs(before(pixels) - after(pixels)).max() < 1e-9
    there, left = (sum(network.affine[place].shape[0] for place in (0, 2)) for network in (before, after))
    slow, fast = milliseconds([before, after])
    full = np.mean(np.concatenate([layer.weight.ravel() != 0 for layer in after.affine[1::2]]))
    gains[name] = (there / left, slow / fast, full)
    print(f"{name}: {one.mask.count:,} weights kept, {100 * one.mask.density:.1f} %")
    print(f"    neurons   {there:6,} -> {left:6,}  {there / left:4.1f} times fewer")
    print(f"    one pass  {slow:6.1f} -> {fast:6.1f} ms  {slow / fast:4.1f} times faster")
    print(f"    of the weights that leave a neuron, {100 * full:.0f} % are there")
assert gains["whole neurons"][0] > 5 > gains["single weights"][0]
assert gains["whole neurons"][1] > 5
assert gains["whole neurons"][2] == 1 > 0.8 > gains["single weights"][2]

# %% [markdown]
# Both lists end at networks of about the same speed, for different reasons. Pruning single weights starts from a much
# narrower random network, keeps more of its neurons, and leaves holes in the matrices behind them; with four or ten
# outputs many neurons still lose all their weights, with a hundred hardly one would. Pruning whole neurons leaves no
# hole. It pays in advance: the random network must be far wider, and the wider the more weights a channel feeds. With
# vectors of more than 16 numbers slth's searches give up and say so. The theorem promises that polynomially many
# filters are enough; how to *find* the subset there is open.
