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
# # Random subset sum, from scratch
#
# Most strong-lottery-ticket theorems with a logarithm in them rest on one question: given $n$ random numbers, how close
# to a target does the sum of *some* of them come? This lecture answers it twice, for one target and for all targets at
# once. Each step begins with a few lines of numpy that enumerate all $2^n$ subsets, and puts the library's function
# beside them.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import slth

ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "paper_figures" / "slth.mplstyle").exists())
plt.style.use(ROOT / "paper_figures" / "slth.mplstyle")
BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A9099"
rng = np.random.default_rng(4)

# %% [markdown]
# ## 1. One sample, all its sums
#
# Each number may be in or out, so $n$ numbers have $2^n$ subset sums. Every number doubles the list:


# %%
def all_sums(x):
    """All subset sums of the last axis: (..., n) to (..., 2^n)."""
    sums = np.zeros((*x.shape[:-1], 1))
    for k in range(x.shape[-1]):
        sums = np.concatenate([sums, sums + x[..., k : k + 1]], axis=-1)
    return sums


n = 20
x = rng.uniform(-1, 1, n)
sums = all_sums(x)
middle, width = x.sum() / 2, np.sqrt((x**2).sum()) / 2
print(f"{len(sums):,} sums of {n} numbers: mean {sums.mean():+.4f}, deviation {sums.std():.4f}")
print(f"half of all of them: {middle:+.4f}; half of their length: {width:.4f}")
assert np.isclose(sums.mean(), middle) and np.isclose(sums.std(), width)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.7), layout="constrained")
place = np.linspace(middle - 4 * width, middle + 4 * width, 300)
bell = 2**n * np.exp(-(((place - middle) / width) ** 2) / 2) / np.sqrt(2 * np.pi) / width
left.hist(sums, bins=120, weights=np.full(len(sums), 120 / np.ptp(sums)), color=BLUE, alpha=0.35)
left.plot(place, bell, color=BLUE)
left.axvline(middle, color=GREY, lw=0.8)
left.set(xlabel="z", ylabel="subset sums per unit of length", title=f"{len(sums):,} sums of one sample of {n}")
spacings = np.diff(np.sort(sums[np.abs(sums) < 0.5]))
density = len(spacings) / spacings.sum()
edges = np.linspace(0, 7 / density, 40)
right.hist(spacings, bins=edges, density=True, color=BLUE, alpha=0.35)
right.plot(edges, density * np.exp(-density * edges), color=BLUE)
right.set(
    xlabel="distance from one sum to the next", ylabel="density", title="Near 0 they lie like points thrown at random"
)
plt.show()
beyond = float((spacings > 3 / density).mean())
print(f"near 0 one sum in every {1 / density:.1e}; {100 * beyond:.1f} % of distances exceed 3 times that (e^-3: 5.0 %)")
assert abs(beyond - np.exp(-3)) < 0.02

# %% [markdown]
# A sum of random bits times given numbers is nearly normal, with mean $\tfrac12\sum x_i$ and variance
# $\tfrac14\sum x_i^2 \approx n\sigma^2/4$. So $2^n$ sums crowd into a few units of length, the next one is about
# $\sigma\sqrt n\,2^{-n}$ away, and *on a small scale they look independent of each other*. That is the whole reason for
# the logarithm: error $\varepsilon$ takes $n \approx \log_2(1/\varepsilon)$ samples, and hardly more. The rest of this
# lecture is about the word "hardly".
#
# ## 2. How many subsets come near: the first moment
#
# Let $N$ be the number of subsets whose sum is within $\varepsilon$ of $z$. Averaged over the samples too, a random
# subset's sum is normal with variance $n\sigma^2/2$, so
#
# $$\mathbb E N \approx 2^n \cdot 2\varepsilon \cdot \frac{e^{-z^2/(n\sigma^2)}}{\sqrt{\pi n\sigma^2}} .$$
#
# By Markov's inequality $P(N \ge 1) \le \mathbb E N$: with fewer samples than make $\mathbb E N = 1$ nobody can succeed
# reliably. Count, in 3,000 fresh samples for every $n \le 14$:

# %%
from slth.theory.bounds.hitting import expected_hits, expected_hits_exact, first_moment_n

