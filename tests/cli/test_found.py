"""Found tickets on the command line: verified on data, shown, exported."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import slth.core.found as core
from slth.core.architecture import Architecture, Norm, Slot
from slth.core.found import Accuracy, FoundTicket, correct_answers
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.nodes import Activation, Flatten, Pool
from slth.core.preprocessing import Preprocessing
from slth.core.source import Source, SourceLayer
from slth.datasets.load import load
from slth.interop.describe import summary
from slth.interop.found import write_found
from slth.interop.masked import masked_state
from slth.interop.read import read

NODES = (
    Slot(6, 1, (3, 3), (1, 1), (1, 1)),
    Norm(),
    Activation(),
    Pool("max", (2, 2), (2, 2)),
    Flatten(),
    Slot(12, 96, bias=True),
    Activation(),
    Slot(10, 12),
)


def drawn(binary=False, draws=True):
    """A ticket for the shipped digits with a random mask and a claim of what it then answers."""
    data = load("digits")
    architecture = Architecture(NODES, (1, 8, 8))
    layers = (SourceLayer(6, 1, 0.5, False, (3, 3)), SourceLayer(12, 97, 0.25, True), SourceLayer(10, 12, 1.0))
    source = Source(11, law("normal"), layers)
    rng = np.random.default_rng(0)
    kept = tuple(np.flatnonzero(rng.random(layer.size) < 0.4) for layer in layers)
    kept = (kept[0][kept[0] >= 18], kept[1][(kept[1] // 97) % 3 > 0], kept[2])  # two filters and four neurons are dead
    signs = tuple(rng.choice([-1, 1], len(here)) for here in kept)
    again = tuple(rng.integers(0, 3, len(here)) for here in kept) if draws else ()
    mask = Mask(((6, 9), (12, 97), (10, 12)), kept, signs, again)
    statistics = ((np.array([0, 0, 0.1, -0.2, 0.3, 0], np.float32), np.linspace(0.5, 1, 6, dtype=np.float32)),)
    steps = Preprocessing(16, (0.25,), (0.5,))
    claim = Accuracy(data.test.digest, "digits test", 0, len(data.test), steps)
    values = "binary" if binary else "weight"
    ticket = FoundTicket(architecture, source, mask, values, statistics, claim, {"by": "test", "method": "luck"})
    count = correct_answers(ticket.network, steps, data.test.images, data.test.labels)
    return dataclasses.replace(ticket, claim=dataclasses.replace(claim, correct=count))


@pytest.fixture
def ticket():
    return drawn()


@pytest.fixture
def path(tmp_path, ticket) -> Path:
    write_found(tmp_path / "net.slth", ticket)
    return tmp_path / "net.slth"


def with_claim(tmp_path, ticket, **changes) -> Path:
    write_found(
        tmp_path / "other.slth", dataclasses.replace(ticket, claim=dataclasses.replace(ticket.claim, **changes))
    )
    return tmp_path / "other.slth"


def test_what_is_claimed_is_confirmed(slth, path, ticket):
    done = slth("verify", path, "--data", "digits")
    assert done.code == 0 and done.out.startswith("CONFIRMED") and done.err == ""
    report = json.loads(slth("verify", path, "--data", "digits", "--json").out)
    claim = ticket.claim
    assert report["verdict"] == "CONFIRMED" and report["correct"] == report["claimed_correct"] == claim.correct
    assert report["of"] == claim.of and report["test_accuracy"] == claim.accuracy and report["learned_numbers"] == 12
    assert report["kept_weights"] == ticket.mask.count and report["source_weights"] == 54 + 12 * 97 + 120
    assert report["densities"] == list(ticket.mask.densities) and report["density"] == ticket.mask.density
    assert 0 < report["seconds"] < 60 and len(report["ticket"]) == 64


@pytest.mark.parametrize("off", [{"correct": 1}, {"of": 100_000}])
def test_another_count_is_refuted(slth, tmp_path, ticket, off):
    done = slth("verify", with_claim(tmp_path, ticket, **off), "--data", "digits")
    assert done.code == 1 and done.out.startswith("REFUTED") and done.err == ""


def test_refuted_is_what_the_count_says(slth, path, monkeypatch):
    right = core.correct_answers
    monkeypatch.setattr(core, "correct_answers", lambda *arguments: right(*arguments) + 1)
    assert json.loads(slth("verify", path, "--data", "digits", "--json").out)["verdict"] == "REFUTED"


def test_other_data_are_refused(slth, tmp_path, ticket):
    done = slth("verify", with_claim(tmp_path, ticket, data="0" * 64, name="mnist test"), "--data", "digits")
    assert done.code == 2 and done.out == "" and done.err.count("\n") == 1
    assert "the claim is about mnist test, of digest 0000000000000000" in done.err
    assert load("digits").test.digest[:16] in done.err


@pytest.mark.parametrize(
    "options, said",
    [
        ((), "give --data NAME"),
        (("--data", "nothing"), "no data set is called 'nothing'"),
        (("--data", "digits", "--target", "examples/digits.pt"), "is a ticket of a random network"),
        (("--data", "digits", "--epsilon", "1"), "--epsilon is for constructed ones"),
        (("--data", "digits", "--domain", "box:0:1"), "--domain is for constructed ones"),
        (("--data", "digits", "--exact"), "--exact is for constructed ones"),
        (("--data", "digits", "--input", "64"), "leave out --target, --arch, --input"),
    ],
)
def test_options_that_do_not_fit_are_refused(slth, path, options, said):
    done = slth("verify", path, *options)
    assert done.code == 2 and said in done.err and done.out == "" and done.err.count("\n") == 1


def test_options_for_found_tickets_do_not_fit_constructed_ones(slth, digits, tmp_path):
    made = tmp_path / "digits.slth"
    assert slth("approximate", "--target", digits, "-o", made).code == 0
    for command, said in (
        (("verify", made), "give the network that it speaks of (--target)"),
        (("verify", made, "--data", "digits"), "--data is for found ones"),
        (("verify", made, "--target", digits, "--data-dir", tmp_path), "--data is for found ones"),
        (("export", made, "--to", tmp_path / "net.py"), "give the network that it speaks of (--target)"),
        (("export", made, "--to", tmp_path / "net.py", "--target", digits, "--compact"), "are for found ones"),
    ):
        done = slth(*command)
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_networks_beyond_float32_are_refused(slth, tmp_path, ticket):
    layers = ticket.source.layers
    source = dataclasses.replace(
        ticket.source, layers=(dataclasses.replace(layers[0], scale=float(np.finfo(np.float32).max)), *layers[1:])
    )
    write_found(tmp_path / "net.slth", dataclasses.replace(ticket, source=source))
    for command in (("verify", "--data", "digits"), ("export", "--to", tmp_path / "net.py")):
        done = slth(command[0], tmp_path / "net.slth", *command[1:])
        assert done.code == 2 and "is not finite" in done.err and done.err.count("\n") == 1


def test_pictures_of_another_shape_are_refused(slth, tmp_path, ticket):
    wide = Architecture((Slot(10, 65),), (65,))
    source = Source(1, law("sign"), (SourceLayer(10, 65),))
    mask = Mask(((10, 65),), (np.arange(3),))
    write_found(tmp_path / "net.slth", FoundTicket(wide, source, mask, "weight", (), ticket.claim, {}))
    done = slth("verify", tmp_path / "net.slth", "--data", "digits")
    assert done.code == 2 and "takes inputs of shape (65,), but the pictures have shape (1, 8, 8)" in done.err


def test_show_says_what_is_in_it(slth, path, ticket):
    done = slth("show", path)
    assert done.code == 0
    for word in (f"{ticket.claim.correct} of {ticket.claim.of} correct", "on digits test", "seed", "11, law normal/1"):
        assert word in done.out
    network = "1x8x8 -> conv 6 kernel 3x3 padding 1x1 -> norm -> relu -> maxpool kernel 2x2 stride 2x2 -> flatten -> "
    assert network in done.out and "(byte / 16 - 0.25) / 0.5" in done.out and "method" in done.out
    for name, arrays in (("negated", ticket.mask.signs), ("redrawn", ticket.mask.draws)):
        number = sum(int((array < 0).sum() if name == "negated" else (array > 0).sum()) for array in arrays)
        assert f"{number} of the kept weights" in done.out and number
    report = json.loads(slth("show", path, "--json").out)
    assert report["structure"] == "network" and report["learned_numbers"] == 12 and len(report["densities"]) == 3


def logits(ticket):
    images = load("digits").test.images[:50]
    return ticket.claim.preprocessing(images).astype(np.float32), ticket.network(ticket.claim.preprocessing(images))


@pytest.mark.parametrize("compact", [(), ("--compact",)])
def test_exported_to_torch(slth, path, ticket, tmp_path, compact):
    torch = pytest.importorskip("torch")
    for name in ("net.pt", "net.py"):
        assert slth("export", path, "--to", tmp_path / name, *compact).code == 0
    place = {}
    exec((tmp_path / "net.py").read_text(), place)
    module = place["build"]()
    module.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    x, wanted = logits(ticket)
    found = module(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).all()
    if not compact:
        direct = torch.nn.functional.conv2d(
            torch.from_numpy(x), torch.tensor(ticket.network.affine[0].weight), padding=1
        )
        assert (module[0](torch.from_numpy(x)) - direct).abs().max() < 1  # the bias, and nothing else
        for key, array in module.state_dict().items():
            assert array.dtype == torch.float32 and np.array_equal(array.numpy(), to_arrays(ticket)[key])


def to_arrays(ticket):
    nodes = enumerate(ticket.network.nodes)
    return {f"{at}.{name}": array for at, node in nodes if hasattr(node, "tensors") for name, array in node.tensors()}


def test_compact_is_smaller_and_the_same(slth, path, ticket, tmp_path):
    done = slth("export", path, "--to", tmp_path / "net.safetensors", "--compact")
    assert done.code == 0 and "are left without dead units" in done.err
    smaller = read(tmp_path / "net.safetensors").network
    assert smaller.affine[0].shape == (4, 1) and smaller.affine[1].shape[0] <= 8 < ticket.network.affine[1].shape[0]
    _, wanted = logits(ticket)
    found = smaller(ticket.claim.preprocessing(load("digits").test.images[:50]))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_exported_to_onnx(slth, path, ticket, tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    assert slth("export", path, "--to", tmp_path / "net.onnx").code == 0
    x, wanted = logits(ticket)
    found = ReferenceEvaluator(onnx.load(tmp_path / "net.onnx")).run(None, {"x": x})[0]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    assert read(tmp_path / "net.onnx").network.digest == ticket.network.digest


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("draws", [False, True])
def test_exported_with_masks(slth, tmp_path, binary, draws):
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    ticket = drawn(binary, draws)
    write_found(tmp_path / "net.slth", ticket)
    for name, more in (("net.py", ()), ("masked.pt", ("--masked",))):
        assert slth("export", tmp_path / "net.slth", "--to", tmp_path / name, *more).code == 0
    place = {}
    exec((tmp_path / "net.py").read_text(), place)
    module = place["build"]()
    for layer in module:
        if hasattr(layer, "weight"):
            prune.identity(layer, "weight")
    state = torch.load(tmp_path / "masked.pt", weights_only=True)
    module.load_state_dict(state)
    x, wanted = logits(ticket)
    np.testing.assert_allclose(module(torch.from_numpy(x)).detach().numpy(), wanted, rtol=0, atol=1e-5)
    pruned = read(tmp_path / "masked.pt", summary(ticket.network)).network
    assert np.array_equal(pruned(x), ticket.network(x))
    for layer in module:
        if hasattr(layer, "weight"):
            prune.remove(layer, "weight")
    for key, array in to_arrays(ticket).items():
        assert np.array_equal(module.state_dict()[key].numpy(), array)
    assert sum(int((state[f"{at}.weight_orig"] == 0).sum()) for at in (0, 4, 6)) == 0  # nothing random is left out


def test_what_is_not_kept_has_its_random_weight_beside_the_mask():
    ticket = drawn()
    state = masked_state(ticket)
    integers = ticket.source.rows(2, 0, 10)
    plain = (integers * ticket.source.unit(2)).astype(np.float32)
    out = state["6.weight_mask"] == 0
    assert out.any() and (state["6.weight_orig"][out] == plain[out]).all()


def test_what_is_not_kept_has_the_size_of_what_is_in_binary_tickets():
    state = masked_state(drawn(binary=True))
    assert len(np.unique(np.abs(state["6.weight_orig"]))) == 1
    assert len(np.unique(state["6.weight_orig"][state["6.weight_mask"] == 0])) == 2


@pytest.mark.parametrize(
    "options, said",
    [
        (("--to", "net.onnx", "--masked"), "ends in .pt or .pth"),
        (("--to", "net.pt", "--masked", "--compact"), "give one of them"),
        (("--to", "net.pt", "--target", "examples/digits.pt"), "leave out --target"),
        (("--to", "net.h5"), "give a name that ends in"),
    ],
)
def test_exports_that_do_not_exist_are_refused(slth, path, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    done = slth("export", path, *options)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1
    assert not list(tmp_path.glob("net.[!s]*"))


def test_as_processes(process, path, tmp_path):
    done = process("verify", path, "--data", "digits")
    assert done.code == 0 and done.out.startswith("CONFIRMED") and done.err == ""
    (tmp_path / "bad.slth").write_bytes(path.read_bytes()[:-1])
    done = process("verify", tmp_path / "bad.slth", "--data", "digits")
    assert done.code == 2 and done.err.count("\n") == 1 and "bad.slth" in done.err
