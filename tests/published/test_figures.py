"""Figures are drawn from their tables alone."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from slth.experiments.chances import clopper_pearson
from slth.experiments.files import read_sweep
from slth.experiments.verdicts import SURE

FOLDER = Path(__file__).resolve().parents[2] / "paper_figures"
FIGURES = sorted(path.stem for path in FOLDER.glob("fig_*.py"))


@pytest.fixture
def table(program):
    """`table("growth.csv")`: a table of paper_figures/data, by column."""
    return program("paper_figures", "drawing").columns


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


@pytest.mark.parametrize("path", sorted((FOLDER / "sweeps").glob("*.toml")), ids=lambda path: path.stem)
def test_sweeps_are_sweeps(path):
    assert read_sweep(path).cells()


def test_tables_are_small():
    assert all(path.stat().st_size < 200_000 for path in (FOLDER / "data").glob("*.csv"))


def test_failures_keep_the_bounds_and_follow_the_models(table, figure):
    points = table("failure_points.csv")
    ends = [clopper_pearson(int(k), int(runs), SURE) for k, runs in zip(points["misses"], points["runs"], strict=True)]
    low, high = np.array(ends).T
    assert np.all(points["necessary"] <= high)
    assert np.all(low <= points["certified"])
    assert points["miss"].min() < 1e-4
    model = np.where(points["law"] == "UU", points["tail"], points["hitting"])
    off = np.abs(points["miss"] - model)
    assert off[points["law"] != "NN"].max() < 0.03
    assert off.max() < 0.15
    figure("failure against n", f"{points['runs'].sum():,.0f} instances, least failure {points['miss'].min():.1e}")


def test_median_errors_are_as_predicted(table, figure):
    points = table("best_error.csv")
    sigma = np.array([{"U": 3**-0.5, "N": 1.0, "UU": 1 / 3, "NN": 1.0}[law] for law in points["law"]])
    scaled = points["error"] / (sigma * np.sqrt(points["n"]) * 2.0 ** -points["n"])
    for law, allowed in (("U", 0.05), ("N", 0.05), ("UU", 0.05), ("NN", 0.15)):
        of = (points["law"] == law) & (points["n"] >= 12) & (points["chance"] == 0.5)
        assert np.abs(scaled[of] / 0.6544 - 1).max() < allowed
        figure(f"median error, {law}", f"{np.median(scaled[of]):.3f} for 0.6544")
    for law in ("U", "N", "UU"):  # one bit a sample
        of = (points["law"] == law) & (points["n"] >= 12) & (points["chance"] == 0.5)
        slope = np.polyfit(points["n"][of], np.log2(scaled[of]), 1)[0]
        assert abs(slope) < 0.01


def test_coverage_keeps_the_bounds(table):
    points = table("cover_points.csv")
    assert np.all(points["low"] <= points["iterated"])
    assert np.all(points["iterated"] <= points["growth"])
    often = (points["misses"] >= 50) & (points["miss"] < 0.9) & (points["eps"] <= 0.01)
    assert np.abs(np.log(points["miss"][often] / points["model"][often])).max() < np.log(1.5)


def test_growth_stays_below_its_bound(table):
    rows = table("growth.csv")
    assert np.all(rows["mean"] <= rows["bound"] * (1 + 1e-9) + 5 * rows["error"])
    early = (rows["law"] == "U") & (rows["eps"] == 0.01) & (rows["t"] <= 3)
    assert np.all(rows["mean"][early] > 0.95 * rows["bound"][early])  # there the rate is exact


def test_second_moments_and_their_ceiling(table):
    points, curves = table("second_moment_points.csv"), table("second_moment_curves.csv")
    predicted = {(z, n): ratio for z, n, ratio in zip(curves["z"], curves["n"], curves["ratio"], strict=True)}
    model = np.array([predicted[cell] for cell in zip(points["z"], points["n"], strict=True)])
    assert np.abs(points["ratio"] / model - 1).max() < 0.05
    assert np.all(1 / points["ratio"] <= points["high"])
    assert np.all(1 / points["ratio"] < 3**0.5 / 2 + 0.005)
    assert points["chance"].max() > 0.99


def test_ways_to_a_weight_have_their_orders(table):
    points, curves = table("three_ways_points.csv"), table("three_ways_curves.csv")
    for way, slope in (("both", -2.0), ("nearest", -1.0)):
        of = points["way"] == way
        fitted = np.polyfit(np.log(points["eps"][of]), np.log(points["n"][of]), 1)[0]
        assert abs(fitted - slope) < 0.1
    for way, least, most in (("digits", 0, 1), ("sums", 0.7, 1.4), ("both", 0.85, 1.15), ("nearest", 0.8, 1.25)):
        of, on = points["way"] == way, curves["way"] == way
        expected = np.exp(
            np.interp(np.log(points["eps"][of]), np.log(curves["eps"][on][::-1]), np.log(curves["n"][on][::-1]))
        )
        assert np.all(points["n"][of] > least * expected)
        assert np.all(points["n"][of] < most * expected)


def test_integers_jump_where_they_should(table):
    points = table("quantised_points.csv")
    some = points["bits"] >= 8
    assert np.abs(points["chance"] - points["model"])[some].max() < 0.03
    for bits in set(points["bits"]):
        of = points["bits"] == bits
        half = points["n"][of][points["chance"][of] >= 0.5].min()
        assert bits < half <= bits + 3


def test_widths_lie_between_counting_and_what_is_proved(table):
    points, curves = table("minimal_width_points.csv"), table("minimal_width_curves.csv")
    assert np.all(points["width"] <= points["proved"])
    assert np.all(np.abs(points["tails"] / points["width"] - 1) < 0.35)
    for name, sign in (("counting", 1), ("certified", -1)):
        of = (curves["theorem"] == name) & (curves["against"] == "eps")
        order = np.argsort(curves["eps"][of])
        here = points["against"] == "eps"
        bound = np.interp(points["eps"][here], curves["eps"][of][order], curves["width"][of][order])
        assert np.all(sign * (points["width"][here] - bound) > 0)


def test_one_layer_more_costs_weights(table):
    points = table("depth_points.csv")
    few, many = (points["weights"][points["depth"] == depth] for depth in ("L+1", "2L"))
    assert np.all(few > many)
    for depth in ("L+1", "2L"):
        of = points["depth"] == depth
        assert np.all(points["n"][of & (points["chance"] == 0.9)] >= points["n"][of & (points["chance"] == 0.5)])


def test_thresholds_follow_the_hitting_law(table):
    rows = table("thresholds.csv")
    off = np.abs(rows["n"] - rows["n: hitting law"])
    exempt = (rows["law"] == "UU") & (rows["wanted chance"] == 0.99)
    assert off[~exempt].max() <= 1
    assert np.nanmax(np.abs(rows["n"] - rows["n: simulated tail"])) <= 1
    assert np.all(rows["n"] >= rows["n: first moment"])


def test_published_experiment_is_copied_right(table):
    rows = table("pensia.csv")
    assert rows["run"].tolist() == ["published", "plain", "closest", "fewest"]
    assert (rows["seconds"][0], rows["kept"][0], rows["accuracy"][0]) == (77_266, 3_725_871, 97.19)
    assert rows["seconds"][1:].max() < 60
