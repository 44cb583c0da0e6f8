"""What every method of supermask search promises: a ticket that is its file, its verification and its exports."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch

from slth.core.found import correct_answers
from slth.core.network import Network
from slth.datasets.load import load
from slth.interop.export import float_type, module_code, to_torch_state
from slth.interop.found import read_found, write_found
from slth.search.architectures import architecture_for
from slth.search.find import find
from slth.search.method import key_of, method_called, methods
from slth.search.settings import Training

KEYS = methods.names()
SHORT = Training(epochs=2, batch=64)
NEEDS_MORE = {"zhang2023", "layerremoval"}  # given weights; sums: tested with their own networks
SMALL = {"randomsearch": {"trials": 3}, "tanaka2020": {"rounds": 3}, "hidenseek2022": {"rounds": 3}}


@pytest.fixture(scope="module")
def found():
    """The result of a short search by each method on a small convolutional network with norms, made when asked for."""
    made = {}
    data = load("digits")
    text = "1x8x8; conv 6 3x3 same; norm; relu; maxpool 2; conv 8 3x3 same; norm; relu; flatten; dense 20; relu; dense"
    architecture = architecture_for(text, data.shape, len(data.classes))

    def of(key: str):
        if key in NEEDS_MORE:
            pytest.skip("needs another network")
        if key not in made:
            method = methods.get(key)(**SMALL.get(key, {}))
            made[key] = find(method, architecture, data, density=0.4, seed=5, training=SHORT)
        return made[key]

    return of


def logits(network: Network, images: np.ndarray) -> np.ndarray:
    """What torch computes in float32 of the module that is exported."""
    names: dict = {}
    exec(module_code(network), names)  # our own text, as a user would import it
    module = names["build"]()
    module.load_state_dict(to_torch_state(network))
    with torch.no_grad():
        return module.eval()(torch.from_numpy(images.astype(np.float32))).numpy()


@pytest.mark.parametrize("key", KEYS)
def test_a_method_says_what_it_is(key):
    method = methods.get(key)()
    assert is_dataclass(method)
    assert method.title and method.name and method.statement.endswith(".")
    assert method.citation == "" or f"{{{key}," in method.citation or key == "structured"
    assert method_called(method.name) is method_called(key) is type(method)
    assert key_of(method) == key
    assert all(isinstance(field.default, str | int | float | bool) for field in fields(method))
    assert not {"sparsity", "prune_rate"} & {field.name for field in fields(method)}


@pytest.mark.parametrize("key", KEYS)
def test_the_ticket_is_its_file(found, key, tmp_path):
    ticket = found(key).ticket
    digest = write_found(tmp_path / "t.slth", ticket)
    again, same = read_found(tmp_path / "t.slth")
    assert digest == same
    for name in ("kept", "signs", "draws"):
        ours, theirs = getattr(ticket.mask, name), getattr(again.mask, name)
        assert len(ours) == len(theirs)
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert again.network.digest == ticket.network.digest
    data = load("digits")
    right = correct_answers(again.network, again.claim.preprocessing, data.test.images, data.test.labels)
    assert (right, len(data.test)) == (ticket.claim.correct, ticket.claim.of)
    json.dumps(dict(ticket.made))


@pytest.mark.parametrize("key", KEYS)
def test_exports_give_the_same_logits(found, key):
    network = found(key).ticket.network
    data = load("digits")
    images = data.preprocessing(data.test.images[:50])
    assert float_type(network) == np.float32
    outputs = logits(network, images)
    assert np.array_equal(outputs, logits(network, images))
    np.testing.assert_allclose(outputs, network(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("key", KEYS)
def test_densities_are_what_the_mask_has(found, key):
    result = found(key)
    mask = result.ticket.mask
    sizes = [rows * width for rows, width in mask.shapes]
    assert mask.densities == tuple(len(kept) / size for kept, size in zip(mask.kept, sizes, strict=True))
    if result.epoch is not None and key != "structured":
        assert result.epochs[result.epoch].densities == pytest.approx(mask.densities, abs=1e-12)
