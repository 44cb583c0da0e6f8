"""A unit of work: some instances of one cell, kept in a file that is named after what it is."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.atomic import write_atomic
from slth.core.errors import BadFile, BadInput, Unavailable
from slth.experiments.draws import Draws
from slth.experiments.measure import Value, made, parameters_of
from slth.version import version

Floats = NDArray[np.float64]
FORMAT = "slth unit 1"
MOST_RUNS = 1 << 40  # instances of a cell
MOST_UNITS = 100_000  # units of a cell


@dataclass(frozen=True)
class Unit:
    """Instances start, ..., start + count - 1 of one cell.

    Parameters
    ----------
    measure : str
    parameters : tuple of (name, value)
        All of them, as `parameters_of` lists them.
    seed, start, count : int
    """

    measure: str
    parameters: tuple[tuple[str, Value], ...]
    seed: int
    start: int
    count: int

    def described(self) -> dict[str, Any]:
        """What the unit is, as its file says it."""
        measure = made(self.measure, dict(self.parameters))
        return {
            "measure": self.measure,
            "version": measure.version,
            "content": measure.content(),
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "start": self.start,
            "count": self.count,
        }

    @property
    def key(self) -> str:
        """SHA-256 of the description, 32 digits of it."""
        return hashlib.sha256(_canonical(self.described())).hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class Tally:
    """What was found for a cell, or for a part of it.

    Parameters
    ----------
    runs, hits : int
    values : (runs,) float64 or None
    """

    runs: int
    hits: int
    values: Floats | None = None

    @classmethod
    def of(cls, parts: Sequence[Tally]) -> Tally:
        """All parts together, in their order."""
        values = [part.values for part in parts if part.values is not None]
        joined = np.concatenate(values) if values else None
        return cls(sum(part.runs for part in parts), sum(part.hits for part in parts), joined)


def work(units: Sequence[Unit]) -> list[bytes]:
    """Compute units, anywhere; what comes back are the bytes of their files."""
    return [_computed(unit) for unit in units]


def _computed(unit: Unit) -> bytes:
    outcome = made(unit.measure, dict(unit.parameters)).run(Draws(unit.seed, unit.start, unit.count))
    values = None
    if outcome.values is not None:
        values = base64.b64encode(outcome.values.astype("<f8").tobytes()).decode()
    body = {"unit": unit.described(), "hits": int(np.count_nonzero(outcome.hits)), "values": values}
    digest = hashlib.sha256(_canonical(body)).hexdigest()
    return _canonical({"format": FORMAT, "slth": version(), "sha256": digest, "body": body})


@dataclass(frozen=True)
class Store:
    """The folder of a sweep's unit files.

    Parameters
    ----------
    folder : Path
        Made when the first file is written.
    """

    folder: Path

    def path(self, unit: Unit) -> Path:
        """Where the file of a unit is."""
        return self.folder / unit.key[:2] / f"{unit.key}.json"

    def has(self, unit: Unit) -> bool:
        """Whether the unit was computed."""
        return self.path(unit).is_file()

    def write(self, unit: Unit, content: bytes) -> None:
        """Keep a computed unit; a reader sees all of it or nothing.

        Raises
        ------
        Unavailable
            When the folder cannot be written.
        """
        path = self.path(unit)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{path.parent}: cannot be made: {error.strerror}; give another folder") from None
        write_atomic(path, [content])

    def read(self, unit: Unit) -> Tally:
        """What was computed.

        Raises
        ------
        BadFile
            When the file is not what was written.
        """
        path = self.path(unit)
        try:
            whole = json.loads(path.read_bytes())
            body = whole["body"]
            digest = hashlib.sha256(_canonical(body)).hexdigest()
            if whole["format"] != FORMAT or whole["sha256"] != digest or body["unit"] != unit.described():
                raise ValueError
            values = None
            if body["values"] is not None:
                values = np.frombuffer(base64.b64decode(body["values"], validate=True), "<f8")
            if not 0 <= body["hits"] <= unit.count or (values is not None and len(values) != unit.count):
                raise ValueError
            return Tally(unit.count, body["hits"], values)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BadFile(f"{path}: is not the result that was written; delete it and it is computed again") from None


def units_of(measure: str, parameters: Mapping[str, Value], seed: int, repeats: int, batch: int) -> list[Unit]:
    """A cell cut into units of `batch` instances; the last may have fewer.

    Raises
    ------
    BadInput
        For parameters that are none of the measure's, or too many units.
    """
    if min(repeats, batch) < 1:
        raise BadInput(f"repeats and batch must be at least 1, not {repeats} and {batch}")
    if repeats > MOST_RUNS or repeats > MOST_UNITS * batch:
        raise BadInput(
            f"repeats must be at most {MOST_RUNS} and {MOST_UNITS} batches, not {repeats} in batches of {batch}"
        )
    all_parameters = parameters_of(made(measure, parameters))
    starts = range(0, repeats, batch)
    return [Unit(measure, all_parameters, seed, start, min(batch, repeats - start)) for start in starts]


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
