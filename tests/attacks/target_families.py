"""Builders of damaged and hostile target files, in families; each family is a generator over a seed.

A family yields pairs (bytes, may it be read?): where it may, it must give exactly NETWORK.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib

import numpy as np

from slth.core.network import Activation, Dense, Network, canonical_json
from slth.interop.safetensors import container_pieces

PROTO = b"\x80\x02"
LEGACY = PROTO + b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19." + PROTO + b"M\xe9\x03." + PROTO + b"}X\r\0\0\0little_endian\x88s."
RNG = np.random.default_rng(7)
LAYERS = {"0.weight": (5, 4), "0.bias": (5,), "2.weight": (3, 5), "2.bias": (3,)}
ARRAYS = {name: RNG.standard_normal(shape).astype(np.float32) for name, shape in LAYERS.items()}
FIRST, SECOND = (Dense(ARRAYS[f"{k}.weight"], ARRAYS[f"{k}.bias"]) for k in "02")
NETWORK = Network((FIRST, Activation(), SECOND), (4,))


# First the builders: the bytes that torch.save and safetensors would write, without torch; then the families.


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def integer(value):
    return b"\x8a\x0c" + value.to_bytes(12, "little", signed=True)


def tensor(key, shape, stride=None, offset=0, count=None, kind="FloatStorage"):
    strides = stride or [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    count = int(np.prod(shape)) if count is None else count
    storage = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + integer(count) + b"tQ"
    window = integer(offset) + b"(" + b"".join(map(integer, shape)) + b"t(" + b"".join(map(integer, strides)) + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + window + b"\x89ccollections\nOrderedDict\n)RtR"


def dictionary(entries):
    return PROTO + b"}(" + b"".join(text(name) + value for name, value in entries.items()) + b"u."


def zipped(pickle, storages=(), method=zipfile.ZIP_STORED, extra=()):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as file:
        warnings.simplefilter("ignore")  # a family writes the same name twice
        file.writestr("net/data.pkl", pickle)
        for key, data in storages:
            file.writestr(f"net/data/{key}", data)
        for name, data in extra:
            file.writestr(name, data)
    return buffer.getvalue()


def legacy(pickle, storages=()):
    storages = [(key, data) for key, data in storages if text(key) + text("cpu") in pickle]
    keys = PROTO + b"](" + b"".join(text(key) for key, _ in storages) + b"e."
    counts = b"".join(struct.pack("<Q", len(data) // 4) + data for _, data in storages)
    return LEGACY + pickle.replace(b"tQ", b"NtQ") + keys + counts  # old files add: no view of another storage


PICKLE = dictionary({name: tensor(name, shape) for name, shape in LAYERS.items()})
STORAGES = [(name, array.tobytes()) for name, array in ARRAYS.items()]
BASES = {
    "zip": zipped(PICKLE, STORAGES, extra=[("net/byteorder", b"little"), ("net/version", b"3\n")]),
    "legacy": legacy(PICKLE, STORAGES),
    "safetensors": b"".join(container_pieces({}, ARRAYS)),
    "canonical": b"".join(
        container_pieces(
            {"slth.arch": canonical_json(NETWORK.architecture()), "slth.digest": NETWORK.digest}, NETWORK.tensors()
        )
    ),
}
BOTH = (lambda pickle: zipped(pickle, STORAGES), lambda pickle: legacy(pickle, STORAGES))


def truncated(rng):
    for base in BASES.values():
        yield from ((base[: rng.randrange(len(base))], False) for _ in range(50))


def flipped(rng):
    """One byte changed; where no checksum guards the numbers, only outside of them (see test_numbers_without...)."""
    for name, base in BASES.items():
        end = len(base) - (0 if name in ("zip", "canonical") else sum(a.nbytes for a in ARRAYS.values()) + 32)
        for _ in range(150):
            place = rng.randrange(end)
            yield base[:place] + bytes([base[place] ^ rng.randrange(1, 256)]) + base[place + 1 :], True


def inserted(rng):
    for base in BASES.values():
        for _ in range(40):
            place = rng.randrange(len(base) + 1)
            yield base[:place] + rng.randbytes(rng.choice((1, 2, 8, 64))) + base[place:], True


def deleted(rng):
    for base in BASES.values():
        for _ in range(40):
            place = rng.randrange(len(base) - 64)
            yield base[:place] + base[place + rng.randint(1, 64) :], True


def repeated(rng):
    for base in BASES.values():
        for _ in range(25):
            a, b = sorted(rng.sample(range(len(base)), 2))
            yield base[:b] + base[a:b] + base[b:], True


def wrong_magic(rng):
    starts = [b"PK\3\4", b"PK\5\6", b"\x80\x02", b"\x80\x05\x95", b"\x89HDF\r\n\x1a\n", b"\x93NUMPY", b"\x1f\x8b", b"{"]
    for base in BASES.values():
        yield from ((rng.randbytes(4) + base[4:], False) for _ in range(10))
    for start in (*starts, LEGACY, b"\x08\x08\x12\x07pytorch", b"<html>", b"\x08\0\0\0\0\0\0\0{"):
        yield from ((start + rng.randbytes(rng.randrange(400)), False) for _ in range(10))


def opcode_soup(rng):
    codes = [bytes([code]) for code in b"NKJM(t012q]e}sdubRcXUQC" + bytes(range(0x80, 0x98))]
    words = [*codes, *codes, b"K\x01", b"q\x00", b"h\x00", text("a"), b"cos\nsystem\n", b"}(", tensor("a", (2, 2))]
    for _ in range(120):
        soup = PROTO + b"".join(rng.choice(words) for _ in range(rng.randrange(1, 60))) + b"."
        yield from ((wrap(soup), False) for wrap in BOTH)


def live_pickles(rng, canary="canary"):
    targets = ["os\nsystem", "posix\nsystem", "builtins\nexec", "builtins\neval", "subprocess\nPopen", "os\nmkdir"]
    targets += ["torch\nload", "torch.storage\n_load_from_bytes", "runpy\n_run_code", "shutil\nrmtree"]
    for target in targets:
        command = f"__import__('os').mkdir({canary!r})" if target.startswith("builtins") else f"mkdir {canary}"
        args = text(canary if target.endswith("mkdir") else command) + b"\x85"
        name = b"c" + target.encode() + b"\n"
        stacked = text(target.split("\n")[0]) + text(target.split("\n")[1]) + b"\x93"
        calls = [name + args + b"R", stacked + args + b"R", name + args + b"\x81", name + args + b"R}" + args + b"Nsb"]
        for call in calls:
            for pickle in (PROTO + call + b".", dictionary({"0.weight": call}), PICKLE[:-2] + text("x") + call + b"u."):
                yield from ((wrap(pickle), False) for wrap in BOTH)


def deep(rng):
    for depth in (10, 1_000, 200_000):
        for body in (b"N" + b"\x85" * depth, b"]" * depth + b"a" * (depth - 1), b"(" * depth + b"t" * depth):
            for pickle in (PROTO + body + b".", dictionary({"0.weight": body})):
                yield from ((wrap(pickle), False) for wrap in BOTH)


def module(child, number):
    head = b"ctorch.nn.modules.container\nSequential\n)\x81}(" + text("_parameters") + b"}" + text("_modules") + b"}("
    return b"0" + head + child + b"uubr" + struct.pack("<I", number)


def bombs(rng):
    def get(k):
        return b"j" + struct.pack("<I", k)

    copied = b"ccollections\nOrderedDict\nq\0](" + b"NN\x86" * 5000 + b"eq\1" + b"0h\0h\1\x85R" * 5000
    doubled = b"".join(module(text("a") + get(k - 1) + text("b") + get(k - 1), k) for k in range(1, 101))
    nested = b"".join(module(text("a") + get(k - 1), k) for k in range(1, 3000))
    wide = b"".join(module(b"".join(text(str(i)) + get(k - 1) for i in range(5000)), k) for k in range(1, 4))
    bodies = [copied, *(b"N" + module(b"", 0) + more for more in (doubled, nested, wide))]
    bodies += [b"N" + b"2\x86" * 300_000, b"]q\0" + b"h\0a" * 300_000, b"}" * 900_000, b"N" * 1_100_000]
    bodies += [b"}(" + b"".join(integer(k * (2**61 - 1)) + b"N" for k in range(200_000)) + b"u"]
    for body in bodies:
        yield from ((wrap(PROTO + body + b"."), False) for wrap in BOTH)


def huge(rng):
    big = [10**12, 2**31, 2**62, 2**63, 2**90, -1, 0]
    for value in big:
        for shape, stride, offset, count in [
            ((value, 4), None, 0, None),
            ((5, 4), (4, 1), value or 1, None),
            ((5, 4), (4, 1), 0, value),
            ((5, 4), (value, 1), 0, None),
            ((value, value), (0, 0), 0, 20),
            ((5, 4), (value, value), 0, 20),
        ]:
            try:
                entry = tensor("0.weight", shape, stride, offset, count)
            except OverflowError:  # beyond the 96 bits that the builder writes
                continue
            yield from ((wrap(dictionary({"0.weight": entry})), False) for wrap in BOTH)
    for name in ("X", "B", "T"):
        yield from ((wrap(PROTO + name.encode() + b"\xff\xff\xff\x7fa."), False) for wrap in BOTH)


def compressed(rng):
    for size in (10, 1_000, 1_000_000, 5_000_000):
        zeros = [("0.weight", bytes(size))]
        entry = dictionary({"0.weight": tensor("0.weight", (1, size // 4))})
        yield zipped(entry, zeros, zipfile.ZIP_DEFLATED), False
        yield zipped(entry, zeros, zipfile.ZIP_BZIP2), False
        lie = bytearray(zipped(entry, [("0.weight", zlib.compress(bytes(size)))]))
        place = lie.rindex(b"PK\1\2")
        struct.pack_into("<I", lie, place + 24, size)  # the directory says: stored, but longer than it is
        yield bytes(lie), False


def directory_tricks(rng):
    base = BASES["zip"]
    start = base.index(b"PK\1\2")
    for _ in range(200):
        place, width = rng.randrange(start, len(base) - 8), rng.choice((1, 2, 4, 8))
        value = rng.choice((0, 1, 0xFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, start)) % (1 << 8 * width)
        yield base[:place] + value.to_bytes(width, "little") + base[place + width :], True
    names = [name for name in ("net/data.pkl", "net/data/0.weight", "other/data.pkl") for _ in range(3)]
    for name in names:
        yield zipped(PICKLE, STORAGES, extra=[(name, rng.randbytes(80))]), False


def header_attacks(rng):
    for name in ("safetensors", "canonical"):
        base = BASES[name]
        length = int.from_bytes(base[:8], "little")
        header, data = base[8 : 8 + length].decode(), base[8 + length :]
        numbers = ["-1", "1.5", "1e3", "NaN", "99999999999999999999", "0", "[]", "null", "9" * 5000, "[" * 5000]
        for _ in range(120):
            places = [k for k, letter in enumerate(header) if letter in "0123456789"]
            place = rng.choice(places)
            changed = (header[:place] + rng.choice(numbers) + header[place + 1 :]).encode()
            yield struct.pack("<Q", len(changed)) + changed + data, True
        for value in (0, 1, 7, 10**7 + 1, 2**31, 2**63, 2**64 - 1, length - 1, length + 1):
            yield struct.pack("<Q", value) + base[8:], False


def hostile_architectures(rng):
    arch = NETWORK.architecture()
    nodes = arch["nodes"]
    changes = [{"input": value} for value in ([], [0], [-4], [2**70], [4] * 9, [4, 2], "4", None, [True])]
    changes += [{"nodes": value} for value in ([], nodes * 2, nodes * 5000, nodes[:1], nodes[::-1], [{}], [[]], {})]
    changes += [{"nodes": [nodes[0], {"op": op}, nodes[2]]} for op in ("gelu", "eval", "__import__('os')", 3, None, [])]
    changes += [{"format": value} for value in (None, 1, "slth-network/9")] + [{"more": 1}]
    texts = [canonical_json({**arch, **change}) for change in changes]
    texts += ["", "{", "[]", "null", "[" * 100_000, '{"a":1,"a":2}', canonical_json(arch) + "x", "NaN", "1e999"]
    for content in texts:
        yield b"".join(container_pieces({"slth.arch": content}, NETWORK.tensors())), False


def bad_numbers(rng):
    for value in (np.nan, np.inf, -np.inf):
        for name in ARRAYS:
            for dtype in (np.float16, np.float32, np.float64):
                arrays = {key: array.astype(dtype) for key, array in ARRAYS.items()}
                arrays[name].flat[rng.randrange(arrays[name].size)] = value
                yield b"".join(container_pieces({}, arrays)), False
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"):
        yield b"".join(container_pieces({}, {k: a.astype(dtype) for k, a in ARRAYS.items()})), False
    for kind in ("LongStorage", "ComplexFloatStorage", "QInt8Storage", "BoolStorage", "Evil", "HalfStorage"):
        entry = dictionary({"0.weight": tensor("0.weight", (5, 4), kind=kind)})
        yield from ((wrap(entry), False) for wrap in BOTH)


def shape_mismatches(rng):
    for _ in range(60):
        shapes = {name: tuple(rng.randint(0, 6) for _ in range(rng.randint(0, 4))) for name in LAYERS}
        if shapes != LAYERS:
            yield b"".join(container_pieces({}, {k: np.ones(s, np.float32) for k, s in shapes.items()})), False


def other_archives(rng):
    for names in (
        ["net/code/__torch__.py", "net/data.pkl", "net/constants.pkl"],
        ["net/archive_format", "net/data.pkl"],
        ["a.npy", "b.npy"],
        ["model.weights.h5"],
        ["net/version"],
        ["data.pkl"],
        ["a/data.pkl", "b/data.pkl"],
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name in names:
                file.writestr(name, PICKLE)
        yield buffer.getvalue(), False


def odd_dictionaries(rng):
    good = tensor("0.weight", (5, 4))
    keys = [b"N", integer(2**80), b"]", b"NN\x86", b"G" + bytes(8), text("a\n\x1b[2J"), text("x" * 100_000), b"}"]
    for key in keys:
        yield from ((wrap(PROTO + b"}" + key + good + b"s."), False) for wrap in BOTH)
    for value in (b"]", b"}", text("x") + b"\x85", b"cnumpy\nndarray\n)R", b"cos\nsystem\n"):
        yield from ((wrap(dictionary({"0.weight": good, "x": value})), False) for wrap in BOTH)


FAMILIES = [truncated, flipped, inserted, deleted, repeated, wrong_magic, opcode_soup, live_pickles, deep, bombs, huge]
FAMILIES += [compressed, directory_tricks, header_attacks, hostile_architectures, bad_numbers, shape_mismatches]
FAMILIES += [other_archives, odd_dictionaries]
