"""Every rule of FORMAT.md 1-3 broken once: exit code 2 and one line that names the file, never a traceback."""

import copy
import hashlib
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_ticket import Array, TinyTarget, TinyTicket, container, digest_of, dumps, raw, write_parts

from slth.verify.__main__ import main
from slth.verify.container import canonical, content_digest, load
from slth.verify.documents import read_ticket
from slth.verify.fixed import BadInput

ONE = (1.0).hex()


def good(domain: dict[str, Any] | None = None, extra: dict[str, Array] | None = None) -> TinyTicket:
    target = TinyTarget([[[0.5, -0.25], [1.0, 2.0]], [[1.0, 1.0]]], [[0.5, 0.0], None], "F32", True)
    layers = [
        {"rows": 6, "columns": 3, "bias": True, "scale": ONE},
        {"rows": 2, "columns": 6, "bias": False, "scale": (0.5).hex()},
        {"rows": 2, "columns": 2, "bias": False, "scale": ONE},
        {"rows": 1, "columns": 2, "bias": False, "scale": ONE},
    ]
    kept = [[0, 4, 8, 9, 13], [0, 1, 2, 3, 7, 8, 9, 10], [0, 3], [0, 1]]
    box = {"kind": "box", "lo": "0", "hi": "1"}
    return TinyTicket(7, "uniform/1", layers, kept, target, 100.0, domain or box, extra or {})


