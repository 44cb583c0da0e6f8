"""Find the entries and run them, each with its false variant, in processes of their own."""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

import proofs_checks
from proofs_checks.lemma import Lemma, Verdict

PROCESSES = 2
SLOWEST = ("normal_table", "iteration_value")  # begun first, so that nobody waits for them at the end


@dataclass(frozen=True)
class Result:
    """What came of one entry.

    Parameters
    ----------
    name : str
    verdict : Verdict
        Of the statement.
    false_verdict : Verdict
        Of the false statement beside it.
    seconds : float
        Of processor time, for both.
    """

    name: str
    verdict: Verdict
    false_verdict: Verdict
    seconds: float

    @property
    def expected(self) -> bool:
        """Whether the verdict is what the entry says, and the false variant was caught."""
        return self.verdict is entries()[self.name].expected and self.false_verdict is Verdict.REFUTED


@cache
def entries() -> dict[str, Lemma]:
    """Every module of the package that has a LEMMA: steps of the theorem in their order, then the others by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(proofs_checks.__path__) if module.name[0] != "_")
    found = {name: getattr(importlib.import_module(f"proofs_checks.{name}"), "LEMMA", None) for name in names}
    lemmas = {name: lemma for name, lemma in found.items() if lemma is not None}
    return dict(sorted(lemmas.items(), key=lambda item: (item[1].step == 0, item[1].step)))


def run(name: str) -> Result:
    """Checks one entry and its false variant."""
    lemma = entries()[name]
    begun = time.process_time()
    verdict, false_verdict = lemma.check(lemma.claim), lemma.check(lemma.false_claim)
    return Result(name, verdict, false_verdict, time.process_time() - begun)


def run_all(names: Iterable[str], tell: Callable[[Result], None]) -> list[Result]:
    """All of them in `PROCESSES` processes; `tell` hears of each as it ends. Results come in the order of `names`."""
    names = list(names)
    order = sorted(names, key=lambda name: name not in SLOWEST)
    results = {}
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(run, name) for name in order]):
            result = future.result()
            results[result.name] = result
            tell(result)
    return [results[name] for name in names]
