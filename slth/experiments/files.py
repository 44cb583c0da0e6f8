"""A sweep as a TOML file, ten lines of it.

measure = "closest"            # slth list names all of them
repeats = 2000

[grid]                         # a value, a list, or {from, to, step}; cells are all combinations
law = ["U", "N"]
eps = [0.01, 0.001]

[find]                         # optional: the smallest value at which enough instances succeed
n = {from = 1, to = 40}
chance = [0.5, 0.95]
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

from slth.core.errors import BadFile, BadInput
from slth.experiments.measure import Value
from slth.experiments.sweep import Find, Sweep
from slth.interop.files import naming, read_small, shown

PLAIN = {"measure": str, "repeats": int, "seed": int, "batch": int, "confidence": float}
MOST = 100_000  # values of one parameter, and cells
LARGEST_FILE = 1 << 20  # bytes


def read_sweep(path: Path) -> Sweep:
    """The sweep that a TOML file describes.

    Raises
    ------
    BadFile
        When the file is malformed; the message names the file and the entry.
    """
    with naming(path):
        entries = _parsed(read_small(path, LARGEST_FILE))
    try:
        return sweep_of(entries)
    except BadInput as error:
        raise BadFile(f"{shown(path)}: {error}") from None


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except RecursionError:
        raise BadFile("is not TOML that slth reads: it is nested too deeply") from None
    except ValueError as error:
        raise BadFile(f"is not TOML: {error}") from None


def sweep_of(entries: dict[str, Any]) -> Sweep:
    """The sweep that such entries describe.

    Raises
    ------
    BadInput
        When an entry is unknown, missing or of the wrong type, or a cell can not be measured.
    """
    left = dict(entries)
    grid, find = _section(left, "grid"), _section(left, "find")
    given = {name: _plain(name, left.pop(name)) for name in PLAIN if name in left}
    if left:
        raise BadInput(f"there is no entry {next(iter(left))!r}; there are: {', '.join([*PLAIN, 'grid', 'find'])}")
    if "measure" not in given:
        raise BadInput('the entry measure is missing, for example measure = "closest"')
    cells = {name: _values(name, value) for name, value in grid.items()}
    if math.prod(len(values) for values in cells.values()) > MOST:
        raise BadInput(f"the grid has more than {MOST} cells")
    return Sweep(grid=cells, find=_find(find) if "find" in entries else None, **given)


def _section(entries: dict[str, Any], name: str) -> dict[str, Any]:
    section = entries.pop(name, {})
    if not isinstance(section, dict):
        raise BadInput(f"{name} must be a section, [{name}], not {section!r}")
    return section


def _find(section: dict[str, Any]) -> Find:
    left = dict(section)
    chances = _values("chance", left.pop("chance", [0.5, 0.95]))
    if len(left) != 1:
        raise BadInput(
            "the section find names one parameter and its values in order, for example n = {from = 1, to = 40}"
        )
    wanted = tuple(chance for chance in chances if isinstance(chance, float))
    if len(wanted) != len(chances):
        raise BadInput(f"chance must be numbers between 0 and 1, such as [0.5, 0.95], not {list(chances)}")
    ((name, values),) = left.items()
    return Find(name, _values(name, values), wanted)


def _plain(name: str, value: Any) -> Any:
    wanted = PLAIN[name]
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        raise BadInput(f"{name} must be of type {wanted.__name__}, not {value!r}")
    return value


def _values(name: str, value: Any) -> tuple[Value, ...]:
    """One value, a list of values, or a range."""
    if isinstance(value, dict):
        return _range(name, value)
    values = value if isinstance(value, list) else [value]
    for one in values:
        if type(one) not in (int, float, str, bool):
            raise BadInput(f"{name} must be numbers, texts or truth values, not {one!r}")
    if not values or len(values) > MOST:
        raise BadInput(f"{name} must have 1 to {MOST} values, not {len(values)}")
    return tuple(values)


def _range(name: str, given: dict[str, Any]) -> tuple[Value, ...]:
    known = {"from", "to", "step"}
    if not {"from", "to"} <= set(given) <= known or not all(type(end) is int for end in given.values()):
        raise BadInput(f"{name} as a range has whole numbers from and to, perhaps step, not {given}")
    step = given.get("step", 1)
    if step < 1 or not 0 <= given["to"] - given["from"] < MOST * step:
        raise BadInput(f"{name} must run upwards, in at most {MOST} steps, not {given}")
    return tuple(range(given["from"], given["to"] + 1, step))
