"""Downloads, from a server of this process: kept only with the published checksum, and failing in one line."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from written_data import CIFAR_BINARY, MNIST_FILES, packed, write

from slth.core.errors import BadFile, Unavailable
from slth.datasets.fetch import Published, fetch
from slth.datasets.load import datasets
from slth.datasets.place import Place
from slth.datasets.sets.cifar10 import Cifar10
from slth.datasets.sets.mnist import Mnist

NAME = "train-labels-idx1-ubyte.gz"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n99\r\nshort"


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def log_message(self, *_):
        self.asked.append(self.path)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder and the address at which a server of this process gives its files."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "served"
    folder.mkdir()
    Quiet.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Quiet(*given, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def published(address, files):
    return tuple(Published(name, address + name, hashlib.md5(data).hexdigest()) for name, data in files.items())


def test_mnist_is_fetched_once(served, tmp_path):
    folder, address = served
    write(folder, MNIST_FILES)
    origin = Mnist(published(address, MNIST_FILES))
    place = Place(tmp_path / "new" / "data", download=True)
    assert len(origin.load(place).train) == 7
    assert sorted(path.name for path in (place.folder / "mnist").iterdir()) == sorted(MNIST_FILES)
    assert len(Quiet.asked) == 4
    assert len(origin.load(place).train) == 7 and len(Quiet.asked) == 4
    (place.folder / "mnist" / NAME).unlink()
    assert len(origin.load(place).train) == 7 and Quiet.asked[4:] == [f"/{NAME}"]


def test_cifar10_is_fetched_as_an_archive(served, tmp_path):
    folder, address = served
    archive = {"cifar-10-binary.tar.gz": packed("cifar-10-batches-bin", CIFAR_BINARY)}
    write(folder, archive)
    found = Cifar10(*published(address, archive)).load(Place(tmp_path / "data", download=True))
    assert len(found.train) == 10


def test_nothing_is_fetched_unless_asked(served, tmp_path):
    folder, address = served
    write(folder, MNIST_FILES)
    with pytest.raises(Exception, match="--download"):
        Mnist(published(address, MNIST_FILES)).load(Place(tmp_path / "data"))
    assert not Quiet.asked and not (tmp_path / "data").exists()


def test_what_has_another_checksum_is_not_kept(served, tmp_path):
    folder, address = served
    write(folder, {NAME: MNIST_FILES[NAME] + b"\0"})
    wanted = published(address, {NAME: MNIST_FILES[NAME]})[0]
    with pytest.raises(BadFile, match=r"not the published .* nothing was kept") as error:
        fetch(wanted, tmp_path / "data")
    assert "\n" not in str(error.value) and not (tmp_path / "data").exists()


def test_an_answer_that_never_ends_is_cut(served, tmp_path, monkeypatch):
    folder, address = served
    monkeypatch.setattr("slth.datasets.fetch.MAX_FETCHED", 10)
    write(folder, {NAME: MNIST_FILES[NAME]})
    with pytest.raises(BadFile, match="nothing was kept"):
        fetch(published(address, {NAME: MNIST_FILES[NAME]})[0], tmp_path)


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("what", ["no server", "no name", "not found"])
def test_without_network_one_line_says_so(served, tmp_path, what):
    wanted = published(served[1], {NAME: b""})[0]
    if what == "no server":
        wanted = replace(wanted, address=f"https://127.0.0.1:{closed_port()}/{NAME}")
    if what == "no name":
        wanted = replace(wanted, address="https://no-such-host.invalid/x")
    with pytest.raises(Unavailable, match="can not be fetched") as error:
        fetch(wanted, tmp_path / "data")
    assert error.value.exit_code == 3
    assert "\n" not in str(error.value) and wanted.address in str(error.value) and str(tmp_path) in str(error.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_is_cut_off_is_not_kept(served, tmp_path, chunked):
    wanted = Published(NAME, f"http://127.0.0.1:{short_answer(chunked)}/x", hashlib.md5(b"short and more").hexdigest())
    with pytest.raises((BadFile, Unavailable)) as error:
        fetch(wanted, tmp_path / "data")
    assert "\n" not in str(error.value) and not (tmp_path / "data").exists()


def short_answer(chunked):
    """The port of a server that promises more bytes than it sends."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(1)

    def answer():
        with server, server.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + (CHUNKED if chunked else b"Content-Length: 99\r\n\r\nshort"))

    threading.Thread(target=answer).start()
    return server.getsockname()[1]


def test_a_folder_that_can_not_be_made(served, tmp_path):
    folder, address = served
    write(folder, MNIST_FILES)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="can not be made"):
        fetch(published(address, MNIST_FILES)[0], tmp_path / "file" / "data")


def test_an_opener_can_be_given(tmp_path):
    written = tmp_path / "there"
    written.write_bytes(b"data")
    wanted = Published("here", "any", hashlib.md5(b"data").hexdigest())
    path = fetch(wanted, tmp_path, opener=lambda address, timeout: written.open("rb"))
    assert path == Path(tmp_path / "here") and path.read_bytes() == b"data"


def test_published_files_are_fetched_by_https():
    found = [origin().published for name, origin in datasets if name in ("cifar10", "fashion-mnist", "mnist")]
    files = [file for entry in found for file in (entry if isinstance(entry, tuple) else (entry,))]
    assert len(files) == 9
    assert all(file.address.startswith("https://") and file.address.endswith(file.name) for file in files)
    assert all(len(bytes.fromhex(file.md5)) == 16 for file in files)
