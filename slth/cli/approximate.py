"""`slth approximate`: a trained network goes in, a proved ticket comes out."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from slth.cli import screen
from slth.cli.options import Arch, Input, pairs
from slth.core.errors import BadInput
from slth.core.network import Network
from slth.core.source import SourceLayer
from slth.core.ticket import Ticket

SHOWN = 5
MIDDLES = 20  # regions at whose middle the target is looked at
N = TypeVar("N", int, float)


def approximate(
    target: Annotated[Path, typer.Option(help="The trained network: .pt, .pth, .safetensors or .onnx.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The ticket; default TARGET.slth.")] = None,
    epsilon: Annotated[str, typer.Option(help="auto, or the largest error of an output on the domain.")] = "auto",
    weight_error: Annotated[float | None, typer.Option(help="One tolerance for every weight instead.")] = None,
    objective: Annotated[str, typer.Option(help="fewest, closest or within.")] = "fewest",
    samples: Annotated[str, typer.Option(help="auto, or samples of one subset sum.")] = "auto",
    delta: Annotated[float, typer.Option(help="Missed weights that automatic samples may expect.")] = 0.01,
    theorem: Annotated[str, typer.Option(help="auto, or the construction; see slth list.")] = "auto",
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, an option of the theorem (see slth list); may be repeated.")
    ] = None,
    assignment: Annotated[
        str,
        typer.Option(
            help="matched (no unit wasted), traded (badly served inputs trade units), or blocks (as printed)."
        ),
    ] = "matched",
    solver: Annotated[str, typer.Option(help="auto, or a name from slth list.")] = "auto",
    law: Annotated[str, typer.Option(help="Law of the random weights: auto, uniform, normal or sign.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the random network.")] = 0,
    domain: Annotated[
        str | None,
        typer.Option(
            help="box:LO:HI, ball:FILE.npy:R[:l2] or hull:FILE.npy; default [0, 1] for pictures, else [-1, 1]."
        ),
    ] = None,
    arch: Arch = None,
    input_shape: Input = None,
    threads: Annotated[int | None, typer.Option(help="Default: all cores.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find TARGET inside a random network: a seed, a mask, and a proof of how close they are."""
    from slth.core.domain import parse
    from slth.interop.read import read
    from slth.interop.tickets import write_ticket
    from slth.theory.build import approximate as build
    from slth.theory.plan import Request

    say = (lambda line: None) if json else screen.note
    found = read(target, arch, input_shape)
    for line in found.notes:
        say(line)
    request = Request(
        epsilon=_auto(epsilon, float, "epsilon"),
        weight_error=weight_error,
        objective=objective,
        samples=_auto(samples, int, "samples"),
        delta=delta,
        assignment=assignment,
        solver=solver,
        seed=seed,
        law=law,
        domain=parse(domain, found.network) if domain is not None else None,
        threads=threads,
    )
    path = output or Path(target.name).with_suffix(".slth")
    screen.check_output(path, target)
    with screen.progress() as tick:
        made = build(found.network, request, theorem, say, tick, pairs(option or []))
    sha256 = write_ticket(path, made.ticket)
    report = _report(made, found.network.size, path, sha256)
    if json:
        screen.as_json(report)
    else:
        _print(report, made)
        _say_how_much(made.ticket, found.network)
    short = request.epsilon is not None and made.ticket.claim.eps > request.epsilon
    if len(made.ticket.missed) or short:
        raise typer.Exit(1)


def _auto(text: str, kind: type[N], name: str) -> N | None:
    if text == "auto":
        return None
    try:
        return kind(text)
    except ValueError:
        raise BadInput(f"--{name} is auto or a number, not {text!r}") from None


