"""Laws: how a random 32-bit word becomes a weight, an exact integer at a stated power of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.network import frozen

Words = NDArray[np.uint32]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Law:
    """A law of one weight: `integer(word) * 2**-bits` has it exactly.

    Parameters
    ----------
    name, version : str, int
        What a ticket writes; a change of the map needs a new version.
    bits : int
        Integers are at 2^-bits.
    largest : int
        No integer of the law exceeds it in magnitude.
    symbol : str
        Short name in tables of the theory (U, N, S).
    """

    name: str
    version: int
    bits: int
    largest: int
    symbol: str
    integers: Callable[[Words], Integers]

    @property
    def label(self) -> str:
        """`name/version`, as tickets write it."""
        return f"{self.name}/{self.version}"


def _uniform(words: Words) -> Integers:
    return 2 * (words >> np.uint32(8)).astype(np.int64) + (1 - (1 << 24))


def _sign(words: Words) -> Integers:
    return 1 - 2 * (words >> np.uint32(31)).astype(np.int64)


@cache
def normal_quantiles() -> Integers:
    """The table of FORMAT.md, section 5: 2^14 + 1 quantiles of the half-normal law at 2^-20."""
    raw = resources.files("slth.verify").joinpath("normal.bin").read_bytes()
    table: Integers = frozen(np.frombuffer(raw, "<i4").astype(np.int64))
    return table


def _normal(words: Words) -> Integers:
    table = normal_quantiles()
    index = (words >> np.uint32(17)).astype(np.int64) & 0x3FFF
    place = (words >> np.uint32(9)).astype(np.int64) & 0xFF
    size = table[index] + (((table[index + 1] - table[index]) * (2 * place + 1)) >> 9)
    signed: Integers = np.where(words >> np.uint32(31), -size, size)
    return signed


LAWS = {
    law.name: law
    for law in (
        Law("uniform", 1, 24, (1 << 24) - 1, "U", _uniform),
        Law("normal", 1, 20, 5 << 20, "N", _normal),
        Law("sign", 1, 0, 1, "S", _sign),
    )
}


def law(name: str) -> Law:
    """The law called `name` ("uniform") or labelled so ("uniform/1").

    Raises
    ------
    BadInput
        When there is no such law.
    """
    found = LAWS.get(name.split("/")[0])
    if found is None or ("/" in name and found.label != name):
        raise BadInput(f"no law is called {name!r}; there are: {', '.join(sorted(LAWS))}")
    return found
