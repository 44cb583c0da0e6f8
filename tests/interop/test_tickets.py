"""Layers of every form in ticket files: written and read without loss, refused in every other spelling."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.core.domain import Box
from slth.core.errors import BadFile, BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import canonical_json, content_digest
from slth.core.nodes import Activation
from slth.core.source import Source, SourceLayer
from slth.core.ticket import SupNorm, Ticket
from slth.interop.safetensors import write_container
from slth.interop.tickets import KEY, encode, read_ticket, write_ticket


@st.composite
def stages(draw):
    """The two layers of a stage."""
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    copies, outputs, inputs = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    scale = draw(st.sampled_from([0.5, 1.0, 0.75]))
    if draw(st.booleans()):
        units = draw(st.integers(0, 3))
        first = SourceLayer(units, 1, 1.0, True)
        return first, SourceLayer(outputs * copies, inputs + units, scale, False, kernel, direct=True, copies=copies)
    units, bias = draw(st.integers(1, 6)), draw(st.booleans())
    kind = draw(st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu"]))
    phi = Activation(kind, draw(st.floats(0.01, 0.99))) if kind == "leaky_relu" else Activation(kind)
    first = SourceLayer(units, inputs + bias, scale, bias, activation=phi)
    return first, SourceLayer(outputs * copies, units, 1.0, False, kernel, copies=copies)


@st.composite
def tickets(draw):
    layers = [layer for pair in draw(st.lists(stages(), min_size=1, max_size=3)) for layer in pair]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    kept = [np.flatnonzero(rng.random(layer.size) < 0.3) for layer in layers]
    source = Source(draw(st.integers(0, 2**64)), law("uniform"), tuple(layers))
    claim = SupNorm("0" * 64, 0.5, Box(Fraction(-1), Fraction(1)))
    return Ticket(source, Mask.of(source, kept), claim, {"by": "test"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tickets())
def test_tickets_round_trip(tmp_path, ticket):
    digest = write_ticket(tmp_path / "one.slth", ticket)
    again, found = read_ticket(tmp_path / "one.slth")
    assert found == digest and again.source == ticket.source and again.mask.shapes == ticket.mask.shapes
    assert all((a == b).all() for a, b in zip(again.mask.kept, ticket.mask.kept, strict=True))
    write_ticket(tmp_path / "two.slth", again)
    assert (tmp_path / "one.slth").read_bytes() == (tmp_path / "two.slth").read_bytes()


FIRST, SECOND = SourceLayer(4, 3, 1.0, True), SourceLayer(2, 4, kernel=(2, 2))


def body(*layers):
    source = Source(3, law("uniform"), layers)
    kept = [np.zeros(0, np.int64) for _ in layers]
    return encode(Ticket(source, Mask.of(source, kept), SupNorm("0" * 64, 0.5, Box(Fraction(0), Fraction(1))), {}))


def saved(path, text, tensors):
    text["sha256"] = content_digest(canonical_json(text), tensors)
    write_container(path, {KEY: json.dumps(text, sort_keys=True, separators=(",", ":"))}, tensors)
    return path


def test_the_keys_are_those_of_the_format(tmp_path):
    leaky = SourceLayer(4, 3, 1.0, True, activation=Activation("leaky_relu", 0.125))
    second = SourceLayer(4, 4, kernel=(2, 3), copies=2)
    text, _ = body(leaky, second, SourceLayer(0, 1, 1.0, True), SourceLayer(2, 4, direct=True))
    scale = (1.0).hex()
    assert text["layers"] == [
        {"rows": 4, "columns": 3, "bias": True, "scale": scale, "activation": "leaky_relu", "slope": (0.125).hex()},
        {"rows": 4, "columns": 4, "bias": False, "scale": scale, "kernel": [2, 3], "copies": 2},
        {"rows": 0, "columns": 1, "bias": True, "scale": scale},
        {"rows": 2, "columns": 4, "bias": False, "scale": scale, "direct": True},
    ]


CHANGES = {
    "kernel of 1 x 1": (1, {"kernel": [1, 1]}),
    "kernel as text": (1, {"kernel": "22"}),
    "kernel of three": (1, {"kernel": [2, 2, 1]}),
    "kernel of truths": (1, {"kernel": [True, 2]}),
    "kernel of nothing": (1, {"kernel": [0, 2]}),
    "plain relu": (0, {"activation": "relu"}),
    "unknown activation": (0, {"activation": "gelu"}),
    "tanh with slope": (0, {"activation": "tanh", "slope": (0.5).hex()}),
    "tanh with slope of one": (0, {"activation": "tanh", "slope": (1.0).hex()}),
    "relu with slope of one": (0, {"slope": (1.0).hex()}),
    "relu with negative slope": (0, {"slope": (-0.5).hex()}),
    "leaky without slope": (0, {"activation": "leaky_relu"}),
    "slope of one": (0, {"activation": "leaky_relu", "slope": (1.0).hex()}),
    "slope spelled otherwise": (0, {"activation": "leaky_relu", "slope": "0x1p-1"}),
    "slope as decimal": (0, {"activation": "leaky_relu", "slope": "0.5"}),
    "activation of a second layer": (1, {"activation": "tanh"}),
    "direct false": (1, {"direct": False}),
    "direct number": (1, {"direct": 1}),
    "direct first": (0, {"direct": True}),
    "direct with wide constants": (1, {"direct": True}),
    "one copy": (1, {"copies": 1}),
    "copies that do not divide": (1, {"copies": 3}),
    "no copies": (1, {"copies": 0}),
    "copies of a first layer": (0, {"copies": 2}),
    "kernel of a first layer": (0, {"kernel": [2, 2]}),
    "bias of a second layer": (1, {"bias": True}),
    "no units": (0, {"rows": 0}),
    "other units": (0, {"rows": 5}),
    "unknown key": (0, {"groups": 1}),
}


def changed(path, number, change):
    text, tensors = body(FIRST, SECOND)
    text["layers"][number] |= change
    tensors |= {f"mask.{k}": np.zeros(0, np.uint8) for k in range(2)}
    text["masks"] = [{"encoding": "gaps", "kept": 0}] * 2
    return saved(path, text, tensors)


@pytest.mark.parametrize("change", [{}, {"copies": 2}, {"kernel": [4, 4]}])
def test_other_layers_are_read(tmp_path, change):
    read_ticket(changed(tmp_path / "net.slth", 1, change))


@pytest.mark.parametrize("name", CHANGES)
def test_other_spellings_and_impossible_layers_are_refused(tmp_path, name):
    with pytest.raises(BadFile) as caught:
        read_ticket(changed(tmp_path / "net.slth", *CHANGES[name]))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("direct", [False, True])
def test_tickets_beyond_the_format_are_not_written(tmp_path, direct):
    first = SourceLayer(1, 1, 1.0, True) if direct else SourceLayer(1, 1 << 13)

    def write(rows):
        second = SourceLayer(rows, (1 << 13) + 1 if direct else 1, direct=direct, copies=2)
        source = Source(3, law("uniform"), (first, second))
        mask = Mask.of(source, [np.zeros(0, np.int64)] * 2)
        claim = SupNorm("0" * 64, 0.5, Box(Fraction(0), Fraction(1)))
        write_ticket(tmp_path / "net.slth", Ticket(source, mask, claim, {}))

    with pytest.raises(BadInput, match="stage 0 has a map of 134234112 entries; a ticket has at most 134217728"):
        write((1 << 14) + 2)
    assert not (tmp_path / "net.slth").exists()
    write(1 << 14)


def test_a_direct_stage_without_constants_is_read(tmp_path):
    ticket, _ = read_ticket(
        saved(tmp_path / "net.slth", *body(SourceLayer(0, 1, 1.0, True), SourceLayer(2, 4, direct=True)))
    )
    assert ticket.source.layers[0].rows == 0 and len(ticket.mask.kept[0]) == 0
