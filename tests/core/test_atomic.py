"""A write leaves the old file or the new one, and no temporary file, whatever goes wrong."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slth.core.atomic import _host, write_atomic
from slth.core.errors import BadInput, Unavailable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, [b"one", memoryview(b" two")])
    assert path.read_bytes() == b"one two"
    write_atomic(path, [b"three"])
    assert path.read_bytes() == b"three" and names(tmp_path) == ["file"]


def test_follows_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    write_atomic(tmp_path / "link", [b"new"])
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_bytes() == b"new"


def test_respects_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "file", [b""])
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    (tmp_path / "file").write_bytes(b"old")

    def pieces():
        yield b"new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "file", pieces())
    assert (tmp_path / "file").read_bytes() == b"old" and names(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_a_full_disk_is_unavailable(tmp_path, monkeypatch, code):
    (tmp_path / "file").write_bytes(b"old")

    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unavailable, match=os.strerror(code)) as caught:
        write_atomic(tmp_path / "file", [b"new"])
    assert caught.value.exit_code == 3
    assert (tmp_path / "file").read_bytes() == b"old" and names(tmp_path) == ["file"]


def test_a_file_size_limit_is_unavailable(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        with pytest.raises(Unavailable, match="File too large"):
            write_atomic(tmp_path / "file", [bytes(1 << 20)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert names(tmp_path) == []


def test_impossible_places(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for place in (tmp_path, tmp_path / "pipe", "/dev/full", "/dev/null"):
        with pytest.raises(BadInput, match="not a regular file"):
            write_atomic(place, [b"x"])
    for place in (tmp_path / "missing" / "file", Path("/proc/file"), tmp_path / ("n" * 300)):
        with pytest.raises(Unavailable, match="cannot be written"):
            write_atomic(place, [b"x"])
    assert names(tmp_path) == ["loop", "pipe"]


def test_what_a_killed_process_left_is_swept(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / f".slth-{_host()}-{dead.pid}-ab.tmp"
    alive = tmp_path / f".slth-{_host()}-{os.getpid()}-ab.tmp"
    elsewhere = tmp_path / f".slth-00000000-{dead.pid}-ab.tmp"
    for path in (stale, alive, elsewhere):
        path.write_bytes(b"half")
    write_atomic(tmp_path / "file", [b"whole"])
    assert [path.exists() for path in (stale, alive, elsewhere)] == [False, True, True]
