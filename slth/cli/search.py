"""`slth search`: a data set goes in, a strong lottery ticket that gradients found comes out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.cli import screen
from slth.cli.options import DataDir, Input, Json, fields_of
from slth.cli.weights import Weights
from slth.core.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from slth.core.architecture import Architecture
    from slth.datasets.dataset import Dataset

Text = str | None
Count = int | None
Number = float | None
USUAL = {(3, 32, 32): "conv4", (1, 28, 28): "lenet5"}
"""Architectures by the shape of a picture, where the user names none."""


def search(
    method: Annotated[str, typer.Argument(help="A name or key of slth list: edge-popup or ramanujan2020.")],
    arch: Annotated[Text, typer.Option(help="784-300-10, lenet5, conv4, resnet20; by the data's shape.")] = None,
    target: Annotated[Path | None, typer.Option(help="Search the weights of this trained network instead.")] = None,
    input_shape: Input = None,
    data: Annotated[str, typer.Option(help="A data set of slth list, or a FILE.npz of your own.")] = "digits",
    data_dir: DataDir = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch data files that are missing.")] = False,
    density: Annotated[float, typer.Option(help="The fraction of weights to keep, in (0, 1].")] = 0.5,
    seed: Annotated[int, typer.Option(help="Of weights, scores, the order of the data and all coins.")] = 0,
    seeds: Annotated[int, typer.Option(help="So many searches, of seeds SEED, SEED + 1, ...")] = 1,
    epochs: Annotated[Count, typer.Option(help="Times through the data; here and below the method's own.")] = None,
    batch: Annotated[Count, typer.Option(help="Pictures of one step.")] = None,
    rate: Annotated[Number, typer.Option(help="Learning rate of the scores.")] = None,
    optimiser: Annotated[Text, typer.Option(help="sgd, adam or adamw.")] = None,
    momentum: Annotated[Number, typer.Option(help="Of sgd.")] = None,
    decay: Annotated[Number, typer.Option(help="Weight decay, of scores.")] = None,
    curve: Annotated[Text, typer.Option(help="Of the rate: cosine, constant or steps.")] = None,
    warmup: Annotated[Number, typer.Option(help="Epochs in which the rate rises.")] = None,
    smoothing: Annotated[Number, typer.Option(help="Of labels, in [0, 1).")] = None,
    augment: Annotated[bool | None, typer.Option("--augment/--no-augment", help="Random shifts and flips.")] = None,
    width: Annotated[float, typer.Option(help="Factor on the width of every hidden layer.")] = 1.0,
    norm: Annotated[bool | None, typer.Option("--norm/--no-norm", help="Norms in named architectures.")] = None,
    bias: Annotated[bool, typer.Option("--bias", help="Dense layers have random biases, too.")] = False,
    option: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of the method (slth list); repeat.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="float32, or bfloat16 (mixed).")] = "float32",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network with torch.compile.")] = False,
    held_out: Annotated[float, typer.Option(help="Of the training pictures: they choose the epoch.")] = 0.1,
    sanity: Annotated[bool, typer.Option("--sanity/--no-sanity", help="Measure other masks and weights, too.")] = True,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The ticket; METHOD-DATA.slth.")] = None,
    log: Annotated[Path | None, typer.Option(help="A folder for log.csv and TensorBoard's files.")] = None,
    json: Json = False,
) -> None:
    """Search a random network (or TARGET) for a subnetwork that answers correctly: train scores, never weights."""
    _check_numbers(density, seed, seeds)
    needs_torch()
    from slth.cli.repeats import repeated
    from slth.cli.seeking import Wanted, sought
    from slth.cli.sought import print_many, print_one
    from slth.datasets.load import load
    from slth.search.method import method_called
    from slth.search.settings import Machine

    kind: Any = method_called(method)
    plugin = kind(**fields_of(kind, option or [], f"method {kind.name}"))
    machine = Machine(device, precision, compiled)
    _ = machine.place
    path = output or Path(f"{method}-{Path(data).stem}.slth")
    _check_places(path, log, data, target)
    pictures = load(data, data_dir, download)
    weights = Weights(target, arch, input_shape)
    source = weights.given(quiet=json)
    built = (
        _architecture(arch, pictures, width, norm, bias) if source is None else weights.shaped(source, pictures.shape)
    )
    if source is not None and (width, norm, bias) != (1.0, None, False):
        raise BadInput("--width, --norm and --bias shape random networks; a --target has its shape")
    given = {"epochs": epochs, "batch": batch, "rate": rate, "optimiser": optimiser, "momentum": momentum}
    given |= {"decay": decay, "curve": curve, "warmup": warmup, "smoothing": smoothing, "augment": augment}
    training = replace(plugin.training(built), **{name: value for name, value in given.items() if value is not None})
    where = ("--data", data, *(("--data-dir", str(data_dir)) if data_dir is not None else ()), *weights.options)
    wanted = Wanted(plugin, built, pictures, where, density, training, machine, held_out, sanity, source)
    wanted.check()
    if seeds == 1:
        report = sought(wanted, seed, path, log)
    else:
        report = repeated(wanted, range(seed, seed + seeds), path, log)
    if json:
        screen.as_json(report)
    elif seeds == 1:
        print_one(report)
    else:
        print_many(report)


def needs_torch() -> None:
    """Says what to install where torch is missing.

    Raises
    ------
    Unavailable
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise Unavailable(f"a search needs torch ({error}): pip install 'slth[search]'") from None


def _check_numbers(density: float, seed: int, seeds: int) -> None:
    if not 0 < density <= 1:
        raise BadInput(f"--density is the fraction kept, in (0, 1], not {density}")
    if seeds < 1:
        raise BadInput(f"--seeds is a number of searches, at least 1, not {seeds}")
    if not 0 <= seed <= (1 << 64) - seeds:
        raise BadInput(f"seeds of searches are from 0 to 2^64 - 1; --seed {seed} is not possible with --seeds {seeds}")


def _check_places(path: Path, log: Path | None, data: str, target: Path | None) -> None:
    """Refuses places that can not be written to, before hours of search."""
    screen.check_output(path, Path(data), *([target] if target else []))
    if log is not None and (not log.absolute().parent.is_dir() or (log.exists() and not log.is_dir())):
        raise BadInput(f"--log {log}: is no folder, and none can be made there")


def _architecture(text: str | None, data: Dataset, width: float, norm: bool | None, bias: bool) -> Architecture:
    """The architecture asked for, or one that suits pictures of this shape."""
    from math import prod

    from slth.search.architectures import architecture_for

    classes = len(data.classes)
    usual = USUAL.get(data.shape, f"{prod(data.shape)}-300-100-{classes}")
    return architecture_for(usual if text is None else text, data.shape, classes, width=width, norm=norm, bias=bias)
