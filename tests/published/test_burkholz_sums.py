"""The stored statistics of 100,000 subset sums (Burkholz 2022): each within its confidence interval."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.mark.parametrize("law", ["uniform", "product"])
def test_published_figures_lie_in_their_intervals(program, figure, law):
    found = program("benchmarks", "burkholz_sums").measure(law)
    holds = found.holds()
    assert holds.pop("seconds") in (True, False)  # the clock is the benchmark's business
    assert all(holds.values()), found
    low, high = found.success_interval
    said = f"success {100 * low:.2f} - {100 * high:.2f} %, size {found.size_of_successes:.3f}, {found.seconds:.2f} s"
    figure(f"Burkholz (2022), 100,000 sums of 15 {law} samples", said)


def test_a_wrong_figure_is_outside(program):
    """The intervals are narrow enough to see one sample less."""
    sums = program("benchmarks", "burkholz_sums")
    values, targets = sums.instances("uniform", 0, 20_000)
    found = sums.solve(np.ascontiguousarray(values[:, :14]), targets, int(sums.EPS * 2**sums.BITS), objective="fewest")
    good = found.errors <= int(sums.EPS * 2**sums.BITS)
    low, high = sums.share_interval(int(good.sum()), len(good))
    assert not low <= sums.PUBLISHED["uniform"].success <= high
