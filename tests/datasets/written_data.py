"""Small data files in every format that slth reads, as their publishers would write them."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile

import numpy as np

STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def pictures(count, *shape, seed=0):
    return np.random.default_rng([seed, count, *shape]).integers(0, 256, (count, *shape), np.uint8)


def labels(count, seed=0):
    return np.random.default_rng([seed, count]).integers(0, 10, count)


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


MNIST = (pictures(7, 28, 28), np.arange(7), pictures(3, 28, 28), np.array([9, 0, 4]))
MNIST_FILES = {f"{stem}.gz": gzip.compress(idx(array)) for stem, array in zip(STEMS, MNIST, strict=True)}
MNIST_UNPACKED = {stem: idx(array) for stem, array in zip(STEMS, MNIST, strict=True)}


CIFAR = {name: (pictures(2, 3, 32, 32, seed=k), labels(2, seed=k)) for k, name in enumerate(BATCHES)}


def records(images, given):
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(images, given.tolist(), strict=True))


def text(value):
    return b"U" + bytes([len(value)]) + value.encode()


def pickled(images, given, name="training batch 1 of 5", fortran=False):
    """A batch as cPickle of Python 2 wrote it, protocol 2; written by hand, since Python 3 has no such writer."""
    raw = images.reshape(len(images), -1).tobytes(order="F" if fortran else "C")
    shape = b"J" + struct.pack("<i", len(images)) + b"M" + struct.pack("<H", images[0].size) + b"\x86"
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\x00\x85q\x08U\x01bq\x09\x87q\x0aRq\x0b"
    kind = b"cnumpy\ndtype\nq\x0cU\x02u1q\x0dK\x00K\x01\x87q\x0eRq\x0f(K\x03U\x01|q\x10NNNJ\xff\xff\xff\xff"
    kind += b"J\xff\xff\xff\xffK\x00tq\x11b"
    array += b"(K\x01" + shape + kind + (b"\x88" if fortran else b"\x89") + b"T" + struct.pack("<i", len(raw)) + raw
    items = text("batch_label") + b"q\x02" + text(name) + b"q\x03"
    items += text("labels") + b"q\x04]q\x05(" + b"".join(b"K" + bytes([label]) for label in given.tolist()) + b"e"
    items += text("data") + array + b"tq\x12b"
    items += text("filenames") + b"]q\x13(" + b"".join(text(f"cat_s_{k}.png") for k in range(len(images))) + b"e"
    return b"\x80\x02}q\x01(" + items + b"u."


CIFAR_BINARY = {f"{name}.bin": records(*batch) for name, batch in CIFAR.items()}
CIFAR_PYTHON = {name: pickled(*batch) for name, batch in CIFAR.items()}


def packed(folder, files, extra=()):
    """A .tar.gz of the files in one folder, with members before them that nobody wants."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, data in [("readme.html", b"<html>" * 200), *files.items(), *extra]:
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def npz(compressed=False, **arrays):
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def own(**changes):
    arrays = {
        "train_images": pictures(6, 5, 4),
        "train_labels": np.array([0, 1, 2, 0, 1, 2]),
        "test_images": pictures(2, 5, 4),
        "test_labels": np.array([2, 0], np.uint8),
    }
    return arrays | changes


def jpeg(images, given, **options):
    """The arrays of a JPEG copy of the images (n, 3, 32, 32)."""
    from PIL import Image

    pieces = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(buffer, "JPEG", **options)
        pieces.append(buffer.getvalue())
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
    return {"jpeg": np.frombuffer(b"".join(pieces), np.uint8), "offsets": offsets, "labels": given.astype(np.uint8)}


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
