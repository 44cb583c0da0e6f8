"""Thousands of damaged and hostile target files: each is refused with one line, or read exactly as it stands."""

from __future__ import annotations

import gc
import os
import random
import resource
import runpy
import struct
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from slth.core.errors import BadFile
from slth.interop.read import inspect, read

BUILT = runpy.run_path(str(Path(__file__).with_name("target_families.py")))
FAMILIES, BASES, ARRAYS, DIGEST = BUILT["FAMILIES"], BUILT["BASES"], BUILT["ARRAYS"], BUILT["NETWORK"].digest
SECONDS, MEGABYTES = 5.0, 200
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "exec", "compile", "os.mkdir")
FORBIDDEN += ("pickle.find_class", "import", "socket.connect", "os.remove", "os.rename", "shutil.rmtree")


class Watch:
    """Counts what Python's audit events report while it is on; a hook can not be removed, only switched off."""

    def __init__(self):
        self.on = False
        self.seen = Counter()
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if self.on and event in FORBIDDEN:
            self.seen[event] += 1

    def __call__(self, door, path):
        """(result or BadFile, seconds)"""
        start = time.perf_counter()
        self.on = True
        try:
            result = door(path)
        except BadFile as error:
            result = error
        finally:
            self.on = False
        return result, time.perf_counter() - start


@pytest.fixture(scope="module")
def watch():
    return Watch()


def check_line(path, error):
    line = str(error)
    assert line.startswith(f"{path}: ") and line.isprintable() and len(line) < 1000, line
    assert "unforeseen" not in line, line


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("base", BASES)
def test_the_undamaged_files_are_read(tmp_path, base):
    (tmp_path / "net").write_bytes(BASES[base])
    assert read(tmp_path / "net").network.digest == DIGEST


def test_the_handmade_files_are_those_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    for base in ("zip", "legacy"):
        (tmp_path / "net").write_bytes(BASES[base])
        state = torch.load(tmp_path / "net", weights_only=True)
        assert {name: value.numpy().tolist() for name, value in state.items()} == {
            name: array.tolist() for name, array in ARRAYS.items()
        }


def test_hostile_files(tmp_path, monkeypatch, watch, figure):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net"
    counts, worst, grown = Counter(), 0.0, 0
    for family in FAMILIES:
        rng = random.Random(family.__name__)
        for data, readable in family(rng):
            path.write_bytes(data)
            for door in (read, inspect) if counts["files"] % 5 == 0 else (read,):
                before = peak()
                result, seconds = watch(door, path)
                worst, grown = max(worst, seconds), max(grown, peak() - before)
                assert seconds < SECONDS, (family.__name__, seconds)
                if isinstance(result, BadFile):
                    check_line(path, result)
            counts["files"] += 1
            counts[family.__name__] += 1
            result, _ = watch(read, path) if door is inspect else (result, 0)
            if not isinstance(result, BadFile):
                assert readable and result.network.digest == DIGEST, (family.__name__, counts[family.__name__])
                counts["same"] += 1
        gc.collect()
    assert watch.seen == {} and os.listdir(tmp_path) == ["net"]  # noqa: PTH208
    assert grown < MEGABYTES
    assert counts["files"] >= 2000 and len(FAMILIES) >= 15
    figure(
        "hostile targets",
        f"{counts['files']:,} files in {len(FAMILIES)} families: {counts['files'] - counts['same']:,} refused in one "
        f"line, {counts['same']} read unchanged, 0 read otherwise, 0 executed; slowest {worst:.2f} s, +{grown} MB",
    )


def test_the_watch_sees_a_live_pickle(tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    live = Watch()
    live.on = True
    pickle.loads(b"\x80\x02cos\nmkdir\nX\x06\0\0\0canary\x85R.")
    live.on = False
    assert live.seen["pickle.find_class"] and live.seen["os.mkdir"] and (tmp_path / "canary").is_dir()


@pytest.mark.parametrize("base", ["legacy", "safetensors"])
def test_numbers_without_a_checksum_are_read_as_they_stand(tmp_path, base, figure):
    """Both formats carry no checksum over the numbers: a flip there gives that other number, or a refusal."""
    rng, path, read_count = random.Random(base), tmp_path / "net", 0
    for _ in range(200):
        name = rng.choice(list(ARRAYS))
        numbers = ARRAYS[name].tobytes()
        at = rng.randrange(len(numbers))
        changed = numbers[:at] + bytes([numbers[at] ^ rng.randrange(1, 256)]) + numbers[at + 1 :]
        assert BASES[base].count(numbers) == 1
        path.write_bytes(BASES[base].replace(numbers, changed))
        (value,) = struct.unpack_from("<f", changed, at // 4 * 4)
        if not np.isfinite(value):
            with pytest.raises(BadFile, match="NaN or infinity"):
                read(path)
            continue
        layer, part = name.split(".")
        found = getattr(read(path).network.affine[int(layer) // 2], part)
        assert found.tobytes() == changed
        read_count += 1
    figure(f"hostile targets, {base} numbers flipped", f"{read_count} of 200 read as they stand, the rest not finite")
