"""Stages against a slow reference: the masked source, evaluated weight by weight as the ticket format says."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.collapse import collapse
from slth.core.compact import compact, drop_dead_units
from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import ACTIVATIONS, Affine
from slth.core.source import Source, SourceLayer

RHO = 3


def activation(kind: str) -> Activation:
    return Activation(kind, 0.375 if kind == "leaky_relu" else 0.0)


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def biased(shape: tuple[int, ...], bias: bool) -> tuple[np.ndarray, np.ndarray | None]:
    return ones(*shape), ones(shape[0]) if bias else None


def dense_target(kind: str, bias: bool) -> Network:
    layers = [Dense(*biased(shape, bias)) for shape in ((5, 4), (3, 5), (2, 3))]
    return Network((layers[0], activation(kind), layers[1], activation(kind), layers[2]), (4,))


def conv_target(kind: str, bias: bool) -> Network:
    first = Conv(*biased((3, 2, 3, 2), bias), (1, 1), (1, 1))
    second = Conv(*biased((2, 3, 2, 2), bias), (1, 2), (0, 1))
    last = Dense(*biased((2, 12), bias))
    tail = (activation(kind), Pool("max", (2, 1), (1, 1)), Flatten(), last)
    return Network((first, activation(kind), second, *tail), (2, 4, 4))


def residual_target(kind: str, bias: bool) -> Network:
    first = Conv(*biased((2, 1, 1, 1), bias))
    second = Conv(*biased((2, 2, 3, 3), bias), (1, 1), (1, 1))
    nodes = (
        first,
        activation(kind),
        second,
        Add(),
        Pool("mean", (3, 3), (3, 3)),
        Flatten(),
        Dense(*biased((2, 2), bias)),
    )
    return Network(nodes, (1, 3, 3), ((-1,), (0,), (1,), (2, 1), (3,), (4,), (5,)))


TARGETS = {"dense": dense_target, "conv": conv_target, "residual": residual_target}


def random_ticket(target: Network, copies: int, seed: int) -> tuple[Source, Mask]:
    """A source for the target and a mask that keeps the block rule and nothing else."""
    rng = np.random.default_rng(seed)
    kind = next(node for node in target.nodes if isinstance(node, Activation))
    shapes: list[SourceLayer] = []
    affine = target.affine
    for number, node in enumerate(affine):
        out, inputs = node.shape
        bias, made = node.bias is not None, 1 if number == len(affine) - 1 else copies
        direct = number > 0 and copies > 1
        units = (6 if bias else 0) if direct else 20
        width = inputs * copies + units if direct else units
        scale = 0.25 if kind.kind in ("tanh", "sigmoid") else 1.0
        columns, has_bias = (1, True) if direct else (inputs + bias, bias)
        shapes.append(SourceLayer(units, columns, scale, has_bias, activation=kind))
        shapes.append(SourceLayer(out * made, width, 0.5, kernel=node.kernel, direct=direct, copies=made))
    source = Source(seed, law("uniform"), tuple(shapes))
    kept = []
    for number, layer in enumerate(shapes):
        if number % 2:
            kept.append(np.flatnonzero(rng.random(layer.size) < 0.4))
        else:
            units = np.flatnonzero(rng.random(layer.rows) < 0.8)
            kept.append(units * layer.columns + rng.integers(0, layer.columns, len(units)))
    return source, Mask.of(source, kept)


def masked(source: Source, mask: Mask, layer: int) -> np.ndarray:
    """The kept weights of a layer in their places, the others 0."""
    spec = source.layers[layer]
    whole = source.rows(layer, 0, spec.rows).astype(np.float64).reshape(-1) * source.unit(layer)
    out = np.zeros(spec.size)
    out[mask.kept[layer]] = whole[mask.kept[layer]]
    return out.reshape(spec.rows, spec.columns, *spec.kernel)


def stage(source: Source, mask: Mask, layer: int, like: Affine, h: np.ndarray) -> np.ndarray:
    """One stage on one input, pixel by pixel; the constant 1 is there in the padding, too."""
    first, second = source.layers[layer], source.layers[layer + 1]
    u, v = masked(source, mask, layer)[:, :, 0, 0], masked(source, mask, layer + 1)
    picture = h.reshape(-1, 1, 1) if isinstance(like, Dense) else h
    stride, (ph, pw) = ((1, 1), (0, 0)) if isinstance(like, Dense) else (like.stride, like.padding)
    picture = np.pad(picture, ((0, 0), (ph, ph), (pw, pw)))
    size = picture.shape[1:]
    read = np.concatenate([picture, np.ones((1, *size))]) if first.bias and not second.direct else picture
    if second.direct:
        units = first.activation(np.broadcast_to(u[:, :, None], (first.rows, *size)))
        hidden = np.concatenate([picture, units])
    else:
        hidden = first.activation(np.einsum("ui,ihw->uhw", u, read))
    kh, kw = second.kernel
    rows, columns = (size[0] - kh) // stride[0] + 1, (size[1] - kw) // stride[1] + 1
    out = np.zeros((second.rows, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = hidden[:, i * stride[0] : i * stride[0] + kh, j * stride[1] : j * stride[1] + kw]
            out[:, i, j] = np.einsum("ocij,cij->o", v, window)
    return out.reshape(-1) if isinstance(like, Dense) else out


def reference(source: Source, mask: Mask, target: Network, x: np.ndarray) -> tuple[np.ndarray, list[tuple]]:
    """The output for one input, and what went into and came out of every stage."""
    values, seen = {-1: x}, []
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        given = [values[feed] for feed in feeds]
        if isinstance(node, Affine):
            values[number] = stage(source, mask, 2 * len(seen), node, *given)
            seen.append((node, given[0], values[number]))
        else:
            values[number] = node(*(value[None] for value in given))[0]
    return values[len(target.nodes) - 1], seen


def inputs(target: Network, seed: int, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (count, *target.input_shape))


CASES = [
    pytest.param(shape, kind, bias, copies, id=f"{shape}-{kind}-{'bias' if bias else 'plain'}-{copies}")
    for shape in TARGETS
    for kind in ACTIVATIONS
    for bias in (True, False)
    for copies in (1, RHO)
]


@pytest.mark.parametrize(("shape", "kind", "bias", "copies"), CASES)
def test_compact_is_the_masked_source(shape, kind, bias, copies):
    target = TARGETS[shape](kind, bias)
    source, mask = random_ticket(target, copies, 5)
    network = compact(source, mask, target)
    x = inputs(target, 6)
    wanted = np.stack([reference(source, mask, target, one)[0] for one in x])
    np.testing.assert_allclose(network(x), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "kind", "bias", "copies"), CASES)
def test_collapse_is_the_masked_source_within_its_remainder(shape, kind, bias, copies):
    target = TARGETS[shape](kind, bias)
    source, mask = random_ticket(target, copies, 7)
    layers = collapse(source, mask)
    used = 0.0
    for one in inputs(target, 8):
        for layer, (node, h, out) in zip(layers, reference(source, mask, target, one)[1], strict=True):
            zone, unit = layer.zone, layer.unit
            plus = (zone.up * layer.plus + zone.down * layer.minus) * unit
            minus = (zone.up * layer.minus + zone.down * layer.plus) * unit
            guess = linear(node, plus, np.maximum(h, 0)) - linear(node, minus, np.maximum(-h, 0))
            guess = (guess.T + layer.bias * unit).T
            room = np.zeros_like(out) if layer.remainder is None else linear(node, layer.remainder, np.abs(h) ** 3)
            room = (room.T + layer.bias_error).T
            off = np.abs(out - guess)
            assert (off <= room + 1e-12).all()
            used = max(used, float((off[room > 1e-9] / room[room > 1e-9]).max(initial=0)))
    assert used > 0.02 if kind in ("tanh", "sigmoid") and copies == 1 else used <= 1


def linear(like: Affine, weight: np.ndarray, h: np.ndarray) -> np.ndarray:
    """An affine layer's linear part with other rows, on one input."""
    if isinstance(like, Dense):
        return weight @ h.reshape(-1)
    kernel = weight.reshape(*weight.shape[:2], *like.kernel)
    return Conv(kernel, None, like.stride, like.padding)(h[None])[0]


