"""Tickets of given weights in files: read back, their weights elsewhere, refused in every other spelling."""

from __future__ import annotations

import json

import pytest
from drawn_given import small, ticket_of
from drawn_networks import conv_networks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.interop.envelope import write_sealed
from slth.interop.found import encode, kind_of, read_found, write_found
from slth.interop.masked import masked_state

anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@anew
@given(conv_networks(), st.integers(0, 99), st.sampled_from([0.0, 0.3, 1.0]))
def test_round_trip(tmp_path, network, seed, density):
    ticket = ticket_of(network, density, seed)
    digest = write_found(tmp_path / "one.slth", ticket)
    again, found = read_found(tmp_path / "one.slth")
    assert found == digest and kind_of(tmp_path / "one.slth") == "network"
    assert again.source == ticket.source and again.architecture == ticket.architecture.bare
    assert again.holding(network).network.digest == ticket.network.digest
    write_found(tmp_path / "two.slth", again)
    assert (tmp_path / "one.slth").read_bytes() == (tmp_path / "two.slth").read_bytes()


def test_what_the_file_says():
    network = small()
    body, tensors = encode(ticket_of(network, 0.5))
    assert body["generator"] == "given/1" and body["weights"] == network.digest
    assert not body.keys() & {"law", "seed"} and tensors.keys() == {"mask.0", "mask.1"}
    assert body["architecture"]["nodes"][0] == {"op": "conv", "stride": [1, 1], "padding": [1, 1]}
    assert body["layers"][1] == {"rows": 3, "columns": 33, "bias": True, "scale": (1.0).hex()}


CHANGES = {
    "a seed": {"seed": "0"},
    "a law": {"law": "normal/1"},
    "another generator": {"generator": "given/2"},
    "a seed's generator": {"generator": "philox4x32-10/1"},
    "no digest": {"weights": "12"},
    "capitals": {"weights": "AB" * 32},
    "binary": {"values": "binary"},
    "a constructed one": {"structure": "pairs"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_other_spellings_are_refused(tmp_path, name):
    body, tensors = encode(ticket_of(small(), 0.5))
    write_sealed(tmp_path / "net.slth", {**body, **CHANGES[name]}, tensors)
    with pytest.raises(BadFile):
        read_found(tmp_path / "net.slth")


def test_scales_and_draws_are_refused(tmp_path):
    def write(change):
        body, tensors = encode(ticket_of(small(), 0.5))
        body = json.loads(json.dumps(body))
        change(body)
        write_sealed(tmp_path / "net.slth", body, tensors)

    write(lambda body: None)
    read_found(tmp_path / "net.slth")
    write(lambda body: body["layers"][0].update(scale=(0.5).hex()))
    with pytest.raises(BadFile, match="scale 1"):
        read_found(tmp_path / "net.slth")


def test_masks_beside_all_given_weights():
    network = small()
    ticket = ticket_of(network, 0.5)
    state = masked_state(ticket)
    whole = {name: array for name, array in state.items() if name.endswith("_orig")}
    assert len(whole) == 2
    for array, layer, masked in zip(whole.values(), network.affine, ticket.network.affine, strict=True):
        assert (array == layer.weight).all()
        assert not (array == masked.weight).all()
