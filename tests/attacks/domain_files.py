"""Malformed .npy files and domain texts for `--domain`, for tickets of three inputs."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np


def npy(header: str, data: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    """A .npy file with any header."""
    text = header.encode("latin1") + b"\n"
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def saved(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


class Live:
    """Makes a folder when it is unpickled."""

    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return Path.mkdir, (self.canary,)


def described(descr: str = "'<f8'", order: str = "False", shape: str = "(1, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


THREE = np.zeros((1, 3)).tobytes()
SHAPES = [
    "(10**12, 3)",
    "(1000000000000, 3)",
    "(-1, 3)",
    "(99999999999999999999, 3)",
    "(1, 3, 0)",
    "(1.0, 3)",
    "3",
    "None",
]
SHAPES += ["(2, 3)", "(1, 3" + ", 1" * 40 + ", 2)", "()", "(0, 3)", "(True, 3)"]
TYPES = [
    "'<f8\\x00'",
    "'<f16'",
    "'<c16'",
    "'<U3'",
    "'|S8'",
    "'<M8[s]'",
    "'|V8'",
    "[('a', '<f8')]",
    "'<f999'",
    "1",
    "None",
]
HEADERS = [
    "",
    "{",
    "{}",
    "[]",
    "'",
    "(" * 200,
    "(" * 9_000,
    "{'a':" * 3_000,
    "-" * 9_000 + "1",
    "\0",
    "\xff",
    "1" * 9_000,
]
ARRAYS = [np.zeros((1, 3), complex), np.array([["1", "2", "3"]]), np.zeros((1, 3), "M8[s]"), np.zeros(3, [("a", "f8")])]


def domain_files(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Label and content; none of them is a domain, and reading one must not make the canary."""
    yield from _live(canary)
    yield from _headers()
    for array in ARRAYS:
        yield f"an array of {array.dtype}", saved(array)
    for value in (np.nan, np.inf, -np.inf):
        for dtype in (np.float32, np.float64):
            yield f"{value} in {dtype.__name__}", saved(np.array([[0, value, 0]], dtype))
    for shape in ((0,), (0, 3), (1,), (2, 2), (4,), (1, 4), ()):
        yield f"an array of shape {shape}", saved(np.zeros(shape))
    good = saved(np.zeros((1, 3)))
    yield from ((f"cut off at {place}", good[:place]) for place in (0, 5, 8, 9, 10, 40, 127, 128, len(good) - 1))
    yield "zeros", bytes(10_000)
    yield "text", b"0.1,0.2,0.3\n"


def _live(canary: Path) -> Iterator[tuple[str, bytes]]:
    live, code = pickle.dumps(Live(canary)), f"__import__('os').mkdir({str(canary)!r})"
    yield "a pickle", live
    yield "an array of objects", saved(np.array([[Live(canary)] * 3]), allow_pickle=True)
    yield "objects by hand", npy(described("'|O'"), live)
    yield "a zip", saved_zip(live)
    yield "code for a shape", npy(described(shape=code), THREE)
    yield "code for a header", npy(code, THREE)


def _headers() -> Iterator[tuple[str, bytes]]:
    yield from ((f"shape {shape[:20]}", npy(described(shape=shape), THREE)) for shape in SHAPES)
    yield "two columns", npy(described(shape="(1, 2)"), THREE[:16])
    for descr in (*TYPES, "'" + "f" * 60_000 + "'"):
        yield f"type {descr[:20]}", npy(described(descr), THREE * 4)
    for header in (*HEADERS, "{'descr': 0x1for 1}"):
        yield f"header {header[:9]}", npy(header, THREE)
    for version in ((0, 0), (9, 9), (255, 255)):
        yield f"version {version}", npy(described(), THREE, version)
    for version in ((2, 0), (3, 0), (9, 9)):
        yield f"version {version}, long header", npy(described() + " " * 1_000_000, THREE, version)


def saved_zip(live: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("x.npy", live)
    return buffer.getvalue()


DOMAIN_TEXTS = [
    "",
    "box",
    "box:",
    "box:0",
    "box:0:",
    "box::1",
    "box:0:1:2",
    "box:1:0",
    "cube:0:1",
    "BOX:0:1",
    "box:0;1",
    "box:0:1/-3",
    "box:0:--1",
    "box:0:1_000",
]
DOMAIN_TEXTS += [
    f"box:0:{text}"
    for text in ["nan", "inf", "-inf", "1/0", "0/0", "x", "1e1000000000", "1e-1000000000", "1,5", "0x", "é", "\x1b[2J"]
]
DOMAIN_TEXTS += ["box:0:" + text for text in ("9" * 10**6, "1/" + "9" * 10**6, "1e" + "9" * 4000)]
DOMAIN_TEXTS += [
    "ball:",
    "ball::",
    "ball:::",
    "ball::0.1",
    "ball:nowhere.npy:1",
    "ball:nowhere.npy:-1",
    "ball:nowhere.npy:1:l3",
    "ball:.:1",
]
DOMAIN_TEXTS += ["hull:", "hull", "hull:nowhere.npy", "hull:/dev/zero", "hull:.", "hull:" + "n" * 5000]
