"""The two containers of torch.save: storages must have exactly the announced lengths, and nothing may follow."""

from __future__ import annotations

import io
import zipfile

import pytest

from slth.core.errors import BadFile
from slth.interop.read import read

torch = pytest.importorskip("torch")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.pt"


def repacked(data, change):
    """The same archive with `change(name, data)` for every member."""
    buffer, old = io.BytesIO(), zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


@pytest.mark.parametrize("cut", [-4, -1, 1, 4])
def test_a_member_of_another_length_is_refused(path, cut):
    torch.save({"a.weight": torch.ones(3, 2)}, path)

    def change(name, data):
        return data if not name.endswith("/data/0") else data[:cut] if cut < 0 else data + bytes(cut)

    path.write_bytes(repacked(path.read_bytes(), change))
    with pytest.raises(BadFile, match="member net/data/0 has the wrong length"):
        read(path)


@pytest.mark.parametrize(
    ("member", "data", "reason"),
    [
        ("data.pkl", b"\x80\x02N.N", "pickle is followed by other bytes"),
        ("byteorder", b"big", "numbers are big-endian"),
        ("data.pkl", bytes((16 << 20) + 1), "pickle is larger than 16777216 bytes"),
    ],
)
def test_changed_members_are_refused(path, member, data, reason):
    torch.save({"a.weight": torch.ones(3, 2)}, path)
    path.write_bytes(repacked(path.read_bytes(), lambda name, old: data if name.endswith(member) else old))
    with pytest.raises(BadFile, match=reason):
        read(path)


def test_legacy_files_end_with_their_last_storage(path):
    torch.save({"a.weight": torch.ones(3, 2)}, path, _use_new_zipfile_serialization=False)
    good = path.read_bytes()
    assert read(path).network.affine[0].shape == (3, 2)
    for data, reason in (
        (good + b"x", "followed by other bytes"),
        (good[:-1], "ends too early"),
        (good.replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89"), "big-endian"),
        (good.replace(b"M\xe9\x03.", b"M\xe8\x03."), "format number is unknown"),
    ):
        assert data != good
        path.write_bytes(data)
        with pytest.raises(BadFile, match=reason):
            read(path)