def run(ticket: Path, target: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main([str(ticket), str(target), *more])
    return code, *capsys.readouterr()


def refused(ticket: Path, target: Path, bad: Path, capsys: pytest.CaptureFixture[str]) -> str:
    code, out, err = run(ticket, target, capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert str(bad) in err
    return err


def test_the_good_ticket_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    code, out, err = run(ticket.write(tmp_path / "k"), ticket.target.write(tmp_path / "t"), capsys)
    assert (code, err) == (0, "")
    assert "PROVED" in out


def test_digests_agree_with_the_third_implementation(tmp_path: Path) -> None:
    ticket = good()
    metadata, tensors = load(str(ticket.target.write(tmp_path / "t")))
    assert content_digest(metadata["slth.arch"], tensors) == ticket.target.digest()
    assert read_ticket(str(ticket.write(tmp_path / "k"))).target == ticket.target.digest()
    text = canonical([{"b": "\u00e9\U0001f600", "a": 1}])
    assert text == '[{"a":1,"b":"\\u00e9\\ud83d\\ude00"}]'
    assert hashlib.sha256(text.encode()).hexdigest() == content_digest(text, {})


# --- the container -----------------------------------------------------------------------------------------------

Header = dict[str, Any]


def rebuilt(path: Path, change: Callable[[Header, bytes], tuple[Header, bytes]]) -> None:
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, body = change(json.loads(data[8 : 8 + size]), data[8 + size :])
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def entry_change(name: str, **change: Any) -> Callable[[Header, bytes], tuple[Header, bytes]]:
    def apply(header: Header, body: bytes) -> tuple[Header, bytes]:
        header[name].update(change)
        return header, body

    return apply


def foreign_tensor(header: Header, body: bytes) -> tuple[Header, bytes]:
    header["extra"] = {"dtype": "U8", "shape": [1], "data_offsets": [len(body), len(body) + 1]}
    return header, body + b"x"


def hole(header: Header, body: bytes) -> tuple[Header, bytes]:
    header["w1"]["data_offsets"] = [n + 1 for n in header["w1"]["data_offsets"]]
    return header, body + b"x"


def overlap(header: Header, body: bytes) -> tuple[Header, bytes]:
    header["w1"]["data_offsets"] = [n - 1 for n in header["w1"]["data_offsets"]]
    return header, body[:-1]


def no_metadata(header: Header, body: bytes) -> tuple[Header, bytes]:
    del header["__metadata__"]
    return header, body


def many_tensors(header: Header, body: bytes) -> tuple[Header, bytes]:
    at = len(body)
    return header | {f"x{i}": {"dtype": "U8", "shape": [0], "data_offsets": [at, at]} for i in range(10_000)}, body


REBUILDS: dict[str, Callable[[Header, bytes], tuple[Header, bytes]]] = {
    "unknown dtype": entry_change("w1", dtype="I8"),
    "dtype no string": entry_change("w1", dtype=["F32"]),
    "extra key": entry_change("w1", more=1),
    "negative shape": entry_change("w1", shape=[-1, -2]),
    "boolean shape": entry_change("w1", shape=[True, 2]),
    "float shape": entry_change("w1", shape=[1.0, 2]),
    "shape no list": entry_change("w1", shape="12"),
    "huge shape": entry_change("w1", shape=[2**53] * 15),
    "many dimensions": entry_change("w1", shape=[1] * 200 + [2]),
    "byte count": entry_change("w1", shape=[1, 3]),
    "one offset": entry_change("w1", data_offsets=[0]),
    "offsets reversed": entry_change("w1", data_offsets=[40, 32]),
    "foreign tensor": foreign_tensor,
    "hole": hole,
    "overlap": overlap,
    "trailing bytes": lambda header, body: (header, body + b"x"),
    "cut": lambda header, body: (header, body[:-1]),
    "no metadata": no_metadata,
    "metadata no strings": lambda header, body: (header | {"__metadata__": {"slth.arch": 1}}, body),
    "metadata no object": lambda header, body: (header | {"__metadata__": "x"}, body),
    "too many tensors": many_tensors,
    "entry no object": lambda header, body: (header | {"x": 3}, body),
}


@pytest.mark.parametrize("name", REBUILDS)
def test_bad_containers(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    path = ticket.target.write(tmp_path / "t")
    rebuilt(path, REBUILDS[name])
    refused(ticket.write(tmp_path / "k"), path, path, capsys)


def framed(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


RAW = {
    "empty": b"",
    "seven bytes": b"\x01" * 7,
    "header beyond the file": struct.pack("<Q", 100) + b"{}",
    "header of 10 MB": struct.pack("<Q", 10_000_001) + b" " * 10_000_001,
    "header of 2^63": struct.pack("<Q", 2**63) + b"{}",
    "not JSON": framed(b"{"),
    "no object": framed(b"[]"),
    "not UTF-8": framed(b'{"\xff":1}'),
    "deep": framed(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "duplicate key": framed(b'{"__metadata__":{},"__metadata__":{}}'),
    "duplicate inner key": framed(b'{"__metadata__":{"a":"b","a":"b"}}'),
    "NaN": framed(b'{"x":NaN}'),
    "long integer": framed(b'{"x":' + b"9" * 100_000 + b"}"),
    "a pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00.",
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("which", ["ticket", "target"])
def test_bad_files(name: str, which: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    paths = {"ticket": ticket.write(tmp_path / "k"), "target": ticket.target.write(tmp_path / "t")}
    paths[which].write_bytes(RAW[name])
    refused(paths["ticket"], paths["target"], paths[which], capsys)


def test_paths_that_are_no_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import os

    ticket = good()
    path = ticket.write(tmp_path / "k")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("missing", "fifo", ".", "k/below"):
        refused(path, tmp_path / name, tmp_path / name, capsys)
    assert main([str(path), "a\0b"]) == 2
    code, out, err = run(path, tmp_path / "loop", capsys)
    assert code in (2, 3)
    assert err.count("\n") >= 1
    assert out == ""


# --- the target --------------------------------------------------------------------------------------------------

RELU, FLATTEN = {"op": "relu"}, {"op": "flatten"}
D0, D1 = {"op": "dense", "weight": "w0", "bias": "b0"}, {"op": "dense", "weight": "w1"}
NODES: dict[str, list[Any]] = {
    "no node": [],
    "no dense": [FLATTEN],
    "unknown op": [D0, RELU, D1, {"op": "softmax"}],
    "inputs that do not exist": [D0, RELU | {"inputs": [1]}, D1],
    "inputs that come later": [D0, RELU | {"inputs": [2]}, D1],
    "inputs below -1": [D0, RELU | {"inputs": [-2]}, D1],
    "inputs that go without saying": [D0, RELU | {"inputs": [0]}, D1],
    "two inputs of a relu": [D0, RELU, RELU | {"inputs": [0, 1]}, D1],
    "one input of a sum": [D0, RELU, {"op": "add"}, D1],
    "a sum of two shapes": [D0, RELU, D1, {"op": "add", "inputs": [1, 2]}],
    "a node that feeds nobody": [D0, RELU, D1, RELU, RELU | {"inputs": [2]}],
    "leaky_relu without slope": [D0, {"op": "leaky_relu"}, D1],
    "leaky_relu of slope 1": [D0, {"op": "leaky_relu", "slope": ONE}, D1],
    "leaky_relu of slope 0": [D0, {"op": "leaky_relu", "slope": "0x0.0p+0"}, D1],
    "relu with a slope": [D0, RELU | {"slope": (0.5).hex()}, D1],
    "convolution of vectors": [{"op": "conv", "weight": "w0", "stride": [1, 1], "padding": [0, 0]}, RELU, D1],
    "pool of vectors": [D0, {"op": "maxpool", "kernel": [1, 1], "stride": [1, 1]}, D1],
    "two ops in one": [D0, RELU, D1, {"op": "relu dense"}],
    "op no string": [D0, RELU, D1, {"op": ["relu"]}],
    "node no object": [D0, "relu", D1],
    "relu with a key": [D0, RELU | {"x": 1}, D1],
    "dense with a key": [D0, RELU, D1 | {"x": 1}],
    "dense without weight": [D0, RELU, {"op": "dense", "bias": "w1"}],
    "weight no string": [D0, RELU, {"op": "dense", "weight": 1}],
    "weight that is not there": [D0, RELU, {"op": "dense", "weight": "w9"}],
    "tensor used twice": [D0, RELU, {"op": "dense", "weight": "w0"}],
    "weight as its own bias": [D0, RELU, {"op": "dense", "weight": "w1", "bias": "w1"}],
    "tensor not used": [D0],
    "shapes do not chain": [D1, RELU, D0],
}


@pytest.mark.parametrize("name", NODES)
def test_bad_nodes(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    ticket.target.arch["nodes"] = NODES[name]
    path = ticket.target.write(tmp_path / "t")
    refused(ticket.write(tmp_path / "k"), path, path, capsys)


@pytest.mark.parametrize(
    "nodes",
    [
        [D0, D1],
        [D0, RELU, RELU, D1],
        [D0, RELU, D1, RELU, RELU],
        [RELU, D0, RELU, D1],
        [D0, RELU, FLATTEN, D1],
        [D0, RELU, D1, {"op": "tanh"}],
        [D0, {"op": "leaky_relu", "slope": (0.25).hex()}, {"op": "add", "inputs": [0, 1]}, D1],
    ],
)
def test_other_orders_of_nodes_are_read(nodes: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    ticket.target.arch["nodes"] = nodes
    assert run(ticket.write(tmp_path / "k"), ticket.target.write(tmp_path / "t"), capsys)[0] == 0


ARCHS: dict[str, dict[str, Any]] = {
    "format": {"format": "slth-network/2"},
    "input no list": {"input": 2},
    "input zero": {"input": [0]},
    "input boolean": {"input": [True, 2]},
    "input wrong": {"input": [3]},
    "input of 16 dimensions": {"input": [1] * 15 + [2]},
    "extra key": {"more": 1},
    "nodes no list": {"nodes": "dense"},
}
TENSORS: dict[str, dict[str, Array]] = {
    "nan": {"w1": ("F32", [1, 2], [1.0, float("nan")])},
    "infinite bias": {"b0": ("F32", [2], [1.0, float("inf")])},
    "mixed dtypes": {"b0": ("F64", [2], [1.0, 1.0])},
    "integers": {"w1": ("I64", [1, 2], [1, 1])},
    "bias of a wrong shape": {"b0": ("F32", [1, 2], [1.0, 1.0])},
    "bias of a wrong length": {"b0": ("F32", [3], [1.0, 1.0, 1.0])},
    "weight of one dimension": {"w1": ("F32", [2], [1.0, 1.0])},
    "weight of no dimension": {"w1": ("F32", [], [1.0])},
    "weight of no rows": {"w1": ("F32", [0, 2], [])},
}


@pytest.mark.parametrize("name", [*ARCHS, *TENSORS])
def test_bad_targets(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    ticket.target.arch |= ARCHS.get(name, {})
    ticket.target.tensors |= TENSORS.get(name, {})
    path = ticket.target.write(tmp_path / "t")
    refused(ticket.write(tmp_path / "k"), path, path, capsys)


def test_json_that_is_not_canonical(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    path = tmp_path / "t"
    text = dumps(ticket.target.arch)
    variants = [
        text.replace(":", ": ", 1),
        json.dumps(json.loads(text), separators=(",", ":"), sort_keys=False).replace('"format"', '"format"', 1)[::1]
        + " ",
        '{"nodes":' + dumps(ticket.target.arch["nodes"]) + ',"format":"slth-network/1","input":[1,2]}',
        text.replace("[1,2]", "[1,2.0]"),
        text.replace("[1,2]", "[1,2e0]"),
        text.replace("[1,2]", "[1,02]"),
        text.replace("relu", "rel\\u0075", 1),
    ]
    for variant in variants:
        path.write_bytes(container({"slth.arch": variant}, ticket.target.tensors))
        refused(ticket.write(tmp_path / "k"), path, path, capsys)


# --- the ticket --------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any], dict[str, Array]], None]


def put(*path: Any) -> Change:
    """Set body[path[0]][path[1]]... to the last item; the item `...` deletes."""

    def apply(body: dict[str, Any], tensors: dict[str, Array]) -> None:
        *keys, last, value = path
        for key in keys:
            body = body[key]
        if value is ...:
            del body[last]
        else:
            body[last] = value

    return apply


def tensor(name: str, *array: Any) -> Change:
    def apply(body: dict[str, Any], tensors: dict[str, Array]) -> None:
        if array:
            tensors[name] = array  # type: ignore[assignment]
        else:
            del tensors[name]

    return apply


TICKETS: dict[str, Change] = {
    "format": put("format", "slth-ticket/2"),
    "generator": put("generator", "philox4x32-7/1"),
    "law": put("law", "uniform/2"),
    "law no string": put("law", ["uniform/1"]),
    "structure": put("structure", "blocks"),
    "seed number": put("seed", 7),
    "seed negative": put("seed", "-1"),
    "seed leading zero": put("seed", "07"),
    "seed of 2^256": put("seed", str(2**256)),
    "seed of many digits": put("seed", "1" * 5000),
    "seed in other digits": put("seed", "\u0667"),
    "missing key": put("law", ...),
    "extra key": put("more", 1),
    "made no object": put("made", "me"),
    "a float somewhere": put("made", {"x": 0.5}),
    "layers no list": put("layers", {}),
    "no layers": put("layers", []),
    "a layer without mask": put("masks", []),
    "layer with extra key": put("layers", 0, "more", 1),
    "rows zero": put("layers", 0, "rows", 0),
    "rows above 2^24": put("layers", 0, "rows", 2**24 + 1),
    "rows boolean": put("layers", 3, "rows", True),
    "bias number": put("layers", 0, "bias", 1),
    "scale decimal": put("layers", 0, "scale", "1.0"),
    "scale number": put("layers", 0, "scale", 1),
    "scale zero": put("layers", 0, "scale", "0x0.0p+0"),
    "scale negative": put("layers", 0, "scale", "-0x1.0p+0"),
    "scale no float32": put("layers", 0, "scale", (0.1).hex()),
    "scale beyond float32": put("layers", 0, "scale", "0x1.0p+200"),
    "scale beyond float64": put("layers", 0, "scale", "0x1.0p+20000"),
    "scale infinite": put("layers", 0, "scale", "inf"),
    "mask encoding": put("masks", 0, "encoding", "zip"),
    "kept negative": put("masks", 0, "kept", -1),
    "kept more than there are": put("masks", 0, "kept", 19),
    "kept wrong": put("masks", 0, "kept", 4),
    "mask missing": tensor("mask.1"),
    "mask of another dtype": tensor("mask.0", "F32", [1], [0.0]),
    "mask of two dimensions": tensor("mask.3", "U8", [1, 1], [3]),
    "mask too long": tensor("mask.3", "U8", [2], [3, 0]),
    "mask with unused bits": tensor("mask.3", "U8", [1], [0x83]),
    "block rule": tensor("mask.0", "U8", [3], [0b10001 | 2, 0b100011, 0]),
    "foreign tensor": tensor("other", "U8", [1], [0]),
    "mask of no layer": tensor("mask.4", "U8", [1], [0]),
    "domain tensor of a box": tensor("domain.lower", "F64", [2], [0.0, 0.0]),
    "missed errors alone": tensor("missed.errors", "F64", [0], []),
    "claim kind": put("claim", "kind", "supnorm2"),
    "claim norm": put("claim", "norm", "l2"),
    "claim extra key": put("claim", "more", 1),
    "eps decimal": put("claim", "eps", "0.5"),
    "eps negative": put("claim", "eps", "-0x1.0p-3"),
    "eps infinite": put("claim", "eps", "0x1.0p+1024"),
    "eps nan": put("claim", "eps", "nan"),
    "target digest short": put("claim", "target", "ab"),
    "target digest upper": put("claim", "target", "AB" * 32),
    "target digest of another": put("claim", "target", "ab" * 32),
    "domain no object": put("claim", "domain", "box"),
    "domain kind": put("claim", "domain", "kind", "sphere"),
    "domain kind no string": put("claim", "domain", "kind", []),
    "domain without lo": put("claim", "domain", "lo", ...),
    "domain extra key": put("claim", "domain", "radius", "1"),
    "domain empty": put("claim", "domain", "lo", "2"),
    "rational decimal": put("claim", "domain", "lo", "0.5"),
    "rational over zero": put("claim", "domain", "lo", "0/0"),
    "rational over negative": put("claim", "domain", "lo", "1/-2"),
    "rational with space": put("claim", "domain", "lo", " 0"),
    "rational number": put("claim", "domain", "lo", 0),
    "rational of many digits": put("claim", "domain", "hi", "1" * 5000),
    "hull without tensors": put("claim", "domain", {"kind": "hull"}),
}


@pytest.mark.parametrize("name", TICKETS)
def test_bad_tickets(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good()
    body, tensors = ticket.parts()
    TICKETS[name](body, tensors)
    path = write_parts(tmp_path / "k", body, tensors)
    refused(path, ticket.target.write(tmp_path / "t"), path, capsys)


BALL = {"kind": "ball", "norm": "linf", "radius": "1/2", "lo": "0", "hi": "1"}
DOMAINS: dict[str, tuple[dict[str, Any], dict[str, Array]]] = {
    "ball: no centres": (BALL, {}),
    "ball: no ball": (BALL, {"domain.centres": ("F64", [0, 2], [])}),
    "ball: F32": (BALL, {"domain.centres": ("F32", [1, 2], [0.5, 0.5])}),
    "ball: wrong inputs": (BALL, {"domain.centres": ("F64", [2, 1], [0.5, 0.5])}),
    "ball: one dimension": (BALL, {"domain.centres": ("F64", [2], [0.5, 0.5])}),
    "ball: outside": (BALL, {"domain.centres": ("F64", [1, 2], [0.5, 1.0000000000000002])}),
    "ball: nan": (BALL, {"domain.centres": ("F64", [1, 2], [0.5, float("nan")])}),
    "ball: negative radius": (BALL | {"radius": "-1/2"}, {"domain.centres": ("F64", [1, 2], [0.5, 0.5])}),
    "ball: norm": (BALL | {"norm": "l1"}, {"domain.centres": ("F64", [1, 2], [0.5, 0.5])}),
    "hull: one end": ({"kind": "hull"}, {"domain.lower": ("F64", [2], [0.0, 0.0])}),
    "hull: empty": ({"kind": "hull"}, {"domain.lower": ("F64", [2], [0, 1]), "domain.upper": ("F64", [2], [1, 0])}),
    "hull: short": ({"kind": "hull"}, {"domain.lower": ("F64", [1], [0]), "domain.upper": ("F64", [1], [1])}),
    "hull: infinite": (
        {"kind": "hull"},
        {"domain.lower": ("F64", [2], [0, 0]), "domain.upper": ("F64", [2], [1, float("inf")])},
    ),
    "missed: count": (
        {"kind": "box", "lo": "0", "hi": "1"},
        {"missed.entries": ("I64", [1, 3], [0, 0, 0]), "missed.errors": ("F64", [2], [0.0, 0.0])},
    ),
    "missed: columns": (
        {"kind": "box", "lo": "0", "hi": "1"},
        {"missed.entries": ("I64", [1, 2], [0, 0]), "missed.errors": ("F64", [1], [0.0])},
    ),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_bad_domains(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = good(*DOMAINS[name])
    path = ticket.write(tmp_path / "k")
    refused(path, ticket.target.write(tmp_path / "t"), path, capsys)


def test_a_good_ball_hull_and_missed_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missed: dict[str, Array] = {
        "missed.entries": ("I64", [1, 3], [0, 1, 2]),
        "missed.errors": ("F64", [1], [0.5]),
    }
    for domain, extra in (
        (BALL, {"domain.centres": ("F64", [2, 2], [0.5, 0.0, 1.0, 1.0])} | missed),
        (BALL | {"norm": "l2"}, {"domain.centres": ("F64", [1, 2], [0.5, 0.5])}),
        ({"kind": "hull"}, {"domain.lower": ("F64", [2], [0, -1]), "domain.upper": ("F64", [2], [0, 1])} | missed),
    ):
        ticket = good(domain, extra)
        code, _, err = run(ticket.write(tmp_path / "k"), ticket.target.write(tmp_path / "t"), capsys)
        assert (code, err) == (0, "")


def test_changed_bytes_are_never_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flipped bit anywhere in either file, header included: exit code 2 (or the same meaning: white space)."""
    draw = random.Random(0)
    ticket = good()
    paths = [ticket.write(tmp_path / "k"), ticket.target.write(tmp_path / "t")]
    originals = [path.read_bytes() for path in paths]
    for _ in range(300):
        i = draw.randrange(2)
        data = bytearray(originals[i])
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        paths[i].write_bytes(data)
        code, _, err = run(paths[0], paths[1], capsys)
        assert code == 2, bytes(data)
        assert err.count("\n") == 1
        paths[i].write_bytes(originals[i])


def test_the_digest_covers_names_dtypes_shapes_and_bytes(tmp_path: Path) -> None:
    base: dict[str, Array] = {"a": ("U8", [2], [1, 2]), "b": ("U8", [1], [3])}
    variants: list[dict[str, Array]] = [
        {"a": ("U8", [1, 2], [1, 2]), "b": ("U8", [1], [3])},
        {"a": ("U8", [2], [1, 3]), "b": ("U8", [1], [3])},
        {"a": ("U8", [2], [1, 2]), "c": ("U8", [1], [3])},
        {"a": ("U8", [1], [1]), "b": ("U8", [2], [2, 3])},
    ]
    digests = {digest_of("{}", tensors) for tensors in (base, *variants)}
    assert len(digests) == 5
    path = tmp_path / "x"
    for tensors in (base, *variants):
        path.write_bytes(container({"k": "{}"}, tensors))
        assert content_digest("{}", load(str(path))[1]) == digest_of("{}", tensors)
    assert raw(base["a"]) == b"\x01\x02"


def test_a_refusal_is_a_value_error() -> None:
    assert issubclass(BadInput, ValueError)
    assert copy.copy(BadInput("x")).args == ("x",)
