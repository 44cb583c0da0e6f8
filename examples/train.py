"""Train the small targets of the examples on scikit-learn's embedded data, inputs scaled to [0, 1].

    python examples/train.py digits      64-32-10 on the handwritten digits, writes digits.pt
    python examples/train.py iris        4-6-3 on the iris flowers, writes iris.pt

A few seconds on one core. Prints the accuracy on a held-out fifth and writes a plain state_dict beside itself.
Everything is seeded; the committed files are what one run gave.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).parent
SEED = 0
EPOCHS = 120
BATCH = 64
DATA = {"digits": (load_digits, 16, (64, 32, 10)), "iris": (load_iris, 8, (4, 6, 3))}


def split(name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training and test inputs and their labels, every class in proportion."""
    load, largest, _ = DATA[name]
    inputs, labels = load(return_X_y=True)
    parts = train_test_split(
        torch.tensor(inputs / largest, dtype=torch.float32),
        torch.tensor(labels),
        test_size=0.2,
        random_state=SEED,
        stratify=labels,
    )
    return tuple(parts)


def train(x: torch.Tensor, y: torch.Tensor, widths: tuple[int, int, int]) -> nn.Sequential:
    """The network after EPOCHS epochs of Adam with weight decay."""
    net = nn.Sequential(nn.Linear(widths[0], widths[1]), nn.ReLU(), nn.Linear(widths[1], widths[2]))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    for _ in range(EPOCHS * max(1, 1000 // len(x))):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a small target.")
    parser.add_argument("name", choices=sorted(DATA))
    name = parser.parse_args().name
    torch.manual_seed(SEED)
    x_train, x_test, y_train, y_test = split(name)
    net = train(x_train, y_train, DATA[name][2])
    with torch.no_grad():
        for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
            correct = int((net(x).argmax(1) == y).sum())
            print(f"{part}: {correct} of {len(y)} correct ({100 * correct / len(y):.1f} %)")
    torch.save(net.state_dict(), HERE / f"{name}.pt")
    print(f"wrote {HERE / name}.pt")


if __name__ == "__main__":
    main()
