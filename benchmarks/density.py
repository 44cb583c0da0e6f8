"""How many samples a subset sum needs when exactly k of n are kept, against the theory of sparse tickets (2024).

    python benchmarks/density.py [--rows 1000]

For samples uniform on [-1, 1], the target 1/2 and three accuracies: the smallest n at which a subset of exactly k
terms comes within eps in at least 50 % and 99 % of the rows, for every k that the exact solver can serve; the first
moment and the order of Natale et al. (2024), its constant fitted, beside it. Writes benchmarks/results/density.md and
.json and the tables of the figure, paper_figures/data/density_*.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from typing import Any

import numpy as np
from harness import HERE, ROOT, machine

from slth.rss.solve import solve
from slth.theory.bounds import density
from slth.theory.bounds.hitting import hit_chance
from slth.theory.bounds.papers import natale2024

TABLES = ROOT / "paper_figures" / "data"
BITS, TARGET = 52, 0.5
ACCURACIES = (1e-2, 1e-3, 1e-4)
CHANCES = (0.5, 0.99)
MOST, MOST_LARGE = 50, 32  # samples that the exact solver takes, and takes quickly for more than 6 terms
DENSEST = 0.7  # k/n at 50 % after which no larger k is tried
NETWORK = {"eps": 0.01, "width": 100, "layers": 2}  # of the second panel


def reached(values: np.ndarray, targets: np.ndarray, k: int, n: int, eps: float) -> float:
    """Share of the rows in which k of the first n samples come within eps; each answer is proved."""
    found = solve(np.ascontiguousarray(values[:, :n]), targets, size=k, objective="closest", bits=BITS)
    return float((found.errors <= math.floor(math.ldexp(eps, BITS))).mean())


def smallest(values: np.ndarray, targets: np.ndarray, k: int, eps: float, start: int) -> dict[float, int]:
    """The smallest n for every chance; more samples never hurt, as rows are only made longer."""
    n, found = max(k, start - 2), {}
    most = MOST if k <= 6 else MOST_LARGE
    for chance in CHANCES:
        while n <= most and reached(values, targets, k, n, eps) < chance:
            n += 1
        if n > most:
            break
        found[chance] = n
    return found


def one_of_many(eps: float, chance: float) -> int:
    """k = 1 in closed form: a sample is within eps of the target with chance eps."""
    return math.ceil(math.log1p(-chance) / math.log1p(-eps))


def measure(rows: int, seed: int) -> list[dict[str, Any]]:
    """Every point: accuracy, chance, k, the smallest n, and what the first moment says of it."""
    rng = np.random.default_rng(seed)
    values = np.rint(np.ldexp(rng.uniform(-1, 1, (rows, MOST)), BITS)).astype(np.int64)
    targets = np.full(rows, int(math.ldexp(TARGET, BITS)))
    points = []
    for eps in ACCURACIES:
        found = {1: {chance: one_of_many(eps, chance) for chance in CHANCES}}
        for k in range(2, MOST):
            start = first_moment(k, eps)
            if start > MOST:
                continue
            found[k] = smallest(values, targets, k, eps, start)
            if k / found[k].get(CHANCES[0], k) >= DENSEST:
                break
        for k, by_chance in found.items():
            for chance, n in by_chance.items():
                order = math.log2(k / eps) / float(density.binary_entropy(k / n))
                points.append({"eps": eps, "chance": chance, "k": k, "n": n, "share": k / n, "order": order})
    return points


def first_moment(k: int, eps: float) -> int:
    """The least n at which half a subset of k terms is expected within eps: with fewer the chance is below 50 %."""
    n = k
    while density.expected_hits_of_size("U", n, k, eps, TARGET) < CHANCES[0]:
        n += 1
    return n


def fitted(points: list[dict[str, Any]], chance: float) -> tuple[float, float]:
    """The constant of n = C log2(k/eps) / H_2(k/n) that fits best, and the largest relative distance of a point."""
    chosen = [point for point in points if point["chance"] == chance and point["k"] > 1]
    ratios = np.array([point["n"] / point["order"] for point in chosen])
    constant = float(np.exp(np.log(ratios).mean()))
    return constant, float(np.abs(ratios / constant - 1).max())


def free(eps: float, chance: float) -> int:
    """The least n for subsets of any size, by the hitting law: a model."""
    n = 1
    while float(hit_chance("U", n, eps, TARGET)) < chance:
        n += 1
    return n


def curves(constants: dict[float, float]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Rows of both curve tables: of one subset sum, and of a network."""
    shares = np.geomspace(0.008, 0.8, 120)
    one = [
        [eps, share]
        + [float(natale2024.required_samples(share, eps, constant=constants[chance])) for chance in CHANCES]
        + [density.first_moment_n_of_share("U", share, eps, TARGET, CHANCES[0])]
        for eps in ACCURACIES
        for share in shares
    ]
    eps, width, layers = NETWORK["eps"], int(NETWORK["width"]), int(NETWORK["layers"])
    entry = eps / (2 * layers * width**2)
    network = [
        [
            share,
            float(natale2024.overparameterisation(width, layers, share, eps)),
            4 * density.first_moment_n_of_share("U", share, entry, TARGET, CHANCES[0]),
            float(natale2024.lower_bound(width, share, eps)) / width**2,
        ]
        for share in np.geomspace(2e-7, 0.8, 120)
    ]
    return one, network


