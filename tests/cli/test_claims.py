"""What the command line says of claims that say little, of wishes out of reach, and of laws that reach few targets."""

from __future__ import annotations

import numpy as np
import pytest

from slth.certify.attack import attack
from slth.certify.exact import least_error
from slth.core.network import Activation, Dense, Network
from slth.interop.targets import write_target
from slth.theory.build import approximate
from slth.theory.plan import Request


def deep(layers: int, gain: float = 4.0) -> Network:
    rng = np.random.default_rng(0)
    nodes: list = []
    for _ in range(layers):
        nodes += [Dense((gain * rng.normal(size=(6, 6))).astype(np.float32), np.ones(6, np.float32)), Activation()]
    return Network(tuple(nodes[:-1]), (6,))


@pytest.fixture
def shallow(tmp_path):
    write_target(deep(2, 0.5), tmp_path / "t.safetensors")
    return tmp_path / "t.safetensors"


def test_a_claim_beyond_the_outputs_is_said_to_say_little(slth, tmp_path):
    write_target(deep(6), tmp_path / "deep.safetensors")
    ask = ["approximate", "--target", tmp_path / "deep.safetensors", "-o", tmp_path / "t.slth"]
    assert "says little" in slth(*ask, "--weight-error", "0.5", "--samples", "12").err
    assert "says little" not in slth(*ask, "--weight-error", "1e-6", "--samples", "44").err


def test_a_wish_out_of_reach_says_what_to_do(slth, tmp_path):
    write_target(deep(60, 30.0), tmp_path / "deep.safetensors")
    ask = ["approximate", "--target", tmp_path / "deep.safetensors", "-o", tmp_path / "t.slth"]
    done = slth(*ask, "--epsilon", "1e-9")
    assert done.code == 2
    assert "smaller --domain, a larger --epsilon" in done.err


def test_sums_of_signs_get_their_own_advice(slth, shallow, tmp_path):
    ask = ["approximate", "--target", shallow, "-o", tmp_path / "t.slth", "--law", "sign", "--samples", "8"]
    assert "--law uniform or normal" in slth(*ask).err


def test_options_are_listed_and_cited(slth):
    assert "--option density=0.25" in slth("list").out
    assert "--option depth=L+1" in slth("cite", "burkholz2022").out


def test_what_an_attack_proves_is_what_exact_arithmetic_proves():
    target = Network((Dense(np.full((2, 3), 0.4)), Activation("sigmoid"), Dense(np.full((1, 2), 0.7))), (3,))
    made = approximate(target, Request(samples=24, seed=3), "burkholz2022", options={"depth": "2L"})
    found = attack(target, made.ticket.layers, made.ticket.claim.domain, seconds=0.2)
    assert 0 < found.proved <= least_error(target, made.ticket.layers, found.input) <= made.certified.eps_real
