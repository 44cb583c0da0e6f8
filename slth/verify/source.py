"""Random words, laws and masks: which weights of the source are kept, and their values (FORMAT.md 3-5)."""

import hashlib
import sys
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import NamedTuple

from .fixed import need
from .lines import RELU, Gate

BITS = {"uniform/1": 24, "sign/1": 0, "normal/1": 20}
NORMAL_SHA256 = "8c2cf7ff450aa672e28ab73799edb7447fe3731be7feb6bce0c355f64bed6851"
_BATCH = 4096  # blocks in one big integer: 32 KiB, so that the working set stays in the cache
_CHUNK = 1 << 16  # bytes of a mask at a time
_OF_BYTE = [bytes(b >> i & 1 for i in range(8)) for b in range(256)]


class SourceLayer(NamedTuple):
    """One layer of the source and its mask."""

    number: int
    rows: int
    columns: int
    bias: bool
    scale: float
    encoding: str
    kept: int
    mask: bytes
    taps: int = 1
    kernel: tuple[int, int] = (1, 1)
    activation: Gate = RELU
    direct: bool = False
    copies: int = 1

    @property
    def width(self) -> int:
        """Return the number of entries of a row."""
        return self.columns * self.taps

    @property
    def size(self) -> int:
        """Return the number of weights."""
        return self.rows * self.width


def key_of(seed: int) -> tuple[int, int]:
    """Return the Philox key of a seed."""
    digest = hashlib.sha256(b"slth/rng/v1" + seed.to_bytes(32, "big")).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def philox(key: tuple[int, int], layer: int, blocks: Sequence[int]) -> "array[int]":
    """Return the four words of every block: Philox4x32-10 on all blocks at once.

    Lanes are 64 bits apart and hold 32-bit values: a product of two such values is below 2^64, so it stays in its
    lane, and every other step is bitwise. The order of the lanes does not matter, so neither does that of bytes.
    """
    words, order = array("Q", bytes(16 * len(blocks))), sys.byteorder
    for start in range(0, len(blocks), _BATCH):
        lanes = array("Q", blocks[start : start + _BATCH])
        count = len(lanes)
        ones = int.from_bytes((1).to_bytes(8, order) * count, order)
        low, counter, (k0, k1) = ones * 0xFFFFFFFF, int.from_bytes(lanes.tobytes(), order), key
        c0, c1, c2, c3 = counter & low, counter >> 32 & low, ones * layer, 0
        for _ in range(10):
            p, q = c0 * 0xD2511F53, c2 * 0xCD9E8D57
            c0, c1 = (q >> 32 & low) ^ c1 ^ ones * k0, q & low
            c2, c3 = (p >> 32 & low) ^ c3 ^ ones * k1, p & low
            k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
        pairs = (c0 | c1 << 32, c2 | c3 << 32) if order == "little" else (c1 | c0 << 32, c3 | c2 << 32)
        for half, pair in enumerate(pairs):
            words[2 * start + half : 2 * (start + count) : 2] = array("Q", pair.to_bytes(8 * count, order))
    return array("I", words.tobytes())


@lru_cache(maxsize=1)
def _normal_table() -> "array[int]":
    data = (Path(__file__).parent / "normal.bin").read_bytes()
    if hashlib.sha256(data).hexdigest() != NORMAL_SHA256:
        raise OSError("normal.bin beside the checker is not the table of FORMAT.md section 5")
    table = array("i", data)
    if sys.byteorder == "big":
        table.byteswap()
    return table


def values(law: str, words: Sequence[int]) -> list[int]:
    """Return the integers m of a law; the weight is m 2^-BITS[law] times the layer's scale."""
    if law == "uniform/1":  # (w >> 7) | 1 = 2 (w >> 8) + 1
        return [(w >> 7 | 1) - 0x1000000 for w in words]
    if law == "sign/1":
        return [1 - (w >> 31 << 1) for w in words]
    table, result = _normal_table(), []
    for w in words:
        i = w >> 17 & 0x3FFF
        size = table[i] + ((table[i + 1] - table[i]) * ((w >> 8 & 0x1FE) + 1) >> 9)
        result.append(-size if w >> 31 else size)
    return result


def _bits(data: bytes) -> Iterator[list[int]]:
    for at in range(0, len(data), _CHUNK):
        part = data[at : at + _CHUNK]
        yield list(compress(range(8 * at, 8 * (at + len(part))), b"".join(map(_OF_BYTE.__getitem__, part))))


def _gaps(data: bytes) -> Iterator[list[int]]:
    entry, gap, shift = -1, 0, 0
    for at in range(0, len(data), _CHUNK):
        entries = []
        for byte in data[at : at + _CHUNK]:
            gap |= (byte & 127) << shift
            need(byte != 0 and (byte < 128 or shift < 35), "a gap of 0, of more than 6 bytes, or not in shortest form")
            shift += 7
            if byte < 128:
                entry, gap, shift = entry + gap, 0, 0
                entries.append(entry)
        yield entries
    need(shift == 0, "the last gap is cut off")


def kept_entries(layer: SourceLayer) -> Iterator[list[int]]:
    """Yield the kept entries of a mask in increasing order, in lists that are not empty; check range and number."""
    total, count = layer.size, 0
    need(layer.encoding == "gaps" or len(layer.mask) == (total + 7) // 8, f"mask.{layer.number}: wrong number of bytes")
    for entries in _bits(layer.mask) if layer.encoding == "bits" else _gaps(layer.mask):
        count += len(entries)
        need(not entries or entries[-1] < total, f"mask.{layer.number}: an entry beyond the layer's {total}")
        if entries:
            yield entries
    need(count == layer.kept, f"mask.{layer.number}: {count} entries where the ticket names {layer.kept}")


def words_of(key: tuple[int, int], layer: int, entries: list[int]) -> list[int]:
    """Return the words of increasing entries, generating the range if that is half full, else the blocks in use."""
    first, last = entries[0] >> 2, entries[-1] >> 2
    if last - first < 2 * len(entries):
        words = philox(key, layer, range(first, last + 1))
        return list(map(words.__getitem__, [e - 4 * first for e in entries]))
    place = {block: 4 * i for i, block in enumerate(dict.fromkeys([e >> 2 for e in entries]))}
    words = philox(key, layer, list(place))
    return [words[place[e >> 2] | e & 3] for e in entries]


def kept_weights(key: tuple[int, int], law: str, layer: SourceLayer) -> Iterator[tuple[list[int], list[int]]]:
    """Yield kept entries and their integers, list by list."""
    for entries in kept_entries(layer):
        yield entries, values(law, words_of(key, layer.number, entries))