def write(name: str, header: list[str], rows: list[list[Any]]) -> None:
    """One table for the figure."""
    with open(TABLES / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([f"{cell:.5g}" if isinstance(cell, float) else cell for cell in row] for row in rows)


def report(points: list[dict[str, Any]], fits: dict[float, tuple[float, float]]) -> str:
    """The figures as Markdown."""
    lines = ["| eps | k | n, 50 % | k/n | first moment n | n, 99 % | k/n |", "|---" * 7 + "|"]
    for eps in ACCURACIES:
        for k in sorted({point["k"] for point in points if point["eps"] == eps}):
            by_chance = {p["chance"]: p["n"] for p in points if p["eps"] == eps and p["k"] == k}
            cells = [f"{eps:g}", str(k)]
            for place, chance in enumerate(CHANCES):
                n = by_chance.get(chance)
                cells += [f"{n}", f"{k / n:.3f}"] if n else ["not reached", ""]
                cells += [str(first_moment(k, eps))] if place == 0 else []
            lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [
        f"n = C log2(k/eps) / H_2(k/n) with C = {constant:.2f} fitted at {100 * chance:g} %: every point with k >= 2 "
        f"is within {100 * off:.0f} % of it. The paper gives no C."
        for chance, (constant, off) in fits.items()
    ]
    lines.append(
        "k = 1 is in closed form (one sample near the target, as Malach et al. 2020), all others are searched."
    )
    any_size = ", ".join(f"{free(eps, 0.5)} at eps = {eps:g}" for eps in ACCURACIES)
    lines.append(f"Any size, as Pensia et al. 2020, 50 %, by the hitting law (a model): n = {any_size}.")
    return "\n".join(lines)


def main() -> None:
    """Measures, fits, and writes all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.perf_counter()
    points = measure(options.rows, options.seed)
    seconds = time.perf_counter() - begun
    fits = {chance: fitted(points, chance) for chance in CHANCES}
    one, network = curves({chance: constant for chance, (constant, _) in fits.items()})
    write("density_points.csv", list(points[0]), [list(point.values()) for point in points])
    write("density_curves.csv", ["eps", "share", "order_half", "order_most", "first_moment"], one)
    write("density_network.csv", ["share", "order", "first_moment", "least"], network)
    constants = [[f"C at {chance:g}", constant] for chance, (constant, _) in fits.items()]
    any_size = [[f"any size at {eps:g}", free(eps, 0.5)] for eps in ACCURACIES]
    write("density_facts.csv", ["name", "value"], [*NETWORK.items(), *constants, *any_size])
    intro = f"`python benchmarks/density.py` on {machine()}: {options.rows} rows, target {TARGET}, {seconds:.0f} s."
    text = "\n\n".join(["# Samples a subset of fixed size needs", intro, report(points, fits)])
    print(text)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "density.md").write_text(text + "\n")
    fit = {str(chance): {"constant": constant, "farthest": off} for chance, (constant, off) in fits.items()}
    stored = {"rows": options.rows, "seconds": seconds, "fits": fit, "points": points}
    (HERE / "results" / "density.json").write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
