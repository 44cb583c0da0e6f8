"""Searches of several seeds: one ticket each, their mean and interval, and a file of what is finished."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slth.cli import screen
from slth.cli.seeking import Wanted, sought
from slth.core.atomic import write_atomic
from slth.core.errors import BadFile, BadInput

CONFIDENCE = 0.95
KEYS = {"method", "key", "strong", "options", "data", "training", "device", "precision", "seed", "law", "layers"}
KEYS |= {"given_weights", "source_weights", "asked_density", "baselines", "validation_accuracy", "seconds", "epoch"}
KEYS |= {"ticket", "check", "notes"}
"""What a report that is used again must have."""


def repeated(wanted: Wanted, seeds: Sequence[int], path: Path, log: Path | None) -> dict[str, Any]:
    """A report of all seeds; those that a run of the same settings finished are not searched again."""
    paths = {seed: path.with_name(f"{path.stem}.seed{seed}{path.suffix}") for seed in seeds}
    kept = path.with_name(f"{path.stem}.seeds.json")
    for place in (*paths.values(), kept):
        screen.check_output(place)
    finished = _Finished(kept, wanted.settings)
    if log is not None:
        log.mkdir(exist_ok=True)
    runs = []
    for number, seed in enumerate(seeds, 1):
        report = finished.report(seed, paths[seed])
        if report is not None:
            screen.note(f"seed {seed}: finished before, {paths[seed]}")
        else:
            folder = None if log is None else log / f"seed{seed}"
            report = sought(wanted, seed, paths[seed], folder, f"seed {seed} ({number} of {len(seeds)})")
            finished.add(seed, report)
        runs.append(report)
    return _together(runs, kept)


class _Finished:
    """`OUTPUT.seeds.json`: settings, and the reports of the seeds that were searched with them."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path, self.settings = path, settings
        self.runs: dict[str, dict[str, Any]] = {}
        if not path.exists():
            return
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            earlier, runs = body["settings"], dict(body["runs"])
        except (OSError, ValueError, KeyError, TypeError):
            raise BadFile(f"{path}: is not a file of finished searches; remove it or write elsewhere") from None
        if earlier == settings:
            self.runs = runs
        else:
            screen.note(f"{path}: is of other settings; its seeds are searched anew")

    def report(self, seed: int, ticket: Path) -> dict[str, Any] | None:
        """The report of a seed whose ticket is there as it was written."""
        from slth.interop.found import read_found

        report = self.runs.get(str(seed))
        if not isinstance(report, dict) or not ticket.exists():
            return None
        try:
            held, sha256 = read_found(ticket)
        except BadInput:
            return None
        claim, mask = held.claim, held.mask
        told = {
            "sha256": sha256,
            "correct": claim.correct,
            "of": claim.of,
            "test_accuracy": claim.accuracy,
            "kept_weights": mask.count,
            "density": mask.density,
        }
        return report if told.items() <= report.items() and report.keys() >= KEYS else None

    def add(self, seed: int, report: dict[str, Any]) -> None:
        """Takes a finished seed down."""
        self.runs[str(seed)] = report
        body = json.dumps({"settings": self.settings, "runs": self.runs}, indent=1)
        write_atomic(self.path, [body.encode()])


def _together(runs: list[dict[str, Any]], kept: Path) -> dict[str, Any]:
    same = ("method", "key", "strong", "options", "data", "training", "device", "precision", "law", "layers")
    found = {name: runs[0][name] for name in (*same, "given_weights", "source_weights", "asked_density")}
    for name in ("density", "kept_weights", "seconds", "validation_accuracy", "test_accuracy"):
        values = [run[name] for run in runs]
        found[name] = None if None in values else sum(values) / len(values)
    found["test_accuracy_interval"] = interval([run["test_accuracy"] for run in runs])
    found["confidence"] = CONFIDENCE
    if all(run["baselines"] for run in runs):
        names = runs[0]["baselines"]
        found["baselines"] = {name: sum(run["baselines"][name] for run in runs) / len(runs) for name in names}
    return found | {"runs": runs, "seeds": [run["seed"] for run in runs], "finished": str(kept)}


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Student's confidence interval of the mean of at least two values, which are taken for normal."""
    from scipy.special import stdtrit

    count = len(values)
    mean = sum(values) / count
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    half = float(stdtrit(count - 1, 0.5 + confidence / 2)) * math.sqrt(variance / count)
    return mean - half, mean + half
