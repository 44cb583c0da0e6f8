"""2,000 random small networks against the exact sup on segments: no bound may be below it."""

from __future__ import annotations

import statistics

from exact_segments import segment_sup
from random_pairs import random_case

from slth.certify.bounds import certify

NETWORKS = 2000


def test_no_bound_is_below_the_exact_sup(figure) -> None:
    ratios, violations = [], []
    for seed in range(NETWORKS):
        case = random_case(seed)
        certified = certify(case.target, case.layers, case.domain)
        sups = [segment_sup(case.target, case.layers, p, q) for p, q in case.segments]
        worst = [max(column) for column in zip(*sups, strict=True)]
        bounds = (
            certified.eps_real,
            certified.checker_eps,
            certified.backward_eps,
            certified.interval_eps,
            certified.norm_product,
        )
        if any(bound < max(worst) for bound in bounds):
            violations.append(seed)
        if any(bound < sup for bound, sup in zip(certified.outputs.tolist(), worst, strict=True)):
            violations.append(seed)
        if max(worst) > 0:
            ratios.append(certified.eps_real / float(max(worst)))
    ratios.sort()
    figure(
        "certificate / exact sup on segments",
        f"{NETWORKS} networks, {len(violations)} violations, ratio min {ratios[0]:.12f} "
        f"median {statistics.median(ratios):.3f} 90 % {ratios[len(ratios) * 9 // 10]:.2f}",
    )
    assert not violations
