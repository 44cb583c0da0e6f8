"""One layer more than the target, or twice as many: tickets of depth L+1 and 2L for four activations, and their proofs.

    python benchmarks/depth.py

Targets are trained here, seeded, on scikit-learn's 8 x 8 digits: a 64-16-10 network (L = 2) and a small convolutional
one (L = 3), each with relu, leaky_relu, tanh and sigmoid. Each is approximated by `burkholz2022` at both depths with
the default tolerances (1/1000 of a layer's largest weight), and both certificates bound the error on all pictures
with pixels in [0, 1]; then once more, with one wish for the certified error at both depths. Writes
benchmarks/results/depth.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from slth.core.network import Activation, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import ACTIVATIONS
from slth.interop.targets import write_target
from slth.interop.tickets import write_ticket
from slth.theory.build import Made, approximate
from slth.theory.plan import Request

HERE = Path(__file__).resolve().parent
SLOPE = 0.125
EPOCHS, BATCH, RATE = 100, 64, 3e-3
DEPTHS = ("L+1", "2L")
WISHES = {"mlp": 0.1, "conv": 0.5}
SHAPES = ("mlp", "conv")
ACTIVE = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(SLOPE), "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def digits() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training and test pictures with pixels in [0, 1], and their labels."""
    pictures, labels = load_digits(return_X_y=True)
    return tuple(
        train_test_split(
            torch.tensor(pictures / 16, dtype=torch.float32),
            torch.tensor(labels),
            test_size=0.2,
            random_state=0,
            stratify=labels,
        )
    )


def module(shape: str, kind: str) -> nn.Sequential:
    """An untrained target."""
    active = ACTIVE[kind]
    if shape == "mlp":
        return nn.Sequential(nn.Linear(64, 16), active(), nn.Linear(16, 10))
    first = (nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 4, 3, padding=1), active(), nn.MaxPool2d(2))
    return nn.Sequential(*first, nn.Conv2d(4, 8, 3), active(), nn.Flatten(), nn.Linear(32, 10))


