"""Every registered theorem keeps its promises: a ticket, proved, attacked, the same twice, of claimed order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from slth.certify.attack import attack
from slth.core.errors import BadInput
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.interop.targets import write_target
from slth.interop.tickets import read_ticket, write_ticket
from slth.theory.build import approximate
from slth.theory.plan import Request
from slth.theory.stages import kind_of, matrix_of
from slth.theory.theorem import theorems

LEAKY = Activation("leaky_relu", 0.25)
SAMPLES = {"malach2020": 60, "dacunha2023": 60}  # others: 16 samples leave weights within a few hundredths
TOLERANCES = (0.2, 0.05, 0.0125, 0.003)
DRAWN = 60  # weights whose samples are counted


def affine(rng: np.random.Generator, *shape: int, **geometry: tuple[int, int]) -> Dense | Conv:
    fan_in = int(np.prod(shape[1:]))
    weight = (rng.uniform(-1, 1, shape) * fan_in**-0.5).astype(np.float32)
    bias = rng.uniform(-0.2, 0.2, shape[0]).astype(np.float32)
    return Dense(weight, bias) if len(shape) == 2 else Conv(weight, bias, **geometry)


def targets() -> dict[str, Network]:
    """Small targets of every kind."""
    rng = np.random.default_rng(1)
    same = {"padding": (1, 1)}
    found = {
        f"dense {act.kind}": Network((affine(rng, 4, 5), act, affine(rng, 2, 4)), (5,))
        for act in (Activation(), LEAKY, Activation("tanh"), Activation("sigmoid"))
    }
    picture = (1, 5, 5)
    found["convolution"] = Network(
        (affine(rng, 2, 1, 2, 2, stride=(2, 2)), Activation(), Flatten(), affine(rng, 2, 8)), picture
    )
    found["max pooling"] = Network(
        (affine(rng, 2, 1, 2, 2), Activation(), Pool("max", (2, 2), (2, 2)), Flatten(), affine(rng, 2, 8)), picture
    )
    body = (affine(rng, 2, 1, 3, 3, **same), Activation(), affine(rng, 2, 2, 3, 3, **same), Add(), Activation())
    ending = (Pool("mean", (5, 5), (5, 5)), Flatten(), affine(rng, 2, 2))
    feeds = ((-1,), (0,), (1,), (2, 1), (3,), (4,), (5,), (6,))
    found["residual"] = Network((*body, *ending), picture, feeds)
    return found


TARGETS = targets()
CASES = [(key, name) for key, _ in theorems for name in TARGETS]


@pytest.mark.parametrize(("key", "name"), CASES)
def test_a_ticket_is_built_proved_attacked_and_the_same_twice(key: str, name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    try:
        theorems.get(key)().check(target)
    except BadInput as refusal:
        kinds = {kind_of(node) for node in target.nodes}
        assert any(kind in str(refusal) for kind in kinds), f"a refusal names what it refuses: {refusal}"
        assert "use " in str(refusal), f"a refusal says what to do instead: {refusal}"
        return
    objective = "closest"
    request = Request(objective=objective, samples=SAMPLES.get(key, 16), seed=7)
    made = approximate(target, request, key)
    again = approximate(target, request, key)
    write_ticket(tmp_path / "a.slth", made.ticket)
    write_ticket(tmp_path / "b.slth", again.ticket)
    assert (tmp_path / "a.slth").read_bytes() == (tmp_path / "b.slth").read_bytes()
    assert made.certified.eps_real <= made.ticket.claim.eps
    found = attack(target, made.ticket.layers, made.ticket.claim.domain, seconds=0.5)
    assert 0 < found.error <= made.certified.eps_real
    inputs = np.random.default_rng(0).uniform(0, 1, (50, *target.input_shape))
    compact = read_ticket(tmp_path / "a.slth")[0].to_network(target)
    off = np.abs(compact(inputs) - target(inputs)).max()
    assert off <= made.certified.eps_real * (1 + 1e-9)
    write_target(target, tmp_path / "t.safetensors")
    command = [sys.executable, "-m", "slth.verify", str(tmp_path / "a.slth"), str(tmp_path / "t.safetensors")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("key", [key for key, _ in theorems])
def test_samples_grow_within_the_claimed_order(key: str, figure) -> None:
    """The smallest n that serves half of the weights, over four tolerances, against the theorem's order."""
    theorem = theorems.get(key)()
    rng = np.random.default_rng(2)
    target = Network((Dense(rng.uniform(-0.5, 0.5, (1, DRAWN)).astype(np.float32)),), (DRAWN,))
    needed = []
    for tolerance in TOLERANCES:
        n = needed[-1] if needed else 2
        while _served(theorem, target, n, tolerance) < 0.5:
            n += max(1, n // 8)
        needed.append(n)
    ratios = [n / theorem.order(tolerance) for n, tolerance in zip(needed, TOLERANCES, strict=True)]
    figure(f"samples of {key} at weight errors {TOLERANCES}", f"{needed}")
    assert ratios[-1] <= 1.5 * max(ratios[:2]), f"n = {needed} grows faster than the theorem says"


def _served(theorem, target: Network, n: int, tolerance: float) -> float:
    """Share of the weights within tolerance at n samples."""
    plan = theorem.plan(target, Request(objective="closest", samples=n, law=theorem.law, seed=3), n)
    limits = np.full(matrix_of(target.affine[0]).shape, tolerance)
    solved = plan.stage(plan, plan.layers[0], target.affine[0], limits, None, lambda *_: None)
    return float((solved.weight_errors() <= tolerance).mean())
