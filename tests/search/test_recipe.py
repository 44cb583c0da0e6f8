"""Any recipe: parts by name, and what they make."""

from __future__ import annotations

import numpy as np
import pytest

from slth.core.errors import BadInput
from slth.datasets.load import load
from slth.search.architectures import architecture_for
from slth.search.find import find
from slth.search.methods.ramanujan2020 import EdgePopup
from slth.search.methods.recipe import AnyRecipe
from slth.search.methods.sreenivasan2022gem import GemMiner
from slth.search.partnames import PARTS, part
from slth.search.settings import Training

SHORT = Training(epochs=2, batch=64)


def mask_of(method, density=0.5):
    data = load("digits")
    architecture = architecture_for("64-32-16-10", data.shape, 10)
    found = find(method, architecture, data, density=density, training=SHORT, sanity=False)
    return found.ticket


@pytest.mark.parametrize("question", PARTS)
def test_every_part_has_a_name(question):
    for name, cls in PARTS[question].items():
        assert part(question, name) == cls()


def test_the_default_is_edge_popup():
    ours, theirs = mask_of(AnyRecipe()), mask_of(EdgePopup())
    assert all(np.array_equal(a, b) for a, b in zip(ours.mask.kept, theirs.mask.kept, strict=True))


def test_gem_miner_in_words():
    words = AnyRecipe(
        scaled=False, start="interval", score="clamped", rule="threshold:0.5", prune="every:5", penalty="squares:1e-4"
    )
    ours, theirs = mask_of(words), mask_of(GemMiner())
    assert all(np.array_equal(a, b) for a, b in zip(ours.mask.kept, theirs.mask.kept, strict=True))


def test_two_of_every_four():
    mask = mask_of(AnyRecipe(rule="of:2:4")).mask
    for (rows, width), kept in zip(mask.shapes, mask.kept, strict=True):
        counts = np.bincount(kept // 4, minlength=rows * width // 4)
        assert (counts == 2).all()


def test_blocks_live_and_die_together():
    mask = mask_of(AnyRecipe(unit="block:8"), density=0.25).mask
    for (rows, width), kept in zip(mask.shapes, mask.kept, strict=True):
        counts = np.bincount(kept // 8, minlength=rows * width // 8)
        assert set(counts.tolist()) <= {0, 8}
        assert (counts == 8).sum() == round(0.25 * rows * width / 8)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rule": "best"}, "rule 'best' is none of layer"),
        ({"rule": "threshold:half"}, "at can not be 'half'"),
        ({"score": "signed:1"}, "more numbers"),
        ({"redraw": "often"}, "every:300:0.1"),
    ],
)
def test_misspelt_parts_are_refused(given, said):
    with pytest.raises(BadInput, match=said):
        AnyRecipe(**given)


def test_rows_that_blocks_do_not_divide():
    with pytest.raises(BadInput, match="a row of 64 weights has no blocks of 7"):
        mask_of(AnyRecipe(unit="block:7"))
