"""The published error-versus-n experiment of da Cunha, Natale, Viennot (ICLR 2022), from true subsets."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def published(program):
    return program("benchmarks", "published_cnn")


def test_samples_are_uniform_odd_and_of_as_many_bits_as_asked_for(published):
    long = published.words_of_samples(3, 400, 50)
    short = published.words_of_samples(3, 400, 50, bits=24)
    assert long.shape == (400, 50)
    assert np.all(long & 1)
    assert np.abs(long).max() < 1 << 52
    assert np.all(short % (1 << 28) == 0)
    assert np.all(short >> 28 & 1)
    assert np.abs(long - short).max() <= 1 << 28
    assert abs(long.mean()) < 4 * 2**52 / np.sqrt(3 * long.size)
    assert np.ldexp(long.std(), -52) == pytest.approx(3**-0.5, rel=0.02)
    assert not np.array_equal(long, published.words_of_samples(4, 400, 50))


def test_largest_relative_error_is_taken_tensor_by_tensor(published):
    tensors = [np.array([0.5, -1.0]), np.array([0.1])]
    assert published.largest_relative(tensors, np.array([0.2, 0.1, 0.05])) == pytest.approx(0.5)


def test_medians_agree_with_theory_on_weights_of_usual_size(published):
    """Works without the trained target: only |w| << sqrt(n/3) matters."""
    weights = [np.random.default_rng(1).normal(0, 0.05, 2572)]
    for n in (10, 15, 20):
        errors, _, proved = published.errors_of(weights, 0, n)
        assert proved
        assert np.median(errors) == pytest.approx(published.best_error("U", n), rel=0.1)


def test_published_table(published, shared, figure):
    tensors = published.weights_of(shared / "targets" / "lenet5-mnist.safetensors")
    assert sum(map(len, tensors)) == 2572
    rows = {n: published.measure(tensors, n, 1) for n in published.SIZES}
    for n, row in rows.items():
        assert row["optimal"]
        assert abs(row["ratio"] - 1) <= 0.1
        if n <= 15:
            assert row["published_median"] == pytest.approx(row["median"], rel=0.1)
    assert rows[30]["median_24_bits"] > 5 * rows[30]["median"]
    worst = max(abs(row["ratio"] - 1) for row in rows.values())
    figure("ICLR 2022, error against n", f"medians within {100 * worst:.1f} % of theory for n = 5..30")
    figure("ICLR 2022, 2,572 weights at n = 30 to proven optimum", f"{rows[30]['seconds']:.2f} s")


def test_a_target_without_the_tensors_is_refused(published, tmp_path):
    from slth.interop.safetensors import write_container

    write_container(tmp_path / "other.safetensors", {}, {"fc.weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(SystemExit, match="no tensor conv1"):
        published.weights_of(tmp_path / "other.safetensors")
