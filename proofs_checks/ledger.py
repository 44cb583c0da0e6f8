"""The ledger: one line for each entry, the same after every run that finds the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from proofs_checks.lemma import Verdict
from proofs_checks.run import Result, entries

FILE = Path(__file__).resolve().parent / "ledger.md"
LIMITS = (1, 3, 10, 30, 100, 300)
SECONDS = re.compile(r'^\| <a id="(\w+)">.*\| < (\d+) \|$', re.MULTILINE)


def render(results: Sequence[Result], before: str = "", keep_seconds: bool = False) -> str:
    """The whole file; seconds are upper limits, kept from the ledger `before` while they are not far off.

    Where `keep_seconds` is true they are kept in any case.
    """
    known = {name: int(limit) for name, limit in SECONDS.findall(before)}
    counts = Counter(result.verdict for result in results)
    lines = [
        "# Ledger",
        "",
        "Written by `python -m proofs_checks`; [README.md](README.md) chains the steps to a theorem.",
        "Each check was also given the false statement of its line, and refuted it.",
        "",
        *(f"- {verdict.name} ({counts[verdict]}): {verdict.value}" for verdict in Verdict if counts[verdict]),
        "",
        "| Entry | Step | What | How | How deep | Verdict | False, and caught | CPU seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        limit = known.get(result.name, 0)
        if not (keep_seconds and limit):
            limit = _limit(result.seconds, limit)
        lines.append(_line(result, limit))
    return "\n".join(lines) + "\n"


def stale(results: Sequence[Result], text: str) -> list[str]:
    """The entries whose line in a ledger, but for the seconds, is not what was found."""
    known = {name: int(limit) for name, limit in SECONDS.findall(text)}
    lines = text.splitlines()
    return [result.name for result in results if _line(result, known.get(result.name, 0)) not in lines]


def _limit(seconds: float, before: int) -> int:
    if before / 8 < seconds < 2 * before:
        return before
    return next((limit for limit in LIMITS if seconds <= limit), LIMITS[-1])


def _line(result: Result, limit: int) -> str:
    lemma = entries()[result.name]
    link = f'<a id="{result.name}"></a>[{result.name}]({result.name}.py)'
    caught = "" if result.false_verdict is Verdict.REFUTED else f" **({result.false_verdict.name})**"
    texts = (lemma.statement, lemma.how, lemma.depth)
    statement, how, depth = (text.replace("|", "\\|") for text in texts)
    false = lemma.false_statement.replace("|", "\\|") + caught
    step = lemma.step or ""
    return f"| {link} | {step} | {statement} | {how} | {depth} | {result.verdict.name} | {false} | < {limit} |"
