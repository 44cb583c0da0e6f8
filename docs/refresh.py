"""Runs every command of README.md, docs/*.md and examples/README.md, and pastes what it prints.

python docs/refresh.py              rewrites the outputs, the table of measured figures in README.md, the
                                    catalogue of formulas in docs/bounds.md and the methods in docs/search.md
python docs/refresh.py --check      only says what differs; exit code 1 if anything does

A `console` block holds commands (`$ slth ...`, ending in `# exit code 1` where that is meant) and what they print. A
command shown without output is run, and only its exit code is looked at. `python` blocks are run too, everything of a
document in its order, in a folder that holds the targets and sweeps of examples/ alone. Other programs (`make`) are
not run.
Numbers may differ by 2 %, so that another processor's last digits are no news; seconds and file digests may differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (
    "README.md",
    "docs/certificates.md",
    "docs/assignments.md",
    "docs/bounds.md",
    "docs/constructions.md",
    "docs/datasets.md",
    "docs/formats.md",
    "docs/search.md",
    "docs/sweeps.md",
    "examples/README.md",
)
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MEASURED = re.compile(r"(?<=<!-- measured: begin -->\n).*?(?=<!-- measured: end -->)", re.DOTALL)
METHODS = re.compile(r"(?<=<!-- methods: begin -->\n).*?(?=<!-- methods: end -->)", re.DOTALL)
CATALOGUE = re.compile(r"(?<=<!-- catalogue: begin -->\n).*?(?=<!-- catalogue: end -->)", re.DOTALL)
EXIT = re.compile(r"\s+# exit code (\d+)$")
DIGEST = re.compile(r"[0-9a-f]{64}")
TOLERANCE = {
    "attack": 0.2,  # a search that stops by the clock
    "chosen": 0.2,  # epochs of equally good networks
    "random mask": 1.0,  # guesses at 360 pictures
    "shuffled mask": 1.0,
    "redrawn weights": 1.0,
    "mean": 1.0,  # of three seeds, and its interval
}
SEARCHED = re.compile(r"correct on|^\s*counted|\.seed\d")
"""Answers of masks that were trained: where sums are rounded otherwise another mask comes out."""
SEARCHED_TOLERANCE = 0.1
RUNS = ("slth", "python")


def environment() -> dict[str, str]:
    """Where slth is found, and output in the order in which it comes."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "120", "NO_COLOR": "1"}


