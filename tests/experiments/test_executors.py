"""Every place gives the same bytes; real clusters in processes of their own, and what is said when they fail."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager
from types import ModuleType, SimpleNamespace

import pytest
from coins import Told
from processes import run as process

from slth.core.errors import BadInput, Unavailable
from slth.experiments.executors.dask import Dask
from slth.experiments.executors.serial import Serial
from slth.experiments.executors.submitit import Submitit
from slth.experiments.files import read_sweep
from slth.experiments.run import run
from slth.experiments.sweep import Sweep

SMALL = """measure = "closest"
repeats = 400
batch = 50
[grid]
law = ["U", "NN"]
n = [6, 9]
eps = 0.01
"""
# a cluster that runs already: the sweep is its client, and both workers must have computed something
CLUSTER = """
import os, sys
from pathlib import Path
from distributed import Client, LocalCluster
from slth.experiments.executors.dask import Dask
from slth.experiments.files import read_sweep
from slth.experiments.run import run

if __name__ == "__main__":
    file = Path(sys.argv[1])
    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        place = Dask(cluster.scheduler_address, workers=2)
        run(read_sweep(file), file.with_suffix(".units"), place).write(file.with_suffix(".csv"))
        with Client(cluster) as client:
            used = client.run(lambda: (os.getpid(), "slth.experiments.measures.closest" in sys.modules))
    assert len(set(used.values())) == 2 and all(worked for _, worked in used.values()), used
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(SMALL)
    return path


def table(file) -> bytes:
    """What this process alone computes."""
    return run(read_sweep(file), file.with_suffix(".plain"), Serial()).csv().encode()


@pytest.mark.process
@pytest.mark.parametrize(
    ("executor", "package", "options"),
    [
        ("processes", "concurrent", ("chunk=3",)),
        ("dask", "distributed", ()),
        ("submitit", "submitit", ("chunk=16", "cluster=local")),
    ],
)
def test_the_same_bytes_everywhere(file, executor, package, options):
    """Two workers each; Dask as a cluster of two processes, submitit with processes instead of jobs."""
    pytest.importorskip(package)
    words = [word for option in options for word in ("--option", option)]
    ended = process("sweep", file, "--executor", executor, "--workers", 2, *words, cwd=file.parent)
    assert (ended.code, ended.err) == (0, ""), ended
    assert file.with_suffix(".csv").read_bytes() == table(file)


@pytest.mark.process
def test_a_dask_cluster_that_runs_already(file):
    pytest.importorskip("distributed")
    ended = process("-c", CLUSTER, file)
    assert ended.code == 0, ended
    assert file.with_suffix(".csv").read_bytes() == table(file)


@pytest.mark.parametrize(("place", "package"), [(Dask(), "distributed"), (Submitit(), "submitit")])
def test_a_missing_package_is_named(coin, tmp_path, monkeypatch, place, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Unavailable, match=rf"needs {package}: pip install 'slth\[cluster\]'"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, place)


class Lost(Exception):
    """Any error of a cluster's own."""


def fake_distributed(monkeypatch, client) -> None:
    """A package of that name whose client is this one."""
    comm = SimpleNamespace(CommClosedError=Lost)
    names = {"CancelledError": Lost, "KilledWorker": Lost, "Client": client, "LocalCluster": None, "comm": comm}
    module = ModuleType("distributed")
    module.__dict__.update(names)
    monkeypatch.setitem(sys.modules, "distributed", module)
    monkeypatch.setitem(sys.modules, "distributed.comm", comm)


def test_a_scheduler_that_does_not_answer_is_named(coin, tmp_path, monkeypatch):
    def client(address: str, **_: object) -> None:
        raise OSError("timed out")

    fake_distributed(monkeypatch, client)
    with pytest.raises(Unavailable, match="tcp://nowhere:8786: no Dask scheduler answers"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Dask("tcp://nowhere:8786"))


def test_a_dask_worker_that_is_lost_is_said(coin, tmp_path, monkeypatch):
    def lose(done: int) -> None:
        raise Lost

    class Losing(AbstractContextManager):
        def __init__(self, address: str, **_: object) -> None:
            self.get_executor = lambda pure: Told(spoil=lose).open()

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

    fake_distributed(monkeypatch, Losing)
    with pytest.raises(Unavailable, match="Dask worker stopped"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Dask("tcp://somewhere:8786"))


class Job:
    """A job that ends as it is told, or waits until it is cancelled."""

    job_id, paths = "4711", SimpleNamespace(folder="logs")
    cancelled: int = 0

    def __init__(self, end: object) -> None:
        self.end = end

    def result(self) -> object:
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end

    def cancel(self, check: bool) -> None:
        Job.cancelled += 1


def fake_submitit(monkeypatch, submit) -> None:
    """A package of that name that submits so."""
    executor = SimpleNamespace(update_parameters=lambda **_: None, submit=submit)
    utils = SimpleNamespace(UncompletedJobError=Lost, FailedJobError=Lost)
    module = ModuleType("submitit")
    module.__dict__.update(AutoExecutor=lambda **_: executor, core=SimpleNamespace(utils=utils))
    monkeypatch.setitem(sys.modules, "submitit", module)


def test_a_job_without_a_result_is_named(coin, tmp_path, monkeypatch):
    fake_submitit(monkeypatch, lambda *_: Job(Lost("a long log")))
    with pytest.raises(Unavailable, match="job 4711 ended without a result; its logs are in logs"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Submitit())


def test_a_job_that_cannot_be_submitted_is_said(coin, tmp_path, monkeypatch):
    def submit(*_: object) -> None:
        raise Lost("sbatch: no such partition")

    fake_submitit(monkeypatch, submit)
    with pytest.raises(Unavailable, match="no job could be submitted: sbatch: no such partition"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Submitit())


def test_what_a_job_refuses_comes_out_as_it_was(coin, tmp_path, monkeypatch):
    def refuse(self, draws) -> None:
        raise BadInput("take a larger eps")

    monkeypatch.setattr(coin, "run", refuse)
    fake_submitit(monkeypatch, lambda function, *arguments: Job(function(*arguments)))
    with pytest.raises(BadInput, match="take a larger eps"):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Submitit())


def test_jobs_of_a_sweep_that_is_interrupted_are_cancelled(coin, tmp_path, monkeypatch):
    going, cancelled = threading.Event(), threading.Event()

    class Slow(Job):
        def result(self) -> object:
            going.set()
            assert cancelled.wait(10)
            raise Lost

        def cancel(self, check: bool) -> None:
            cancelled.set()

    fake_submitit(monkeypatch, lambda *_: Slow(None))

    def interrupted(*_: object, **__: object) -> None:
        assert going.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr("slth.experiments.runner.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(Sweep("coin", {"n": (1,)}, repeats=10), tmp_path, Submitit())
    assert cancelled.is_set()
