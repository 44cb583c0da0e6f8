"""Found tickets in files: read back without loss, refused in every other spelling, regenerated as FORMAT.md says."""

from __future__ import annotations

import copy
import hashlib
import math
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_found import found_tickets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import slth.interop.envelope as envelope
import slth.verify
from slth.core.architecture import Architecture, Norm, Slot
from slth.core.errors import BadFile, BadInput
from slth.core.found import Accuracy, FoundTicket, correct_answers
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.nodes import Activation, Flatten, Pool
from slth.core.preprocessing import Preprocessing
from slth.core.source import Source, SourceLayer
from slth.interop.envelope import write_sealed
from slth.interop.found import encode, kind_of, read_found, write_found
from slth.interop.masks import numbers_of, packed_numbers
from slth.interop.parts import architecture_of, check_sizes
from slth.interop.targets import write_target
from slth.interop.tickets import read_ticket
from slth.verify.__main__ import main as exact

anew = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(one, two):
    assert one.architecture == two.architecture and one.source == two.source and one.values == two.values
    assert one.claim == two.claim and one.made == two.made and one.mask.shapes == two.mask.shapes
    for a, b in zip(one.mask.kept, two.mask.kept, strict=True):
        assert (a == b).all()
    for a, b in zip(one.statistics, two.statistics, strict=True):
        assert all((x == y).all() for x, y in zip(a, b, strict=True))
    assert one.network.digest == two.network.digest


@anew
@given(found_tickets())
def test_found_tickets_round_trip(tmp_path, ticket):
    digest = write_found(tmp_path / "one.slth", ticket)
    again, found = read_found(tmp_path / "one.slth")
    assert found == digest and kind_of(tmp_path / "one.slth") == "network"
    same(ticket, again)
    write_found(tmp_path / "two.slth", again)
    assert (tmp_path / "one.slth").read_bytes() == (tmp_path / "two.slth").read_bytes()


# FORMAT.md, sections 4, 5 and 9, in plain Python


