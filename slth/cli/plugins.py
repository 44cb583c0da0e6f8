"""`slth list` and `slth cite`: what is built in, what it says, and whom to cite."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import Json
from slth.core.errors import BadInput, Unavailable


def list_plugins(json: Json = False) -> None:
    """List theorems, papers with bounds only (slth bound), solvers, laws, parts of sweeps, methods and data sets."""
    from slth.core.laws import LAWS
    from slth.datasets.origin import datasets
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
        "methods": _methods(),
        "data_sets": {name: cls.summary for name, cls in datasets},
    }
    if json:
        screen.as_json(found)
        return
    for kind, entries in found.items():
        typer.echo(kind.replace("_", " "))
        screen.rows(entries.items())


def _methods() -> dict[str, str]:
    """Methods of `slth search`, whose modules need torch."""
    try:
        from slth.search.method import methods

        listed = list(methods)
    except ImportError:
        return {"none": "they need torch: pip install 'slth[search]'"}
    return {key: f"{cls.name}: {_summary(cls).split(': ', 1)[-1]}{_options(cls)}" for key, cls in listed}


def _summary(plugin: type) -> str:
    return (plugin.__doc__ or "").strip().splitlines()[0]


def _names(plugin: Any) -> str:
    return ", ".join(field.name for field in fields(plugin))


def _options(plugin: Any) -> str:
    """The options of a plug-in with their defaults, for --option."""
    found = [f"--option {field.name}={_default(field.default)}" for field in fields(plugin)]
    return f" ({', '.join(found)})" if found else ""


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) or (isinstance(value, str) and value) else "..."


def cite(key: Annotated[str, typer.Argument(help="A theorem or a method, for example pensia2020.")]) -> None:
    """Print what a theorem or a method says, and its BibTeX entry; a key that names both prints both."""
    from slth.theory.theorem import statements

    found: list[Any] = [statements.get(key)] if key in statements.names() else []
    if not found or _may_be_method(key):
        found += _methods_called(key, needed=not found)
    if not found:
        raise BadInput(f"no theorem and no method is called {key!r}; slth list names those there are")
    parts = [f"{plugin.title}{_options(plugin)}\n\n{plugin.statement}\n\n{plugin.citation}" for plugin in found]
    typer.echo("\n\n".join(parts))


def _may_be_method(key: str) -> bool:
    """Whether a file of that name holds a method: torch need not be loaded to see that none does."""
    import pkgutil

    from slth.search import methods as folder

    return key in {module.name for module in pkgutil.iter_modules(folder.__path__)}


def _methods_called(key: str, needed: bool) -> list[Any]:
    try:
        from slth.search.method import methods

        listed = list(methods)
    except ImportError as error:
        if not needed:
            return []
        raise Unavailable(f"{key}: no theorem; methods of searches need torch ({error}): 'slth[search]'") from None
    return [cls for name, cls in listed if key in (name, cls.name)]
