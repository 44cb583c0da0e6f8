"""The mask: which weights of a source are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.network import frozen
from slth.core.source import MOST_DRAWS, SourceLayer

Integers = NDArray[np.int64]


class Layered(Protocol):
    """What a mask is of: a source, or given weights."""

    @property
    def layers(self) -> tuple[SourceLayer, ...]:
        """Its layers."""
        ...


@dataclass(frozen=True, eq=False)
class Mask:
    """One {0, 1} or {-1, 0, 1} pattern per source layer, held as the sorted row-major numbers of the kept entries.

    Parameters
    ----------
    shapes : tuple of (rows, width)
        Width counts the entries of a row, kernels included.
    kept : tuple of int64 arrays, one per layer, strictly increasing
    signs : tuple of int64 arrays of 1 and -1, one per layer, as long as `kept`; empty where all are 1
    draws : tuple of int64 arrays, one per layer, as long as `kept`; empty where all are 0
        Which draw of its entry a kept weight is: the source counts them from 0.
    """

    shapes: tuple[tuple[int, int], ...]
    kept: tuple[Integers, ...]
    signs: tuple[Integers, ...] = ()
    draws: tuple[Integers, ...] = ()

    def __post_init__(self) -> None:
        if len(self.shapes) != len(self.kept):
            raise BadInput(f"{len(self.kept)} mask layers for {len(self.shapes)} shapes")
        for (rows, width), kept in zip(self.shapes, self.kept, strict=True):
            inside = len(kept) == 0 or (kept[0] >= 0 and kept[-1] < rows * width)
            if not inside or (np.diff(kept) <= 0).any():
                raise BadInput("kept entries must be strictly increasing and inside their layer")
        object.__setattr__(self, "kept", tuple(frozen(kept) for kept in self.kept))
        for name, arrays in (("signs", self.signs), ("draws", self.draws)):
            if arrays and [len(array) for array in arrays] != [len(kept) for kept in self.kept]:
                raise BadInput(f"the {name} of a mask are not one for each kept entry")
            object.__setattr__(self, name, tuple(frozen(np.asarray(array, np.int64)) for array in arrays))
        if any((np.abs(signs) != 1).any() for signs in self.signs):
            raise BadInput("the signs of a mask are 1 or -1")
        if any(((draws < 0) | (draws >= MOST_DRAWS)).any() for draws in self.draws):
            raise BadInput(f"the draws of a mask are from 0 to {MOST_DRAWS - 1}")

    @classmethod
    def of(cls, source: Layered, kept: list[Integers]) -> Mask:
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

    @property
    def densities(self) -> tuple[float, ...]:
        """The fraction kept of every layer; 0 for a layer without weights."""
        sizes = [rows * width for rows, width in self.shapes]
        return tuple(len(kept) / size if size else 0.0 for kept, size in zip(self.kept, sizes, strict=True))

    def pairs(self, layer: int) -> tuple[Integers, Integers]:
        """Rows, and places in them, of a layer's kept entries in row-major order."""
        rows, places = np.divmod(self.kept[layer], self.shapes[layer][1])
        return rows, places
