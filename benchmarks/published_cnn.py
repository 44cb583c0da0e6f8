"""The published error-versus-n experiment on a CNN (da Cunha, Natale, Viennot, ICLR 2022), from true subsets.

    python benchmarks/published_cnn.py [--target lenet5-mnist.safetensors] [--seeds 20]

Each of the 2,572 weights and biases of the two convolutions of LeNet-5 is approximated by the best subset of n fresh
uniform samples, for n = 5, 10, ..., 30, as published: no products, no first layer. Writes
benchmarks/results/published_cnn.md and .json and the table of the figure, paper_figures/data/published_cnn.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import DATA, HERE, ROOT, machine

from slth.core.philox import key_from_seed, words_range
from slth.interop.safetensors import read_container
from slth.rss.solve import solve
from slth.rss.subsets import Status
from slth.theory.bounds.hitting import best_error

BITS = 52  # samples are odd multiples of 2^-52
TENSORS = ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias")
SIZES = (5, 10, 15, 20, 25, 30)
DOMAIN = 2022  # of the random words: not those of any ticket
# As stored beside the public code of the paper: median of |error|, and the largest over the tensors of
# max |error| / max |weight|; MNIST, then Fashion-MNIST.
PUBLISHED = {
    5: (2.57e-2, 8.92e-1, 2.66e-2, 7.93e-1),
    10: (1.14e-3, 5.66e-1, 1.17e-3, 7.71e-1),
    15: (4.40e-5, 1.79e-2, 4.41e-5, 5.12e-1),
    20: (2.98e-8, 7.33e-4, 7.17e-8, 2.63e-3),
    25: (0.0, 7.69e-5, 0.0, 1.51e-5),
    30: (0.0, 7.73e-6, 0.0, 2.24e-5),
}
WHY = (
    "Why the published medians are smaller from n = 20 on. They are smaller than what any subset can reach: the median "
    "best error of 0/1 subsets is 0.6544 s sqrt(n) 2^-n (s^2 = 1/3), 1.61e-6 at n = 20, and every row above is the "
    "proven optimum. The public code adds up the coefficients of a mixed-integer program as the solver returned them, "
    "without rounding, and the solver's defaults allow 1e-6 in a constraint and 1e-5 in an integer. At n = 15 the "
    "optimum, 4.4e-5, is far above 1e-6, and the published median is within 2 % of it; at n = 20 it is of that size, "
    "and from there on the stored 'subsets', fractions of samples, meet the weights exactly (median error 0 at n = 25 "
    "and 30). That the tolerances are the cause is our reading of the code; that solver was not run again. Here "
    "positions are 0 or 1, and their sums are recomputed in integers."
)


def words_of_samples(seed: int, count: int, n: int, bits: int = BITS) -> np.ndarray:
    """Samples uniform on (-1, 1), (count, n) int64 in units of 2^-52: odd multiples of 2^-bits, from two words each."""
    words = words_range(key_from_seed(seed), n, 0, 2 * count * n, DOMAIN).astype(np.int64).reshape(count, n, 2)
    place = (words[..., 0] << 20 | words[..., 1] >> 12) >> (BITS - bits)
    return (2 * place + 1 - (1 << bits)) << (BITS - bits)


def weights_of(path: Path) -> list[np.ndarray]:
    """The convolutions' weights and biases, a tensor a row."""
    _, tensors = read_container(path)
    missing = [name for name in TENSORS if name not in tensors]
    if missing:
        raise SystemExit(f"{path}: no tensor {missing[0]}; give a LeNet-5 with {', '.join(TENSORS)}")
    return [np.asarray(tensors[name], np.float64).ravel() for name in TENSORS]


def errors_of(tensors: list[np.ndarray], seed: int, n: int, bits: int = BITS) -> tuple[np.ndarray, float, bool]:
    """Errors of all weights, the seconds of solving, and whether each is the proven optimum."""
    targets = np.rint(np.ldexp(np.concatenate(tensors), BITS)).astype(np.int64)
    values = words_of_samples(seed, len(targets), n, bits)
    begun = time.perf_counter()
    found = solve(values, targets, objective="closest", bits=BITS)
    seconds = time.perf_counter() - begun
    return np.ldexp(found.errors.astype(np.float64), -BITS), seconds, bool(np.all(found.status == Status.OPTIMAL))


def largest_relative(tensors: list[np.ndarray], errors: np.ndarray) -> float:
    """Largest over the tensors of max |error| / max |weight|."""
    parts = np.split(errors, np.cumsum([len(tensor) for tensor in tensors])[:-1])
    return max(float(part.max() / np.abs(tensor).max()) for part, tensor in zip(parts, tensors, strict=True))


