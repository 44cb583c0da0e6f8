"""What is no regular file gets one line at once, and never blocks."""

from __future__ import annotations

import os
import socket

import pytest

from slth.core.errors import BadFile, Unavailable
from slth.interop.files import naming, shown
from slth.interop.read import inspect, read

DOORS = pytest.mark.parametrize("door", [read, inspect])


@DOORS
def test_odd_places(tmp_path, door):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").touch()
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 5 << 30)
    expected = {
        "pipe": "is a pipe",
        "loop": "symbolic links run in a circle",
        "empty": "is empty",
        "huge": "holds 5368709120 bytes; slth reads at most",
        ".": "is a folder",
        "missing": "there is no such file",
        "empty/below": "a part of the path is a file",
        "n" * 300: "File name too long",
        "null\0byte": "NUL character",
    }
    for name, reason in expected.items():
        with pytest.raises(BadFile, match=reason) as caught:
            door(f"{tmp_path}/{name}")
        assert str(caught.value).isprintable()


@DOORS
def test_devices_and_sockets(tmp_path, door):
    for device in ("/dev/null", "/dev/zero"):
        with pytest.raises(BadFile, match="is a device"):
            door(device)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.bind(os.path.relpath(tmp_path / "s"))
        with pytest.raises(BadFile, match="is a socket"):
            door(tmp_path / "s")


@DOORS
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path, door):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "secret").chmod(0)
    with pytest.raises(BadFile, match="no permission to read it"):
        door(tmp_path / "secret")


def test_permission_errors_have_their_line():
    with pytest.raises(BadFile, match=r"net\.pt: cannot be read: no permission to read it"), naming("net.pt"):
        raise PermissionError(13, "Permission denied")


def test_memory_is_unavailable_not_a_traceback():
    with pytest.raises(Unavailable, match=r"net\.pt: not enough memory"), naming("net.pt"):
        raise MemoryError


STARTS = {
    "HDF5": b"\x89HDF\r\n\x1a\n",
    r"numpy array \(.npy\)": b"\x93NUMPY\x01\x00",
    "empty zip archive": b"PK\5\6" + bytes(18),
    "gzip": b"\x1f\x8b\x08",
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "web page": b"<!DOCTYPE html>",
    "is JSON, not weights": b'{"a": {"b": 1}}',
    "JSON, not weights": b'{"abcde: {',
    "tar archive": bytes(257) + b"ustar\x0000" + bytes(300),
    "ONNX": b"\x08\x08\x12\x07pytorch",
    "plain pickle": b"\x80\x04K\x01.",
    "not a file that slth knows": b"hello world",
    "that slth knows": b"x",
}


@DOORS
@pytest.mark.parametrize("reason", STARTS)
def test_other_kinds_of_file(tmp_path, door, reason):
    (tmp_path / "net.pt").write_bytes(STARTS[reason])
    with pytest.raises(BadFile, match=reason):
        door(tmp_path / "net.pt")


def test_shown_escapes_and_cuts():
    assert shown("a\nb\x1b[31m\u202e") == "a\\nb\\x1b[31m\\u202e"
    assert shown("x" * 1000, 10) == "xxxxxxxxxx..."
