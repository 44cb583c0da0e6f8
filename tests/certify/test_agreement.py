"""The two certificates agree: on real tickets of random targets, the exact checker proves what numpy says it proves."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_sources import source_case

from slth.certify.bounds import certify
from slth.core.domain import Ball, Box, Domain, Hull
from slth.core.network import Activation, Dense, Flatten, Network
from slth.core.ticket import SupNorm, Ticket
from slth.interop.targets import write_target
from slth.interop.tickets import write_ticket
from slth.theory.build import approximate
from slth.theory.plan import Request
from slth.theory.tolerances import claimed
from slth.verify.__main__ import Parser, verify

TICKETS = 150
SOURCES = 240


def random_target(rng: np.random.Generator) -> Network:
    """1 to 4 dense layers, with or without biases, flatten and a last relu; weights above 1 too."""
    widths = [int(w) for w in rng.integers(1, 7, rng.integers(2, 6))]
    bias, dtype = rng.random() < 0.6, rng.choice([np.float32, np.float64])
    nodes: list = [Flatten()] if rng.random() < 0.3 else []
    for inputs, outputs in pairwise(widths):
        weight = (rng.normal(0, rng.choice([0.1, 1.0, 3.0]), (outputs, inputs))).astype(dtype)
        nodes += [Dense(weight, rng.normal(0, 0.5, outputs).astype(dtype) if bias else None), Activation()]
    return Network(tuple(nodes if rng.random() < 0.2 else nodes[:-1]), (widths[0],))


def random_domain(rng: np.random.Generator, inputs: int) -> Domain:
    """A box, signed or not, balls of both norms, or a hull."""
    kind = rng.integers(0, 5)
    if kind < 2:
        return Box(Fraction(int(rng.integers(-2, 1)), 3), Fraction(int(rng.integers(1, 4)), 3))
    points = rng.uniform(-1, 1, (2, inputs))
    if kind == 4:
        return Hull(points.min(axis=0), points.max(axis=0))
    norm = "l2" if kind == 2 else "linf"
    return Ball(points, Fraction(1, int(rng.integers(2, 50))), norm, Box(Fraction(-1), Fraction(1)))


def verified(ticket: Ticket, target: Network, folder: Path) -> dict[str, Any]:
    """What the exact checker says of two files."""
    write_ticket(folder / "t.slth", ticket)
    write_target(target, folder / "t.safetensors")
    options = Parser(prog="test")
    for name in ("domain", "epsilon"):
        options.add_argument(f"--{name}")
    asked = options.parse_args([])
    asked.ticket, asked.target = folder / "t.slth", folder / "t.safetensors"
    return verify(asked)


@pytest.mark.parametrize("part", range(3))
def test_the_checkers_agree(tmp_path, figure, part):
    seed = 100 + part
    rng, worst = np.random.default_rng(seed), 0.0
    for _ in range(TICKETS // 3):
        target = random_target(rng)
        request = Request(samples=int(rng.integers(8, 20)), seed=int(rng.integers(1 << 40)), weight_error=0.01)
        wish = Request(**{**vars(request), "domain": random_domain(rng, target.input_shape[0])})
        made = approximate(target, wish)
        exact = verified(made.ticket, target, tmp_path)
        assert exact["verdict"] == "PROVED", f"seed {seed}: {exact}"
        assert made.certified.eps_real <= made.certified.checker_eps
        assert made.certified.checker_eps >= exact["eps_real"] * (1 - 2e-3) - 1e-12, f"seed {seed}: {exact}"
        if exact["eps_real"] > 1e-9:
            worst = max(worst, made.certified.checker_eps / exact["eps_real"])
    assert worst < 1.1
    figure(
        f"two certificates, {TICKETS // 3} tickets (seed {seed})", f"all proved by both; numpy / exact <= {worst:.3f}"
    )


@pytest.mark.parametrize("part", range(2))
def test_the_checkers_agree_on_networks_of_every_node(tmp_path, figure, part):
    """Convolutions, pools, sums, every activation outside and inside, copies: sources whose error is what it is."""
    ratios = []
    for seed in range(part * SOURCES // 2, (part + 1) * SOURCES // 2):
        case = source_case(seed)
        certified = certify(case.target, case.layers, case.domain)
        claim = SupNorm(case.target.digest, claimed(certified), case.domain)
        exact = verified(Ticket(case.source, case.mask, claim, {"by": "test"}), case.target, tmp_path)
        # entries of kernels have few bits in the exact checker: claims below 1e-6 can miss by less than 1e-9
        assert exact["eps_real"] <= claim.eps + 1e-9, f"seed {seed}: {certified.checker_eps} but {exact}"
        assert exact["verdict"] == "PROVED" or claim.eps < 1e-6, f"seed {seed}: {certified.checker_eps} but {exact}"
        assert certified.eps_real <= certified.checker_eps
        if exact["eps_real"] > 1e-4:  # constants behind a tanh are known to 2^-24 only, here; dead rows count as unsure
            ratios.append(certified.checker_eps / exact["eps_real"])
    ratios.sort()
    count, middle = len(ratios), ratios[len(ratios) // 2]
    assert count > SOURCES // 4
    assert abs(middle - 1) < 1e-5
    assert ratios[0] > 1 - 2e-3
    assert ratios[count * 9 // 10] < 1.005
    figure(
        f"two certificates, every kind of node, {SOURCES // 2} sources ({part})",
        f"proved by both above eps 1e-6; numpy / exact from {ratios[0]:.6f} to {ratios[-1]:.3f}, median {middle:.6f}",
    )