def run(command: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and everything printed, of a command as a reader would type it."""
    program = {"slth": [sys.executable, "-m", "slth"], "python": [sys.executable]}[command[0]]
    done = subprocess.run(
        [*program, *command[1:]],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def workplace(folder: Path) -> Path:
    """The folder in which a reader of the README is: with the example targets."""
    (folder / "examples").mkdir()
    for kind in ("pt", "safetensors", "toml"):
        for file in ROOT.glob(f"examples/*.{kind}"):
            shutil.copy(file, folder / "examples")
    return folder


def replayed(text: str, folder: Path) -> tuple[str, list[str]]:
    """The document with fresh outputs, and one line for everything that is not as shown."""
    problems: list[str] = []
    pieces, end = [], 0
    for block in BLOCK.finditer(text):
        pieces.append(text[end : block.start(2)])
        end = block.end(2)
        if block[1] == "python":
            pieces.append(block[2])
            code, said = run(["python", "-c", block[2]], folder)
            if code:
                problems.append(f"a python block ends with {code}: {said.strip()[-300:]}")
        else:
            pieces.append(_console(block[2], folder, problems))
    return "".join(pieces) + text[end:], problems


def _console(body: str, folder: Path, problems: list[str]) -> str:
    out = []
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        line, _, shown = part.partition("\n")
        meant = EXIT.search(line)
        command = shlex.split(EXIT.sub("", line)[2:])
        if not command or command[0] not in RUNS:
            out.append(part)
            continue
        code, printed = run(command, folder)
        wanted = int(meant[1]) if meant else 0
        if code != wanted:
            problems.append(f"{line}: exit code {code}, not {wanted}: {printed.strip()[-300:]}")
        if shown.strip():
            problems += [f"{line}: {what}" for what in differences(shown, printed)]
            part = part if _timeless(shown) == _timeless(printed) else f"{line}\n{printed}"
        out.append(part)
    return "".join(out)


def differences(shown: str, fresh: str) -> list[str]:
    """What two outputs do not have in common, but for seconds, digests of files, and last digits."""
    old, new = shown.strip().splitlines(), fresh.strip().splitlines()
    if len(old) != len(new):
        return [f"{len(old)} lines shown, {len(new)} printed"]
    return [f"shown {a.strip()!r}, printed {b.strip()!r}" for a, b in zip(old, new, strict=True) if not _same(a, b)]


def _timeless(output: str) -> list[str]:
    """The lines of an output but for its seconds: what is worth a new version of a document."""
    return [line for line in output.strip().splitlines() if line.split()[:1] != ["seconds"]]


def _same(old: str, new: str) -> bool:
    left, right = old.split(), new.split()
    if left[:1] == right[:1] == ["seconds"] or left[:1] == right[:1] in (["sha256"], ["ticket"]):
        return True
    usual = SEARCHED_TOLERANCE if SEARCHED.search(old) else 0.02
    tolerance = TOLERANCE.get(" ".join(left[:1]), TOLERANCE.get(" ".join(left[:2]), usual))
    return len(left) == len(right) and all(_close(a, b, tolerance) for a, b in zip(left, right, strict=True))


def _close(old: str, new: str, tolerance: float) -> bool:
    if old == new:
        return True
    try:
        a, b = (float(word.strip("(),;:%").replace(",", "")) for word in (old, new))
    except ValueError:
        return False
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def measured(folder: Path) -> str:
    """The table of README.md: what is proved and what is measured, on the shipped example."""
    made = _json(
        ["approximate", "--target", "examples/digits.pt", "--epsilon", "0.1", "-o", "measured.slth", "--json"], folder
    )
    seen = _json(["verify", "measured.slth", "--target", "examples/digits.pt", "--exact", "--json"], folder)
    code, said = run(["python", "-c", ACCURACY], folder)
    if code:
        raise SystemExit(said)
    right, right_ticket, same, of = (int(word) for word in said.split())
    rows = [
        (
            "outputs are within eps on the whole domain (the claim)",
            "**proved**, by two programs that share no code: numpy with its rounding accounted for, and exact integers",
            f"claimed {made['eps']:.4f}, proved {seen['eps_real']:.4f} and {seen['exact']['eps_real']:.4f}",
        ),
        (
            "the same for float64 and float32 runs",
            "**proved**, for plain inner products summed in any order (numpy)",
            f"{seen['eps_f64']:.4f} and {seen['eps_f32']:.4f}",
        ),
        (
            "each weight is within its tolerance",
            "**computed** in exact integers",
            f"{made['missed']} of {made['target_weights']:,} missed, largest error {made['max_weight_error']:.4f}",
        ),
        (
            "samples per weight that surely suffice",
            "**proved** for independent samples, and more than it takes",
            f"n = {made['certified_samples']:,}",
        ),
        (
            "samples per weight that are used",
            "**simulated**, not proved: at most 0.01 misses expected",
            f"n = {made['samples']}",
        ),
        (
            "how large the error gets",
            "**measured** by a search for bad inputs: a lower bound, whose input can be replayed",
            f"at least {seen['attack']:.3f}",
        ),
        (
            "accuracy on 1,797 digits",
            "**measured**; it says little (see the notebook)",
            f"{100 * right_ticket / of:.2f} % (target {100 * right / of:.2f} %), same answer on {same:,}",
        ),
    ]
    head = "| what | how it is known | on the shipped example |\n|---|---|---|\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def catalogue(folder: Path) -> str:
    """Every published formula, paper after paper, and what their parameters mean."""
    listed = _json(["bound", "--list", "--json"], folder)
    lines = []
    for key in sorted({entry["paper"] for entry in listed["formulas"]}):
        lines += [f"### {key}", "", *_wrapped(listed["papers"][key], ""), ""]
        for entry in listed["formulas"]:
            if entry["paper"] == key:
                text = f"**{entry['name']}** ({entry['gives']}, {entry['side']}, *{entry['sure']}*): "
                text += f"`{entry['formula']}`. Printed: {entry['source']}. Assumes: {entry['assumes']}."
                if "eps" in entry["needs"]:
                    text += f" eps is that of a {entry['of']}."
                lines += _wrapped(text, "- ")
        lines.append("")
    lines += ["### What is given", "", "| word | meaning |", "|---|---|"]
    lines += [f"| {name} | {means} |" for name, means in listed["gives"].items()]
    lines += ["", "### Parameters", "", "| name | meaning | range |", "|---|---|---|"]
    for name, each in listed["parameters"].items():
        lines.append(f"| `{name}` | {each['means']} | {each['range']} |")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, bullet: str) -> list[str]:
    indent = " " * len(bullet)
    return textwrap.wrap(
        text, 118, initial_indent=bullet, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def method_table(folder: Path) -> str:
    """Every method of `slth search` with its options."""
    code, said = run(["python", "-c", LISTED_METHODS], folder)
    if code:
        raise SystemExit(said)
    head = "| name | key | what it does | ticket | options and their defaults |\n|---|---|---|---|---|\n"
    return head + said


LISTED_METHODS = r"""
from dataclasses import fields
from slth.search.method import methods
for key, cls in methods:
    does = cls.__doc__.strip().splitlines()[0].split(": ", 1)[-1].replace("|", r"\|")
    options = ", ".join(f"`{field.name}={field.default}`" for field in fields(cls))
    kind = "of given weights" if cls.given else "strong" if cls.strong else "weak"
    print(f"| `{cls.name}` | `{key}` | {does[0].upper()}{does[1:]} | {kind} | {options} |")
"""

ACCURACY = """
from sklearn.datasets import load_digits
import slth
target = slth.read("examples/digits.pt").network
ticket = slth.read_ticket("measured.slth")[0].to_network(target)
digits = load_digits()
a, b = target(digits.data / 16).argmax(1), ticket(digits.data / 16).argmax(1)
print((a == digits.target).sum(), (b == digits.target).sum(), (a == b).sum(), len(a))
"""


def _json(arguments: list[str], folder: Path) -> dict[str, Any]:
    code, printed = run(["slth", *arguments], folder)
    if code:
        raise SystemExit(f"slth {shlex.join(arguments)} ends with {code}: {printed}")
    return dict(json.loads(printed.strip().splitlines()[-1]))


GENERATED = (
    ("measured figures", MEASURED, measured),
    ("methods", METHODS, method_table),
    ("catalogue", CATALOGUE, catalogue),
)


def refreshed(name: str, text: str) -> tuple[str, list[str]]:
    """A document with everything that is generated made again, and what was different."""
    with tempfile.TemporaryDirectory() as place:
        folder = workplace(Path(place))
        fresh, problems = replayed(text, folder)
        for what, place_of, make in GENERATED:
            if old := place_of.search(fresh):
                made = make(folder)
                problems += [f"{what}: {line}" for line in differences(old[0], made)]
                fresh = place_of.sub(lambda _, made=made: made, fresh)
    return fresh, [f"{name}: {problem}" for problem in problems]


def main() -> int:
    """Refreshes or checks all documents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    failed = False
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        fresh, problems = refreshed(name, text)
        for problem in problems:
            sys.stdout.write(f"{problem}\n")
        failed |= bool(problems)
        if not check and fresh != text:
            path.write_text(fresh, encoding="utf-8")
            sys.stdout.write(f"{name}: refreshed\n")
    return int(failed and check)


if __name__ == "__main__":
    sys.exit(main())