@pytest.mark.parametrize(("shape", "kind", "bias", "copies"), CASES)
def test_dropping_dead_units_and_copies_changes_no_output(shape, kind, bias, copies):
    target = TARGETS[shape](kind, bias)
    source, mask = random_ticket(target, copies, 9)
    lean = drop_dead_units(source, mask, target.is_sequence)
    assert lean.count <= mask.count
    assert drop_dead_units(source, lean, target.is_sequence).count == lean.count
    for one in inputs(target, 10, 2):
        np.testing.assert_allclose(
            reference(source, lean, target, one)[0], reference(source, mask, target, one)[0], rtol=1e-12, atol=1e-12
        )


def test_copies_that_nobody_reads_are_dropped():
    target = dense_target("relu", True)
    source, mask = random_ticket(target, RHO, 1)
    unread = [entry for entry in mask.kept[3].tolist() if entry % source.layers[3].width not in (0, 7)]
    few = Mask(mask.shapes, (*mask.kept[:3], np.array(unread), *mask.kept[4:]))
    lean = drop_dead_units(source, few)
    rows = set((lean.kept[1] // source.layers[1].width).tolist())
    read = set((lean.kept[3] % source.layers[3].width).tolist())
    assert rows == {column for column in read if column < 5 * RHO}
    assert not rows & {0, 7}
    assert 5 < len(rows) <= 5 * RHO - 2


def test_levels_of_wide_layers_are_added_before_they_count():
    """2,000 halves at 2^-52 do not fit 64 bits one by one in size, but their sum does."""
    first = SourceLayer(2000, 1, 2.0**-6, activation=Activation("sigmoid"))
    source = Source(1, law("uniform"), (first, SourceLayer(1, 2000, 4.0)))
    mask = Mask.of(source, [np.zeros(0, np.int64), np.arange(2000)])
    layer = collapse(source, mask)[0]
    exact = int(source.rows(1, 0, 1).sum()) * (1 << 29)
    assert layer.bias.tolist() == [exact]
    assert layer.bias_error.tolist() == [0.0]
    assert layer.absolute_bias[0] > abs(exact) * layer.unit


@pytest.mark.parametrize("scale", [0.75, 2.0**24, 2.0**-30])
def test_scales_that_would_not_be_exact_are_refused(scale):
    layers = (SourceLayer(2, 1, scale, True), SourceLayer(1, 5, 1.0, direct=True))
    source = Source(0, law("uniform"), layers)
    with pytest.raises(BadInput, match="power of two"):
        collapse(source, Mask.of(source, [np.array([0]), np.array([0, 4])]))


@pytest.mark.parametrize(
    "layers",
    [
        (SourceLayer(2, 2, 1.0, True), SourceLayer(1, 5, direct=True)),
        (SourceLayer(2, 1, 1.0, False), SourceLayer(1, 5, direct=True)),
        (SourceLayer(2, 1, 1.0, True), SourceLayer(1, 2, direct=True)),
        (SourceLayer(2, 1), SourceLayer(1, 3)),
        (SourceLayer(2, 1, kernel=(1, 2)), SourceLayer(1, 2)),
        (SourceLayer(2, 1, copies=2), SourceLayer(1, 2)),
    ],
)
def test_layers_that_are_no_stage_are_refused(layers):
    source = Source(0, law("uniform"), layers)
    with pytest.raises(BadInput, match="not a pair"):
        collapse(source, Mask.of(source, [np.zeros(0, np.int64)] * 2))
