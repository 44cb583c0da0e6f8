"""How large the inputs of a target's layers can become: it sets the scale that keeps units where they are linear."""

from __future__ import annotations

import math

import numpy as np

from slth.core.network import INPUT, Activation, Add, Network
from slth.core.nodes import Affine
from slth.theory.plan import Request

BOUNDED = ("tanh", "sigmoid")


def largest_inputs(target: Network, request: Request) -> tuple[float, ...]:
    """A bound on |h| for what arrives at each affine layer of a target, on the request's domain.

    By row sums, which is all that is needed: it only sets a scale, and the ticket is certified afterwards.
    """
    width = math.prod(target.input_shape)
    regions = request.domain_for(target).regions(width)
    sizes = {INPUT: max(float(np.abs([region.lower, region.upper]).max()) for region in regions)}
    found = []
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        size = sizes[feeds[0]]
        if isinstance(node, Affine):
            found.append(size)
            size *= float(np.abs(node.weight.astype(np.float64)).reshape(node.shape[0], -1).sum(axis=1).max())
            size += 0.0 if node.bias is None else float(np.abs(node.bias).max())
        elif isinstance(node, Add):
            size += sizes[feeds[1]]
        elif isinstance(node, Activation) and node.kind in BOUNDED:
            size = min(size, 1.0) if node.kind == "tanh" else 1.0
        sizes[number] = size
    return tuple(found)
