"""The forward pass in torch against the network of the ticket; batches against slow loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from drawn_found import architectures, found_tickets
from hypothesis import given, reject
from hypothesis import strategies as st
from toy import CONV, RESIDUAL, shaped

from slth.core.errors import BadInput
from slth.search.baselines import masked_weights
from slth.search.batches import batches, steps
from slth.search.evaluate import accuracy, measured_statistics
from slth.search.forward import blank_statistics, forward
from slth.search.task import Tensors

CPU = torch.device("cpu")


@st.composite
def fitting(draw):
    """Architectures whose windows fit."""
    try:
        return draw(architectures())
    except BadInput:
        reject()


@given(found_tickets(fitting()), st.integers(0, 99))
def test_forward_is_the_tickets_network(ticket, seed):
    architecture = ticket.architecture
    x = np.random.default_rng(seed).standard_normal((5, *architecture.input_shape))
    with np.errstate(all="ignore"):
        wanted = ticket.network(x).reshape(5, -1)
    weights = masked_weights(ticket.source, ticket.mask, ticket.values, architecture, CPU)
    statistics = [(torch.tensor(mean), torch.tensor(variance)) for mean, variance in ticket.statistics]
    size = max(1.0, np.abs(wanted).max())
    for kind, tolerance in ((torch.float32, 2e-4), (torch.float64, 2e-5)):  # norms are folded in float32
        pairs = [(mean.to(kind), variance.to(kind)) for mean, variance in statistics]
        found = forward(architecture, [w.to(kind) for w in weights], torch.tensor(x).to(kind), pairs, training=False)
        assert found.shape == wanted.shape and found.dtype == kind
        assert np.abs(found.numpy() - wanted).max() <= tolerance * size
    for (mean, variance), (m, v) in zip(statistics, ticket.statistics, strict=True):
        assert np.array_equal(mean.numpy(), m) and np.array_equal(variance.numpy(), v), "evaluation changes nothing"


@pytest.mark.parametrize("spec", [CONV, RESIDUAL])
def test_norms_in_training(spec):
    architecture = shaped(spec)
    coin = torch.Generator().manual_seed(1)
    weights = [torch.randn(slot.shape, generator=coin) for slot in architecture.slots]
    x = torch.randn(6, 1, 8, 8, generator=coin)
    statistics = blank_statistics(architecture, CPU)
    forward(architecture, weights, x, statistics, training=True)
    z = torch.nn.functional.conv2d(x, weights[0], padding=1)
    mean, variance = z.mean((0, 2, 3)), z.var((0, 2, 3))
    assert torch.allclose(statistics[0][0], 0.1 * mean, atol=1e-6)
    assert torch.allclose(statistics[0][1], 0.9 + 0.1 * variance, atol=1e-5)
    data = Tensors(x, torch.zeros(6, dtype=torch.int64))
    for ours, theirs in zip(statistics, measured_statistics(architecture, weights, data, 6), strict=True):
        assert all(map(torch.equal, ours, theirs))


def test_accuracy_over_several_batches(monkeypatch):
    monkeypatch.setattr("slth.search.evaluate.BATCH", 4)
    architecture = shaped("flatten; dense")
    weights = [torch.randn(3, 64, generator=torch.Generator().manual_seed(1))]
    images = torch.randn(11, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    labels = (images.flatten(1) @ weights[0].T).argmax(1)
    labels[3] = (labels[3] + 1) % 3
    assert accuracy(architecture, weights, [], Tensors(images, labels)) == 10 / 11
    assert accuracy(architecture, weights, [], Tensors(images[:0], labels[:0])) == 0


# Batches.


def numbered(count: int, channels: int = 1, height: int = 4, width: int = 4) -> Tensors:
    """Pictures that are all different; labels are their numbers."""
    size = count * channels * height * width
    images = torch.arange(1, size + 1, dtype=torch.float32).view(count, channels, height, width)
    return Tensors(images, torch.arange(count))


@given(st.integers(0, 40), st.integers(2, 12), st.integers(0, 2**64 - 1), st.integers(0, 5))
def test_each_picture_once(count, size, seed, epoch):
    data = numbered(count)
    found = list(batches(data, size, seed, epoch, False))
    assert len(found) == steps(count, size)
    seen = [number for batch in found for number in batch.labels.tolist()]
    left_out = count - len(seen)
    assert len(set(seen)) == len(seen) and left_out == (count % size == 1)
    assert all(len(batch) == size for batch in found[:-1])
    for batch in found:
        assert torch.equal(batch.images, data.images[batch.labels])


def order(seed: int, epoch: int) -> list[int]:
    return [number for batch in batches(numbered(50), 8, seed, epoch, False) for number in batch.labels.tolist()]


def test_orders_differ():
    assert order(3, 0) == order(3, 0)
    others = [order(3, 1), order(4, 0), order(3 + (1 << 32), 0), order((1 << 64) - 1, 0)]
    assert all(other != order(3, 0) for other in others)
    assert len({tuple(other) for other in others}) == 4


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 8, 8), (3, 16, 16), (3, 9, 17), (2, 4, 4)])
def test_augmentation_shifts_and_flips(channels, height, width):
    data = numbered(24, channels, height, width)
    reach = max(1, max(height, width) // 8)
    seen, mirrored = set(), 0
    for batch in batches(data, 8, 1, 0, True):
        assert batch.images.shape[1:] == (channels, height, width) and batch.images.is_contiguous()
        for image, label in zip(batch.images.numpy(), batch.labels.tolist(), strict=True):
            found = where(image, data.images[label].numpy(), reach)
            assert len(found) == 1, "exactly one shift makes this picture"
            seen.add(found[0][:2])
            mirrored += found[0][2]
    assert {down for down, _ in seen} | {right for _, right in seen} == set(range(-reach, reach + 1))
    assert (4 < mirrored < 20) if channels == 3 else mirrored == 0


def where(image: np.ndarray, original: np.ndarray, reach: int) -> list[tuple[int, int, bool]]:
    """All shifts, and flips, that make the picture of the original."""
    found = []
    _, height, width = original.shape
    for flip in (False, True):
        for down in range(-reach, reach + 1):
            for right in range(-reach, reach + 1):
                shifted = np.zeros_like(original)
                for row in range(height):
                    for column in range(width):
                        if 0 <= row + down < height and 0 <= column + right < width:
                            shifted[:, row, column] = original[:, row + down, column + right]
                if np.array_equal(shifted[:, :, ::-1] if flip else shifted, image):
                    found.append((down, right, flip))
    return found
