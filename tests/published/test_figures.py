"""Figures are drawn from their tables alone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "paper_figures"
FIGURES = sorted(path.stem for path in FOLDER.glob("fig_*.py"))


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn(program, tmp_path, name):
    figure = program("paper_figures", name).draw()
    program("paper_figures", "drawing").save(figure, name, tmp_path)
    for suffix, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        drawn = (tmp_path / f"{name}.{suffix}").read_bytes()
        assert drawn.startswith(start)
        assert 8000 < len(drawn) < 300_000
        assert (FOLDER / f"{name}.{suffix}").is_file()


def test_neuron_removal_needs_of_order_one_over_eps(program):
    """The stored medians: without the block mask n grows like 1/eps, above the bound; with it like log(1/eps)."""
    table = program("paper_figures", "drawing").columns("neuron_points.csv")
    free, blocked = (table["kind"] == kind for kind in ("free", "blocked"))
    product = table["units"][free] * table["median"][free]
    assert product.min() >= 0.19
    assert product.max() <= 1.5
    assert table["units"][blocked][-1] < 100 < 0.19 / table["median"][blocked][-1]


def test_both_constructions_are_measured_again(program, figure):
    removal = program("paper_figures", "fig_neuron_removal")
    errors = removal.blocked_errors(14, 60)
    free = removal.free_errors(32, 20)
    assert sorted(errors)[30] < 0.01
    assert 0.19 / 32 <= sorted(free)[10] < 0.1
    figure(
        "neuron removal, 50 % of draws",
        f"{4 * 14} units blocked: {sorted(errors)[30]:.1e}, 32 free: {sorted(free)[10]:.1e}",
    )


def test_structured_figure_from_any_rows(program, tmp_path, monkeypatch):
    """The benchmark may hold more kinds of rows, or none of a kind."""
    structured, drawing = program("paper_figures", "fig_structured_error"), program("paper_figures", "drawing")
    monkeypatch.setattr(drawing, "DATA", tmp_path)
    monkeypatch.setattr(structured, "RESULTS", tmp_path)
    (tmp_path / "vectors.json").write_text(
        '[{"kind": "other"}, {"kind": "error_vs_n", "d": 2, "n": 12, "median": 0.05, "low": 0.02}]'
    )
    structured.compute()
    structured.draw()
    with open(tmp_path / "structured_points.csv", newline="", encoding="utf-8") as file:
        assert [row["d"] for row in csv.DictReader(file)] == ["2"]
