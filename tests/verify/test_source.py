"""Random words, laws and masks against scalar code written from the text alone."""

import hashlib
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_ticket import encode_bits, encode_gaps, philox_block, weight, word

from slth.verify import source
from slth.verify.fixed import BadInput
from slth.verify.source import BITS, SourceLayer, kept_entries, kept_weights, key_of, philox, values, words_of

# Random123, kat_vectors: philox4x32 10. Counter, key, result.
VECTORS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def hexes(text: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in text.split())


@pytest.mark.parametrize(("counter", "key", "result"), VECTORS)
def test_the_scalar_philox_gives_the_published_vectors(counter: str, key: str, result: str) -> None:
    assert philox_block(hexes(key), hexes(counter)) == hexes(result)  # type: ignore[arg-type]


def test_the_first_published_vector_comes_out_of_the_lanes() -> None:
    assert tuple(philox((0, 0), 0, [0])) == hexes(VECTORS[0][2])


@given(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.integers(0, 199),
    st.lists(st.integers(0, 2**38 - 1), min_size=1, max_size=30),
)
def test_lanes_equal_scalars(key: tuple[int, int], layer: int, blocks: list[int]) -> None:
    expected = [w for b in blocks for w in philox_block(key, (b % 2**32, b // 2**32, layer, 0))]
    assert list(philox(key, layer, blocks)) == expected


def test_lanes_equal_scalars_across_a_batch() -> None:
    words = philox((7, 8), 3, range(5, 5 + 4096 + 3))
    for b in (0, 4095, 4096, 4098):
        assert tuple(words[4 * b : 4 * b + 4]) == philox_block((7, 8), (b + 5, 0, 3, 0))


@given(st.integers(0, 2**256 - 1), st.integers(0, 9), st.sets(st.integers(0, 2**40 - 1), min_size=1, max_size=20))
def test_words_of_entries(seed: int, layer: int, entries: set[int]) -> None:
    wanted = sorted(entries)
    assert words_of(key_of(seed), layer, wanted) == [word(seed, layer, e) for e in wanted]


def test_words_of_dense_entries_use_the_range() -> None:
    wanted = [e for e in range(1003, 1400) if e % 3]
    assert words_of(key_of(5), 2, wanted) == [word(5, 2, e) for e in wanted]


@pytest.mark.parametrize("law", sorted(BITS))
def test_laws(law: str) -> None:
    draw = random.Random(1)
    words = [0, 1, 255, 256, 2**31 - 1, 2**31, 2**32 - 1, *(draw.randrange(2**32) for _ in range(200))]
    assert values(law, words) == [weight(law, w) * 2 ** BITS[law] for w in words]


def test_the_normal_table_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    source._normal_table.cache_clear()
    monkeypatch.setattr(source, "NORMAL_SHA256", "0" * 64)
    with pytest.raises(OSError, match="normal"):
        values("normal/1", [1])


def test_the_normal_table_looks_normal() -> None:
    source._normal_table.cache_clear()
    table = source._normal_table()
    assert list(table) == sorted(table)
    assert len(table) == 2**14 + 1
    assert table[0] == 0
    assert abs(table[11186] / 2**20 - 1) < 2e-4  # Phi(1) = 0.84134 = 1/2 + 11186 / 2^15
    data = struct.pack(f"<{len(table)}i", *table)
    assert hashlib.sha256(data).hexdigest() == source.NORMAL_SHA256


def layer_of(total: int, encoding: str, kept: int, mask: bytes) -> SourceLayer:
    return SourceLayer(0, 1, total, False, 1.0, encoding, kept, mask)


@given(st.integers(1, 3000), st.data())
def test_masks_read_back(total: int, data: st.DataObject) -> None:
    kept = sorted(data.draw(st.sets(st.integers(0, total - 1))))
    for encoding, mask in (("bits", encode_bits(total, kept)), ("gaps", encode_gaps(kept))):
        found = [e for part in kept_entries(layer_of(total, encoding, len(kept), mask)) for e in part]
        assert found == kept


@pytest.mark.parametrize("encoding", ["bits", "gaps"])
def test_masks_read_back_across_chunks(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_CHUNK", 7)
    draw = random.Random(2)
    kept = sorted(draw.sample(range(5000), 300))
    mask = encode_bits(5000, kept) if encoding == "bits" else encode_gaps(kept)
    layer = layer_of(5000, encoding, 300, mask)
    pairs = [pair for part in kept_weights(key_of(9), "uniform/1", layer) for pair in zip(*part, strict=True)]
    assert pairs == [(e, weight("uniform/1", word(9, 0, e)) * 2**24) for e in kept]


BAD_MASKS = {
    "bits, a byte short": ("bits", 20, 1, b"\x01\x00", "wrong number of bytes"),
    "bits, a byte long": ("bits", 20, 1, b"\x01\x00\x00\x00", "wrong number of bytes"),
    "bits, an unused bit": ("bits", 20, 1, b"\x00\x00\x10", "beyond"),
    "bits, fewer than named": ("bits", 20, 2, b"\x01\x00\x00", "1 entries"),
    "bits, more than named": ("bits", 20, 0, b"\x01\x00\x00", "1 entries"),
    "gaps, gap of zero": ("gaps", 20, 2, b"\x01\x00", "gap"),
    "gaps, not shortest": ("gaps", 20, 1, b"\x81\x00", "gap"),
    "gaps, seven bytes": ("gaps", 20, 1, b"\x80\x80\x80\x80\x80\x80\x01", "gap"),
    "gaps, cut off": ("gaps", 20, 0, b"\x81", "cut off"),
    "gaps, beyond the layer": ("gaps", 20, 1, b"\x15", "beyond"),
    "gaps, fewer than named": ("gaps", 20, 2, b"\x01", "1 entries"),
}


@pytest.mark.parametrize("name", BAD_MASKS)
def test_bad_masks_are_refused(name: str) -> None:
    encoding, total, kept, mask, cause = BAD_MASKS[name]
    with pytest.raises(BadInput, match=cause):
        list(kept_entries(layer_of(total, encoding, kept, mask)))
