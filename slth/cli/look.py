"""The smaller commands: look at networks, convert them, solve one subset sum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import Arch, Input, Json
from slth.core.errors import BadInput


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
    screen.rows(
        [(key, screen.plain(value)) for key, value in found.items() if value and key not in ("tensors", "path")]
    )
    for tensor in found.get("tensors", []):
        typer.echo("    " + "  ".join(screen.plain(value) for value in tensor.values() if value is not None))


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
        screen.rows([(key, screen.plain(value)) for key, value in report.items()], indent="")
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
