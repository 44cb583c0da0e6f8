"""What a measure plug-in is: one cell of a sweep, run on random draws, with what the theory says beside it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.registry import Registry
from slth.experiments.draws import Draws

Value = int | float | str | bool
Side = Literal["at most", "at least", "model"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a measure found for some instances.

    Parameters
    ----------
    hits : (count,) bool
        Which instances were successes.
    values : (count,) float64 or None
        A figure for each instance; the measure's `value` says what it is.
    """

    hits: NDArray[np.bool_]
    values: Floats | None = None


@dataclass(frozen=True)
class Said:
    """What the theory says of a cell.

    Parameters
    ----------
    name : str
        Its column in a table.
    side : "at most", "at least" or "model"
        A theorem bounds the statistic from one side; a model is only printed beside it.
    value : float
    statistic : str
        "chance" of a success; "mean", or a quantile such as "50 %", of the values.
    """

    name: str
    side: Side
    value: float
    statistic: str = "chance"


class Measure(Protocol):
    """A frozen dataclass whose fields are the parameters of one cell; its file is all that the sweep knows of it.

    Making one refuses parameters that make no sense, with BadInput; `check` refuses what can not be run.

    Attributes
    ----------
    title : str
        What is measured, in one line.
    value : str
        What the values are, with their unit; empty where there are none.
    version : int
        To be raised when results change: units of another version are computed again.
    """

    title: ClassVar[str]
    value: ClassVar[str]
    version: ClassVar[int]

    def run(self, draws: Draws) -> Outcome:
        """Measure the instances of these draws; the same draws give the same outcome, to the last bit."""
        ...

    def said(self) -> tuple[Said, ...]:
        """What the theory says of this cell."""
        ...

    def check(self) -> None:
        """Refuses, with BadInput, what the theory speaks of and no experiment reaches."""

    def content(self) -> str:
        """A digest of what the parameters only name, such as a file; part of what a unit is."""
        return ""

    def facts(self) -> Mapping[str, Value]:
        """What follows from the parameters alone and is worth a column."""
        return {}


measures: Registry[Measure] = Registry("measure", "slth.experiments.measures")


def made(name: str, parameters: Mapping[str, Value]) -> Measure:
    """The measure of that name with these parameters; integers serve where a field is a float.

    Raises
    ------
    BadInput
        When there is no such measure, a parameter is unknown or missing, or a value is of the wrong type or range.
    """
    kind = measures.get(name)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = [key for key in parameters if key not in fields]
    if unknown:
        raise BadInput(f"measure {name!r} has no parameter {unknown[0]!r}; it has: {', '.join(fields)}")
    missing = [key for key, field in fields.items() if key not in parameters and field.default is dataclasses.MISSING]
    if missing:
        raise BadInput(f"measure {name!r} needs the parameter {missing[0]!r}")
    types = _types(kind)
    values = {key: _fitted(name, key, value, types[key]) for key, value in parameters.items()}
    return kind(**values)


def parameters_of(measure: Measure) -> tuple[tuple[str, Value], ...]:
    """All parameters of a cell, defaults included, sorted by name: the same however the cell was written.

    >>> given = {"law": "U", "n": 9, "eps": 1, "size": 0}
    >>> parameters_of(made("closest", given))
    (('eps', 1.0), ('law', 'U'), ('n', 9), ('size', 0), ('z', 0.5))
    """
    names = sorted(field.name for field in dataclasses.fields(measure))  # type: ignore[arg-type]
    return tuple((name, getattr(measure, name)) for name in names)


def _types(kind: Any) -> dict[str, tuple[type, ...]]:
    plain: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
    return {
        field.name: tuple(plain[part.strip()] for part in str(field.type).split("|"))
        for field in dataclasses.fields(kind)
    }


def _fitted(name: str, key: str, value: Value, types: tuple[type, ...]) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"parameter {key!r} of measure {name!r} must be finite, not {value}")
    if isinstance(value, float) and float in types:
        return value + 0.0  # minus zero is zero
    if type(value) in types:
        return value
    if type(value) is int and float in types:
        return _float(name, key, value)
    wanted = " or ".join(kind.__name__ for kind in types)
    raise BadInput(f"parameter {key!r} of measure {name!r} must be {wanted}, not {value!r}")


def _float(name: str, key: str, value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise BadInput(f"parameter {key!r} of measure {name!r} is too large") from None
