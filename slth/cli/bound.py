"""`slth bound`: published bounds, and beside them what is proved and what is measured for a target."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from slth.cli import screen
from slth.cli.comparison import described, figure, lack, report_of, show, valued
from slth.cli.options import Arch, Input, pairs
from slth.core.errors import BadInput

FOLDED = 88  # characters of a line of text


def bound(
    theorem: Annotated[str | None, typer.Option(help="A paper, see slth bound --list; default: auto.")] = None,
    target: Annotated[Path | None, typer.Option(help="The trained network: .pt, .pth, .safetensors or .onnx.")] = None,
    epsilon: Annotated[float | None, typer.Option(help="The largest error of the network, or of a sum.")] = None,
    delta: Annotated[float, typer.Option(help="Chance of failure.")] = 0.01,
    weight_error: Annotated[float | None, typer.Option(help="One tolerance for every weight instead.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE, a parameter of the formulas; may be repeated.")
    ] = None,
    runs: Annotated[int, typer.Option(help="Seeds with which the smallest n is measured.")] = 3,
    measure: Annotated[bool, typer.Option("--measure/--no-measure", help="Draw and solve tickets.")] = True,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, an option of the theorem.")] = None,
    assignment: Annotated[str, typer.Option(help="matched, or blocks (as printed).")] = "matched",
    law: Annotated[str, typer.Option(help="Law of the random weights: auto, uniform, normal or sign.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the first run.")] = 0,
    domain: Annotated[str | None, typer.Option(help="box:LO:HI, ball:FILE.npy:R[:l2] or hull:FILE.npy.")] = None,
    arch: Arch = None,
    input_shape: Input = None,
    list_: Annotated[bool, typer.Option("--list", help="List all formulas.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print published bounds, or compare one theorem's with what is proved and measured for TARGET."""
    if list_ or (theorem is None and target is None):
        _print_list(json)
        return
    from slth.theory.formulas import numbers_of

    numbers = numbers_of(given or [])
    if target is None and theorem == "auto":
        raise BadInput("--theorem auto is chosen for a target: give --target FILE, or a key of slth bound --list")
    if target is None:
        _print_formulas(str(theorem), _with(numbers, epsilon, delta), json)
        return
    if runs < 0:
        raise BadInput(f"--runs must be 0 or more, not {runs}")
    from slth.core.domain import parse
    from slth.interop.read import read
    from slth.theory.plan import Request
    from slth.theory.standing import standing

    if not 0 < delta < 1:
        raise BadInput(f"--delta must lie in (0, 1), not {delta}")
    found = read(target, arch, input_shape)
    for line in () if json else found.notes:
        screen.note(line)
    request = Request(
        epsilon=epsilon,
        weight_error=weight_error,
        delta=delta,
        objective="within",
        assignment=assignment,
        law=law,
        seed=seed,
        domain=parse(domain, found.network) if domain is not None else None,
    )
    with screen.progress() as tick:
        table = standing(
            found.network,
            theorem or "auto",
            request,
            given=numbers,
            options=pairs(option or []),
            runs=runs if measure else 0,
            tick=tick,
        )
    where = str(request.domain_for(found.network))
    if json:
        screen.as_json(report_of(table, where))
    else:
        show(table, where, measured=measure and runs > 0)


def _with(numbers: dict[str, float], epsilon: float | None, delta: float) -> dict[str, float]:
    """What is set, and the two numbers that have options of their own."""
    from slth.theory.bounds.vocabulary import checked

    if epsilon is not None and "eps" in numbers:
        raise BadInput(f"--epsilon {epsilon:g} and --set eps={numbers['eps']:g}: give one of them")
    given = {"delta": delta} if epsilon is None else {"eps": epsilon, "delta": delta}
    return {name: float(checked(name, number)) for name, number in given.items()} | numbers


def _print_list(json: bool) -> None:
    """Every formula of the catalogue."""
    from slth.theory.bounds.catalogue import GIVES, catalogue
    from slth.theory.bounds.vocabulary import VOCABULARY
    from slth.theory.theorem import statements

    entries = list(catalogue())
    if json:
        report = {
            "papers": {key: kind.title for key, kind in statements},
            "gives": GIVES,
            "parameters": {name: {"means": each.means, "range": each.range} for name, each in VOCABULARY.items()},
            "formulas": [described(entry) for entry in entries],
        }
        screen.as_json(report)
        return
    lines = [("paper", "formula", "gives", "side", "how sure")]
    for entry in entries:
        stated = entry.formula
        lines.append((entry.key, entry.name, stated.gives, stated.side, stated.sure))
    screen.table(lines, left=5)
    screen.note("slth bound --theorem KEY --set NAME=VALUE ... evaluates them, --target FILE compares them")


def _print_formulas(key: str, numbers: Mapping[str, float], json: bool) -> None:
    """One paper's formulas at numbers that the user gives."""
    from slth.theory.bounds.catalogue import GIVES, catalogue
    from slth.theory.bounds.vocabulary import VOCABULARY
    from slth.theory.formulas import evaluated

    values = [evaluated(entry, numbers) for entry in catalogue(key)]
    known = [value for value in values if value.value is not None]
    if not known:
        first = min(values, key=lambda value: len(value.missing))
        if not first.missing:
            raise BadInput(first.why)
        name = first.missing[0]
        raise BadInput(f"{key} needs {name}: give --set {name}=..., {VOCABULARY[name].means}")
    if json:
        screen.as_json({"theorem": key, "given": dict(numbers), "formulas": [valued([value]) for value in values]})
        return
    typer.echo(f"{key} at {', '.join(f'{name} = {number:g}' for name, number in numbers.items())}")
    for value in values:
        stated, entry = value.entry.formula, value.entry
        if value.value is None:
            typer.echo(f"{entry.name}  {lack(value)}")
            continue
        typer.echo(f"{entry.name}  {figure(value.value)}")
        told = {"gives": f"{GIVES[stated.gives]}; {stated.side}; {stated.sure}", "formula": stated.text}
        told |= {"printed": stated.source, "assumes": stated.assumes}
        screen.rows([pair for name, text in told.items() for pair in _folded(name, text)])


def _folded(name: str, text: str) -> list[tuple[str, str]]:
    """Rows of a long text."""
    return [(name if not number else "", line) for number, line in enumerate(textwrap.wrap(text, FOLDED))]
