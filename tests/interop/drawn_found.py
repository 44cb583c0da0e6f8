"""Small found tickets of every kind, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from slth.core.architecture import Architecture, Norm, Slot
from slth.core.found import Accuracy, FoundTicket
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.nodes import Activation, Add, Flatten, Pool
from slth.core.preprocessing import Preprocessing
from slth.core.source import MOST_DRAWS, Source, SourceLayer

KINDS = ("relu", "tanh", "sigmoid", "leaky_relu")


@st.composite
def architectures(draw):
    """A convolution or two with norms, sums and pools, then dense layers, with and without biases."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(5, 8)), draw(st.integers(5, 8)))
    nodes, inputs, here = [], [], shape

    def put(node, *feeds):
        nonlocal here
        feeds = feeds or (len(nodes) - 1,)
        here = node.out_shape(*([here] * len(feeds)))
        nodes.append(node)
        inputs.append(feeds)

    def after():
        if draw(st.booleans()):
            put(Norm(draw(st.sampled_from([1e-5, 1e-3, 0.1]))))
        kind = draw(st.sampled_from(KINDS))
        put(Activation(kind, 0.125) if kind == "leaky_relu" else Activation(kind))

    for _ in range(draw(st.integers(0, 2))):
        side = st.integers(1, 3)
        padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        put(Slot(draw(st.integers(1, 4)), here[0], draw(st.tuples(side, side)), (draw(side), 1), padding))
        after()
        if draw(st.booleans()):
            start = len(nodes) - 1
            put(Slot(here[0], here[0], (3, 3), (1, 1), (1, 1)))
            put(Add(), start, len(nodes) - 1)
        if min(here[1:]) > 1 and draw(st.booleans()):
            put(Pool(draw(st.sampled_from(["max", "mean"])), (2, 2), (1, 2)))
    if draw(st.booleans()):
        put(Flatten())
    for rows in draw(st.lists(st.integers(1, 5), max_size=2)):
        put(Slot(rows, int(np.prod(here)), bias=draw(st.booleans())))
        after()
    put(Slot(3, int(np.prod(here)), bias=draw(st.booleans())))
    return Architecture(tuple(nodes), shape, tuple(inputs))


@st.composite
def found_tickets(draw, shapes=None):
    architecture = draw(shapes if shapes is not None else architectures())
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    scales = st.sampled_from([1.0, 0.5, float(np.float32(0.1))])
    layers = tuple(
        SourceLayer(slot.rows, slot.columns + slot.bias, draw(scales), slot.bias, slot.kernel or (1, 1))
        for slot in architecture.slots
    )
    source = Source(draw(st.integers(0, 2**256 - 1)), law(draw(st.sampled_from(["uniform", "normal", "sign"]))), layers)
    density = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    kept = tuple(np.flatnonzero(rng.random(layer.size) < density) for layer in layers)
    signs = tuple(rng.choice([-1, 1], len(here)) for here in kept) if draw(st.booleans()) else ()
    highest = draw(st.sampled_from([2, 200, MOST_DRAWS]))
    draws = tuple(rng.integers(0, highest, len(here)) for here in kept) if draw(st.booleans()) else ()
    shapes_of = tuple((layer.rows, layer.width) for layer in layers)
    rows = [architecture.slots[slot].rows for slot in architecture.normed]
    statistics = tuple(
        (rng.standard_normal(n).astype(np.float32), (rng.random(n) + 0.01).astype(np.float32)) for n in rows
    )
    channels = architecture.input_shape[0]
    steps = Preprocessing(255, tuple(rng.random(channels).tolist()), tuple((rng.random(channels) + 0.1).tolist()))
    claim = Accuracy("ab" * 32, "drawn pictures", draw(st.integers(0, 9)), 9, steps)
    mask = Mask(shapes_of, kept, signs, draws)
    values = draw(st.sampled_from(["weight", "binary"]))
    return FoundTicket(architecture, source, mask, values, statistics, claim, {"by": "test", "steps": 12})