runs, z, eps = 3000, 0.5, 1e-3
sizes = np.arange(4, 15)
counts = {}
for n in sizes:
    parts = np.split(rng.uniform(-1, 1, (runs, n)), 30)
    counts[n] = np.concatenate([(np.abs(all_sums(part) - z) <= eps).sum(axis=-1) for part in parts])


def first_moment(n, eps, z, variance=1 / 3):
    """The formula above."""
    return 2.0**n * 2 * eps * np.exp(-(z**2) / (n * variance)) / np.sqrt(np.pi * n * variance)


print(" n   mean of N (counted)   formula   without the normal approximation")
for n in sizes[::2]:
    error = counts[n].std() / np.sqrt(runs)
    exact = expected_hits_exact("U", int(n), eps, z)
    print(f"{n:2d}   {counts[n].mean():8.4f} +- {error:.4f}   {first_moment(n, eps, z):8.4f}   {exact:8.4f}")
    assert np.isclose(first_moment(n, eps, z), expected_hits("U", int(n), eps, z))
    assert abs(counts[n].mean() - exact) < 5 * error + 1e-3
print(f"E N = 1 at n = {first_moment_n('U', eps, z):.2f}")
assert abs(first_moment(first_moment_n("U", eps, z), eps, z) - 1) < 1e-9

# %% [markdown]
# ## 3. Why the count varies: the second moment, and the hitting law
#
# Is $\mathbb E N \gg 1$ enough for $P(N \ge 1) \approx 1$? The classical answer is the second moment (Lueker 1982):
# $P(N \ge 1) \ge (\mathbb E N)^2/\mathbb E N^2$. Two random subsets share about half of their elements, so their sums
# have correlation $\tfrac12$, and
#
# $$\frac{\mathbb E N^2}{(\mathbb E N)^2} \approx \frac{2}{\sqrt 3}\,e^{2z^2/(3n\sigma^2)} + \frac1{\mathbb E N} .$$
#
# However large $n$ is, this proves at most $\sqrt3/2 = 0.866$. Is that an artefact, or does $N$ really vary so much?
# Look at the two subsets' common part: it is *the sample itself*. All sums of one sample are centred at $\tfrac12\sum
# x_i$, and where that centre $G\cdot\sigma\sqrt n/2$ is far from $z$, all $2^n$ of them are. Given the centre,
#
# $$N \approx \mathrm{Poisson}\big(\Lambda\, e^{-(G-\mu)^2/2}\big), \qquad
# \Lambda = 2^n\,2\varepsilon\sqrt{\tfrac{2}{\pi n\sigma^2}}, \quad \mu = \tfrac{2z}{\sigma\sqrt n} .$$
#
# So $P(N \ge 1) \approx 1 - \mathbb E_G \exp(-\Lambda e^{-(G-\mu)^2/2})$. This **hitting law** is a model and no
# theorem: that sums behave like a Poisson process is what the right panel above suggests, and is not proved here.

# %%
from slth.theory.bounds.hitting import hit_chance
from slth.theory.bounds.moments import CERTIFIABLE, second_moment_chance

normals = rng.standard_normal(200_000)


def hitting_law(n, eps, z, variance=1 / 3):
    """1 - E exp(-L exp(-(G - m)^2 / 2)), the expectation by simulation."""
    scale = 2.0**n * 2 * eps * np.sqrt(2 / (np.pi * n * variance))
    return 1 - np.exp(-scale * np.exp(-((normals - 2 * z / np.sqrt(n * variance)) ** 2) / 2)).mean()


for n in (8, 11, 14):
    assert abs(hitting_law(n, eps, z) - float(hit_chance("U", n, eps, z))) < 0.005

