"""Source layers as JSON (slth/verify/FORMAT.md, section 3)."""

from __future__ import annotations

from typing import Any

from slth.core.nodes import Activation
from slth.core.source import RELU, SourceLayer

MOST_LAYERS = 200
"""Layers of one source."""


def described(layer: SourceLayer) -> dict[str, Any]:
    """A source layer as JSON: what is not the default of `SourceLayer` has a key of its own."""
    entry: dict[str, Any] = {
        "rows": layer.rows,
        "columns": layer.columns,
        "bias": layer.bias,
        "scale": layer.scale.hex(),
    }
    if layer.kernel != (1, 1):
        entry["kernel"] = list(layer.kernel)
    if layer.activation != RELU:
        entry["activation"] = layer.activation.kind
    if layer.activation.slope:
        entry["slope"] = layer.activation.slope.hex()
    if layer.direct:
        entry["direct"] = True
    if layer.copies > 1:
        entry["copies"] = layer.copies
    return entry


def layer_of(entry: dict[str, Any]) -> SourceLayer:
    """The source layer behind its JSON; the round trip refuses other keys and other spellings."""
    height, width = entry.get("kernel", (1, 1))
    slope = float.fromhex(entry["slope"]) if "slope" in entry else 0.0
    return SourceLayer(
        int(entry["rows"]),
        int(entry["columns"]),
        float.fromhex(entry["scale"]),
        bool(entry["bias"]),
        (int(height), int(width)),
        Activation(str(entry.get("activation", "relu")), slope),
        bool(entry.get("direct", False)),
        int(entry.get("copies", 1)),
    )
