"""The rows of benchmarks/vectors.py as Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
EXACT = 44  # most values of the exact solver
KINDS = {
    "error_vs_n": ["error_vs_n"],
    "smallest_n": ["smallest_n", "exponent"],
    "smallest_k": ["smallest_k"],
    "reach": ["reach"],
}


def grid_table(rows: list[Row], across: str, down: str, cell: Callable[[Row], str], corner: str) -> str:
    """A Markdown table of rows by two of their keys."""
    columns = sorted({row[across] for row in rows})
    lines = [
        f"| {corner} | " + " | ".join(f"{across} = {value}" for value in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for value in dict.fromkeys(row[down] for row in rows):
        cells = {row[across]: cell(row) for row in rows if row[down] == value}
        lines.append(f"| {value} | " + " | ".join(cells.get(column, "-") for column in columns) + " |")
    return "\n".join(lines)


def report(rows: list[Row]) -> str:
    """All parts as Markdown."""
    kinds = {kind: [row for row in rows if row["kind"] == kind] for part in KINDS.values() for kind in part}
    texts = []
    if kinds["error_vs_n"]:
        table = grid_table(
            kinds["error_vs_n"], "d", "n", lambda row: f"{row['median']:.2g} ({row['expected']:.2g})", "n"
        )
        texts.append(
            "## Error against n\n\nMedian sup error over seeds; in brackets the error at which the first moment of "
            f"these very samples expects one subset. Exact to n = {EXACT}, the tree of lists beyond.\n\n" + table
        )
    if kinds["smallest_n"]:
        table = grid_table(
            kinds["smallest_n"], "d", "eps", lambda row: f"{row['n']:g} [{row['low']:g}, {row['high']:g}]", "eps"
        )
        slopes = [
            f"eps = {row['eps']}: n grows like d^{row['exponent']:.2f} [{row['low']:.2f}, {row['high']:.2f}], "
            f"fitted on d = {row['dims']}."
            for row in kinds["exponent"]
        ]
        texts.append(
            "## Smallest n with 50 % success (exact search, 95 % intervals)\n\n" + table + "\n\n" + "\n".join(slopes)
        )
    if kinds["smallest_k"]:
        table = grid_table(kinds["smallest_k"], "d", "eps", lambda row: f"{row['k']:g} (n = {row['n']:g})", "eps")
        texts.append("## Smallest k with 50 % success, n = k^2, subsets of k\n\n" + table)
    if kinds["reach"]:
        for n in sorted({row["n"] for row in kinds["reach"]}):
            some = [row for row in kinds["reach"] if row["n"] == n]
            table = grid_table(
                some,
                "d",
                "solver",
                lambda row: f"{row['error']:.2g}{' proved' if row['proved'] else ''} ({row['seconds']:.3g} s)",
                "solver",
            )
            texts.append(f"## Error within {some[0]['budget']:g} s, n = {n}\n\n" + table)
    return "\n\n".join(texts) + "\n"