x = rng.uniform(-1, 1, (runs, 14))
near = np.concatenate([(np.abs(all_sums(part) - z) <= 0.01).sum(axis=-1) for part in np.split(x, 30)])
centre = x.sum(axis=1) / np.sqrt(14 / 3)
ratio = float((near.astype(float) ** 2).mean() / near.mean() ** 2)
hits = np.array([(counts[n] > 0).mean() for n in sizes])
lower = np.array([float(second_moment_chance("U", int(n), eps, z)) for n in sizes])
law = np.array([float(hit_chance("U", int(n), eps, z)) for n in sizes])

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained")
left.plot(centre, near, ".", color=BLUE, ms=2, alpha=0.4, mew=0)
grid = np.linspace(-3.6, 3.6, 200)
curve = 2**14 * 0.02 * np.sqrt(2 / (np.pi * 14 / 3)) * np.exp(-((grid - 2 * z / np.sqrt(14 / 3)) ** 2) / 2)
left.plot(grid, curve, color=ORANGE)
left.set(xlabel="G: where the sums of a sample are centred", ylabel="subsets within 0.01 of 0.5", xlim=(-3.6, 3.6))
left.set_title("The sample decides how many, n = 14")
more = np.arange(4, 31)
right.axhline(CERTIFIABLE, color=GREY, lw=0.8, ls=":")
right.text(4, CERTIFIABLE + 0.02, r"$\sqrt{3}/2$", fontsize=7, color=GREY)
right.plot(more, [min(1.0, first_moment(n, eps, z)) for n in more], color=GREY, label="first moment, from above")
right.plot(more, [hit_chance("U", int(n), eps, z) for n in more], color=BLUE, label="hitting law, a model")
right.plot(
    more, [second_moment_chance("U", int(n), eps, z) for n in more], color=GREEN, label="second moment, from below"
)
right.errorbar(sizes, hits, 2 * np.sqrt(hits * (1 - hits) / runs), fmt="o", color=ORANGE, elinewidth=1, label="counted")
right.set(xlabel="samples n", ylabel="chance of a subset within 0.001", ylim=(0, 1.08), title="It stops at 0.866")
right.legend(loc="lower right")
right.grid(axis="y")
plt.show()
print(f"E N^2 / (E N)^2 counted at n = 14, eps = 0.01: {ratio:.3f}; least possible {2 / np.sqrt(3):.3f}")
print(f"largest gap between the hitting law and the count: {np.abs(hits - law).max():.3f}")
assert 2 / np.sqrt(3) < ratio < 1.6
assert np.all(hits <= [first_moment(n, eps, z) + 4 * np.sqrt(h / runs) for n, h in zip(sizes, hits, strict=True)])
assert np.all(hits >= lower - 4 * np.sqrt(0.25 / runs)) and np.all(lower < CERTIFIABLE)
assert np.abs(hits - law).max() < 0.04

# %% [markdown]
# The orange curve on the left is the model's mean, and there is no fit in it. What the second moment cannot see is that
# the variation has *one* cause. Condition on it and the rest is harmless.
#
# ## 4. How close the best subset comes
#
# Turn the law around: the error $\varepsilon$ at which it says 50 %. At $z = 0$ everything scales, $\varepsilon =
# y\,\sigma\sqrt n\,2^{-n}$ with the same $y$ for all laws, the root of
# $\mathbb E\exp\!\big(-2y\sqrt{2/\pi}\;e^{-G^2/2}\big) = \tfrac12$.

# %%
from slth.theory.bounds.hitting import best_error


def quantile(chance):
    """y, by bisection, the expectation by simulation."""
    low, high = 0.0, 1000.0
    for _ in range(60):
        y = (low + high) / 2
        missed = np.exp(-2 * y * np.sqrt(2 / np.pi) * np.exp(-(normals**2) / 2)).mean()
        low, high = (y, high) if missed > 1 - chance else (low, y)
    return y


exact = {chance: best_error("U", 20, chance) / np.sqrt(20 / 3) * 2**20 for chance in (0.5, 0.9, 0.99)}
for chance, y in exact.items():
    print(f"{100 * chance:2.0f} % of samples: at most {y:7.4f} sigma sqrt(n) 2^-n   (simulated {quantile(chance):.3f})")
assert abs(exact[0.5] - 0.6544) < 1e-4
assert all(abs(quantile(chance) / y - 1) < 0.1 for chance, y in exact.items())

# %% [markdown]
# The median is $0.6544\,\sigma\sqrt n\,2^{-n}$, the 99 % quantile 28 times larger, and the *mean* of the model is
# infinite, as $\mathbb E\,e^{G^2/2} = \infty$. So never report mean errors of subset sums.
#
# To see it for $n$ up to 28, brute force is replaced by `slth.solve`: it looks for the closest subset by meeting in the
# middle, $2 \cdot 2^{n/2}$ sums instead of $2^n$, and works in integers, so that what it calls the closest *is* the
# closest. First we check it against the brute force, then use it on four laws: uniform (U), normal (N), and the
# products of two uniforms (UU) or two normals (NN) that a pair of layers offers.

