"""The smaller commands: look at files, convert and export them, solve one subset sum, list and cite."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import Arch, Input
from slth.core.errors import BadInput

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def convert(
    source: Annotated[Path, typer.Argument(help="A trained network.")],
    output: Annotated[Path, typer.Argument(help="The canonical target, .safetensors.")],
    arch: Arch = None,
    input_shape: Input = None,
) -> None:
    """Write the canonical target: architecture in the metadata; its digest is what a ticket names."""
    from slth.interop.read import read
    from slth.interop.targets import write_target

    if output.suffix != ".safetensors":
        raise BadInput(f"{output}: the canonical target is a .safetensors file; give it that name")
    screen.check_output(output, source)
    found = read(source, arch, input_shape)
    for line in found.notes:
        screen.note(line)
    write_target(found.network, output)
    typer.echo(f"{output}\n  digest  {found.network.digest}")


def show(ticket: Annotated[Path, typer.Argument(help="A ticket.")], json: Json = False) -> None:
    """Say what a ticket holds and claims; nothing is proved (see slth verify)."""
    from slth.interop.tickets import encode, read_ticket

    found, digest = read_ticket(ticket)
    body = encode(found)[0]
    if json:
        screen.as_json({**body, "sha256": digest, "missed": len(found.missed)})
        return
    claim = found.claim
    typer.echo(str(ticket))
    lines = [
        ("claim", f"|ticket - target| <= {screen.number(claim.eps)} on {claim.domain}"),
        ("target", claim.target),
        ("seed", f"{found.source.seed}, law {found.source.law.label}"),
        ("kept", f"{screen.count(found.mask.count)} of {screen.count(found.source.size)} weights"),
    ]
    for number, layer in enumerate(found.source.layers):
        kept = len(found.mask.kept[number])
        shape = f"{screen.layer_shape(layer)}, scale {layer.scale:g}"
        shape += f", then {layer.activation.kind}" if layer.activation.kind != "relu" else ""
        shape += ", reads its stage's input itself" if layer.direct else ""
        shape += f", {layer.copies} copies of each neuron" if layer.copies > 1 else ""
        lines.append((f"layer {number}", f"{shape}, {screen.count(kept)} kept"))
    lines += [(key, _plain(value)) for key, value in found.made.items() if value != {}]
    lines += [("missed", f"{len(found.missed)} weights"), ("sha256", digest)]
    screen.rows(lines)


def inspect(
    target: Annotated[Path, typer.Argument(help="Any network file.")],
    arch: Arch = None,
    input_shape: Input = None,
    json: Json = False,
) -> None:
    """Say what a network file holds, without executing anything in it."""
    from slth.interop.read import inspect as look_into

    found = look_into(target, arch, input_shape)
    if json:
        screen.as_json(found)
        return
    typer.echo(str(target))
    screen.rows([(key, _plain(value)) for key, value in found.items() if value and key not in ("tensors", "path")])
    for tensor in found.get("tensors", []):
        typer.echo("    " + "  ".join(_plain(value) for value in tensor.values() if value is not None))


def export(
    ticket: Annotated[Path, typer.Argument(help="A ticket.")],
    to: Annotated[Path, typer.Option("--to", help="ticket.pt, ticket.safetensors or ticket.py.")],
    target: Annotated[Path, typer.Option(help="The target that the ticket speaks of.")],
    arch: Arch = None,
    input_shape: Input = None,
) -> None:
    """Write the masked random network as a plain model of its live units."""
    from slth.core.ticket import check_fits
    from slth.interop.export import export_network
    from slth.interop.read import read
    from slth.interop.tickets import read_ticket

    screen.check_output(to, ticket, target)
    found, _ = read_ticket(ticket)
    network = read(target, arch, input_shape).network
    check_fits(found, network)
    export_network(found.to_network(network), to)
    typer.echo(f"{to}")


def solve_values(
    values: Annotated[Path, typer.Option(help="A .npy file of numbers (n,).")],
    target: Annotated[float, typer.Option(help="The sum to reach.")],
    tolerance: Annotated[float | None, typer.Option(help="How close is close enough.")] = None,
    objective: Annotated[str, typer.Option(help="fewest, closest or within.")] = "closest",
    size: Annotated[int | None, typer.Option(help="Exactly so many terms.")] = None,
    signed: Annotated[bool, typer.Option("--signed", help="Coefficients -1, 0, 1 instead of 0, 1.")] = False,
    solver: Annotated[str, typer.Option(help="auto, or a name from slth list.")] = "auto",
    budget: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    json: Json = False,
) -> None:
    """Solve one subset sum."""
    from slth.core.domain import load_numbers
    from slth.rss.solve import solve_floats

    numbers = load_numbers(values)
    found = solve_floats(
        numbers, target, tolerance, objective=objective, size=size, signed=signed, solver=solver, budget=budget
    )
    report = _solution(found)
    if json:
        screen.as_json(report)
    else:
        screen.rows([(key, _plain(value)) for key, value in report.items()], indent="")
    if report["status"] in ("NONE", "BUDGET"):
        raise typer.Exit(1)


def _solution(found: Any) -> dict[str, Any]:
    import numpy as np

    from slth.rss.subsets import Status

    positions = np.flatnonzero(found.chosen[0])
    status = next(status for status in Status if status == found.status[0])
    unit = 2.0**-found.bits
    return {
        "positions": positions.tolist(),
        "coefficients": found.chosen[0][positions].tolist(),
        "sum": float(found.totals[0]) * unit,
        "error": float(found.errors[0]) * unit,
        "status": status.name,
        "advice": status.advice,
    }


def list_plugins(json: Json = False) -> None:
    """List theorems with a construction, papers with bounds only (slth bound), solvers, laws, and parts of sweeps."""
    from slth.core.laws import LAWS
    from slth.experiments.measure import measures
    from slth.experiments.place import places
    from slth.rss.problem import solvers
    from slth.theory.theorem import statements, theorems

    built = theorems.names()
    found = {
        "theorems": {name: cls.title + _options(cls) for name, cls in theorems},
        "bounds_only": {name: cls.title for name, cls in statements if name not in built},
        "solvers": {name: _summary(cls) for name, cls in solvers},
        "laws": {law.name: f"{law.label}, integers at 2^{-law.bits}" for law in LAWS.values()},
        "measures": {name: f"{cls.title} ({_names(cls)})" for name, cls in measures},
        "executors": {name: _summary(cls) for name, cls in places},
    }
    if json:
        screen.as_json(found)
        return
    for kind, entries in found.items():
        typer.echo(kind.replace("_", " "))
        screen.rows(entries.items())


def _summary(plugin: type) -> str:
    return (plugin.__doc__ or "").strip().splitlines()[0]


def _names(plugin: Any) -> str:
    return ", ".join(field.name for field in fields(plugin))


def _options(theorem: Any) -> str:
    """The options of a theorem with their defaults, for --option."""
    found = [f"--option {field.name}={field.default or '...'}" for field in fields(theorem)]
    return f" ({', '.join(found)})" if found else ""


def cite(key: Annotated[str, typer.Argument(help="A theorem, for example pensia2020.")]) -> None:
    """Print what a theorem says and its BibTeX entry."""
    from slth.theory.theorem import statements

    theorem = statements.get(key)
    typer.echo(f"{theorem.title}{_options(theorem)}\n\n{theorem.statement}\n\n{theorem.citation}")


def _plain(value: Any, deepest: int = 20) -> str:
    if not deepest:
        return "..."
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner, deepest - 1)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(inner, deepest - 1) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
