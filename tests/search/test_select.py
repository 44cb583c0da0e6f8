"""`largest`: exactly k, the largest, ties to the lower index, against a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from slth.search import select
from slth.search.select import SAMPLE, SMALL, STRIDE, largest


class Pretended(torch.Tensor):
    """A tensor of the CPU that says it is on a GPU, so that the GPU's way can be tested here."""

    is_cuda = property(lambda self: True)


def reference(scores: Tensor, k: int) -> np.ndarray:
    """A stable full sort of the row-major numbers."""
    flat = scores.numpy().reshape(-1)
    order = np.argsort(-flat.astype(np.float64), kind="stable")
    mask = np.zeros(flat.size, np.bool_)
    mask[order[:k]] = True
    return mask.reshape(scores.shape)


def slow(values: list[float], k: int) -> list[bool]:
    """The reference's reference, in plain Python."""
    first = sorted(range(len(values)), key=lambda place: (-values[place], place))[:k]
    return [place in first for place in range(len(values))]


def agrees(scores: Tensor, k: int) -> None:
    found = largest(scores, k)
    assert found.dtype == torch.bool and found.shape == scores.shape and found.is_contiguous()
    assert int(found.sum()) == min(max(k, 0), scores.numel())
    assert np.array_equal(found.numpy(), reference(scores, k))


VALUES = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5]),
    st.floats(-10, 10, width=32),
    st.floats(-(2.0**120), 2.0**120, width=32),
)


@given(st.lists(VALUES, min_size=1, max_size=40), st.data())
def test_any_list(values, data):
    k = data.draw(st.integers(0, len(values)))
    agrees(torch.tensor(values), k)
    assert largest(torch.tensor(values), k).tolist() == slow(values, k)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.integers(1, 6), st.floats(0, 1))
def test_many_ties(seed, size, distinct, fraction):
    scores = torch.from_numpy(np.random.default_rng(seed).integers(-distinct, distinct, size).astype(np.float32))
    k = round(fraction * size)
    agrees(scores, k)
    assert torch.equal(torch.Tensor(largest(scores.as_subclass(Pretended), k)), torch.Tensor(largest(scores, k)))


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2, 2)])
def test_none_and_all(shape):
    scores = torch.zeros(shape)
    assert not largest(scores, 0).any() and not largest(scores, -1).any()
    assert largest(scores, scores.numel()).all() and largest(scores, scores.numel() + 1).all()


@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (64, 64, 3, 3)])
def test_memory_format_does_not_matter(shape):
    rng = np.random.default_rng(1)
    scores = torch.from_numpy(rng.integers(-3, 3, shape).astype(np.float32))
    other = scores.to(memory_format=torch.channels_last)
    assert not other.is_contiguous()
    for k in (1, scores.numel() // 3, scores.numel() - 1):
        agrees(other, k)
        assert torch.equal(largest(other, k), largest(scores, k))
    agrees(scores.transpose(0, 1), scores.numel() // 2)


def layouts() -> dict[str, np.ndarray]:
    """Numbers that might fool a strided sample."""
    rng = np.random.default_rng(2)
    size = 3 * SAMPLE + 17
    noise = rng.standard_normal(size)
    places = np.arange(size)
    return {
        "noise": noise,
        "sorted": np.sort(noise),
        "falling": -np.sort(-noise),
        "constant": np.full(size, -2.5),
        "few values": rng.integers(0, 4, size) / 4,
        "sample all low": np.where(places % STRIDE, 1 + np.abs(noise), 0.0),
        "sample all high": np.where(places % STRIDE, -1 - np.abs(noise), 7.0),
        "sample constant": np.where(places % STRIDE, noise, 0.1),
        "two clusters": np.where(rng.random(size) < 0.5, 1e-6 * noise, 1e6 + noise),
        "one outlier": np.where(places == size - 1, 1e30, 0.0),
        "just above small": noise[: SMALL + 1],
        "small": noise[:SMALL],
        "signed zeros": np.where(places % 2, 0.0, -0.0),
    }


@pytest.mark.parametrize("name", list(layouts()))
def test_large_layouts(name):
    scores = torch.from_numpy(layouts()[name].astype(np.float32))
    size = len(scores)
    for k in (1, 2, size // 100, size // 3, size // 2, 2 * size // 3, size - 2, size - 1):
        agrees(scores, k)


def test_a_sample_that_misleads_is_noticed():
    scores = torch.from_numpy(layouts()["sample all low"].astype(np.float32))
    k = len(scores) // 10
    low, high = select._bracket(scores, k)
    true = float(np.sort(scores.numpy())[-k])
    assert not float(low) <= true <= float(high), "the layout is meant to fool the sample"
    agrees(scores, k)


@pytest.mark.parametrize("bracket", [(-9.0, -8.0), (8.0, 9.0), (0.5, 0.4), (0.0, 0.0)])
def test_any_bracket_gives_the_same(monkeypatch, bracket):
    scores = torch.from_numpy(layouts()["noise"].astype(np.float32))
    monkeypatch.setattr(select, "_bracket", lambda flat, k: tuple(map(torch.tensor, bracket)))
    for k in (1, len(scores) // 2, len(scores) - 1):
        agrees(scores, k)


def test_a_good_sample_spares_the_full_search(monkeypatch):
    scores = torch.from_numpy(layouts()["noise"].astype(np.float32))
    seen = []
    plain = torch.Tensor.kthvalue
    monkeypatch.setattr(torch.Tensor, "kthvalue", lambda self, k: (seen.append(len(self)), plain(self, k))[1])
    agrees(scores, len(scores) // 2)
    assert seen and max(seen) < len(scores) // 8


@pytest.mark.parametrize("sorted_up_to", [select.SORTED_ON_GPU, 0])
@pytest.mark.parametrize("name", ["noise", "few values", "constant", "sample all low", "signed zeros"])
def test_the_gpus_way_gives_the_same(monkeypatch, name, sorted_up_to):
    monkeypatch.setattr(select, "SORTED_ON_GPU", sorted_up_to)
    scores = torch.from_numpy(layouts()[name].astype(np.float32))
    for k in (1, len(scores) // 3, len(scores) // 2, len(scores) - 1):
        assert scores.as_subclass(Pretended).is_cuda
        found = largest(scores.as_subclass(Pretended), k).as_subclass(torch.Tensor)
        assert int(found.sum()) == k
        assert torch.equal(found, largest(scores, k))
