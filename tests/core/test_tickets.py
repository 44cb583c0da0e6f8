"""Masks, collapse and ticket files."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.collapse import collapse
from slth.core.compact import drop_dead_units
from slth.core.domain import Ball, Box, Hull
from slth.core.errors import BadFile, BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Network
from slth.core.source import Source, SourceLayer
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.interop.tickets import pack, read_ticket, unpack, write_ticket


def small_source(bias: bool = True, seed: int = 3) -> Source:
    first = (SourceLayer(30, 4 + bias, 1.0, bias), SourceLayer(5, 30, 0.5))
    return Source(seed, law("uniform"), (*first, SourceLayer(20, 5), SourceLayer(2, 20, 2.0)))


def random_mask(source: Source, rng: np.random.Generator) -> Mask:
    kept = []
    for number, layer in enumerate(source.layers):
        if number % 2:
            kept.append(np.flatnonzero(rng.random(layer.size) < 0.4))
        else:
            units = np.flatnonzero(rng.random(layer.rows) < 0.8)
            kept.append(units * layer.columns + rng.integers(0, layer.columns, len(units)))
    return Mask.of(source, kept)


def random_ticket(seed: int = 0, bias: bool = True) -> Ticket:
    rng = np.random.default_rng(seed)
    source = small_source(bias)
    claim = SupNorm("0" * 64, 0.5, Box(Fraction(-1), Fraction(1)))
    return Ticket(source, random_mask(source, rng), claim, {"by": "test"})


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_collapse_is_the_masked_network(seed, bias):
    ticket = random_ticket(seed, bias)
    like = Network((Dense(np.ones((5, 4)), np.ones(5) if bias else None), Activation(), Dense(np.ones((2, 5)))), (4,))
    x = np.random.default_rng(seed).uniform(-1, 1, (50, 4))
    first, second = ticket.layers
    h = np.maximum(x, 0) @ (first.plus.T * first.unit) - np.maximum(-x, 0) @ (first.minus.T * first.unit)
    h = np.maximum(h + first.bias * first.unit, 0)
    y = h @ (second.plus.T * second.unit) + second.bias * second.unit
    np.testing.assert_allclose(ticket.to_network(like)(x), y, rtol=1e-12, atol=1e-12)
    assert (first.absolute[:, :4] >= np.abs(first.plus) * first.unit).all()


def test_dropping_dead_units_changes_nothing_and_reaches_a_fixed_point():
    ticket = random_ticket(1)
    lean = drop_dead_units(ticket.source, ticket.mask)
    assert lean.count < ticket.mask.count
    assert drop_dead_units(ticket.source, lean).count == lean.count
    for before, after in zip(ticket.layers, collapse(ticket.source, lean), strict=True):
        assert (before.plus == after.plus).all()
        assert (before.minus == after.minus).all()
        assert (before.bias == after.bias).all()


def test_the_block_rule_is_checked():
    source = small_source()
    with pytest.raises(BadInput, match="unit 0 of source layer 0 keeps more than one"):
        collapse(source, Mask.of(source, [np.array([0, 1]), np.array([0]), np.array([], int), np.array([], int)]))


@given(st.data())
def test_mask_encodings_round_trip(data):
    size = data.draw(st.integers(1, 3000))
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, size - 1)))), np.int64)
    encoding, raw = pack(kept, size)
    assert (unpack(encoding, raw, size) == kept).all()


def test_far_gaps_round_trip():
    kept = np.array([0, 127, 128, 2**14 + 200, 2**21 + 2**15, 2**35, 2**40 - 1])
    encoding, raw = pack(kept, 2**40)
    assert encoding == "gaps"
    assert (unpack(encoding, raw, 2**40) == kept).all()


@pytest.mark.parametrize("raw", [[0], [0x80], [0x81, 0x00], [1, 0], [0xFF] * 7, [127, 127]])
def test_gaps_that_are_no_shortest_form_are_refused(raw):
    with pytest.raises(BadInput):
        unpack("gaps", np.array(raw, np.uint8), 100)


DOMAINS = [
    Box(Fraction(0), Fraction(1, 3)),
    Ball(np.full((2, 4), 0.25), Fraction(1, 100), "l2", Box(Fraction(0), Fraction(1))),
    Hull(np.zeros(4), np.ones(4)),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=["box", "ball", "hull"])
def test_ticket_files_round_trip(tmp_path, domain):
    made = random_ticket(2)
    missed = Missed(np.array([[0, 1, 2]]), np.array([0.25]))
    ticket = Ticket(made.source, made.mask, SupNorm("ab" * 32, 0.1, domain), {"theorem": "x", "n": 3}, missed)
    digest = write_ticket(tmp_path / "t.slth", ticket)
    again, its_digest = read_ticket(tmp_path / "t.slth")
    assert its_digest == digest
    assert again.source == ticket.source
    assert all((a == b).all() for a, b in zip(again.mask.kept, ticket.mask.kept, strict=True))
    assert again.claim.eps == ticket.claim.eps
    assert str(again.claim.domain) == str(domain)
    assert again.made == ticket.made
    assert again.missed.errors.tolist() == [0.25]
    write_ticket(tmp_path / "u.slth", again)
    assert (tmp_path / "u.slth").read_bytes() == (tmp_path / "t.slth").read_bytes()


def test_a_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "t.slth"
    write_ticket(path, random_ticket(3))
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(BadFile, match=r"t\.slth"):
        read_ticket(path)
