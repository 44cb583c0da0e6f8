"""Small networks of every kind of node, sequences and graphs with sums, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Flatten, Network, Pool

KINDS = ("relu", "tanh", "sigmoid", "leaky_relu")


@st.composite
def activations(draw):
    kind = draw(st.sampled_from(KINDS))
    return Activation(kind, draw(st.floats(0.001, 0.999))) if kind == "leaky_relu" else Activation(kind)


@st.composite
def convolutions(draw, rng, dtype, channels, keeps=False):
    """A convolution; one that keeps the shape of a picture where asked."""
    if keeps:
        kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3)]))
        out, stride, padding = channels, (1, 1), (kernel[0] // 2, kernel[1] // 2)
    else:
        size = st.integers(1, 3)
        kernel, stride = draw(st.tuples(size, size)), draw(st.tuples(size, size))
        out, padding = draw(st.integers(1, 4)), draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    bias = rng.standard_normal(out).astype(dtype) if draw(st.booleans()) else None
    return Conv(rng.standard_normal((out, channels, *kernel)).astype(dtype), bias, stride, padding)


@st.composite
def conv_networks(draw, sums=True):
    """Convolutions, pools, sums and activations, then dense layers."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = (draw(st.integers(1, 3)), draw(st.integers(5, 9)), draw(st.integers(5, 9)))
    nodes, inputs, here = [], [], shape

    def put(node, *feeds):
        nonlocal here
        feeds = feeds or (len(nodes) - 1,)
        here = node.out_shape(*([here] if len(feeds) == 1 else [here, here]))
        nodes.append(node)
        inputs.append(feeds)

    put(draw(convolutions(rng, dtype, shape[0])))
    for _ in range(draw(st.integers(0, 3))):
        put(draw(activations()))
        choice = draw(st.sampled_from(["conv", "pool", "sum"]))
        try:
            if choice == "conv":
                put(draw(convolutions(rng, dtype, here[0])))
            elif choice == "pool":
                side = st.integers(1, 3)
                kernel, stride = draw(st.tuples(side, side)), draw(st.tuples(side, side))
                put(Pool(draw(st.sampled_from(["max", "mean"])), kernel, stride))
            elif sums:
                start = len(nodes) - 1
                put(draw(convolutions(rng, dtype, here[0], True)))
                order = (start, len(nodes) - 1) if draw(st.booleans()) else (len(nodes) - 1, start)
                put(Add(), *order)
        except BadInput:
            break
    put(Flatten())
    put(Dense(rng.standard_normal((3, here[0])).astype(dtype)))
    for _ in range(draw(st.integers(0, 2))):
        put(draw(activations()))
        put(Dense(rng.standard_normal((2, here[0])).astype(dtype), rng.standard_normal(2).astype(dtype)))
    return Network(tuple(nodes), shape, tuple(inputs))


def residual_at_the_input():
    """A sum with the network's own input, and the same node added to itself."""
    rng = np.random.default_rng(0)
    conv = Conv(rng.standard_normal((2, 2, 3, 3)), None, (1, 1), (1, 1))
    nodes = (conv, Add(), Add(), Flatten(), Dense(rng.standard_normal((2, 18))))
    return Network(nodes, (2, 3, 3), ((INPUT,), (0, INPUT), (1, 1), (2,), (3,)))
