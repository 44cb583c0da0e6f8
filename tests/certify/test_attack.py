"""The attack: inside the domain, never above the certificate, exact where it says how much, and strong."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import difference_at, graph_case
from random_pairs import random_case

from slth.certify.arena import arena
from slth.certify.attack import attack
from slth.certify.bounds import certify
from slth.certify.difference import difference
from slth.certify.exact import exact_error, least_error
from slth.certify.twin import Twin
from slth.core.domain import Ball, Box, Domain
from slth.core.errors import BadInput


def inside(x: np.ndarray, domain: Domain) -> bool:
    """Whether a float64 point lies in the domain, by fractions."""
    point = [Fraction(v) for v in x.tolist()]
    if isinstance(domain, Box):
        return all(domain.lo <= v <= domain.hi for v in point)
    if isinstance(domain, Ball):
        if not all(domain.clip.lo <= v <= domain.clip.hi for v in point):
            return False
        for centre in domain.centres.tolist():
            steps = [abs(v - Fraction(c)) for v, c in zip(point, centre, strict=True)]
            size = max(steps) if domain.norm == "linf" else None
            if (size is not None and size <= domain.radius) or (
                size is None and sum(s * s for s in steps) <= domain.radius**2
            ):
                return True
        return False
    return bool((x >= domain.lower).all() and (x <= domain.upper).all())


@given(st.integers(0, 100_000))
def test_inside_the_domain_below_the_certificate_and_exact(seed: int) -> None:
    case = random_case(seed, segments=0)
    try:
        found = attack(case.target, case.layers, case.domain, 0.0)
    except BadInput:
        assert isinstance(case.domain, Box)  # a single real number that no float64 is
        return
    assert inside(found.input, case.domain)
    exact = exact_error(case.target, case.layers, found.input)
    assert exact <= Fraction(certify(case.target, case.layers, case.domain).eps_real)
    scale = sum(float(np.abs(layer.plus).max()) * layer.unit for layer in case.layers)
    assert found.error == pytest.approx(float(exact), rel=1e-9, abs=1e-15 * scale)
    assert 0 <= found.output < case.target.affine[-1].shape[0]


def test_finds_the_worst_corner_of_small_boxes() -> None:
    """On a box of 4 inputs the best corner is known; a search of one batch should reach nearly all of them."""
    ratios = []
    for seed in range(300):
        case = random_case(seed, segments=0)
        if not isinstance(case.domain, Box) or case.domain.lo == case.domain.hi:
            continue
        field = arena(case.domain, case.target.input_shape[0])
        corners = product(*zip(field.lower[0].tolist(), field.upper[0].tolist(), strict=True))
        best = max(float(exact_error(case.target, case.layers, np.array(c))) for c in corners)
        if best > 1e-9:
            ratios.append(attack(case.target, case.layers, case.domain, 0.05).error / best)
    assert len(ratios) > 40
    assert np.mean(np.array(ratios) >= 0.999) >= 0.95


def test_the_same_seed_gives_the_same_point() -> None:
    case = random_case(11, segments=0)
    first, second = (attack(case.target, case.layers, case.domain, 0.0, seed=5) for _ in range(2))
    assert first.error == second.error
    assert (first.input == second.input).all()


def test_a_box_without_floats_is_refused() -> None:
    case = random_case(11, segments=0)
    with pytest.raises(BadInput, match="no float64 input"):
        attack(case.target, case.layers, Box(Fraction(1, 3), Fraction(1, 3)), 0.0)


def search(case, seconds: float = 0.0):
    """An attack, or None where the domain is a real number that no float64 is."""
    try:
        return attack(case.target, case.layers, case.domain, seconds)
    except BadInput:
        assert isinstance(case.domain, Box)
        return None


@given(st.integers(0, 100_000))
def test_on_every_node_inside_the_domain_and_below_the_certificate(seed: int) -> None:
    case = graph_case(seed)
    found = search(case)
    if found is None:
        return
    assert inside(found.input, case.domain)
    here = np.abs(difference_at(case, found.input[None]))[0]
    assert found.error == pytest.approx(here.max(), rel=1e-6, abs=1e-11)
    assert here[found.output] == pytest.approx(here.max(), rel=1e-6, abs=1e-11)
    least = least_error(case.target, case.layers, found.input)
    assert least <= Fraction(certify(case.target, case.layers, case.domain).eps_real)
    assert float(least) <= found.error * (1 + 1e-6) + 1e-11


def test_on_every_node_it_beats_sampling(figure) -> None:
    better = 0.0
    count = 0
    for seed in range(150):
        case = graph_case(seed)
        found = search(case, 0.05)
        if found is None:
            continue
        region = next(case.domain.regions(int(np.prod(case.target.input_shape))))
        if region.centre is not None or (region.lower == region.upper).all():
            continue
        rng = np.random.default_rng(seed)
        ends = np.where(rng.random((400, len(region.lower))) < 0.5, region.lower, region.upper)
        sampled = np.abs(difference_at(case, ends)).max()
        count += 1
        better += found.error >= sampled * 0.98 - 1e-12
    figure("attack against 400 random corners, networks of every node", f"at least as good on {better:.0f} of {count}")
    assert better >= 0.95 * count


@given(st.integers(0, 100_000))
def test_the_gradient_is_that_of_smooth_networks(seed: int) -> None:
    case = graph_case(seed, ("tanh", "sigmoid"))
    signed = True
    twin = Twin.of(case.target, difference(case.target, case.layers, signed))
    if any(type(node).__name__ == "Pool" for node in case.target.nodes) or twin.final:
        return
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.1, 1, (1, int(np.prod(case.target.input_shape))))
    rows = rng.normal(size=(1, twin.errors(x).shape[1]))
    gradient, value = twin.ascent(x, rows, 0.1)
    assert value[0] == pytest.approx(float((twin.errors(x) * rows).sum()))
    apart = [layer.uneven is not None for layer in twin.model.layers]
    if any(apart):
        return  # the search leaves out what |h'| adds
    step = 1e-5 * rng.normal(size=x.shape)
    change = (twin.errors(x + step) - twin.errors(x - step)) * rows / 2
    assert float((gradient * step).sum()) == pytest.approx(change.sum(), rel=0.3, abs=1e-9)
