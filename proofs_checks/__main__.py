"""Check the lemmas and write the ledger.

    python -m proofs_checks                       # all, and write proofs_checks/ledger.md
    python -m proofs_checks growth_contraction    # some
    python -m proofs_checks --check               # compare with the ledger instead of writing it

Exit 1 when a verdict is not the expected one, a false variant was not caught, or the ledger differs.
"""

from __future__ import annotations

import argparse
import sys
import time

from proofs_checks import ledger
from proofs_checks.run import Result, entries, run_all


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m proofs_checks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="entries to check; all where none is named")
    parser.add_argument("--check", action="store_true", help="compare with the ledger, write nothing")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(entries()))
    if unknown:
        parser.error(f"no entry {', '.join(unknown)}; there are: {', '.join(entries())}")
    names = [name for name in entries() if not arguments.names or name in arguments.names]
    begun = time.perf_counter()
    print(f"{'entry':24} {'step':>4}  {'verdict':9} {'false one':9} seconds")
    results = run_all(names, _tell)
    print(f"{len(results)} entries in {time.perf_counter() - begun:.0f} s")
    good = all(result.expected for result in results)
    if len(names) == len(entries()):
        good &= _ledger(results, arguments.check)
    elif arguments.check:
        good &= _lines(results)
    return 0 if good else 1


def _tell(result: Result) -> None:
    step = entries()[result.name].step or ""
    surprise = "" if result.expected else "  <- not as expected"
    verdicts = f"{result.verdict.name:9} {result.false_verdict.name:9}"
    print(f"{result.name:24} {step:>4}  {verdicts} {result.seconds:7.1f}{surprise}", flush=True)


def _lines(results: list[Result]) -> bool:
    """Whether the ledger has the lines of some entries as this run found them."""
    stale = ledger.stale(results, ledger.FILE.read_text(encoding="utf-8"))
    for name in stale:
        print(f"{ledger.FILE.name} says something else of {name}; write it anew without --check", file=sys.stderr)
    return not stale


def _ledger(results: list[Result], only_check: bool) -> bool:
    before = ledger.FILE.read_text(encoding="utf-8") if ledger.FILE.exists() else ""
    text = ledger.render(results, before, keep_seconds=only_check)
    if not only_check:
        ledger.FILE.write_text(text, encoding="utf-8")
    elif text != before:
        print(f"{ledger.FILE.name} is not what this run found; write it anew without --check", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
