"""Masks as bytes: two encodings, of which the shorter one is written (slth/verify/FORMAT.md, section 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.source import SourceLayer

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def pack(kept: Integers, size: int) -> tuple[str, Bytes]:
    """The shorter of the two encodings of sorted entries below `size`: its name and its bytes."""
    gaps = np.diff(kept, prepend=-1)
    length = np.ones(len(gaps), np.int64)
    for power in range(1, 6):
        length += gaps >= 1 << (7 * power)
    if int(length.sum()) >= -(-size // 8):
        bits = np.zeros(8 * -(-size // 8), bool)
        bits[kept] = True
        return "bits", np.packbits(bits, bitorder="little")
    return "gaps", _base_128(gaps, length)


def _base_128(numbers: Integers, length: Integers) -> Bytes:
    """Numbers in little-endian base 128, each in so many bytes, of which all but the last have their top bit set."""
    start = np.cumsum(length) - length
    out = np.zeros(int(length.sum()), np.uint8)
    for power in range(int(length.max(initial=0))):
        here = length > power
        more = (length[here] > power + 1).astype(np.int64) << 7
        out[start[here] + power] = ((numbers[here] >> (7 * power)) & 127) | more
    return out


def unpack(encoding: str, data: Bytes, size: int) -> Integers:
    """The sorted entries behind one encoding; the reverse of `pack`.

    Raises
    ------
    BadInput
        When the bytes are not such an encoding, or an entry lies outside the layer.
    """
    if data.dtype != np.uint8 or data.ndim != 1:
        raise BadInput("a mask is not a row of bytes")
    if encoding == "bits":
        if len(data) != -(-size // 8):
            raise BadInput(f"a mask of {size} bits has {len(data)} bytes")
        bits = np.unpackbits(data, bitorder="little")
        if bits[size:].any():
            raise BadInput("unused bits of a mask are not 0")
        return np.flatnonzero(bits)
    if encoding != "gaps":
        raise BadInput(f"no mask encoding is called {encoding!r}")
    if np.count_nonzero(data < 128) > size:  # before anything of that length is computed
        raise BadInput("a gap leaves the layer")
    gaps, _ = _from_base_128(data, "a gap")
    if len(gaps) and not 0 < gaps.min() <= gaps.max() <= size:  # so that the sums below cannot wrap
        raise BadInput("a gap leaves the layer")
    entries = np.cumsum(gaps) - 1
    if len(gaps) and entries[-1] >= size:
        raise BadInput("a gap leaves the layer")
    return entries


def _from_base_128(data: Bytes, what: str) -> tuple[Integers, Integers]:
    """Numbers of at most 6 bytes in their shortest form, and the place of every byte within its number."""
    last = data < 128
    if len(data) and not last[-1]:
        raise BadInput(f"{what} is cut off")
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    place = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
    if (place > 5).any() or ((ends > starts) & (data[ends] == 0)).any():
        raise BadInput(f"{what} is not in its shortest form")
    digits = (data & 127).astype(np.int64) << (7 * place)
    return (np.add.reduceat(digits, starts) if len(ends) else ends), place


def entries_of(mask: dict[str, Any], data: Bytes, layer: SourceLayer, number: int) -> Integers:
    """The sorted entries behind a mask's description and bytes.

    Raises
    ------
    BadInput
        When they are not such a mask, or keep another number of entries than described.
    """
    entries = unpack(mask["encoding"], data, layer.size)
    if len(entries) != mask["kept"]:
        raise BadInput(f"mask {number} keeps {len(entries)} entries, not {mask['kept']}")
    return entries


def packed_numbers(numbers: Integers) -> Bytes:
    """Numbers >= 0 and below 2^28, each in little-endian base 128 (LEB128), shortest form."""
    length = 1 + sum((numbers >= 1 << (7 * power)).astype(np.int64) for power in range(1, 4))
    return _base_128(numbers, np.asarray(length))


def numbers_of(data: Bytes, count: int) -> Integers:
    """The numbers behind such bytes; the reverse of `packed_numbers`.

    Raises
    ------
    BadInput
        When the bytes are not that many numbers of at most 4 bytes in shortest form.
    """
    if data.dtype != np.uint8 or data.ndim != 1 or len(data) > 4 * count:
        raise BadInput(f"the draws of {count} weights are not a row of bytes, at most 4 for each")
    numbers, place = _from_base_128(data, "a draw")
    if len(numbers) != count or (place > 3).any():
        raise BadInput(f"there are {len(numbers)} draws for {count} weights, or one of more than 4 bytes")
    return numbers
