"""`slth verify` of a found ticket: does the regenerated network answer as many pictures correctly as claimed?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from slth.cli import screen
from slth.core.errors import BadInput

if TYPE_CHECKING:
    from slth.cli.weights import Weights
    from slth.core.found import Accuracy, FoundTicket
    from slth.datasets.dataset import Split

ADVICE = {
    "CONFIRMED": "answers as many pictures correctly as claimed",
    "REFUTED": "answers another number of pictures correctly",
}


def verify_found(path: Path, data: str | None, folder: Path | None, weights: Weights, json: bool) -> None:
    """Regenerate the network, count its correct answers on the data of the claim, and compare.

    Raises
    ------
    BadInput
        Without data, or for data that the claim is not about; likewise for given weights.
    """
    begun = time.perf_counter()
    from slth.core.found import correct_answers
    from slth.interop.found import read_found

    ticket, digest = read_found(path)
    claim = ticket.claim
    if data is None:
        raise BadInput(f"{path}: is a found ticket, whose claim is about {claim.name}: give --data NAME")
    ticket = weights.behind(path, ticket)
    from slth.datasets.load import load

    pictures = load(data, folder, download=False)
    part, name = pictures.test, f"{pictures.name} test"
    _check_data(path, claim, data, part)
    _check_shapes(path, ticket, part)
    try:
        network = ticket.network
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    with screen.progress() as tick:
        correct = correct_answers(
            network,
            claim.preprocessing,
            part.images,
            part.labels,
            lambda done, total: tick("pictures", done, total),
        )
    report = _report(ticket, digest, correct, len(part.labels)) | {"data_name": name}
    report["seconds"] = time.perf_counter() - begun
    if json:
        screen.as_json(report)
    else:
        _print(name, claim, report, network_of(ticket))
    if report["verdict"] != "CONFIRMED":
        raise typer.Exit(1)


def _check_data(path: Path, claim: Accuracy, name: str, part: Split) -> None:
    if part.digest != claim.data:
        raise BadInput(
            f"{path}: the claim is about {claim.name}, of digest {claim.data[:16]}; the pictures to test on of {name} "
            f"have digest {part.digest[:16]}"
        )


def _check_shapes(path: Path, ticket: FoundTicket, part: Split) -> None:
    """Whether the pictures are inputs of the network."""
    import math

    shape, wanted = part.images.shape[1:], ticket.architecture.input_shape
    fits = shape == wanted if len(wanted) == 3 else math.prod(shape) == math.prod(wanted)
    if not fits or shape[0] != len(ticket.claim.preprocessing.mean):
        raise BadInput(f"{path}: takes inputs of shape {wanted}, but the pictures have shape {shape}")


def _report(ticket: FoundTicket, digest: str, correct: int, pictures: int) -> dict[str, Any]:
    claim, mask = ticket.claim, ticket.mask
    same = (correct, pictures) == (claim.correct, claim.of)
    return {
        "verdict": "CONFIRMED" if same else "REFUTED",
        "test_accuracy": correct / pictures,
        "correct": correct,
        "of": pictures,
        "claimed_correct": claim.correct,
        "claimed_of": claim.of,
        "data": claim.data,
        "density": mask.density,
        "densities": list(mask.densities),
        "kept_weights": mask.count,
        "source_weights": ticket.source.size,
        "learned_numbers": learned_numbers(ticket),
        "given_weights": getattr(ticket.source, "digest", None),
        "ticket": digest,
    }


def learned_numbers(ticket: FoundTicket) -> int:
    """How many statistics a found ticket holds: what it learned besides seed and mask."""
    return sum(mean.size + variance.size for mean, variance in ticket.statistics)


def network_of(ticket: FoundTicket) -> tuple[str, str, str]:
    """How the network comes about, what kind of weights it keeps, and what stands for them in the ticket."""
    from slth.core.given import Given

    if isinstance(ticket.source, Given):
        return "given weights behind the mask", "given weights", "weights"
    return "regenerated from seed and mask", "random weights", "seed"


def _print(name: str, claim: Accuracy, report: dict[str, Any], how: tuple[str, str, str]) -> None:
    count = screen.count
    typer.echo(f"{report['verdict']}  {count(claim.correct)} of {count(claim.of)} correct on {name}")
    if claim.name != name:
        screen.note(f"the ticket calls these pictures {screen.line(claim.name)}")
    typer.echo(f"  the network, {how[0]}, {ADVICE[report['verdict']]}")
    lines = [
        ("counted", f"{count(report['correct'])} of {count(report['of'])}, accuracy {report['test_accuracy']:.4%}"),
        ("density", f"{screen.number(report['density'])}, by layer {screen.listed(report['densities'])}"),
        ("kept", f"{count(report['kept_weights'])} of {count(report['source_weights'])} {how[1]}"),
        ("learned", f"{count(report['learned_numbers'])} numbers besides {how[2]} and mask, statistics of norms"),
        ("seconds", f"{report['seconds']:.1f}"),
    ]
    screen.rows(lines)
