"""The failure bounds against counted failures: every subset sum of random samples."""

from fractions import Fraction

import numpy as np

from proofs_checks.lemma import Lemma, Verdict, judge

RUNS = 2000
CELLS = (("U", 10, 0.5), ("U", 14, 0.5), ("U", 14, 0.25), ("UU", 14, 0.5))
RATES = {"U": Fraction(3, 4), "UU": Fraction(7, 8)}


def check(power: int) -> Verdict:
    """P(some |z| <= 1 is farther than eps from all sums) <= (2/eps - 1)(4/eps - 1) rate^(`power` n)."""
    rng = np.random.default_rng(2020)
    return judge((_holds(rng, law, n, eps, power) for law, n, eps in CELLS), Verdict.SAMPLED)


def _holds(rng: np.random.Generator, law: str, n: int, eps: float, power: int) -> bool:
    bound = min(1.0, (2 / eps - 1) * (4 / eps - 1) * float(RATES[law]) ** (power * n))
    failures = sum(not _covers(_draw(rng, law, n), eps) for _ in range(RUNS))
    return failures <= RUNS * bound + 4 * np.sqrt(RUNS * bound * (1 - bound)) + 1


def _draw(rng: np.random.Generator, law: str, n: int) -> np.ndarray:
    samples = rng.uniform(-1, 1, n)
    return samples if law == "U" else samples * rng.uniform(-1, 1, n)


def _covers(samples: np.ndarray, eps: float) -> bool:
    sums = np.zeros(1)
    for sample in samples:
        sums = np.concatenate([sums, sums + sample])
    inside = np.sort(sums[np.abs(sums) <= 1 + eps])
    return bool(inside[0] <= eps - 1 and inside[-1] >= 1 - eps and np.diff(inside).max(initial=0.0) <= 2 * eps)


LEMMA = Lemma(
    statement="targets in [-1, 1] missed by all subset sums are no more frequent than (2/eps - 1)(4/eps - 1) rho^n, "
    "rho = 3/4 for uniform samples and 7/8 for products of two",
    how="simulation, every subset sum, four standard deviations allowed",
    depth=f"{RUNS} runs each of {len(CELLS)} cells, n <= {max(n for _, n, _ in CELLS)}",
    step=0,
    expected=Verdict.SAMPLED,
    check=check,
    claim=1,
    false_statement="no more frequent than (2/eps - 1)(4/eps - 1) rho^(5n)",
    false_claim=5,
)
