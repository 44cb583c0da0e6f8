"""Real processes under real limits: bombs, live pickles, pipes, full disks, little memory, nobody to read."""

from __future__ import annotations

import io
import os
import pickle
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from processes import file_size, memory, run
from target_families import LEGACY, PROTO, STORAGES, dictionary, legacy, tensor, zipped
from ticket_families import header_lies
from ticket_parts import masks_wrong

from slth.core.network import Dense, Network
from slth.interop.targets import write_target

pytestmark = pytest.mark.process
GIGABYTE = 1 << 30


def compressed_bomb(size: int) -> bytes:
    """A state_dict whose one tensor is `size` bytes of zeros, compressed a thousandfold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("net/data.pkl", dictionary({"0.weight": tensor("0.weight", (1, size // 4))}))
        file.writestr("net/data/0.weight", bytes(size), zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


def bombs() -> dict[str, bytes]:
    """Small files that ask for gigabytes, or for a deep stack."""
    deep = b"N" + b"\x85" * 300_000
    return {
        "zip": compressed_bomb(GIGABYTE // 2),
        "stride 0": zipped(dictionary({"0.weight": tensor("0.weight", (10**6, 10**6), (0, 0), 0, 20)}), STORAGES),
        "strides far": legacy(dictionary({"0.weight": tensor("0.weight", (5, 4), (10**9, 1), 0, 20)}), STORAGES),
        "shape": legacy(dictionary({"0.weight": tensor("0.weight", (10**6, 10**6))}), STORAGES),
        "deep zip": zipped(PROTO + deep + b"."),
        "deep legacy": legacy(dictionary({"0.weight": deep})),
    }


def test_bombs_under_a_memory_limit(tmp_path, figure):
    path, slowest = tmp_path / "bomb.pt", 0.0
    for name, data in bombs().items():
        path.write_bytes(data)
        limit = memory(GIGABYTE)
        made = run("approximate", "--target", path, "-o", tmp_path / "t.slth", before=limit)
        assert made.refused("bomb.pt"), (name, made)
        seen = run("inspect", path, before=limit)
        described = seen.code == 0 and "problem" in seen.out and seen.err == ""  # what tensors there are, and why not
        assert seen.refused("bomb.pt") or (described and "stride" in name), (name, seen)
        slowest = max(slowest, made.seconds, seen.seconds)
    assert os.listdir(tmp_path) == ["bomb.pt"]  # noqa: PTH208
    figure("bombs under 1 GB of memory", f"{len(bombs())} targets refused; slowest command {slowest:.1f} s")


def test_ticket_bombs_under_a_memory_limit(tmp_path, target):
    path, worst = tmp_path / "bomb.slth", {"header of many lists", "ticket of many lists", "gaps wraps", "bits huge"}
    for family in (header_lies, masks_wrong):
        for label, data in family(random.Random(0)):
            if label in worst:
                path.write_bytes(data)
                for words in (("verify", path, "--target", target), ("show", path), ("check", path, target)):
                    assert run(*words, before=memory(GIGABYTE)).refused("bomb.slth"), (label, words)
                worst.remove(label)
    assert not worst


class Live:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str):
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("wrap", ["zip", "legacy", "bare"])
def test_live_pickles_do_not_run(tmp_path, target, ticket, wrap):
    canary, path = tmp_path / "canary", tmp_path / "live.pt"
    live = pickle.dumps({"0.weight": Live(f"touch {canary}")}, protocol=2)
    path.write_bytes({"zip": zipped(live, STORAGES), "legacy": LEGACY + live + PROTO + b"].", "bare": live}[wrap])
    commands = [
        ("approximate", "--target", path, "-o", tmp_path / "t.slth"),
        ("verify", ticket, "--target", path),
        ("convert", path, tmp_path / "t.safetensors"),
        ("verify", path, "--target", target),
        ("solve", "--values", path, "--target", "1"),
    ]
    for words in commands:
        assert run(*words).refused("live.pt"), words
    assert run("inspect", path).code in (0, 2)
    assert os.listdir(tmp_path) == ["live.pt"]  # noqa: PTH208
    pickle.loads(live)  # the canary can be made
    assert canary.exists()


def test_pipes_do_not_block(tmp_path, target, ticket):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for words in [
        ("inspect", pipe),
        ("approximate", "--target", pipe),
        ("approximate", "--target", target, "--arch", pipe),
        ("verify", pipe, "--target", target),
        ("verify", ticket, "--target", target, "--domain", f"hull:{pipe}"),
        ("check", pipe, target),
        ("check", ticket, target, "--domain", f"hull:{pipe}"),
        ("solve", "--values", pipe, "--target", "1"),
        ("approximate", "--target", target, "-o", pipe),
    ]:
        assert run(*words, cwd=tmp_path).refused("pipe"), words
    assert os.listdir(tmp_path) == ["pipe"]  # noqa: PTH208


def test_full_disks_leave_nothing(tmp_path, target, ticket):
    path = tmp_path / "t.slth"
    for limit in (0, 1, len(ticket.read_bytes()) - 1):
        made = run("approximate", "--target", target, "-o", path, before=file_size(limit))
        assert (made.code, len(made.lines)) == (3, 1) and "t.slth" in made.lines[0], (limit, made)
        assert os.listdir(tmp_path) == []  # noqa: PTH208
    path.write_bytes(b"what was there before")
    assert run("approximate", "--target", target, "-o", path, before=file_size(100)).code == 3
    assert path.read_bytes() == b"what was there before"
    assert run("export", ticket, "--target", target, "--to", tmp_path / "m.pt", before=file_size(100)).code == 3
    assert run("convert", target, tmp_path / "c.safetensors", before=file_size(100)).code == 3
    assert os.listdir(tmp_path) == ["t.slth"]  # noqa: PTH208


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device(tmp_path, target, ticket):
    made = run("approximate", "--target", target, "-o", "/dev/full", cwd=tmp_path)
    assert made.code in (2, 3) and len(made.lines) == 1
    with open("/dev/full", "w") as full:
        for words in (
            ("show", ticket),
            ("verify", ticket, "--target", target, "--attack", 0),
            ("list",),
            ("check", ticket, target),
        ):
            ended = run(*words, stdout=full)
            assert ended.code == 3 and len(ended.lines) == 1, (words, ended)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_little_memory_is_code_3(tmp_path):
    big = tmp_path / "big.safetensors"
    write_target(Network((Dense(np.full((4000, 4000), 0.25, np.float32)),), (4000,)), big)
    made = run("approximate", "--target", big, "-o", tmp_path / "t.slth", before=memory(GIGABYTE))
    assert (made.code, len(made.lines)) == (3, 1) and "memory" in made.lines[0], made
    assert os.listdir(tmp_path) == ["big.safetensors"]  # noqa: PTH208


def test_nobody_reads_the_output(tmp_path, target, ticket):
    """`| head -0`: neither a traceback nor an answer."""
    for words in [
        ("show", ticket),
        ("list",),
        ("inspect", target),
        ("verify", ticket, "--target", target, "--attack", 0),
        ("approximate", "--target", target, "-o", tmp_path / "t.slth", "--json"),
        ("check", ticket, target),
    ]:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            ended = run(*words, stdout=writing)
        finally:
            os.close(writing)
        assert ended.code == 3, (words, ended)
