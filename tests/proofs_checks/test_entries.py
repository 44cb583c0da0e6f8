"""Every entry of the ledger: its verdict, its false variant, its line; and the chain of README.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp

from proofs_checks import ledger
from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge
from proofs_checks.run import SLOWEST, Result, entries, run

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "proofs_checks"
CHAIN = range(1, 17)


@pytest.fixture(scope="module")
def text() -> str:
    return ledger.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in entries() if name not in SLOWEST])
def test_statement_holds_and_false_variant_is_caught(name):
    result = run(name)
    assert result.false_verdict is Verdict.REFUTED
    assert result.verdict is entries()[name].expected


@pytest.mark.parametrize("name", SLOWEST)
def test_slow_entries_catch_their_false_variant(name):
    """Their statements are checked by `python -m proofs_checks`; here only the ledger's line says so."""
    lemma = entries()[name]
    assert lemma.check(lemma.false_claim) is Verdict.REFUTED


def test_value_iteration_in_small():
    """The slow entry's check on a coarse grid: 43 samples instead of 40, and not 30."""
    lemma = entries()["iteration_value"]
    law, half_width, eps, delta, _, n = lemma.claim[0]
    assert lemma.check(((law, half_width, eps, delta, 400, n + 3),)) is Verdict.ENCLOSED
    assert lemma.check(((law, half_width, eps, delta, 400, 30),)) is Verdict.REFUTED


def test_ledger_has_a_line_for_every_entry_with_its_expected_verdict(text):
    made_up = [Result(name, lemma.expected, Verdict.REFUTED, 0.0) for name, lemma in entries().items()]
    assert ledger.render(made_up, text, keep_seconds=True) == text


def test_theorem_has_no_open_and_no_sampled_step():
    steps = {lemma.step for lemma in entries().values() if lemma.step}
    assert steps == set(CHAIN)
    assert all(lemma.expected in (Verdict.PROVED, Verdict.ENCLOSED) for lemma in entries().values() if lemma.step)
    assert all(lemma.claim is not lemma.false_claim for lemma in entries().values())
    assert len(entries()) >= 13


def test_readme_links_every_step_to_its_entry(text):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="(\w+)">', text))
    linked = re.findall(r"\[(\w+)\]\(ledger\.md#(\w+)\)", readme)
    assert all(shown == anchor and anchor in anchors for shown, anchor in linked)
    assert {anchor for _, anchor in linked} == anchors == set(entries())
    for number in CHAIN:
        step = readme.split(f"**Step {number}, ")[1].split("**Step")[0].split("## ")[0]
        of_step = [name for name, lemma in entries().items() if lemma.step == number]
        assert all(f"(ledger.md#{name})" in step for name in of_step), number


def test_seconds_of_the_ledger_do_not_change_needlessly():
    name = next(iter(entries()))
    proved = entries()[name].expected
    slow = [ledger.render([Result(name, proved, Verdict.REFUTED, seconds)]) for seconds in (2.0, 2.9, 9.0)]
    assert slow[0] == slow[1] != slow[2]
    assert ledger.render([Result(name, proved, Verdict.REFUTED, 5.0)], before=slow[0]) == slow[0]
    assert ledger.render([Result(name, proved, Verdict.REFUTED, 9.0)], before=slow[0]) == slow[2]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proofs_checks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.process
def test_command_runs_one_entry_and_leaves_the_ledger(text):
    done = command("growth_contraction")
    assert done.returncode == 0, done.stderr
    assert "PROVED" in done.stdout and "REFUTED" in done.stdout
    assert ledger.FILE.read_text(encoding="utf-8") == text
    assert command("no_such_entry").returncode == 2


@pytest.mark.process
def test_table_of_the_normal_law_has_its_own_command():
    done = subprocess.run(
        [sys.executable, str(FOLDER / "normal_table.py"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "--write" in done.stdout


def test_judge_prefers_a_counterexample_to_a_doubt():
    assert judge([True, None, False]) is Verdict.REFUTED
    assert judge([True, None]) is Verdict.OPEN
    assert judge([True, True], Verdict.ENCLOSED) is Verdict.ENCLOSED


def test_a_surprise_is_not_expected():
    lemma = entries()["relu_split"]
    assert isinstance(lemma, Lemma)
    assert Result("relu_split", Verdict.PROVED, Verdict.REFUTED, 0.0).expected
    assert not Result("relu_split", Verdict.OPEN, Verdict.REFUTED, 0.0).expected
    assert not Result("relu_split", Verdict.PROVED, Verdict.PROVED, 0.0).expected


def test_algebra_decides_refutes_and_leaves_open():
    x = sp.Symbol("x", real=True)
    p = sp.Symbol("p", positive=True)
    assert identical((x + 1) ** 2, x**2 + 2 * x + 1)
    assert identical(x**2, x) is False
    assert nonnegative((p + 1) ** 3 - 1)
    assert nonnegative(x) is False
    assert nonnegative(sp.exp(x) - 1 - x) is None