def trained(shape: str, kind: str) -> Network:
    """A trained target, as slth sees it."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x, _, y, _ = digits()
    net = module(shape, kind)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    nodes: list[Any] = []
    for part in net:
        if isinstance(part, (nn.Linear, nn.Conv2d)):
            weight, bias = part.weight.detach().numpy().copy(), part.bias.detach().numpy().copy()
            dense = isinstance(part, nn.Linear)
            nodes.append(Dense(weight, bias) if dense else Conv(weight, bias, part.stride, part.padding))
        elif isinstance(part, nn.MaxPool2d):
            nodes.append(Pool("max", (2, 2), (2, 2)))
        elif isinstance(part, nn.Flatten):
            nodes.append(Flatten())
        elif not isinstance(part, nn.Unflatten):
            nodes.append(Activation(kind, SLOPE if kind == "leaky_relu" else 0.0))
    return Network(tuple(nodes), (64,) if shape == "mlp" else (1, 8, 8))


def correct(network: Network, x: torch.Tensor, y: torch.Tensor) -> float:
    """Share of the pictures that a network reads correctly."""
    return float((network(x.numpy()).argmax(axis=1) == y.numpy()).mean())


def exact(made: Made, target: Network) -> tuple[float | None, float]:
    """What the stand-alone checker proves, and in how many seconds; None where it proves no bound."""
    with tempfile.TemporaryDirectory() as folder:
        ticket, weights = Path(folder) / "depth.slth", Path(folder) / "depth.safetensors"
        write_ticket(ticket, made.ticket)
        write_target(target, weights)
        begun = time.perf_counter()
        command = [sys.executable, "-m", "slth.verify", str(ticket), str(weights), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    return (report["eps_real"] if report["verdict"] == "PROVED" else None), seconds


def measured(shape: str, kind: str, target: Network, depth: str, epsilon: float | None) -> dict[str, Any]:
    """One row of a table."""
    _, x, _, y = digits()
    begun = time.perf_counter()
    made = approximate(target, Request(epsilon=epsilon), "burkholz2022", options={"depth": depth})
    seconds = time.perf_counter() - begun
    proved, checking = exact(made, target)
    ticket = made.ticket.to_network(target)
    pictures = x.numpy()
    return {
        "target": shape,
        "activation": kind,
        "depth": depth,
        "wish": epsilon,
        "layers": len(target.affine) + (1 if depth == "L+1" else len(target.affine)),
        "target_weights": target.size,
        "samples": made.choice.n if made.choice else None,
        "source_weights": made.ticket.source.size,
        "kept": made.ticket.mask.count,
        "missed": len(made.ticket.missed),
        "weight_error": made.max_weight_error,
        "measured": float(np.abs(ticket(pictures) - target(pictures)).max()),
        "numpy": made.certified.eps_real,
        "claim": made.ticket.claim.eps,
        "exact": proved,
        "target_accuracy": correct(target, x, y),
        "accuracy": correct(ticket, x, y),
        "seconds": seconds,
        "exact_seconds": checking,
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The rows in Markdown."""
    lines = [
        "| target | activation | depth | n | random weights | kept | missed | weight error | error on test pictures "
        "| certified, numpy | certified, exact | accuracy, target's | seconds | exact seconds |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        exactly = "not proved" if row["exact"] is None else f"{row['exact']:.3g}"
        cells = [
            f"{row['target']} ({row['target_weights']:,})",
            row["activation"],
            f"{row['depth']} = {row['layers']}",
            row["samples"],
            f"{row['source_weights']:,}",
            f"{row['kept']:,}",
            row["missed"],
            f"{row['weight_error']:.2g}",
            f"{row['measured']:.2g}",
            f"{row['numpy']:.3g}",
            exactly,
            f"{100 * row['accuracy']:.1f} %, {100 * row['target_accuracy']:.1f} %",
            f"{row['seconds']:.1f}",
            f"{row['exact_seconds']:.1f}",
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def written(rows: list[dict[str, Any]], machine: str) -> str:
    """Both tables and what they say."""
    usual = [row for row in rows if row["wish"] is None]
    wished = [row for row in rows if row["wish"] is not None]
    wishes = ", ".join(f"{name} {eps:g}" for name, eps in WISHES.items())
    lines = [
        "# Tickets of depth L+1 and 2L (Burkholz 2022)",
        "",
        f"`python benchmarks/depth.py` on {machine}: two targets trained on the 8 x 8 digits, certified on all "
        "pictures with pixels in [0, 1]. The first row compiles the solvers, too.",
        "",
        "Default tolerances, 1/1000 of a layer's largest weight:",
        "",
        *table(usual),
        "",
        f"One wish for the certified error at both depths ({wishes}):",
        "",
        *table(wished),
        "",
        *NOTES,
        "",
    ]
    return "\n".join(lines)


NOTES = [
    "Depth L+1 has fewer layers and pays with copies: each neuron is built n times, so that random weights grow with "
    "n squared and kept weights with n. At the same errors of weights both are about as close to the target on "
    "pictures, but where a hidden layer reads copies, as in the convolutional target, less can be certified: copies of "
    "a neuron are off by different amounts, and a bound must let those meet the absolute values of the weights that "
    "read them. A wish for the error is met all the same, by smaller tolerances."
]


def main() -> None:
    """Trains, approximates, proves, and writes the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    rows = []
    for shape in SHAPES:
        for kind in ACTIVATIONS:
            target = trained(shape, kind)
            for epsilon in (None, WISHES[shape]):
                rows += [measured(shape, kind, target, depth, epsilon) for depth in DEPTHS]
            print(*(f"{row['target']} {kind} {row['depth']}: {row['claim']:.3g}" for row in rows[-4:]), sep="\n")
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "depth.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    (results / "depth.md").write_text(written(rows, machine))


if __name__ == "__main__":
    main()
