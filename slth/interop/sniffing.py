"""What kind of file it is, by its content; the name is never asked."""

from __future__ import annotations

from slth.core.errors import BadFile
from slth.interop.files import Bytes, shown
from slth.interop.zips import Archive, open_archive

SAVE = "save the state_dict with torch.save(net.state_dict(), ...)"
STARTS = (
    (b"\x89HDF\r\n\x1a\n", f"is an HDF5 file (.h5), which slth does not read; load it and {SAVE}"),
    (b"\x93NUMPY", f"is a numpy array (.npy), not a network; put the weights in a module and {SAVE}"),
    (b"PK\5\6", "is an empty zip archive"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
    (b"version https://git-lfs", "is a Git LFS pointer, not the file itself; fetch it with git lfs pull"),
    (b"GGUF", f"is a GGUF file, which slth does not read; load it and {SAVE}"),
    (b"<", "looks like a web page or XML; download the file itself"),
    (b"{", "is JSON, not weights; give the weights, and an architecture with --arch"),
)


def refuse_known(file: Bytes) -> None:
    """Raise BadFile with the fitting line for kinds that are known by their first bytes and not read."""
    head = file.head(512)
    for start, sentence in STARTS:
        if head.startswith(start):
            raise BadFile(sentence)
    if head[257:262] == b"ustar":
        raise BadFile(f"is a tar archive (torch before 0.2 wrote such files); load it and {SAVE}")


def is_zip(file: Bytes) -> bool:
    """Whether it begins like a zip archive with members."""
    return file.head(4) == b"PK\3\4"


def is_pickle(file: Bytes) -> bool:
    """Whether it begins like a binary pickle."""
    head = file.head(2)
    return len(head) == 2 and head[0] == 0x80 and head[1] <= 5


def is_onnx(file: Bytes) -> bool:
    """Whether it begins like an ONNX model: a small version number, then another field of a model."""
    head = file.head(3)
    return head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x1a", b"\x22", b"\x3a", b"\x42")


def is_safetensors(file: Bytes) -> bool:
    """Whether a header length and an opening brace come first (eight letters are no length)."""
    head = file.head(9)
    return len(head) == 9 and head[8:] == b"{" and not all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head[:8])


def torch_archive(file: Bytes) -> tuple[Archive, str]:
    """The zip archive of a torch.save file and the name of its pickle.

    Raises
    ------
    BadFile
        For the other kinds of zip archive: TorchScript, exported programs, npz, Keras.
    """
    archive = open_archive(file)
    names = archive.members
    inner = {name.partition("/")[2] for name in names}
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if any(name.startswith("code/") for name in inner) or "constants.pkl" in inner:
        raise BadFile(f"is TorchScript, which is code; load it with torch.jit.load and {SAVE}")
    if inner & {"archive_format", "serialized_exported_program.json", "models/model.json"}:
        raise BadFile(f"is an exported program (.pt2); load it with torch.export.load and {SAVE}")
    if names and all(name.endswith(".npy") for name in names):
        raise BadFile(f"is a numpy archive (.npz), which slth does not read; put the weights in a module and {SAVE}")
    if "model.weights.h5" in names:
        raise BadFile(f"is a Keras file, which slth does not read; load it and {SAVE}")
    if len(pickles) != 1:
        raise BadFile(f"is a zip archive, but not one of torch.save; {SAVE}")
    packed = next((name for name, member in names.items() if member.method != 0), None)
    if packed is not None:
        raise BadFile(f"member {shown(packed)} is compressed, which torch.save never does; save it again")
    return archive, pickles[0]
