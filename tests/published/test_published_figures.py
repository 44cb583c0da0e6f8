"""Published figures, re-computed: Burkholz (2022) on subset sums, Pensia et al. (2020) on a network."""

from __future__ import annotations

import math

import numpy as np
import pytest

from slth.interop.read import read
from slth.rss.solve import solve
from slth.theory.build import approximate
from slth.theory.plan import Request

DRAWS = 40_000
BITS = 40


@pytest.mark.parametrize(("products", "success", "size"), [(False, 0.99596, 2.29), (True, 0.96448, 2.37)])
def test_success_and_size_of_the_fewest_terms(products, success, size, figure):
    """100,000 subset sums of 15 samples within 0.01 of targets uniform on [-1, 1], fewest terms first.

    The published run stops at the first subset of a size; success and size do not depend on which one.
    """
    rng = np.random.default_rng(2022)
    samples = rng.uniform(-1, 1, (DRAWS, 15)) * (rng.uniform(-1, 1, (DRAWS, 15)) if products else 1.0)
    values, targets = (np.rint(a * 2.0**BITS).astype(np.int64) for a in (samples, rng.uniform(-1, 1, DRAWS)))
    found = solve(values, targets, int(0.01 * 2**BITS), objective="fewest")
    good = found.errors <= int(0.01 * 2**BITS)
    rate, mean = good.mean(), found.sizes[good].mean()
    spread = math.sqrt(success * (1 - success) / DRAWS)
    figure(f"subset sums of 15 {'products' if products else 'uniforms'}", f"success {rate:.4f}, mean size {mean:.3f}")
    assert abs(rate - success) < 5 * spread
    assert abs(mean - size) < 0.03


def test_pensia_kept_weights_and_claim(shared, figure):
    """3,725,871 of 397,000 x 21 weights were kept as published; fewest terms keep less than the target has."""
    target = read(shared / "targets" / "pensia-fc2.pt").network
    wish = Request(weight_error=0.01, samples=21, assignment="traded")
    made = approximate(target, wish)
    figure("Pensia et al. (2020), n = 21, weight error 0.01", f"kept {made.ticket.mask.count:,}, published 3,725,871")
    assert target.size == 397_000
    assert len(made.ticket.missed) == 0
    assert made.ticket.mask.count <= 230_000
    assert made.max_weight_error <= 0.01
