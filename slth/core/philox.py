"""Philox4x32-10, counter-based: any word of any tensor at any time, the same bits everywhere.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). The layout of key and
counter is ours and part of the ticket format (slth/verify/FORMAT.md, section "Random words").
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
TAG = b"slth/rng/v1"
WEIGHTS = 0  # the domain tag of a source's weights; other uses of the generator take other tags
CHUNK = 1 << 16  # blocks computed at once: small enough to stay in cache


def key_from_seed(seed: int) -> tuple[int, int]:
    """The two 32-bit key words of a seed in [0, 2^256)."""
    digest = hashlib.sha256(TAG + seed.to_bytes(32, "big")).digest()
    return int.from_bytes(digest[0:4], "little"), int.from_bytes(digest[4:8], "little")


def rounds(c0: Any, c1: Any, c2: Any, c3: Any, k0: int, k1: int) -> tuple[Any, Any, Any, Any]:
    """Ten Philox rounds on four counter words of 32 bits, held in anything with 64-bit * ^ & >>."""
    for number in range(10):
        left = MULTIPLIERS[0] * c0
        right = MULTIPLIERS[1] * c2
        key0 = (k0 + number * WEYL[0]) & LOW
        key1 = (k1 + number * WEYL[1]) & LOW
        c0, c1, c2, c3 = (right >> 32) ^ c1 ^ key0, right & LOW, (left >> 32) ^ c3 ^ key1, left & LOW
    return c0, c1, c2, c3


def words_of_blocks(
    key: tuple[int, int], blocks: NDArray[np.uint64], tensor: int, domain: int | NDArray[np.int64] = WEIGHTS
) -> NDArray[np.uint32]:
    """The four words of each block, in one domain or each in its own: array of shape (len(blocks), 4)."""
    out = np.empty((len(blocks), 4), np.uint32)
    domains = np.broadcast_to(np.asarray(domain, np.uint64), blocks.shape)
    for start in range(0, len(blocks), CHUNK):
        part = blocks[start : start + CHUNK]
        zero = np.zeros_like(part)
        tags = domains[start : start + CHUNK]
        four = rounds(part & np.uint64(LOW), part >> np.uint64(32), zero + np.uint64(tensor), tags, *key)
        for lane, word in enumerate(four):
            out[start : start + CHUNK, lane] = word
    return out


def words_range(key: tuple[int, int], tensor: int, start: int, stop: int, domain: int = WEIGHTS) -> NDArray[np.uint32]:
    """Words start, ..., stop - 1 of a tensor (row-major entry numbers)."""
    blocks = np.arange(start // 4, -(-stop // 4), dtype=np.uint64)
    return words_of_blocks(key, blocks, tensor, domain).reshape(-1)[start - 4 * (start // 4) :][: stop - start]


def words_at(
    key: tuple[int, int], tensor: int, entries: NDArray[np.int64], domain: int | NDArray[np.int64] = WEIGHTS
) -> NDArray[np.uint32]:
    """Words of any entries, in the shape of `entries`; domains of single entries only with entries of one axis."""
    flat = entries.reshape(-1).astype(np.uint64)
    four = words_of_blocks(key, flat >> np.uint64(2), tensor, domain)
    out: NDArray[np.uint32] = four[np.arange(len(flat)), flat & np.uint64(3)].reshape(entries.shape)
    return out
