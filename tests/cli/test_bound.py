"""`slth bound`: every column for real targets, formulas alone, and bad input in one line."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

COLUMNS = ("theorem", "certified", "first_moment", "counting", "measured")
ROOT = Path(__file__).resolve().parents[2]


def asked(slth, *arguments) -> dict:
    """The report of a command that ends well."""
    done = slth("bound", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def in_order(report: dict) -> None:
    """Necessary <= measured <= certified, in every layer and for all, samples and units."""
    for entry in [*report["layers"], report["all"]]:
        for what in ("samples", "units"):
            n = entry[what]
            assert n["counting"] <= n["measured"]
            assert n["first_moment"] <= n["measured"]
            assert n["certified"] is None or n["measured"] <= n["certified"]


def test_the_table_of_the_shipped_network(slth, digits, figure):
    report = asked(slth, "--theorem", "pensia2020", "--target", digits, "--epsilon", "0.01", "--delta", "0.01")
    assert report["theorem"] == report["construction"] == "pensia2020"
    assert report["eps"] == 0.01
    assert report["domain"] == "box:0:1"
    assert [layer["weights"] for layer in report["layers"]] == [2080, 330]
    assert report["all"]["weights"] == 2410
    in_order(report)
    for layer in report["layers"]:
        assert set(layer["samples"]) == set(layer["units"]) == set(COLUMNS)
        assert all(value is not None for value in layer["samples"].values())
        assert len(layer["runs"]) == 3
        assert layer["measured_rows"] in (32, 10)
    for column in COLUMNS:
        assert report["all"]["samples"][column] == max(layer["samples"][column] for layer in report["layers"])
        assert report["all"]["units"][column] == sum(layer["units"][column] for layer in report["layers"])
    assert {"required_samples", "required_width", "required_depth", "lower_bound"} <= {
        entry["name"] for entry in report["formulas"]
    }
    assert all(len(entry["values"]) == 2 for entry in report["formulas"])
    figure("samples for digits.pt at eps 0.01: " + ", ".join(COLUMNS), str(list(report["all"]["samples"].values())))


def test_what_is_measured_is_what_a_ticket_needs(slth, digits, tmp_path):
    """With so many samples approximate misses nothing, with the first moment's it does: the same seed and tolerance."""
    wish = ("--target", digits, "--weight-error", "0.005")
    report = asked(slth, *wish, "--runs", 1, "--seed", 5)
    most = report["all"]["samples"]["measured"]
    made = ("approximate", *wish, "--objective", "within", "--seed", 5, "-o", tmp_path / "t.slth", "--json")
    assert json.loads(slth(*made, "--samples", most).out)["missed"] == 0
    few = report["all"]["samples"]["first_moment"]
    assert json.loads(slth(*made, "--samples", few).out)["missed"] > 0


def test_smaller_wishes_need_more(slth, digits):
    wishes = ("0.9", "0.3", "0.1")  # all leave room for the bits of weights; below, certified is for real weights
    tables = [asked(slth, "--target", digits, "--epsilon", eps, "--no-measure")["all"] for eps in wishes]
    for column in COLUMNS[:-1]:
        found = [table["samples"][column] for table in tables]
        assert found == sorted(found)
        assert found[0] < found[-1]
    assert all(table["samples"]["measured"] is None for table in tables)
    surer = asked(slth, "--target", digits, "--epsilon", "0.3", "--delta", "1e-9", "--no-measure")["all"]
    assert surer["samples"]["certified"] > tables[1]["samples"]["certified"]
    assert surer["samples"]["first_moment"] == tables[1]["samples"]["first_moment"]


def test_a_convolutional_network(slth):
    report = asked(slth, "--target", ROOT / "examples" / "cnn.pt", "--epsilon", "0.01", "--runs", 1)
    assert report["theorem"] == "dacunha2022"
    assert [layer["shape"] for layer in report["layers"]] == ["6x1x3x3", "12x6x3x3", "10x48"]
    in_order(report)


@pytest.mark.shared
def test_the_published_network_takes_well_under_a_minute(slth, shared, figure):
    target = shared / "targets" / "pensia-fc2.pt"
    for wish in (("--epsilon", "0.01"), ("--weight-error", "0.01")):
        begun = time.perf_counter()
        report = asked(slth, "--theorem", "pensia2020", "--target", target, *wish)
        seconds = time.perf_counter() - begun
        assert report["all"]["weights"] == 397_000
        in_order(report)
        figure(f"slth bound for 397,000 weights, {wish[0]} {wish[1]}", f"{seconds:.0f} s, {report['all']['samples']}")
        assert seconds < 60


@pytest.mark.parametrize("assignment", ["matched", "blocks"])
@pytest.mark.parametrize("law", ["uniform", "normal"])
def test_other_laws_and_assignments(slth, digits, law, assignment):
    wish = ("--law", law, "--assignment", assignment, "--runs", 1)
    report = asked(slth, "--target", digits, "--weight-error", "0.02", *wish)
    assert (report["law"], report["assignment"]) == (law, assignment)
    in_order(report)


def test_people_see_it_all(slth, digits):
    done = slth("bound", "--theorem", "pensia2020", "--target", digits, "--epsilon", "0.1", "--runs", 2)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 110
    for words in ("samples of one subset sum", "hidden units", "theorem C=1", "first moment", "order only", "notes"):
        assert words in done.out
    row = re.search(r"^  1 +32x64 +2,080 +\S+ +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)$", done.out, re.MULTILINE)
    assert row is not None
    silent = slth("bound", "--theorem", "pensia2020", "--target", digits, "--epsilon", "0.1", "--no-measure")
    assert "measured" not in silent.out
    said = slth("bound", "--theorem", "sreenivasan2022", "--target", digits, "--epsilon", "0.1", "--no-measure")
    assert "has no construction" in said.out


