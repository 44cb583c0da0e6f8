"""Masked sources with stages of every kind: the certificate covers the network that a source is, and its runs."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from random_graphs import GraphCase, points
from random_sources import SourceCase, source_case

from slth.certify.bounds import certify
from slth.certify.deployment import F32, Deployment
from slth.certify.difference import difference
from slth.certify.inputs import Inputs
from slth.certify.intervals import given
from slth.certify.regions import region_bounds
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import windows

SOURCES = 300
RUNS = 60


def inputs_of(case: SourceCase, rng: np.random.Generator, count: int) -> np.ndarray:
    return points(GraphCase(case.target, case.layers, case.domain), rng, count)


def representable(case: SourceCase, rng: np.random.Generator, count: int) -> np.ndarray:
    """Points of the domain that float32 has as well."""
    region = next(case.domain.regions(int(np.prod(case.target.input_shape))))
    x = inputs_of(case, rng, count).astype(np.float32).astype(np.float64)
    return x[((x >= region.lower) & (x <= region.upper)).all(axis=1)]


def test_the_source_itself_stays_within_eps(figure) -> None:
    ratios = []
    for seed in range(SOURCES):
        case = source_case(seed)
        bound = certify(case.target, case.layers, case.domain).eps_real
        x = inputs_of(case, np.random.default_rng(seed), 40)
        worst = np.abs(case.ticket(x) - case.target(x)).max()
        assert worst <= bound * (1 + 1e-9) + 1e-10, f"seed {seed}: {worst} > {bound}"
        if worst > 1e-9:
            ratios.append(bound / worst)
    figure(
        "certificate / sampled error of masked sources, every kind of stage",
        f"{SOURCES} sources, 0 violations, median {statistics.median(ratios):.2f}",
    )


def run(network: Network, x: np.ndarray, kind, rng: np.random.Generator) -> np.ndarray:
    """One input through a network in one precision, sums in a random order."""
    values = {INPUT: x.reshape(network.input_shape).astype(kind)}
    for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
        h = values[feeds[0]]
        if isinstance(node, (Dense, Conv)):
            values[number] = _affine(node, h, kind, rng)
        elif isinstance(node, Activation):
            values[number] = _activation(node, h, kind)
        elif isinstance(node, Pool):
            seen = windows(h[None], node.kernel, node.stride)[0].reshape(*node.out_shape(h.shape), -1)
            mean = _summed(seen, rng) / kind(seen.shape[-1])
            values[number] = seen.max(axis=-1) if node.kind == "max" else mean
        elif isinstance(node, Flatten):
            values[number] = h.reshape(-1)
        elif isinstance(node, Add):
            values[number] = h + values[feeds[1]]
        assert values[number].dtype == kind
    return values[len(network.nodes) - 1].astype(np.float64)


def _summed(terms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Along the last axis, one after the other."""
    total = np.zeros(terms.shape[:-1], terms.dtype)
    for place in rng.permutation(terms.shape[-1]):
        total = total + terms[..., place]
    return total


def _affine(node, h: np.ndarray, kind, rng: np.random.Generator) -> np.ndarray:
    weight = node.weight.astype(kind).reshape(len(node.weight), -1)
    if isinstance(node, Dense):
        out = _summed(weight * h.reshape(-1), rng)
    else:
        (high, wide) = node.padding
        seen = windows(np.pad(h, ((0, 0), (high, high), (wide, wide)))[None], node.kernel, node.stride)[0]
        patches = seen.transpose(1, 2, 0, 3, 4).reshape(seen.shape[1], seen.shape[2], 1, -1)
        out = _summed(patches * weight, rng).transpose(2, 0, 1)
    return out if node.bias is None else out + node.bias.astype(kind).reshape(-1, *[1] * (out.ndim - 1))


def _activation(node: Activation, h: np.ndarray, kind) -> np.ndarray:
    if node.kind == "tanh":
        return np.tanh(h)
    if node.kind == "sigmoid":
        return kind(1) / (kind(1) + np.exp(-h))
    return np.maximum(h, kind(0)) + kind(node.slope) * np.minimum(h, kind(0))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_runs_stay_within_their_bound(kind) -> None:
    for seed in range(RUNS):
        case = source_case(seed)
        certified = certify(case.target, case.layers, case.domain)
        bound = certified.eps_f32 if kind is np.float32 else certified.eps_f64
        rng = np.random.default_rng(seed)
        for x in representable(case, rng, 4):
            change = run(case.ticket, x, kind, rng) - run(case.target, x, kind, rng)
            assert np.abs(change).max() <= bound, f"seed {seed}"
            slack = 1e-9 if kind is np.float64 else 3.0
            assert bound - certified.eps_real <= slack * (1 + certified.eps_real) * 100, f"seed {seed}"


@pytest.mark.parametrize("which", ["target", "ticket"])
def test_each_run_alone_is_covered(which: str) -> None:
    shares = []
    for seed in range(RUNS):
        case = source_case(seed)
        deployed = Deployment.of(case.target, case.layers)
        region = next(case.domain.regions(int(np.prod(case.target.input_shape))))
        signed = bool((region.lower < 0).any())
        inputs = Inputs(region, signed)
        known = region_bounds(difference(case.target, case.layers, signed), inputs).known
        network, plants = (case.target, deployed.target) if which == "target" else (case.ticket, deployed.ticket)
        reach = [n.target.magnitude if which == "target" else n.ticket.magnitude for n in (*known, given(inputs))]
        bound = deployed.run(plants, reach, known, F32).error
        rng = np.random.default_rng(seed)
        for x in representable(case, rng, 3):
            lost = np.abs(run(network, x, np.float32, rng) - network(x[None])[0]).reshape(-1)
            assert (lost <= bound).all(), f"seed {seed}"
            shares.append((lost / bound).max())
    assert max(shares) > 1e-2
