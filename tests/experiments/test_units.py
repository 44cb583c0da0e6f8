"""Units: a name for each content and one content for each name, and files that are what was written or refused."""

from __future__ import annotations

import base64
import json
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.core.errors import BadFile, BadInput
from slth.experiments.measure import made, parameters_of
from slth.experiments.units import MOST_RUNS, MOST_UNITS, Store, Tally, Unit, units_of, work

CELL = {"law": "U", "n": 8, "eps": 0.125, "z": 0.5, "size": 0}
IN_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def unit(measure: str = "closest", seed: int = 0, start: int = 0, count: int = 20, **cell) -> Unit:
    return Unit(measure, parameters_of(made(measure, CELL | cell)), seed, start, count)


def test_another_content_has_another_name(coin, monkeypatch):
    units = [
        unit(),
        unit(seed=1),
        unit(start=20),
        unit(count=19),
        unit(n=9),
        unit(law="N"),
        unit(eps=0.1250000000000001),
        unit(z="uniform"),
        unit(size=3),
        Unit("coin", parameters_of(made("coin", {"n": 8})), 0, 0, 20),
    ]
    keys = [one.key for one in units]
    monkeypatch.setattr(coin, "version", 2)
    keys.append(units[-1].key)
    monkeypatch.setattr(coin, "content", lambda self: "another file")
    keys.append(units[-1].key)
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 32 for key in keys)


def test_names_are_those_of_kept_folders(coin):
    """A change of this key makes every folder of kept units worthless."""
    one = Unit("coin", parameters_of(made("coin", {"n": 3, "heads": 0.25})), 7, 100, 50)
    assert one.key == "8ab3faa242fbe985faed381084ffaa34"


@given(st.permutations(list(CELL)), st.sets(st.sampled_from(["z", "size"])))
def test_however_a_cell_is_written_it_has_one_name(order, left_out):
    """Order of parameters, defaults left out, whole numbers for floats: all the same unit."""
    cell = {name: CELL[name] for name in order if name not in left_out}
    (one,) = units_of("closest", cell, 0, 20, 20)
    assert one == unit()
    assert one.key == unit().key
    whole = [units_of("closest", {**cell, "eps": eps, "z": z}, 0, 20, 20)[0].key for eps, z in ((1, 0), (1.0, -0.0))]
    assert len(set(whole)) == 1


@given(st.integers(1, 5000), st.integers(1, 6000))
def test_units_are_all_instances_once(repeats, batch):
    units = units_of("closest", CELL, 3, repeats, batch)
    covered = [instance for one in units for instance in range(one.start, one.start + one.count)]
    assert covered == list(range(repeats))
    assert {one.count for one in units[:-1]} <= {batch}


@pytest.mark.parametrize(
    ("repeats", "batch"),
    [(0, 1), (1, 0), (-1, 5), (5, -1), (MOST_RUNS + 1, MOST_RUNS), (MOST_UNITS + 1, 1), (1 << 40, 1)],
)
def test_no_or_too_many_units_are_refused(repeats, batch):
    with pytest.raises(BadInput, match="repeats"):
        units_of("closest", CELL, 0, repeats, batch)


@IN_FIXTURE
@given(st.integers(0, 1 << 30), st.integers(1, 40), st.integers(1, 9), st.floats(0, 1))
def test_what_is_written_is_read(coin, tmp_path, start, count, n, heads):
    one = Unit("coin", parameters_of(made("coin", {"n": n, "heads": heads})), 5, start, count)
    store = Store(tmp_path / "deep" / "units")
    (content,) = work([one])
    store.write(one, content)
    assert store.has(one)
    tally = store.read(one)
    from slth.experiments.draws import Draws

    outcome = made("coin", {"n": n, "heads": heads}).run(Draws(5, start, count))
    assert (tally.runs, tally.hits) == (count, int(outcome.hits.sum()))
    assert np.array_equal(tally.values, outcome.values)
    assert work([one]) == [content], "computed again, another file"


def test_every_cut_and_every_change_is_noticed(tmp_path):
    one, other = unit(), unit(seed=1)
    store = Store(tmp_path)
    (content,) = work([one])
    store.write(one, content)
    path, whole = store.path(one), store.read(one)
    rng = random.Random(0)
    for size in range(0, len(content), 61):
        path.write_bytes(content[:size])
        with pytest.raises(BadFile, match=path.name):
            store.read(one)
    version = range(content.index(b'"slth":"'), len(content))  # which program wrote it is only a note
    for _ in range(120):
        at, bit = rng.randrange(version.start), 1 << rng.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        with pytest.raises(BadFile, match="delete it and it is computed again"):
            store.read(one)
    for hostile in (
        b"null",
        b"[]",
        b"1",
        b"NaN",
        b"{}",
        b'{"body":{}}',
        b"[" * 100_000,
        work([other])[0],
        content + b"x",
    ):
        path.write_bytes(hostile)
        with pytest.raises(BadFile, match=path.name):
            store.read(one)
    path.write_bytes(content)
    assert np.array_equal(store.read(one).values, whole.values)


@pytest.mark.parametrize(
    "change",
    [
        {"hits": 21},
        {"hits": -1},
        {"hits": "3"},
        {"values": base64.b64encode(bytes(8 * 19)).decode()},
        {"values": "!"},
        {"values": base64.b64encode(bytes(7)).decode()},
        {"values": 5},
    ],
)
def test_a_right_digest_does_not_make_a_wrong_body_right(tmp_path, change):
    import hashlib

    one, store = unit(), Store(tmp_path)
    whole = json.loads(work([one])[0])
    whole["body"] |= change
    canonical = json.dumps(whole["body"], sort_keys=True, separators=(",", ":")).encode()
    whole["sha256"] = hashlib.sha256(canonical).hexdigest()
    store.write(one, json.dumps(whole).encode())
    with pytest.raises(BadFile):
        store.read(one)


def test_parts_are_joined_in_their_order():
    parts = [Tally(2, 1, np.array([1.0, 2.0])), Tally(1, 1, np.array([3.0])), Tally(3, 0, np.array([4.0, 5.0, 6.0]))]
    joined = Tally.of(parts)
    assert (joined.runs, joined.hits, joined.values.tolist()) == (6, 2, [1, 2, 3, 4, 5, 6])
    assert Tally.of([Tally(5, 3), Tally(4, 0)]).values is None
