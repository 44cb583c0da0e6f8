"""The mask: which weights of a source are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.network import frozen
from slth.core.source import Source

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mask:
    """One {0, 1} pattern per source layer, held as the sorted row-major numbers of the kept entries.

    Parameters
    ----------
    shapes : tuple of (rows, width)
        Width counts the entries of a row, kernels included.
    kept : tuple of int64 arrays, one per layer, strictly increasing
    """

    shapes: tuple[tuple[int, int], ...]
    kept: tuple[Integers, ...]

    def __post_init__(self) -> None:
        if len(self.shapes) != len(self.kept):
            raise BadInput(f"{len(self.kept)} mask layers for {len(self.shapes)} shapes")
        for (rows, width), kept in zip(self.shapes, self.kept, strict=True):
            inside = len(kept) == 0 or (kept[0] >= 0 and kept[-1] < rows * width)
            if not inside or (np.diff(kept) <= 0).any():
                raise BadInput("kept entries must be strictly increasing and inside their layer")
        object.__setattr__(self, "kept", tuple(frozen(kept) for kept in self.kept))

    @classmethod
    def of(cls, source: Source, kept: list[Integers]) -> Mask:
        """The mask of a source that keeps these entries, each layer's in increasing order."""
        return cls(tuple((layer.rows, layer.width) for layer in source.layers), tuple(kept))

    @property
    def count(self) -> int:
        """Number of kept weights."""
        return sum(len(kept) for kept in self.kept)

    @property
    def density(self) -> float:
        """The fraction of the source's weights that is kept."""
        return self.count / sum(rows * width for rows, width in self.shapes)

    def pairs(self, layer: int) -> tuple[Integers, Integers]:
        """Rows, and places in them, of a layer's kept entries in row-major order."""
        rows, places = np.divmod(self.kept[layer], self.shapes[layer][1])
        return rows, places