def philox(counter, key):
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k1, a & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def word(seed, layer, entry, draw):
    key = struct.unpack("<2I", hashlib.sha256(b"slth/rng/v1" + seed.to_bytes(32, "big")).digest()[:8])
    block = entry // 4
    return philox((block % 2**32, block // 2**32, layer, draw + 2**16 if draw else 0), key)[entry % 4]


TABLE = struct.unpack("<16385i", Path(slth.verify.__file__).with_name("normal.bin").read_bytes())


def unit_of(name, w):
    """The weight of a law as an exact fraction."""
    if name == "uniform/1":
        return Fraction(2 * (w >> 8) + 1 - 2**24, 2**24)
    if name == "sign/1":
        return Fraction(1 - 2 * (w >> 31))
    i, f = (w >> 17) % 2**14, (w >> 9) % 2**8
    size = Fraction(TABLE[i] + (((TABLE[i + 1] - TABLE[i]) * (2 * f + 1)) >> 9), 2**20)
    return -size if w >> 31 else size


def leb128(data):
    found, at, value = [], 0, 0
    for byte in data:
        value, at = value + ((byte & 127) << at), at + 7
        if byte < 128:
            found.append(value)
            at = value = 0
    return found


def entries(mask, data, size):
    if mask["encoding"] == "bits":
        return [e for e in range(size) if data[e // 8] >> (e % 8) & 1]
    total, out = -1, []
    for gap in leb128(data):
        total += gap
        out.append(total)
    return out


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def by_hand(body, tensors, k):
    """The masked weights of layer k before norms, by entry."""
    layer, mask = body["layers"][k], body["masks"][k]
    size = layer["rows"] * layer["columns"] * math.prod(layer.get("kernel", [1, 1]))
    kept = entries(mask, tensors[f"mask.{k}"].tolist(), size)
    draws = leb128(tensors[f"draws.{k}"].tolist()) if "draws" in mask else [0] * len(kept)
    bits = tensors[f"signs.{k}"].tolist() if "signs" in mask else [0] * len(kept)
    scale = Fraction(float.fromhex(layer["scale"]))
    value = [unit_of(body["law"], word(int(body["seed"]), k, e, d)) * scale for e, d in zip(kept, draws, strict=True)]
    if body["values"] == "binary" and kept:
        mean = Fraction(single(float(sum(map(abs, value)) / len(value))))
        value = [mean * ((v > 0) - (v < 0)) for v in value]
    out = [0.0] * size
    for i, (e, v) in enumerate(zip(kept, value, strict=True)):
        out[e] = float(-v if bits[i // 8] >> (i % 8) & 1 else v)
    return out


@given(found_tickets())
def test_the_network_is_what_the_format_says(ticket):
    body, tensors = encode(ticket)
    norms, affine = 0, -1
    folds = {}
    for node in body["architecture"]["nodes"]:  # a norm stands right behind its layer in these
        affine += node["op"] in ("dense", "conv")
        if node["op"] == "norm":
            mean, variance = (tensors[f"norm.{norms}.{name}"].tolist() for name in ("mean", "variance"))
            eps = float.fromhex(node["eps"])
            folds[affine] = [(1 / math.sqrt(v + eps), -m) for m, v in zip(mean, variance, strict=True)]
            norms += 1
    for k, (found, layer) in enumerate(zip(ticket.network.affine, body["layers"], strict=True)):
        values = by_hand(body, tensors, k)
        width = len(values) // layer["rows"]
        inner = width - layer["bias"]
        for row in range(layer["rows"]):
            f, m = folds.get(k, [(1.0, 0.0)] * layer["rows"])[row]
            mine = values[row * width : (row + 1) * width]
            assert found.weight[row].reshape(-1).tolist() == [single(w * f) for w in mine[:inner]]
            bias = (mine[-1] if layer["bias"] else 0.0) * f + m * f
            assert (0.0 if found.bias is None else found.bias[row]) == single(bias)


# hostile files


def example(binary=False):
    nodes = (Slot(2, 1, (2, 2), (1, 1), (1, 0)), Norm(), Activation(), Flatten(), Slot(3, 30, bias=True))
    architecture = Architecture(nodes, (1, 4, 4), ())
    layers = (SourceLayer(2, 1, 0.5, False, (2, 2)), SourceLayer(3, 31, 1.0, True))
    kept = (np.array([0, 3, 5, 6]), np.arange(0, 93, 2))
    signs = (np.array([1, -1, 1, 1]), np.where(np.arange(47) % 3, 1, -1))
    draws = (np.array([0, 1, 300, (1 << 24) - 1]), np.arange(47) % 2)
    statistics = ((np.array([0.5, -1], np.float32), np.array([1, 2], np.float32)),)
    claim = Accuracy("0123456789abcdef" * 4, "example", 5, 7, Preprocessing(255, (0.25,), (0.5,)))
    mask = Mask(((2, 4), (3, 31)), kept, signs, draws)
    source = Source(7, law("uniform"), layers)
    return FoundTicket(architecture, source, mask, "binary" if binary else "weight", statistics, claim, {"by": "hand"})


def test_the_keys_are_those_of_the_format():
    body, tensors = encode(example())
    assert body["architecture"] == {
        "input": [1, 4, 4],
        "nodes": [
            {"op": "conv", "stride": [1, 1], "padding": [1, 0]},
            {"op": "norm", "eps": (1e-5).hex()},
            {"op": "relu"},
            {"op": "flatten"},
            {"op": "dense"},
        ],
    }
    assert body["masks"] == [
        {"encoding": "bits", "kept": 4, "signs": True, "draws": True},
        {"encoding": "bits", "kept": 47, "signs": True, "draws": True},
    ]
    names = {f"{kind}.{k}" for kind in ("mask", "signs", "draws") for k in range(2)}
    assert tensors.keys() == names | {"norm.0.mean", "norm.0.variance"}
    assert tensors["signs.0"].tolist() == [2]
    assert tensors["draws.0"].tolist() == [0, 1, 172, 2, 255, 255, 255, 7]
    assert body["claim"]["mean"] == [(0.25).hex()] and body["structure"] == "network"


def put(path, value):
    """A change that puts a value at a path of keys into the body."""

    def change(body, tensors):
        place = body
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return change


def tensor(name, value):
    def change(body, tensors):
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value

    return change


def bytes_of(*values):
    return np.array(values, np.uint8)


NODES = ("architecture", "nodes")
ONE = (1.0).hex()
CHANGES = {
    "unknown key": put(("extra",), 1),
    "no architecture": put(("architecture",), None),
    "architecture of text": put(("architecture",), "lenet5"),
    "input of text": put(("architecture", "input"), "144"),
    "key of the architecture": put(("architecture", "name"), "x"),
    "input of zero": put(("architecture", "input"), [1, 0, 4]),
    "huge input": put(("architecture", "input"), [1, 1 << 20, 1 << 20]),
    "no nodes": put(NODES, []),
    "too many nodes": lambda body, tensors: body["architecture"]["nodes"].extend([{"op": "relu"}] * 1996),
    "node of no kind": put((*NODES, 2), {"op": "gelu"}),
    "node with a key more": put((*NODES, 2), {"op": "relu", "slope": ONE}),
    "plain inputs": put((*NODES, 2, "inputs"), [1]),
    "inputs ahead": put((*NODES, 2, "inputs"), [3]),
    "inputs of text": put((*NODES, 2, "inputs"), "1"),
    "named weight": put((*NODES, 0, "weight"), "0.weight"),
    "stride of zero": put((*NODES, 0, "stride"), [0, 1]),
    "stride of truth": put((*NODES, 0, "stride"), [True, 1]),
    "huge padding": put((*NODES, 0, "padding"), [4097, 0]),
    "negative padding": put((*NODES, 0, "padding"), [-1, 0]),
    "norm without eps": put((*NODES, 1, "eps"), None),
    "norm of eps 0": put((*NODES, 1, "eps"), "0x0.0p+0"),
    "norm of eps -1": put((*NODES, 1, "eps"), "-" + ONE),
    "norm of infinite eps": put((*NODES, 1, "eps"), "inf"),
    "norm after relu": put((*NODES, 3), {"op": "norm", "eps": ONE}),
    "dense for conv": put((*NODES, 0), {"op": "dense"}),
    "layer less": put(("layers",), [{"rows": 2, "columns": 1, "bias": False, "scale": ONE, "kernel": [2, 2]}]),
    "layer of other rows": put(("layers", 1, "rows"), 4),
    "layer of huge size": put(("layers", 1, "rows"), 1 << 24),
    "layer with activation": put(("layers", 1, "activation"), "tanh"),
    "layer with copies": put(("layers", 1, "copies"), 3),
    "direct layer": put(("layers", 1, "direct"), True),
    "biased convolution": put(("layers", 0, "bias"), True),
    "scale of zero": put(("layers", 0, "scale"), "0x0.0p+0"),
    "other values": put(("values",), "signed"),
    "list for values": put(("values",), ["weight"]),
    "no values": put(("values",), None),
    "fewer masks": put(("masks",), [{"encoding": "gaps", "kept": 0}]),
    "kept otherwise": put(("masks", 0, "kept"), 3),
    "signs false": put(("masks", 0, "signs"), False),
    "signs one": put(("masks", 0, "signs"), 1),
    "signs unsaid": put(("masks", 0, "signs"), None),
    "draws unsaid": put(("masks", 0, "draws"), None),
    "no signs": tensor("signs.0", None),
    "signs too long": tensor("signs.0", bytes_of(2, 0)),
    "signs with unused bits": tensor("signs.0", bytes_of(2 + 16)),
    "signs that say nothing": tensor("signs.0", bytes_of(0)),
    "signs in rows": tensor("signs.0", bytes_of(2).reshape(1, 1)),
    "signs of numbers": tensor("signs.0", np.array([2], np.int64)),
    "no draws": tensor("draws.0", None),
    "draws that say nothing": tensor("draws.0", bytes_of(0, 0, 0, 0)),
    "draws cut off": tensor("draws.0", bytes_of(0, 1, 1, 128)),
    "draws of longer form": tensor("draws.0", bytes_of(0, 1, 1, 129, 0)),
    "draws too many": tensor("draws.0", bytes_of(0, 1, 1, 1, 1)),
    "draws too few": tensor("draws.0", bytes_of(0, 1, 1)),
    "draw too large": tensor("draws.0", bytes_of(0, 1, 1, 128, 128, 128, 8)),
    "draw of five bytes": tensor("draws.0", bytes_of(0, 1, 1, 128, 128, 128, 128, 1)),
    "mask out of the layer": tensor("mask.0", bytes_of(105, 1)),
    "no statistics": tensor("norm.0.mean", None),
    "statistics of a norm more": tensor("norm.1.mean", np.zeros(2, np.float32)),
    "statistics of another size": tensor("norm.0.mean", np.zeros(3, np.float32)),
    "statistics in float64": tensor("norm.0.mean", np.zeros(2)),
    "infinite statistics": tensor("norm.0.mean", np.array([np.inf, 0], np.float32)),
    "negative variance": tensor("norm.0.variance", np.array([-1, 0], np.float32)),
    "tensor more": tensor("extra", bytes_of(1)),
    "claim of a norm": put(("claim", "kind"), "supnorm"),
    "claim with a key more": put(("claim", "eps"), ONE),
    "no digest of data": put(("claim", "data"), "00"),
    "name of two lines": put(("claim", "name"), "a\nb"),
    "long name": put(("claim", "name"), "a" * 201),
    "name of a number": put(("claim", "name"), 3),
    "more than all correct": put(("claim", "correct"), 8),
    "negative count": put(("claim", "correct"), -1),
    "count of no pictures": put(("claim", "of"), 0),
    "truth for a count": put(("claim", "correct"), True),
    "largest of 0": put(("claim", "largest"), 0),
    "largest of 256": put(("claim", "largest"), 256),
    "negative mean": put(("claim", "mean"), ["-" + ONE]),
    "mean of minus 0": put(("claim", "mean"), ["-0x0.0p+0"]),
    "infinite mean": put(("claim", "mean"), ["inf"]),
    "means for two channels": put(("claim", "mean"), [ONE, ONE]),
    "two channels": lambda body, tensors: body["claim"].update(mean=[ONE, ONE], deviation=[ONE, ONE]),
    "no means": lambda body, tensors: body["claim"].update(mean=[], deviation=[]),
    "deviation of zero": put(("claim", "deviation"), ["0x0.0p+0"]),
    "deviation spelled otherwise": put(("claim", "deviation"), ["0x1p-1"]),
    "made of a list": put(("made",), []),
    "seed with zeros": put(("seed",), "07"),
    "seed too large": put(("seed",), str(1 << 256)),
    "other law": put(("law",), "cauchy/1"),
    "other generator": put(("generator",), "mt19937/1"),
    "other structure": put(("structure",), "trees"),
    "structure of pairs": put(("structure",), "pairs"),
    "structure of a list": put(("structure",), ["network"]),
}


def changed(path, change):
    body, tensors = encode(example())
    body = copy.deepcopy(body)
    change(body, tensors)
    write_sealed(path, body, tensors)
    return path


@given(st.lists(st.integers(0, (1 << 28) - 1) | st.sampled_from([0, 127, 128, 16383, 16384, 1 << 21])))
def test_numbers_are_packed_as_leb128(numbers):
    data = packed_numbers(np.array(numbers, np.int64))
    assert leb128(data.tolist()) == numbers == numbers_of(data, len(numbers)).tolist()


@pytest.mark.parametrize("data", [[], [1, 1], [128, 0], [128, 128, 128, 128, 1], [0] * 5, [128]])
def test_other_bytes_are_not_one_number(data):
    with pytest.raises(BadInput):
        numbers_of(bytes_of(*data), 1)


def test_nothing_changed_is_read(tmp_path):
    read_found(changed(tmp_path / "net.slth", lambda body, tensors: None))


def test_masks_may_be_encoded_either_way(tmp_path):
    def change(body, tensors):
        body["masks"][0]["encoding"] = "gaps"
        tensors["mask.0"] = bytes_of(1, 3, 2, 1)

    ticket, _ = read_found(changed(tmp_path / "net.slth", change))
    same(ticket, example())


@pytest.mark.parametrize("name", CHANGES)
def test_other_spellings_and_impossible_tickets_are_refused(tmp_path, name):
    with pytest.raises(BadFile) as caught:
        read_found(changed(tmp_path / "net.slth", CHANGES[name]))
    assert str(caught.value).isprintable() and "net.slth" in str(caught.value)


@anew
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_flipped_bits_and_cut_files_are_refused(tmp_path, place, bit):
    write_found(tmp_path / "net.slth", example())
    data = bytearray((tmp_path / "net.slth").read_bytes())
    (tmp_path / "cut.slth").write_bytes(data[: place % len(data)])
    data[place % len(data)] ^= 1 << bit
    (tmp_path / "net.slth").write_bytes(data)
    for name in ("net.slth", "cut.slth"):
        with pytest.raises(BadFile) as caught:
            read_found(tmp_path / name)
        assert str(caught.value).isprintable()


def test_without_digests_flipped_bits_are_read(tmp_path, monkeypatch):
    """What the flips above are refused by."""
    write_found(tmp_path / "net.slth", example())
    body, tensors = encode(example())
    tensors["mask.1"] = tensors["mask.1"] ^ bytes_of(3, *[0] * 11)
    body["sha256"] = "0" * 64
    envelope.write_container(tmp_path / "net.slth", {envelope.KEY: envelope.canonical_json(body)}, tensors)
    with pytest.raises(BadFile, match="digest"):
        read_found(tmp_path / "net.slth")
    monkeypatch.setattr(envelope, "content_digest", lambda *_: "0" * 64)
    read_found(tmp_path / "net.slth")


def test_bfloat16_is_no_other_spelling(tmp_path):
    write_found(tmp_path / "net.slth", example())
    data = (tmp_path / "net.slth").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].replace(b'"dtype":"F32","shape":[2]', b'"dtype":"BF16","shape":[4]')
    assert header != data[8 : 8 + length]
    (tmp_path / "net.slth").write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
    with pytest.raises(BadFile, match="BF16"):
        read_found(tmp_path / "net.slth")


def test_each_reader_knows_the_other_kind(tmp_path, capsys):
    target = tmp_path / "target.safetensors"
    write_found(tmp_path / "net.slth", example())
    write_target(example().network, target)
    with pytest.raises(BadFile, match=r"is a found ticket.*slth verify TICKET --data NAME checks it"):
        read_ticket(tmp_path / "net.slth")
    assert exact([str(tmp_path / "net.slth"), str(target)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "is a found ticket" in said.err
    write_sealed(tmp_path / "pairs.slth", {**encode(example())[0], "structure": "pairs"}, {})
    with pytest.raises(BadFile, match=r"is a constructed ticket.*--target FILE checks it"):
        read_found(tmp_path / "pairs.slth")
    assert kind_of(tmp_path / "pairs.slth") == "pairs"


@pytest.mark.parametrize("text", [b"", b"\0" * 8, b"{" * 100])
def test_other_files_are_of_no_kind(tmp_path, text):
    (tmp_path / "net.slth").write_bytes(text)
    with pytest.raises(BadFile):
        kind_of(tmp_path / "net.slth")
    with pytest.raises(BadFile, match="no such file"):
        kind_of(tmp_path / "none.slth")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"structure":1.5}', '{"made":{"batch":99999999999999999999}}'])
def test_json_that_can_not_be_read_is_of_no_kind(tmp_path, text):
    envelope.write_container(tmp_path / "net.slth", {envelope.KEY: text}, {})
    with pytest.raises(BadFile, match=r"net\.slth: "):
        kind_of(tmp_path / "net.slth")


@pytest.mark.parametrize("text", ["", "[]", '{"structure":["network"]}'])
def test_what_is_no_ticket_counts_as_constructed(tmp_path, text):
    envelope.write_container(tmp_path / "net.slth", {envelope.KEY: text}, {})
    assert kind_of(tmp_path / "net.slth") == "pairs"


HUGE = {
    "numbers": ((Slot(1, 1 << 11, (1, 1)), Slot(1, 1 << 12)), (1 << 11, 64, 64)),
    "numbers with padding": ((Slot(1, 1, (4096, 4096), (1, 1), (2000, 2000)), Slot(1, 1)), (1, 96, 96)),
    "numbers of a pool": ((Pool("max", (1000, 1000), (1, 1)), Slot(1, 501 * 501)), (1, 1500, 1500)),
    "windows": ((Slot(1, 1, (99, 99), (1, 1), (49, 49)), Slot(1, 1 << 20)), (1, 1 << 10, 1 << 10)),
    "multiplications": (
        (Slot(256, 256, (5, 5), (1, 1), (2, 2)), Pool("max", (124, 124), (1, 1)), Slot(1, 256)),
        (256, 124, 124),
    ),
}


@pytest.mark.parametrize("name", HUGE)
def test_architectures_that_are_too_large_are_refused(name):
    nodes, shape = HUGE[name]
    architecture = Architecture(nodes, shape)
    with pytest.raises(BadInput, match="is too large"):
        check_sizes(architecture)


def test_more_weights_than_the_format_has_are_refused(tmp_path):
    layers = (SourceLayer(1 << 14, 1 << 14), SourceLayer(1, 1 << 14))
    value = {"input": [1 << 14], "nodes": [{"op": "dense"}, {"op": "dense"}]}
    with pytest.raises(BadInput, match="more than 268435456 weights"):
        architecture_of(value, layers)
    mask = Mask(((1 << 14, 1 << 14), (1, 1 << 14)), (np.zeros(0, np.int64),) * 2)
    architecture = Architecture((Slot(1 << 14, 1 << 14), Slot(1, 1 << 14)), (1 << 14,))
    big = FoundTicket(architecture, Source(0, law("sign"), layers), mask, "weight", (), example().claim, {})
    with pytest.raises(BadInput, match="268451840 weights"):
        write_found(tmp_path / "net.slth", big)


def with_claim(**changes):
    ticket = example()
    claim = {**vars(ticket.claim), **changes}
    return FoundTicket(**{**{name: getattr(ticket, name) for name in FIELDS}, "claim": Accuracy(**claim)})


FIELDS = ("architecture", "source", "mask", "values", "statistics", "made")


@pytest.mark.parametrize(
    "change",
    [
        {"preprocessing": Preprocessing(255, (0.5, 0.5), (1.0, 1.0))},
        {"preprocessing": Preprocessing(255, (-0.5,), (1.0,))},
        {"name": ""},
        {"data": "no digest"},
    ],
)
def test_claims_beyond_the_format_are_not_written(tmp_path, change):
    with pytest.raises(BadInput):
        write_found(tmp_path / "net.slth", with_claim(**change))
    assert not (tmp_path / "net.slth").exists()


def test_ties_go_to_the_first_class_and_outputs_that_are_not_finite_count_as_wrong():
    network = example().network
    images = np.zeros((3, 1, 4, 4), np.uint8)

    def said(x):
        return np.array([[1.0, 2, 2], [np.nan, 0, 0], [np.inf, 0, 0]])[: len(x)]

    fake = type(
        "Fake", (), {"input_shape": network.input_shape, "shapes": network.shapes, "__call__": lambda _, x: said(x)}
    )
    seen = []
    count = correct_answers(
        fake(), Preprocessing(255, (0.0,), (1.0,)), images, np.array([1, 0, 0]), lambda *at: seen.append(at)
    )
    assert count == 1 and seen == [(0, 3), (3, 3)]