def _report(made: Any, size: int, path: Path, sha256: str) -> dict[str, Any]:
    ticket = made.ticket
    choice = made.choice
    return {
        "target_weights": size,
        "source_weights": ticket.source.size,
        "kept_weights": ticket.mask.count,
        "density": ticket.mask.density,
        "samples": ticket.made["samples"],
        "certified_samples": choice.certified_n if choice else None,
        "missed": len(ticket.missed),
        "widened": made.widened,
        "max_weight_error": made.max_weight_error,
        "eps": ticket.claim.eps,
        "eps_f64": made.certified.eps_f64,
        "eps_f32": made.certified.eps_f32,
        "rounds": list(made.rounds),
        "domain": str(ticket.claim.domain),
        "seconds": {"solve": made.solve_seconds, "total": made.total_seconds},
        "ticket": str(path),
        "sha256": sha256,
    }


def _print(report: dict[str, Any], made: Any) -> None:
    ticket = made.ticket
    layers = ", ".join(map(screen.layer_shape, ticket.source.layers))
    certain = f" (certified to suffice: {report['certified_samples']})" if report["certified_samples"] else ""
    seconds, seed = report["seconds"], ticket.source.seed
    typer.echo(f"{report['ticket']}")
    screen.rows(
        [
            ("target", f"{screen.count(report['target_weights'])} weights"),
            ("random network", f"{screen.count(report['source_weights'])} weights, seed {seed}: {layers}"),
            ("kept", f"{screen.count(report['kept_weights'])} weights, density {screen.number(report['density'])}"),
            ("samples", f"n = {_listed(report['samples'])} a subset sum{certain}"),
            ("missed", screen.count(report["missed"])),
            ("weight error", f"at most {screen.number(report['max_weight_error'])}"),
            ("claim", f"|ticket - target| <= {screen.number(report['eps'])} on {report['domain']}, certified"),
            ("seconds", f"{seconds['total']:.1f}, of which solving {seconds['solve']:.1f}"),
            ("sha256", report["sha256"]),
        ]
    )
    if made.widened:
        screen.note(f"{made.widened} weights were given a wider tolerance: eps holds all the same")
    if len(ticket.missed):
        ways = "more --samples may reach them, or --assignment traded where the theorem has units to trade"
        if ticket.source.law.bits == 0:
            ways = "sums of random signs are multiples of the layer's scale: take --law uniform or normal"
        screen.note(f"missed weights keep their closest subset; {ways}")
    for number, row, place, error in _first_missed(ticket.missed):
        first, second = ticket.source.layers[2 * number : 2 * number + 2]
        where = f"row {row}, {_place(first, second, place)}"
        screen.note(f"missed: target layer {number + 1}, {where}, off by {screen.number(error)}")
    if len(ticket.missed) > SHOWN:
        screen.note(f"and {screen.count(len(ticket.missed) - SHOWN)} more, in the ticket")


def _say_how_much(ticket: Ticket, target: Network) -> None:
    """A word on claims that are larger than what the target puts out in the middle of its domain."""
    import math

    import numpy as np

    regions = itertools.islice(ticket.claim.domain.regions(math.prod(target.input_shape)), MIDDLES)
    middles = np.array([region.lower / 2 + region.upper / 2 for region in regions])
    largest = float(np.abs(target(middles)).max())
    if ticket.claim.eps > largest:
        screen.note(f"that says little: in the middle of the domain no output is beyond {screen.number(largest)};")
        screen.note("a smaller --domain, such as balls around data, or a smaller --weight-error is easier to certify")


def _place(first: SourceLayer, second: SourceLayer, place: int) -> str:
    """A place in a row of the target in words: a column, a kernel entry or the bias."""
    inputs = second.columns - first.rows or first.columns - first.bias
    column, tap = divmod(place, second.taps)
    if column == inputs:
        return "bias"
    return f"column {column}" + (f", entry {tap} of the kernel" if second.taps > 1 else "")


def _listed(samples: int | list[int]) -> str:
    """One number of samples, or one for each layer."""
    return ", ".join(map(str, samples)) if isinstance(samples, list) else str(samples)


def _first_missed(missed: Any) -> list[tuple[int, int, int, float]]:
    both = zip(missed.entries[:SHOWN].tolist(), missed.errors[:SHOWN].tolist(), strict=True)
    return [(*entry, error) for entry, error in both]
