"""Every method of supermask search on the embedded digits: accuracy, sanity baselines, time, and the ticket verified.

    python benchmarks/presets.py [--epochs 40]

64-300-100-10, density 0.5 where a method keeps to it, seed 0, one command a row: `slth search NAME --data digits`, then
`slth verify`. A strong ticket has to be above its baselines with untrained weights; a weak one after training.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from harness import ROOT, Row, run, save

from slth.search.method import methods

MINUTE = 60.0
ARCH = "64-300-100-10"
TARGET = ("--target", str(ROOT / "examples" / "digits.pt"))
NETWORKS = {"zhang2023": TARGET, "layerremoval": ("--arch", "resnet20", "--width", "0.25")}
OPTIONS = {"randomsearch": ("--option", "trials=2000"), "layerremoval": ("--epochs", "10")}
SAID = (
    f"{ARCH}, {{epochs}} epochs, density 0.5, seed 0. Layer removal needs sums: ResNet-20 at a quarter of its width, "
    "10 epochs. Jackpots start from the weights of examples/digits.pt, trained on some of these test pictures."
)
SANITY = ("random_mask", "shuffled_mask", "redrawn_weights")


def main() -> None:
    """Runs every method and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    epochs = parser.parse_args().epochs
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for key, cls in methods:
            rows.append(one(key, cls.name, cls.strong, epochs, Path(folder) / f"{key}.slth"))
    save("presets", "Every method on the embedded digits", rows, SAID.format(epochs=epochs))


def one(key: str, name: str, strong: bool, epochs: int, ticket: Path) -> Row:
    """One method: searched, verified, compared."""
    network = NETWORKS.get(key, ("--arch", ARCH))
    common = ("--data", "digits", *network, "--epochs", str(epochs), "-o", str(ticket))
    found = run("search", name, *common, *OPTIONS.get(key, ()))
    report = found.report
    again = run("verify", str(ticket), "--data", "digits", *(network if network is TARGET else ())).report
    sane = [report["baselines"][what] for what in SANITY]
    trained = report["notes"].get("trained_accuracy")
    reached = report["test_accuracy"] if trained is None else trained
    same = again["test_accuracy"] == report["test_accuracy"] and again["kept_weights"] == report["kept_weights"]
    worth = f"{100 * reached:.2f} %" + (
        "" if trained is None else f" trained, {100 * report['test_accuracy']:.2f} % untrained"
    )
    measured = f"{worth}, density {report['density']:.4g}; baselines {', '.join(f'{100 * s:.1f}' for s in sane)} %"
    measured += f"; {found.seconds:.0f} s; verified: {'the same' if same else 'OTHER'}"
    holds = same and reached > max(sane) and found.seconds <= MINUTE
    return Row(f"{name} ({key}{'' if strong else ', weak'})", measured, "above all three, <= 60 s", holds)


if __name__ == "__main__":
    main()
