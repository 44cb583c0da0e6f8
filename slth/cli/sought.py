"""The reports of searches as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from slth.cli import screen

SHOWN = 12  # layers whose density is shown
TRIALS = {
    "random_mask": "as many weights of every layer, at random",
    "shuffled_mask": "as many inputs of every neuron, at random",
    "redrawn_weights": "the same mask on another random network",
}
GIVEN_TRIALS = TRIALS | {"redrawn_weights": "the same mask on the same weights in other places of their layers"}
GIVEN = "weights are given ones: the ticket needs their file, and is no ticket of a random network"
WEAK = "its paper trains the weights behind the mask: a weak ticket; what is claimed is of the untrained ones"


def percent(fraction: float | None) -> str:
    """Two digits behind the point."""
    return "" if fraction is None else f"{100 * fraction:.2f} %"


def print_one(report: Mapping[str, Any]) -> None:
    """All of one search."""
    typer.echo(str(report["ticket"]))
    screen.rows(
        [
            *_network(report, f"seed {report['seed']}"),
            ("kept", f"{screen.count(report['kept_weights'])} weights, density {screen.number(report['density'])}"),
            ("by layer", _layers(report["densities"])),
            *([("chosen", _chosen(report))] if report["epochs"] else []),
            ("claim", _claim(report)),
            *_trials(report, ""),
            *_notes(report["notes"]),
            ("learned", _learned(report["learned_numbers"])),
            ("seconds", f"{report['seconds']:.1f}, {report['device']}"),
            ("sha256", report["sha256"]),
            ("check", report["check"]),
        ]
    )
    _say(report)


def print_many(report: Mapping[str, Any]) -> None:
    """A row for each seed, then what they have in common and their mean."""
    runs = report["runs"]
    screen.rows(_network(report, f"{len(runs)} seeds"), indent="")
    lines = [("seed", "test accuracy", "correct", "of", "validation", "density", "epoch", "ticket")]
    for run in runs:
        epoch = "" if run["epoch"] is None else str(run["epoch"])
        correct, of = screen.count(run["correct"]), screen.count(run["of"])
        numbers = (percent(run["test_accuracy"]), correct, of, percent(run["validation_accuracy"]))
        lines.append((str(run["seed"]), *numbers, screen.number(run["density"]), epoch, run["ticket"]))
    screen.table(lines)
    low, high = report["test_accuracy_interval"]
    half = f"{50 * (high - low):.2f}"
    screen.rows(
        [
            ("mean", f"{percent(report['test_accuracy'])} ± {half}, 95 % confidence (Student's t)"),
            *_trials(report, "mean, "),
            ("seconds", f"{sum(run['seconds'] for run in runs):.1f}, {report['device']}"),
            ("finished", f"{report['finished']}; the same command goes on there"),
            ("check", runs[0]["check"]),
        ],
        indent="",
    )
    _say(report)


def _say(report: Mapping[str, Any]) -> None:
    """What a reader of the table should not miss: another density than was asked for, a weak ticket, given weights."""
    asked, came = report["asked_density"], report["density"]
    if abs(came - asked) > 0.1 * asked and report["given_weights"] is None:
        said = f"density {asked:g} was asked for, {screen.number(came)} came out"
        screen.note(f"{said}: slth cite {report['key']} says what decides on it")
    if not report["strong"]:
        screen.note(WEAK if report["given_weights"] is None else GIVEN)


def _network(report: Mapping[str, Any], seed: str) -> list[tuple[str, str]]:
    layers = report["layers"]
    listed = ", ".join(layers[:SHOWN]) + (f" and {len(layers) - SHOWN} more" if len(layers) > SHOWN else "")
    digest, weights = report["given_weights"], f"{screen.count(report['source_weights'])} weights"
    if digest is not None:
        network = ("given weights", f"{weights}, digest {digest[:16]}, {seed}: {listed}")
    else:
        network = ("random network", f"{weights}, law {report['law']}, {seed}: {listed}")
    return [("method", f"{report['method']} ({report['key']})"), network]


def _layers(densities: list[float]) -> str:
    more = f" and {len(densities) - SHOWN} more" if len(densities) > SHOWN else ""
    return ", ".join(f"{density:.4f}" for density in densities[:SHOWN]) + more


def _chosen(report: Mapping[str, Any]) -> str:
    if report["epoch"] is None:
        return f"after {report['epochs']} epochs"
    epoch = f"epoch {report['epoch']} of {report['epochs']}"
    if report["validation_accuracy"] is None:
        return f"{epoch}, the last"
    return f"{epoch}: {percent(report['validation_accuracy'])} of the pictures held out"


def _claim(report: Mapping[str, Any]) -> str:
    correct, of = screen.count(report["correct"]), screen.count(report["of"])
    return f"{correct} of {of} correct on {report['data']}, {percent(report['test_accuracy'])}"


def _trials(report: Mapping[str, Any], before: str) -> list[tuple[str, str]]:
    found = report.get("baselines") or {}
    return [
        (name.replace("_", " "), f"{percent(found[name])}  {before}{what}")
        for name, what in (TRIALS if report["given_weights"] is None else GIVEN_TRIALS).items()
        if name in found
    ]


def _notes(notes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a method has to say; accuracies are of test pictures."""
    found = []
    for name, value in notes.items():
        if name.endswith("_accuracy") and isinstance(value, float):
            what = name.removesuffix("_accuracy").replace("_", " ")
            found.append((what, f"{percent(value)}  of the test pictures, with trained weights: no claim"))
        elif isinstance(value, float):
            found.append((name.replace("_", " "), screen.number(value)))
        else:
            found.append((name.replace("_", " "), str(value)))
    return found


def _learned(count: int) -> str:
    return f"{screen.count(count)} numbers, means and variances of norms" if count else "no numbers"
