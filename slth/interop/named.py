"""Architectures with a name: LeNets, the convolutional networks of the edge-popup paper, ResNet-20."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from slth.core.errors import BadFile
from slth.interop.spec import parse_spec
from slth.interop.states import Loaded
from slth.interop.steps import Plan


def lenet5() -> str:
    """LeNet-5 with same padding, ReLU and max pooling on 28 x 28 pictures."""
    body = "conv 6 5x5 same; relu; maxpool 2; conv 16 5x5 same; relu; maxpool 2; flatten"
    return f"1x28x28; {body}; dense 120; relu; dense 84; relu; dense"


def conv(blocks: int) -> str:
    """Conv-2, 4, 6 or 8: blocks of two 3 x 3 convolutions with 64, 128, 256, 512 channels, then 256, 256, the classes.

    Source: Ramanujan et al. (2020), whose Conv-2/4/6 follow Frankle and Carbin (2019).
    """
    pair = "conv {0} 3x3 same; norm; relu; conv {0} 3x3 same; norm; relu; maxpool 2"
    body = "; ".join(pair.format(64 << block) for block in range(blocks))
    return f"3x32x32; {body}; flatten; dense 256; relu; dense 256; relu; dense"


def resnet20() -> str:
    """ResNet-20 for 32 x 32 pictures: three stages of three blocks, shortcuts by 1 x 1 convolutions (option B).

    Source: He et al. (2016), section 4.2.
    """
    pieces = ["3x32x32", "conv 16 3x3 same", "norm", "relu"]
    for block in range(9):
        width, halved = 16 << block // 3, block in (3, 6)
        first = f"conv {width} 3x3 stride 2 pad 1" if halved else f"conv {width} 3x3 same"
        pieces += [f"save in{block}", first, "norm", "relu", f"conv {width} 3x3 same", "norm"]
        if halved:
            pieces += [f"save out{block}", f"from in{block}", f"conv {width} 1x1 stride 2", "norm", f"add out{block}"]
        else:
            pieces.append(f"add in{block}")
        pieces.append("relu")
    return "; ".join((*pieces, "globalpool", "flatten", "dense"))


def lenet300() -> str:
    """LeNet-300-100, dense, on 28 x 28 pictures."""
    return "1x28x28; flatten; dense 300; relu; dense 100; relu; dense"


NAMED: dict[str, Callable[[], str]] = {
    "lenet300": lenet300,
    "lenet5": lenet5,
    "conv2": lambda: conv(1),
    "conv4": lambda: conv(2),
    "conv6": lambda: conv(3),
    "conv8": lambda: conv(4),
    "resnet20": resnet20,
}


def named(name: str) -> Plan:
    """The plan of a name in NAMED: classes, biases and whether there is BatchNorm are left to the file."""
    plan = parse_spec(NAMED[name]())
    steps = tuple(replace(step, optional=step.op == "norm") for step in plan.steps)
    return replace(plan, steps=steps, movable=True, name=name)


def check_option(plan: Plan, loaded: Loaded) -> None:
    """Refuse a ResNet-20 whose shortcuts have no weights.

    Raises
    ------
    BadFile
        When a file meant as a ResNet-20 lacks just the 1 x 1 convolutions.
    """
    if plan.name == "resnet20" and sum(layer.op == "conv" for layer in loaded.layers) == 19:
        raise BadFile(
            "its ResNet-20 has shortcuts without weights (option A: subsampling and zero channels), which are not "
            "supported; train it with option B, 1x1 convolutions on the two shortcuts that change the width"
        )