# %%
BITS = 44
z = 0.25
x = rng.uniform(-1, 1, (200, 14))
found = slth.solve(np.rint(x * 2.0**BITS).astype(np.int64), np.full(200, round(z * 2**BITS)), bits=BITS)
brute = np.abs(all_sums(x) - z).min(axis=1)
assert np.allclose(found.errors * 2.0**-BITS, brute, rtol=0, atol=15 * 2.0**-BITS)

draws = {
    "U": (lambda *shape: rng.uniform(-1, 1, shape), 3**-0.5, BLUE),
    "N": (lambda *shape: rng.standard_normal(shape), 1.0, ORANGE),
    "UU": (lambda *shape: rng.uniform(-1, 1, shape) * rng.uniform(-1, 1, shape), 1 / 3, PINK),
    "NN": (lambda *shape: rng.standard_normal(shape) * rng.standard_normal(shape), 1.0, GREEN),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained")
some = np.arange(6, 29, 2)
medians = {}
for name, (draw, sigma, colour) in draws.items():
    medians[name], scaled = [], []
    for n in some:
        values = np.rint(draw(1500, n) * 2.0**BITS).astype(np.int64)
        errors = slth.solve(values, np.full(1500, round(z * 2**BITS)), bits=BITS).errors * 2.0**-BITS
        medians[name].append(np.median(errors))
        scaled.append(np.quantile(errors, [0.5, 0.9]) / (sigma * np.sqrt(n) * 2.0**-n))
    left.semilogy(some, medians[name], "o", color=colour, label=name)
    left.semilogy(some, [best_error(name, int(n), 0.5, z) for n in some], color=colour, lw=1)
    right.semilogy(some, np.array(scaled), "o", color=colour, mfc="none")
    bits = np.polyfit(some[3:], np.log2(medians[name][3:]), 1)[0]
    gap = np.log2(np.array(medians[name]) / [best_error(name, int(n), 0.5, z) for n in some])
    off = np.abs(gap[2:]).max()
    print(f"{name:2}: {bits:.3f} bits a sample; the law is off by at most {off:.2f} bits from n = 10 on")
    assert -1.06 < bits < -0.92
    assert off < 0.6
left.legend()
left.set(xlabel="samples n", ylabel="median error, z = 1/4", title="One bit a sample, for every law")
for chance in (0.5, 0.9):
    right.axhline(exact[chance], color=GREY, lw=0.8)
    right.text(28.5, exact[chance], f"{100 * chance:.0f} %\n{exact[chance]:.4g}", fontsize=7, va="center")
right.set(
    xlim=(5, 28.4),
    ylim=(0.3, 15),
    xlabel="samples n",
    ylabel=r"error / ($\sigma\sqrt{n}\,2^{-n}$)",
    title="The same two numbers for all",
)
plt.show()

# %% [markdown]
# Products of uniforms need some samples more than the law says where $n$ is small: many of them are tiny.
#
# ## 5. All targets at once: the growth set
#
# A theorem about networks has to serve *every* weight in an interval, so the target may be chosen after the samples
# are seen. Lueker (1998) proved that a logarithm is still enough; da Cunha et al. (ESA 2023) found an elementary
# proof. Follow the set of targets that are reached: begin with $A_0 = [-\varepsilon/2, \varepsilon/2]$ inside
# $I = [-\tfrac12, \tfrac12]$, and let sample $X$ enlarge it to $A' = A \cup ((A + X) \cap I)$. Every $z \in A_t$ is
# within $\varepsilon/2$ of a subset sum of the first $t$ samples. Let $v_t$ be the length of $A_t$.
#
# On a grid of cells that takes three lines; the library's `grown` keeps exact unions of intervals instead:

# %%
from slth.experiments.reached import grown

cells, eps = 1 << 11, 1 / 64  # cells in I, so that a sample of 1 is a shift by that many


def grow(shifts):
    """Reached cells after every sample, (t + 1, cells)."""
    reached = np.zeros(cells, bool)
    reached[cells // 2 - int(eps / 2 * cells) : cells // 2 + int(eps / 2 * cells)] = True
    sets = [reached]
    for x in shifts:
        moved = np.zeros(cells, bool)
        if x >= 0:
            moved[x:] = reached[: cells - x]
        else:
            moved[:x] = reached[-x:]
        reached = reached | moved
        sets.append(reached)
    return np.array(sets)


samples = rng.integers(1 - cells, cells, (30, 20))
sets = [grow(row) for row in samples]
lengths, _ = grown(samples, int(eps / 2 * cells), cells // 2)
assert (lengths == [one.sum(axis=1) for one in sets]).all()

figure, axes = plt.subplots(figsize=(6.2, 2.6), layout="constrained")
axes.imshow(sets[2][:15], aspect="auto", cmap="Blues", vmin=0, vmax=1.5, extent=(-0.5, 0.5, 14.5, -0.5))
axes.set(xlabel="target z", ylabel="samples t", title="The reached set: at first it doubles, then it fills in")
plt.show()

# %% [markdown]
# How much does one sample add? A target $z$ outside $A$ is gained if $z - X \in A$, and since $|z - a| \le 1$ for all
# $z, a \in I$, the density of $X$ there is exactly $\tfrac12$. So
#
# $$\mathbb E[v' \mid A] = v + \tfrac12\,v\,(1 - v),$$
#
# **whatever the set looks like**. On the grid this is an identity between integers, which we can check for any set by
# trying all shifts:

# %%
for _ in range(20):
    reached = rng.random(cells) < rng.random()
    pattern = np.r_[reached, np.zeros(cells, bool)].astype(float)
    holes = np.r_[~reached, np.zeros(cells, bool)].astype(float)
    gained = np.fft.irfft(np.fft.rfft(holes) * np.conj(np.fft.rfft(pattern)), 2 * cells)  # of every shift
    v = reached.mean()
    assert np.isclose(gained.sum() / (2 * cells) / cells, v * (1 - v) / 2)
print("E v' = v + v(1 - v)/2 for 20 random sets, all shifts tried")

# %% [markdown]
# A set can at most double: $r = v'/v \in [1, 2]$. Convexity of $1/r$ gives $1/r \le \tfrac32 - \tfrac r2$ there, hence
# for $\Phi = 1/v - 1$
#
# $$\mathbb E[\Phi' \mid A] \le \frac1v\Big(\frac32 - \frac12\big(1 + \tfrac12(1 - v)\big)\Big) - 1 = \tfrac34\,\Phi .$$
#
# So $\mathbb E\,\Phi_t \le (\tfrac1\varepsilon - 1)(\tfrac34)^t$. (These steps are checked by machine in
# `proofs_checks/`.) Beside it, 20,000 simulated sets, in the integers of the experiments:

# %%
from slth.experiments.draws import Draws

many, steps, eps = 20_000, 40, 0.01
values, bits = Draws(seed=4, start=0, count=many).samples("U", steps)
half = 1 << (bits - 1)
lengths, _ = grown(values, int(eps / 2 * 2**bits), half)
v = lengths / (2 * half)
phi = 1 / v - 1
mean, error = phi.mean(axis=0), phi.std(axis=0) / np.sqrt(many)
t = np.arange(steps + 1)
proved = (1 / eps - 1) * 0.75**t

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.9), layout="constrained")
left.semilogy(t, v[:40].T, color=BLUE, lw=0.5, alpha=0.35)
left.semilogy(t, v.mean(axis=0), color=ORANGE, label="mean")
left.set(xlabel="samples t", ylabel="$v_t$, reached share of [-1/2, 1/2]", title="40 of 20,000 sets, eps = 0.01")
left.set_xlim(0, 25)
left.set_yticks([0.01, 0.03, 0.1, 0.3, 1], ["0.01", "0.03", "0.1", "0.3", "1"])
left.legend()
right.semilogy(t, proved, color=GREY, label=r"proved: $(1/\varepsilon - 1)(3/4)^t$")
seen = mean > 4 * error
right.semilogy(t[seen], mean[seen], "o", color=ORANGE, label="mean of $1/v_t - 1$")
right.set(xlabel="samples t", title="The rate 3/4 is right for the first doublings")
right.legend()
plt.show()
print(f"first step: factor {mean[1] / mean[0]:.4f}; steps 10 to 20: {(mean[20] / mean[10]) ** 0.1:.3f} a sample")
halfway = [int(np.argmax(one <= 1)) for one in (mean, proved)]
print(f"1/v - 1 falls below 1 after {halfway[0]} samples in the mean, {halfway[1]} by the bound")
assert halfway == [14, 16]
assert np.all(mean <= proved + 5 * error)
assert 0.74 < mean[1] / mean[0] < 0.7525
assert (mean[20] / mean[10]) ** 0.1 < 0.75

# %% [markdown]
# ## 6. From a mean to a guarantee
#
# If less than $\varepsilon/2$ of $I$ is unreached, every target is within $\varepsilon/2$ of $A_n$, hence within
# $\varepsilon$ of a sum. By Markov's inequality, $P(v_n \le 1 - \varepsilon/2) = P(\Phi_n \ge \frac{1}{2/\varepsilon -
# 1})$ is at most
#
# $$\Big(\frac1\varepsilon - 1\Big)\Big(\frac2\varepsilon - 1\Big)\Big(\frac34\Big)^n .$$
#
# That is a theorem with every constant in it, and one line of Python. It is not the best that this argument gives. All
# that was used is: $v'$ lies between $v$ and $2v$ and has the mean $v + \frac12v(1-v)$. So let an adversary choose the
# law of $v'$ under these two rules, $n$ times. Its best chance $g_n(v)$ of leaving us unfinished is the concave
# envelope of $g_{n-1}$ on $[v, 2v]$, taken at the mean: **value iteration**, twenty lines.

# %%
from slth.theory.bounds.growth import failure_bound
from slth.theory.bounds.iteration import iterated_failure


def growth_bound(n, eps):
    """The theorem above."""
    return np.minimum(1, (1 / eps - 1) * (2 / eps - 1) * 0.75**n)


def value_iteration(most, eps, nodes=300):
    """g_0(eps), .., g_most(eps). Between nodes g is taken at the left one, which is rounding up, as g falls."""
    low = np.geomspace(eps, 0.5, nodes)
    high = 1 - np.geomspace(0.5, eps / 2, nodes)[1:]
    v = np.concatenate([low, high])  # unfinished at all of these but the last
    ends = np.append(v[1:], 1.0)
    mean = v + v * (1 - v) / 2
    points = np.minimum(ends, np.minimum(2 * v, 1)[:, None])  # the best place in a cell is its right end
    allowed = (np.arange(len(v)) >= np.arange(len(v))[:, None]) & (v < np.minimum(2 * v, 1)[:, None])
    away = np.where(allowed, points - mean[:, None], 0)
    g = np.where(np.arange(len(v)) < len(v) - 1, 1.0, 0.0)
    found = [1.0]
    for _ in range(most):
        worth = np.where(allowed, g, -np.inf)
        steep, flat = 50 / eps * g, np.zeros(len(v))  # any slope gives a bound: look for the best
        best = g.copy()
        for _ in range(40):
            first, second = (2 * flat + steep) / 3, (flat + 2 * steep) / 3
            one, two = (np.max(worth + slope[:, None] * away, axis=1) for slope in (first, second))
            best = np.minimum(best, np.minimum(one, two))
            flat, steep = np.where(one > two, first, flat), np.where(one > two, steep, second)
        g = np.where(v < 1 - eps / 2, best, 0)
        g = np.minimum.accumulate(g)
        found.append(g[0])
    return np.array(found)


eps, steps = 0.01, np.arange(61)
mine, library = value_iteration(60, eps), iterated_failure("U", 60, eps)
assert np.allclose(growth_bound(steps, eps), failure_bound("U", steps, eps))
assert np.all(mine <= growth_bound(steps, eps) + 1e-12)
assert np.all(library <= mine + 1e-12)
for name, curve in (("Markov at the end", growth_bound(steps, eps)), ("iteration", mine), ("library", library)):
    print(f"{name:17}  n = {np.argmax(curve <= 0.01)} for eps = delta = 0.01")
assert np.argmax(growth_bound(steps, eps) <= 0.01) == 51
assert np.argmax(library <= 0.01) == 36 < np.argmax(mine <= 0.01) < 51

# %% [markdown]
# The library's iteration also bounds the *second* moment of what is gained and lets sums leave $I$ a little; its
# docstring has the proof. And what is true? A sample covers all targets if no gap between neighbouring sums is wider
# than $2\varepsilon$. By brute force for few runs, by exact unions of intervals (`all_gaps`) for many; and a model for
# all $n$: gaps are those of a Poisson process whose density depends on the centre $G$, as in section 3.

# %%
from slth.experiments.chances import clopper_pearson
from slth.experiments.reached import all_gaps
from slth.theory.bounds.coverage import gap_chance


def covers(x, eps):
    """Whether every |z| <= 1/2 is within eps of a sum of each row."""
    sums = np.sort(all_sums(x), axis=-1).clip(-0.5 - eps, 0.5 + eps)
    sums = np.concatenate([np.full((len(x), 1), -0.5 - eps), sums, np.full((len(x), 1), 0.5 + eps)], axis=1)
    return np.diff(sums, axis=1).max(axis=1) <= 2 * eps


few, bits = Draws(seed=5, start=0, count=300).samples("U", 12)
reach, edge = int(eps * 2**bits), 1 << (bits - 1)
assert (covers(few * 2.0**-bits, eps) == (all_gaps(few, reach, edge) == 0)).all()

values, bits = Draws(seed=6, start=0, count=20_000).samples("U", 18)
some = np.arange(8, 19)
failed = np.array([int((all_gaps(values[:, :n], reach, edge) > 0).sum()) for n in some])
bands = np.array([clopper_pearson(int(count), len(values)) for count in failed])
share = failed / len(values)
model = np.array([float(gap_chance("U", int(n), eps)) for n in some])

figure, axes = plt.subplots(figsize=(6.2, 3), layout="constrained")
axes.semilogy(steps, growth_bound(steps, eps), color=GREY, label="proved: Markov at the end")
axes.semilogy(steps, mine, color=GREEN, lw=1, ls="--", label="proved: iteration above")
axes.semilogy(steps, library, color=GREEN, label="proved: library's iteration")
axes.semilogy(np.arange(8, 27), [gap_chance("U", int(n), eps) for n in range(8, 27)], color=BLUE, label="model")
axes.errorbar(some, share, np.abs(bands.T - share), fmt="o", color=ORANGE, elinewidth=1, label="20,000 runs")
axes.axhline(0.01, color=GREY, lw=0.6, ls=":")
axes.set(xlabel="samples n", ylabel="chance that some target is missed", xlim=(6, 60), ylim=(2e-5, 1.5))
axes.set_title("All of [-1/2, 1/2] within 0.01")
axes.legend(loc="upper right", bbox_to_anchor=(1.02, 1.0))
plt.show()
enough = int(some[np.argmax(share <= 0.01)])
alone = {w: next(n for n in range(1, 40) if hit_chance("U", n, eps, 0.5) >= w) for w in (0.5, 0.99)}
print(f"one target, by the hitting law: n = {alone[0.5]} for even odds, {alone[0.99]} for 99 %")
print(f"all of them: n = {enough} measured for 99 %, 36 proved by iteration, 51 by one line")
assert alone == {0.5: 7, 0.99: 13}
assert np.all(share <= library[some]) and np.all(share <= growth_bound(some, eps))
assert 15 <= enough <= 17
assert np.all(np.abs(np.log(model / share)) < np.log(2.5))

# %% [markdown]
# Three lessons.
#
# - For one target, $\log_2(1/\varepsilon)$ samples reach even odds (7 for $\varepsilon = 0.01$), and six more a chance
#   of 99 %. What those pay for is an unlucky *centre*.
# - All targets at once cost three samples more than one, 16. A proof with explicit constants asks for 36 or 51. Growing
#   costs it little (16 samples until half of $I$ is reached, in truth 14); dear are the last gaps, of which it knows
#   how long they are in all and not where.
# - A union bound multiplies the chance of failure by the number of subset sums. By the curves above a factor of ten
#   costs three to eight samples, once, whatever $\varepsilon$ is. So one subset sum becomes a network, in lectures
#   [05](05_pensia.py) and [07](07_certified_theorem.py).
