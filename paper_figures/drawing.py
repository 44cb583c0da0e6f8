"""What the figures share: one style, tables of data/, sweeps of sweeps/, PNG and PDF, and the command line.

A figure is a script with a function `draw`, which returns a figure drawn from tables alone, and perhaps a function
`compute`, which writes these tables.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA, SWEEPS = HERE / "data", HERE / "sweeps"
RESULTS = ROOT / "benchmarks" / "results"
UNITS = ROOT / "build" / "figures"  # of sweeps: what was computed once is not computed again
BLUE, RED, GREEN, PINK, GREY, DARK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B", "#333333"

plt.style.use(HERE / "slth.mplstyle")


def read(name: str) -> list[dict[str, str]]:
    """One table of data/, row by row."""
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns(name: str) -> dict[str, np.ndarray]:
    """One table of data/, by column, empty if the table is: numbers, missing ones nan, or words where any cell is."""
    rows = read(name)
    return {key: _numbers([row[key] for row in rows]) for key in (rows[0] if rows else ())}


def facts(name: str) -> dict[str, str]:
    """A table of names and values."""
    return {row["name"]: row["value"] for row in read(name)}


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """One table of data/, floats with five digits."""
    with open(DATA / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([f"{cell:.5g}" if isinstance(cell, float) else cell for cell in row] for row in rows)


def swept(name: str) -> list[Mapping[str, Any]]:
    """The table of sweeps/NAME.toml, on all cores; what is kept from an earlier run is not computed again."""
    from slth.experiments.files import read_sweep
    from slth.experiments.run import run

    return list(run(read_sweep(SWEEPS / f"{name}.toml"), UNITS).rows)


def titled(axes: Axes, letter: str, title: str) -> None:
    """A panel's letter and title, and a grid."""
    axes.grid(True)
    axes.set_title(f"{letter}   {title}" if letter else title)


def heading(figure: Figure, height: float, letter: str, title: str, legend: Mapping[str, Mapping[str, Any]]) -> None:
    """The title of a row of panels, and in one line what its markers and lines are."""
    figure.text(0.012, height, letter, fontsize=9, fontweight="bold")
    figure.text(0.035 if letter else 0.012, height, title, fontsize=9, fontweight="bold")
    plain = {"color": DARK, "lw": 1, "ms": 3.2}
    keys = [Line2D([], [], label=label, **{**plain, **style}) for label, style in legend.items()]
    place = {
        "loc": "center left",
        "bbox_to_anchor": (0.034 if letter else 0.01, height - 0.15 / figure.get_figheight()),
    }
    figure.legend(handles=keys, ncols=len(keys), handlelength=2.4, columnspacing=1.6, borderpad=0, **place)


def spread(middle: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Error bars of an interval, (2, n); no bar where an end is missing."""
    return np.nan_to_num(np.maximum([middle - low, high - middle], 0), posinf=0)


def save(figure: Figure, name: str, folder: Path = HERE) -> None:
    """The figure as PNG and PDF, the same bytes each time."""
    figure.savefig(folder / f"{name}.png")
    figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    plt.close(figure)


def main(script: str, about: str, draw: Callable[[], Figure], compute: Callable[[], None] | None = None) -> None:
    """The command line of a figure's script; with --data, where there is `compute`, its tables are made first."""
    lines = about.splitlines()
    parser = argparse.ArgumentParser(description=lines[0])
    if compute is not None:
        parser.add_argument("--data", action="store_true", help="make its tables in data/ again, then draw")
        if parser.parse_args().data:
            compute()
    else:
        parser.parse_args()
    save(draw(), Path(script).stem)


def _numbers(cells: list[str]) -> np.ndarray:
    try:
        return np.array([float(cell or "nan") for cell in cells])
    except ValueError:
        return np.array(cells)
