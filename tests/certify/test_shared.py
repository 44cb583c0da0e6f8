"""The published 784-500-10 network with every weight off by up to 0.001: tightness and speed on real data."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from random_pairs import effective

from slth.certify.attack import attack
from slth.certify.bounds import certify
from slth.certify.exact import exact_error
from slth.core.domain import Ball, Box
from slth.interop.read import read

pytestmark = pytest.mark.shared
BOX = Box(Fraction(0), Fraction(1))


@pytest.fixture(scope="module")
def pensia(shared):
    return read(shared / "targets" / "pensia-fc2.pt").network


def near(target, size: float):
    rng = np.random.default_rng(0)
    layers = []
    for dense in target.affine:
        weight = np.rint((dense.weight + size * rng.uniform(-1, 1, dense.shape)) * 2.0**48).astype(np.int64)
        layers.append(effective(weight, weight, np.zeros(len(weight), np.int64), 2.0**-48))
    return tuple(layers)


def test_tightness_on_the_box_and_on_a_ball(pensia, figure) -> None:
    layers = near(pensia, 1e-3)
    rng = np.random.default_rng(0)
    ball = Ball(rng.random((1, 784)) * (rng.random((1, 784)) < 0.2), Fraction(1, 100), "linf", BOX)
    for name, domain, most in (("box", BOX, 3.0), ("linf ball 0.01", ball, 2.0)):
        start = time.process_time()
        certified = certify(pensia, layers, domain)
        seconds = time.process_time() - start
        found = attack(pensia, layers, domain, 2.0)
        exact = float(exact_error(pensia, layers, found.input))
        assert found.error == pytest.approx(exact, rel=1e-9)
        ratio = certified.eps_real / exact
        figure(
            f"784-500-10, weights off by 0.001, {name}",
            f"certified {certified.eps_real:.4g} (backward {certified.backward_eps:.4g}, interval "
            f"{certified.interval_eps:.4g}, norms {certified.norm_product:.4g}) in {seconds:.2f} CPU s, "
            f"attack {exact:.4g}, ratio {ratio:.2f}",
        )
        assert 1 <= ratio <= most
        assert certified.backward_eps < 5