def measure(tensors: list[np.ndarray], n: int, seeds: int) -> dict[str, Any]:
    """One row: seed 0 as published, the spread over seeds beside it, and samples of 24 bits."""
    cold = errors_of(tensors, 0, n)[1]
    runs = [errors_of(tensors, seed, n) for seed in range(seeds)]
    largest = np.array([largest_relative(tensors, errors) for errors, _, _ in runs])
    short = errors_of(tensors, 0, n, 24)[0]
    theory = best_error("U", n)
    median = float(np.median(runs[0][0]))
    published = dict(zip(("median", "relative", "fashion_median", "fashion_relative"), PUBLISHED[n], strict=True))
    return {
        "n": n,
        "median": median,
        "median_of_all_seeds": float(np.median(np.concatenate([errors for errors, _, _ in runs]))),
        "theory": theory,
        "ratio": median / theory,
        "relative": float(largest[0]),
        "relative_low": float(np.quantile(largest, 0.05)),
        "relative_median": float(np.median(largest)),
        "relative_high": float(np.quantile(largest, 0.95)),
        "median_24_bits": float(np.median(short)),
        "seconds": float(np.median([seconds for _, seconds, _ in runs])),
        "seconds_first": cold,
        "optimal": all(proved for _, _, proved in runs),
        **{f"published_{name}": value for name, value in published.items()},
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    head = ["n", "median error", "theory", "ratio", "published", "24-bit samples"]
    head += ["largest relative error (5-95 % of seeds)", "published", "seconds", "proven optimum"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        cells = [str(row["n"]), f"{row['median']:.2e}", f"{row['theory']:.2e}", f"{row['ratio']:.3f}"]
        cells += [f"{row['published_median']:.2e}", f"{row['median_24_bits']:.2e}"]
        cells += [f"{row['relative']:.1e} ({row['relative_low']:.1e} - {row['relative_high']:.1e})"]
        cells += [f"{row['published_relative']:.1e}", f"{row['seconds']:.3f}", "all" if row["optimal"] else "NOT ALL"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measures every n and writes the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=Path, default=DATA / "targets" / "lenet5-mnist.safetensors")
    parser.add_argument("--seeds", type=int, default=20, help="draws behind the spread of the largest error")
    options = parser.parse_args()
    if not options.target.is_file():
        raise SystemExit(f"{options.target}: not here; give --target")
    tensors = weights_of(options.target)
    errors_of([np.array([0.1])], 0, 10)  # compile first
    rows = [measure(tensors, n, options.seeds) for n in SIZES]
    last, within = rows[-1], max(abs(row["ratio"] - 1) for row in rows)
    holds = {"medians": within <= 0.1, "seconds": last["seconds"] <= 1.5, "optimal": all(r["optimal"] for r in rows)}
    checks = [
        f"Medians within {100 * within:.1f} % of theory (must be within 10 %): {_word(holds['medians'])}.",
        f"{sum(map(len, tensors)):,} weights at n = 30, every one to proven optimum: {last['seconds']:.2f} s, "
        f"{last['seconds_first']:.2f} s the first time (must be at most 1.5 s after compilation): "
        f"{_word(holds['seconds'] and holds['optimal'])}.",
        "Samples are drawn at 52 bits. Sums of 24-bit samples, as tickets have them, lie on a grid of 2^-24 = 6.0e-8 "
        "and come no closer than the grid allows (column '24-bit samples').",
    ]
    title = "# Error against number of samples on LeNet-5's convolutions (ICLR 2022), from true subsets"
    intro = f"`python benchmarks/published_cnn.py` on {machine()}. Seed 0; the spread is over {options.seeds} seeds."
    text = "\n\n".join([title, intro, table(rows), *checks, WHY])
    print(text)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "published_cnn.md").write_text(text + "\n")
    report = {"holds": holds, "seeds": options.seeds, "bits": BITS, "rows": rows, "why": WHY}
    (HERE / "results" / "published_cnn.json").write_text(json.dumps(report, indent=1) + "\n")
    with open(ROOT / "paper_figures" / "data" / "published_cnn.csv", "w", newline="", encoding="utf-8") as file:
        names = [name for name in rows[0] if not name.startswith("seconds")]
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)


def _word(holds: bool) -> str:
    return "holds" if holds else "MISSED"


if __name__ == "__main__":
    main()
