"""The door: the same table however it is computed, nothing computed twice, searches that are scans, useful errors."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool

import pytest
from coins import Told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.core.errors import BadFile, BadInput, Unavailable
from slth.experiments.executors.serial import Serial
from slth.experiments.run import run
from slth.experiments.sweep import Find, Sweep
from slth.experiments.table import BEYOND

IN_FIXTURE = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
GRID = {"heads": (0.1, 0.3), "n": (1, 4, 9)}
FIND = Find("n", tuple(range(1, 41)), (0.5, 0.95))


def sweep(**changes) -> Sweep:
    return Sweep(**({"measure": "coin", "grid": GRID, "repeats": 100, "batch": 40, "seed": 3} | changes))


def search(**changes) -> Sweep:
    return sweep(**({"grid": {"heads": (0.02, 0.1, 0.3)}, "find": FIND} | changes))


@IN_FIXTURE
@given(st.integers(25, 300), st.integers(1, 5), st.integers(1, 9), st.sampled_from([sweep, search]))
def test_the_table_is_the_same_whatever_batch_and_place(coin, tmp_path_factory, batch, workers, chunk, kind):
    plain = run(kind(), tmp_path_factory.mktemp("plain"), Serial())
    other = run(kind(batch=batch), tmp_path_factory.mktemp("other"), Told(workers, chunk))
    assert other.csv() == plain.csv()


@pytest.mark.parametrize("kind", [sweep, search])
def test_nothing_is_computed_twice(coin, tmp_path, kind):
    first, second = Told(), Told()
    table = run(kind(), tmp_path / "units", first)
    assert len(set(first.asked)) == len(first.asked) > 5
    assert len(list((tmp_path / "units").rglob("*.json"))) == len(first.asked)
    assert run(kind(), tmp_path / "units", second).csv() == table.csv()
    assert (second.asked, second.opened) == ([], []), "workers were started for nothing"


@pytest.mark.parametrize("kind", [sweep, search])
@pytest.mark.parametrize("after", [0, 1, 11])
def test_what_a_stopped_sweep_has_is_not_computed_again(coin, tmp_path, kind, after):
    whole = run(kind(), tmp_path / "whole", Told())

    def stop(what: str, done: int, total: int) -> None:
        if len(list((tmp_path / "cut").rglob("*.json"))) > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(kind(), tmp_path / "cut", Told(), stop)
    kept = {path.stem for path in (tmp_path / "cut").rglob("*.json")}
    assert len(kept) == after + 1
    rest = Told()
    assert run(kind(), tmp_path / "cut", rest).csv() == whole.csv()
    assert not kept & {unit.key for unit in rest.asked}


def test_sweeps_share_a_folder(coin, tmp_path):
    first, second, longer = Told(), Told(), Told()
    run(sweep(grid={"n": (1, 2)}), tmp_path, first)
    alone = run(sweep(grid={"n": (2, 3)}), tmp_path / "alone", Told())
    assert run(sweep(grid={"n": (2, 3)}), tmp_path, second).csv() == alone.csv()
    assert {dict(unit.parameters)["n"] for unit in second.asked} == {3}
    run(sweep(grid={"n": (2, 3)}, repeats=130), tmp_path, longer)
    assert {(unit.start, unit.count) for unit in longer.asked} == {(80, 40), (120, 10)}
    searching = Told()
    run(search(grid={"heads": (0.3,)}), tmp_path, searching)
    again = Told()
    run(search(grid={"heads": (0.3, 0.30000000000000004)}, confidence=0.99), tmp_path, again)
    assert not set(searching.asked) & set(again.asked)


def test_cells_that_are_the_same_are_measured_once(coin, tmp_path):
    place = Told()
    table = run(sweep(grid={"heads": (1, 1.0, True - 0.0), "n": (2, 2)}, repeats=40), tmp_path, place)
    assert len(place.asked) == 1
    assert len(table.rows) == 6


def test_a_search_finds_what_measuring_everything_finds(coin, tmp_path):
    found = run(search(), tmp_path, Told())
    assert [(row["heads"], row["wanted chance"]) for row in found.rows] == [
        (heads, chance) for heads in (0.02, 0.1, 0.3) for chance in (0.5, 0.95)
    ]
    for row in found.rows:
        cells = run(sweep(grid={"heads": (row["heads"],), "n": FIND.values}), tmp_path, Serial()).rows
        wanted = row["wanted chance"]
        for column, statistic in (("n", "chance"), ("n low", "chance high"), ("n high", "chance low")):
            first = next((cell["n"] for cell in cells if cell[statistic] >= wanted), BEYOND)
            assert row[column] == first, (column, row)
        exact = next(n for n in range(1, 1000) if 1 - (1 - row["heads"]) ** n >= wanted)
        assert row["n: exact"] == exact
        low, high = (1000 if row[end] == BEYOND else row[end] for end in ("n low", "n high"))
        assert low <= exact <= high or min(low, exact) > FIND.values[-1]


def test_searches_measure_little(coin, tmp_path):
    place = Told()
    run(search(repeats=1000, batch=1000), tmp_path, place)
    assert len(place.asked) < 3 * 20, "of 3 times 40 places"


def test_how_far_a_sweep_is_is_told(coin, tmp_path):
    told = []
    run(sweep(), tmp_path, Told(), lambda *words: told.append(words))
    assert told == [("coin", done, 18) for done in range(19)]
    told.clear()
    run(sweep(repeats=130), tmp_path, Told(), lambda *words: told.append(words))
    assert told[0] == ("coin", 12, 24)
    assert told[-1] == ("coin", 24, 24)
    told.clear()
    run(search(), tmp_path / "search", Told(), lambda *words: told.append(words))
    assert {what for what, _, _ in told} == {
        f"coin, round {number}" for number in range(1, 1 + len({w[0] for w in told}))
    }


def test_a_changed_file_stops_the_sweep_and_is_named(coin, tmp_path):
    run(sweep(), tmp_path, Serial())
    path = sorted(tmp_path.rglob("*.json"))[7]
    path.write_bytes(path.read_bytes().replace(b'"hits":', b'"hits":1'))
    with pytest.raises(BadFile, match=path.name):
        run(sweep(), tmp_path, Serial())
    path.unlink()
    again = Told()
    run(sweep(), tmp_path, again)
    assert [unit.key for unit in again.asked] == [path.stem]


def test_a_folder_that_is_none_is_refused_before_work(coin, tmp_path):
    (tmp_path / "file").write_text("x")
    place = Told()
    with pytest.raises(BadInput, match="is not a folder"):
        run(sweep(), tmp_path / "file", place)
    assert place.opened == []
    with pytest.raises(Unavailable, match="cannot be made"):
        run(sweep(), tmp_path / "file" / "units", place)


@pytest.mark.parametrize("error", [BrokenProcessPool("A process died."), BadInput("no such cell"), MemoryError()])
def test_errors_of_workers_come_out_and_what_was_computed_stays(coin, tmp_path, error):
    def spoil(done: int) -> None:
        if done >= 9:
            raise error

    wanted = Unavailable if isinstance(error, BrokenProcessPool) else type(error)
    with pytest.raises(wanted) as raised:
        run(sweep(), tmp_path, Told(spoil=spoil))
    if wanted is Unavailable:
        assert "goes on where this one was" in str(raised.value)
    kept = len(list(tmp_path.rglob("*.json")))
    assert kept > 0
    rest = Told()
    assert run(sweep(), tmp_path, rest).csv() == run(sweep(), tmp_path / "alone", Serial()).csv()
    assert len(rest.asked) == 18 - kept


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"measure": "nothing"}, "no measure is called"),
        ({"grid": {"n": (0,)}}, "n >= 1"),
        ({"grid": {"n": (1, 5000)}}, "at most 1000"),
        ({"grid": {"n": ()}}, "has no values"),
        ({"grid": {"heads": (0.5,)}}, "needs the parameter 'n'"),
        ({"grid": {"n": (1,), "m": (1,)}}, "no parameter 'm'"),
        ({"repeats": 0}, "at least 1"),
        ({"batch": 0}, "at least 1"),
        ({"repeats": 10**9, "batch": 1}, "batches"),
        ({"seed": -1}, "2\\^256"),
        ({"seed": 1 << 256}, "2\\^256"),
        ({"confidence": 0.0}, "confidence"),
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"find": FIND}, "can not be in the grid as well"),
        ({"grid": {}, "find": Find("n", (1, 2, 2000))}, "at most 1000"),
        ({"grid": {}, "find": Find("n", (2000, 3000))}, "at most 1000"),
        ({"grid": {}, "find": Find("m", (1, 2))}, "no parameter 'm'"),
    ],
)
def test_sweeps_that_make_no_sense_are_refused_at_once(coin, changes, says):
    with pytest.raises(BadInput, match=says):
        sweep(**changes)


@pytest.mark.parametrize(
    "wish", [((),), ((1, 1),), ((2, 1),), ((1, 1.0),), ((1,), (0.0,)), ((1,), (0.5, 1.0)), ((1,), ())]
)
def test_searches_that_make_no_sense_are_refused_at_once(wish):
    with pytest.raises(BadInput):
        Find("n", *wish)
