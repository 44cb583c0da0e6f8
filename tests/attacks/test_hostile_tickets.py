"""Malformed tickets and domains: every program refuses each with code 2 and one line that names the file."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import processes
import pytest
import typer
from domain_files import DOMAIN_TEXTS, domain_files
from ticket_builder import BALL, BASES, NESTED, file_of, parts, spoiled, stored
from ticket_families import FAMILIES as FORMS
from ticket_parts import FAMILIES as PARTS

from slth.verify.__main__ import main as check

CLI = importlib.import_module("slth.cli.main")
FAMILIES = FORMS + PARTS
SECONDS, MEGABYTES = 2.0, 200
PROGRAMS = ("slth verify", "slth show", "slth.verify")


@dataclass(frozen=True)
class Ended(processes.Ended):
    """How a program ended in this process, and by how many MB this process grew."""

    grown: int

    def wrong(self, name: str, size: int = 0) -> list[str]:
        """What is not as it should be for input that cannot be used."""
        line = self.err.removesuffix("\n")
        found = {
            f"code {self.code}": self.code != 2,
            "output": self.out != "",
            "not one line": self.err != line + "\n" or not line.isprintable(),
            f"{len(line)} characters": len(line) > 1100,
            f"does not name {name}": name not in line,
            "Traceback": "Traceback" in line,
            f"{self.seconds:.1f} s": self.seconds > SECONDS,
            f"{self.grown} MB": self.grown > MEGABYTES + 2 * size / 2**20,
        }
        return [problem for problem, here in found.items() if here]


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.fixture(scope="module")
def command():
    """The command line, put together once: Typer would do that again in every call, at four times the cost of one."""
    return typer.main.get_command(CLI.app)


@pytest.fixture
def program(monkeypatch, tmp_path, command):
    """`program("slth verify", ticket, "--domain", ...)` in this process; the target is that of the small tickets."""
    target = tmp_path / "target.safetensors"
    target.write_bytes(BALL.target_bytes())
    monkeypatch.setattr(CLI, "app", command)

    def call(name: str, ticket: Path, *options: object) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        words = [str(ticket), *([] if name == "slth show" else [str(target)]), *map(str, options)]
        if name == "slth verify":
            words = [words[0], "--target", *words[1:], "--attack", "0"]
        monkeypatch.setattr(sys, "argv", [*name.split(), *words])
        before, begun = peak(), time.process_time()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = check(words) if name == "slth.verify" else CLI._run()
        return Ended(code, out.getvalue(), err.getvalue(), time.process_time() - begun, peak() - before)

    return call


@pytest.mark.parametrize("kind", BASES)
def test_the_tickets_that_are_spoiled_are_proved(program, tmp_path, kind):
    (tmp_path / "t.slth").write_bytes(BASES[kind].ticket_bytes())
    for name in PROGRAMS:
        ended = program(name, tmp_path / "t.slth")
        assert (ended.code, ended.err) == (0, ""), name


def test_malformed_tickets(program, tmp_path, figure):
    path, wrong, counts, worst = tmp_path / "malformed.slth", [], Counter(), Counter()
    for family in FAMILIES:
        programs = [name for name in PROGRAMS if name != "slth show" or family.__name__ != "does_not_fit"]
        for label, data in family(random.Random(family.__name__)):
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            counts[family.__name__] += 1
            for name in programs:
                ended = program(name, path)
                worst["seconds"] = max(worst["seconds"], ended.seconds)
                worst["grown"] = max(worst["grown"], ended.grown)
                problems = ended.wrong("malformed.slth", len(data))
                if problems:
                    wrong.append(f"{family.__name__} {label[:60]}: {name}: {problems} {ended.err[-300:]!r}")
    assert not wrong, f"{len(wrong)} of {counts.total()}:\n" + "\n".join(wrong[:40])
    assert counts.total() >= 500 and len(FAMILIES) >= 10
    figure(
        "malformed tickets",
        f"{counts.total():,} in {len(FAMILIES)} families, each refused by {', '.join(PROGRAMS)} with code 2 and"
        f" one line naming it; slowest {worst['seconds']:.2f} s, +{worst['grown']} MB",
    )


def test_paths_that_are_no_files(program, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    for place in ("nowhere", "folder", "pipe", "circle", "folder/nowhere", "pipe/nowhere", "n" * 300):
        for name in PROGRAMS:
            assert program(name, tmp_path / place).wrong(place[:50]) == [], (place, name)
    for place in ("/dev/zero", "/dev/full", "/dev/null"):
        for name in PROGRAMS:
            assert program(name, Path(place)).wrong(place) == [], (place, name)


def test_domain_files(program, tmp_path, figure):
    ticket, path = tmp_path / "t.slth", tmp_path / "x.npy"
    ticket.write_bytes(BALL.ticket_bytes())
    wrong, count = [], 0
    for label, data in domain_files(tmp_path / "canary"):
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        count += 1
        for option in (f"hull:{path}", f"ball:{path}:0.01", f"ball:{path}:1/100:l2"):
            for name in ("slth verify", "slth.verify"):
                problems = program(name, ticket, "--domain", option).wrong("x.npy", len(data))
                wrong += [f"{label}: {name} {option[:4]}: {problems}"] if problems else []
    assert not wrong, "\n".join(wrong)
    assert not (tmp_path / "canary").exists()
    figure("malformed domain files", f"{count}, each refused by slth verify and slth.verify with code 2 and one line")


def test_domain_files_that_are_fine(program, tmp_path):
    ticket, path = tmp_path / "t.slth", tmp_path / "x.npy"
    ticket.write_bytes(BALL.ticket_bytes())
    for array in (np.zeros((2, 3)), np.full((1, 3), 0.5, np.float32), np.zeros(3), np.zeros((2, 1, 3))):
        np.save(path, array)
        for name in ("slth verify", "slth.verify"):
            assert program(name, ticket, "--domain", f"hull:{path}").code == 0


def test_texts_that_are_no_domain_or_number(program, tmp_path):
    ticket, wrong = tmp_path / "t.slth", []
    ticket.write_bytes(BALL.ticket_bytes())
    for text in DOMAIN_TEXTS:
        for name in ("slth verify", "slth.verify"):
            problems = program(name, ticket, f"--domain={text}").wrong("")
            wrong += [f"{text[:40]}: {name}: {problems}"] if problems else []
        if text.startswith("box:0:"):
            problems = program("slth.verify", ticket, f"--epsilon={text[6:]}").wrong("")
            wrong += [f"{text[6:40]}: --epsilon: {problems}"] if problems else []
    assert not wrong, "\n".join(wrong)


def test_odd_tickets_that_are_allowed(program, tmp_path):
    """Long rationals, a deep `made` and escape codes in it: read and shown on plain lines, never a traceback."""
    path = tmp_path / "odd.slth"
    box = BASES["box"]
    odd = {
        "made is deep": spoiled(("made", "x"), NESTED),
        "made clears the screen": spoiled(("made", "x"), "\x1b[2J\nslth: PROVED\n\ud800"),
        "a key of made does": spoiled(("made", "\x1b[2J\n"), "x"),
        "an end of 400 digits": spoiled(("claim", "domain", "hi"), "1/" + "7" * 400, box),
        "an end far away": spoiled(("claim", "domain", "hi"), "7" * 400, box),
        "a radius far away": spoiled(("claim", "domain", "radius"), "7" * 400),
        "an eps of 0": spoiled(("claim", "eps"), "0x0p0"),
        "a huge eps": spoiled(("claim", "eps"), "0x1.fffffffffffffp1023"),
        "a subnormal scale": spoiled(("layers", 0, "scale"), "0x1p-149"),
        "a huge scale": spoiled(("layers", 0, "scale"), "0x1p127"),
        "the last seed": spoiled(("seed",), str(2**256 - 1)),
    }
    for label, data in odd.items():
        path.write_bytes(data)
        for name in PROGRAMS:
            ended = program(name, path)
            assert ended.code in (0, 1, 2), (label, name, ended.err[-300:])
            assert ended.err.count("\n") == (ended.code == 2), (label, name, ended.err)
            assert all(line.isprintable() for line in ended.out.splitlines()), (label, name)
            assert "slth: PROVED" not in ended.out.splitlines()
            assert ended.seconds < SECONDS and ended.grown < MEGABYTES, (label, name)


def test_a_small_file_asks_for_little(program, tmp_path, figure):
    """Layers of 2^26 weights of which two are kept: a whole ticket, so time and memory must follow the file."""
    path, worst = tmp_path / "wide.slth", Counter()
    body, tensors = parts(BALL)
    body["layers"][0]["rows"] = body["layers"][1]["columns"] = 1 << 24
    for number in (0, 1):
        tensors[f"mask.{number}"] = stored(np.array([1, 127], np.uint8))
        body["masks"][number] = {"encoding": "gaps", "kept": 2}
    path.write_bytes(file_of(body, tensors))
    for name in PROGRAMS:
        ended = program(name, path)
        worst["seconds"], worst["grown"] = max(worst["seconds"], ended.seconds), max(worst["grown"], ended.grown)
        assert ended.code in (0, 1) and ended.err == "", (name, ended.err)
        assert ended.seconds < 2 * SECONDS and ended.grown < 512, (name, ended.seconds, ended.grown)
    figure("a ticket of 2 kB with layers of 2^26 weights", f"{worst['seconds']:.2f} s, +{worst['grown']} MB")