def test_numbers_beyond_float_are_said_in_words(slth, digits):
    report = asked(slth, "--theorem", "dacunha2023", "--set", "side=1e60", "--set", "c_in=1", "--set", "c_out=1e60",
                   "--set", "layers=1", "--epsilon", "0.1")  # fmt: skip
    assert next(entry for entry in report["formulas"] if entry["name"] == "required_width")["values"] == [None]
    shown = slth("bound", "--theorem", "dacunha2023", "--set", "side=1e60", "--set", "c_in=1", "--set", "c_out=1e60",
                 "--set", "layers=1", "--epsilon", "0.1")  # fmt: skip
    assert "required_width  beyond 1e308" in shown.out
    tiny = asked(slth, "--target", digits, "--weight-error", "1e-300", "--no-measure")
    assert tiny["all"]["samples"]["counting"] > 900


def test_formulas_at_given_numbers(slth):
    given = ("--set", "d_in=784", "--set", "d_out=500", "--set", "layers=2", "--epsilon", "0.01")
    report = asked(slth, "--theorem", "pensia2020", *given)
    values = {entry["name"]: entry["values"][0] for entry in report["formulas"]}
    assert round(values["required_width"]) == 14251
    assert values["required_depth"] == 4
    shown = slth("bound", "--theorem", "pensia2020", *given).out
    for words in ("required_width  14,251", "C d_in ln(", "Theorem 1", "from memory", "order only", "assumes"):
        assert words in shown
    doubled = asked(slth, "--theorem", "pensia2020", *given, "--set", "constant=2")
    assert doubled["formulas"][1]["values"][0] == pytest.approx(2 * values["required_width"])
    some = slth("bound", "--theorem", "natale2024", "--epsilon", "0.05", "--set", "share=0.3").out
    assert "required_width  needs d_in, d_out, layers" in some


def test_all_formulas_are_listed(slth):
    from slth.theory.bounds.catalogue import catalogue

    entries = list(catalogue())
    listed = json.loads(slth("bound", "--list", "--json").out)["formulas"]
    assert [(entry["paper"], entry["name"]) for entry in listed] == [(entry.key, entry.name) for entry in entries]
    shown = slth("bound").out
    assert all(entry.key in shown and entry.name in shown for entry in entries)
    assert len(shown.splitlines()) == len(entries) + 1


def test_the_page_has_every_formula():
    from slth.theory.bounds.catalogue import catalogue
    from slth.theory.bounds.vocabulary import VOCABULARY

    page = (ROOT / "docs" / "bounds.md").read_text(encoding="utf-8")
    papers = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### )", page, re.MULTILINE | re.DOTALL))
    for entry in catalogue():
        text = " ".join(papers[entry.key].split())
        assert f"**{entry.name}** ({entry.formula.gives}, {entry.formula.side}, *{entry.formula.sure}*)" in text
        for part in (f"`{entry.formula.text}`", entry.formula.source, entry.formula.assumes):
            assert " ".join(part.split()) in text
    assert all(f"| `{name}` | {quantity.means} | {quantity.range} |" in page for name, quantity in VOCABULARY.items())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--theorem", "pensia2020"), "needs eps: give --set eps="),
        (("--theorem", "ferbach2023", "--epsilon", "0.1", "--set", "width=9", "--set", "layers=2"), "needs basis"),
        (("--theorem", "pensia2020", "--set", "d_in=3", "--set", "d_out=3"), "give --set"),
        (("--theorem", "nobody"), "no paper is called"),
        (("--theorem", "nobody", "--target", "{digits}", "--epsilon", "0.1"), "no paper is called"),
        (("--theorem", "pensia2020", "--set", "width"), "NAME=VALUE"),
        (("--theorem", "pensia2020", "--set", "eps=much"), "is not a number"),
        (("--theorem", "pensia2020", "--set", "eps=2"), "in (0, 1)"),
        (("--theorem", "pensia2020", "--set", "epsilon=0.1"), "no parameter"),
        (("--target", "{digits}"), "--epsilon"),
        (("--target", "{digits}", "--epsilon", "0.1", "--weight-error", "0.1"), "not both"),
        (("--target", "{digits}", "--epsilon", "-1"), "positive"),
        (("--target", "{digits}", "--epsilon", "0.1", "--delta", "1"), "--delta"),
        (("--target", "{digits}", "--epsilon", "0.1", "--runs", "-1"), "--runs"),
        (("--target", "{digits}", "--epsilon", "0.1", "--law", "cauchy"), "law"),
        (("--target", "{digits}", "--epsilon", "0.1", "--assignment", "none"), "assignment"),
        (("--target", "nowhere.pt", "--epsilon", "0.1"), "nowhere.pt"),
        (("--theorem", "dacunha2023", "--target", "{digits}", "--epsilon", "0.1"), "use --theorem dacunha2022"),
        (("--target", "{digits}", "--epsilon", "0.1", "--option", "x=1"), "no option"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else None,
)
def test_bad_input_is_one_line_and_2(slth, digits, arguments, says):
    done = slth("bound", *(argument.replace("{digits}", str(digits)) for argument in arguments))
    assert done.code == 2
    said = [line for line in done.err.splitlines() if line.startswith("slth: ")]
    assert len(said) == 1
    assert says in said[0]
    assert "Traceback" not in done.err
