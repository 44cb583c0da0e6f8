"""What the documents show is what happens: commands, exit codes, printed figures, links, the figure and its data."""

from __future__ import annotations

import csv
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "paper_figures" / "data"
LINK = re.compile(r"\]\(([^)#\s]+)\)")


def load(path: str) -> ModuleType:
    """A script of the repository as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = load("docs/refresh.py")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_document_is_run():
    found = {"README.md", "examples/README.md"} | {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert found == set(refresh.DOCUMENTS)


@pytest.mark.process
@pytest.mark.parametrize("name", refresh.DOCUMENTS)
def test_commands_do_what_the_document_shows(name, figure):
    shown = text(name)
    _, problems = refresh.refreshed(name, shown)
    assert not problems, "\n".join([*problems, "python docs/refresh.py pastes what is printed now"])
    commands = re.findall(r"^\$ (?:slth|python)", shown, re.MULTILINE)
    assert commands
    figure(f"commands shown in {name} and run", str(len(commands)))


@pytest.mark.process
def test_a_wrong_document_is_noticed(tmp_path):
    body = "```console\n$ slth solve --values a.npy --target {}{}\n{}```\n"
    refresh.workplace(tmp_path)
    np.save(tmp_path / "a.npy", np.array([0.5, 0.25, -0.125]))
    right, problems = refresh.replayed(body.format(0.75, "", "\n-\n"), tmp_path)
    assert problems, "an output that was never printed"
    assert refresh.replayed(right, tmp_path) == (right, [])
    assert refresh.replayed(right.replace("0.75\n", "0.625\n", 1), tmp_path)[1], "another number"
    assert refresh.replayed(body.format(0.75, "   # exit code 1", ""), tmp_path)[1], "another exit code"
    assert refresh.replayed(body.format("x", "", ""), tmp_path)[1], "a command that fails"
    assert refresh.replayed("```python\nraise SystemExit(3)\n```\n", tmp_path)[1], "a script that fails"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("kept  9,722 weights", "kept  9,730 weights", True),
        ("kept  9,722 weights", "kept  9,100 weights", False),
        ("seconds  1.0", "seconds  7.5", True),
        ("attack  0.050", "attack  0.056", True),
        ("attack  0.050", "attack  0.09", False),
        ("PROVED  |ticket - target| <= 0.083", "UNDECIDED  |ticket - target| <= 0.083", False),
        ("one line", "one line\nand another", False),
    ],
)
def test_what_counts_as_the_same_output(old, new, same):
    assert (refresh.differences(old, new) == []) is same


@pytest.mark.parametrize("name", refresh.DOCUMENTS)
def test_links_lead_somewhere(name):
    for link in LINK.findall(text(name)):
        if not link.startswith("https://"):
            assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"


def test_the_figure_is_small_enough_for_a_readme():
    assert (ROOT / "paper_figures" / "fig_ticket.png").stat().st_size <= 300_000
    assert (ROOT / "paper_figures" / "fig_ticket.pdf").stat().st_size <= 300_000


def table(name: str) -> list[dict[str, str]]:
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_figure_shows_the_shipped_network_and_a_real_ticket():
    import slth
    from slth.core.laws import law

    facts = {row["name"]: row["value"] for row in table("ticket_facts.csv")}
    target = slth.read(ROOT / "examples" / "digits.pt").network
    trained = target.affine[0].weight.astype(np.float64)
    for row in table("ticket_layer.csv"):
        place = int(row["neuron"]), int(row["input"])
        assert float(row["trained"]) == pytest.approx(trained[place], rel=1e-8)
        assert abs(float(row["ticket"]) - trained[place]) <= float(facts["largest_difference"]) * 1.001
    neuron, column, units = (int(facts[name]) for name in ("neuron", "input", "units"))
    layers = (slth.SourceLayer(units, 65, 1.0, True), slth.SourceLayer(32, units, 4.0))
    source = slth.Source(0, law("uniform"), layers)
    rows = table("ticket_weight.csv")
    unit = np.array([int(row["unit"]) for row in rows])
    u, v = source.weights(0, unit, np.full(len(unit), column)), source.weights(1, np.full(len(unit), neuron), unit)
    assert [float(row["product"]) for row in rows] == pytest.approx(u * v, rel=1e-8)
    total = sum(float(row["product"]) for row in rows if row["chosen"] == "1")
    assert total == pytest.approx(float(facts["sum"]), abs=1e-7)
    assert float(facts["weight"]) == pytest.approx(trained[neuron, column], rel=1e-8)


def test_the_figure_can_be_drawn_from_its_data(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "paper_figures")
    pytest.importorskip("matplotlib")
    script = load("paper_figures/fig_ticket.py")
    load("paper_figures/drawing.py").save(script.draw(), "fig_ticket", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"fig_ticket.png", "fig_ticket.pdf"}
