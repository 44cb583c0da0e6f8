"""Train the small target of the examples: 64-32-10 with ReLU and biases on scikit-learn's handwritten digits.

Pixels are divided by 16, so inputs lie in [0, 1]^64. Run from anywhere: `python examples/train_digits.py`; it takes a
few seconds on one core, prints the accuracy on 360 held-out digits and writes `digits.pt` (a plain state_dict) beside
itself. Everything is seeded; the committed file is what one run gave.
"""

from __future__ import annotations

from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).parent
SEED = 0
EPOCHS = 120
BATCH = 64


def split() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training and test digits and their labels: 1,437 + 360, every class in proportion."""
    pixels, labels = load_digits(return_X_y=True)
    parts = train_test_split(
        torch.tensor(pixels / 16, dtype=torch.float32),
        torch.tensor(labels),
        test_size=0.2,
        random_state=SEED,
        stratify=labels,
    )
    return tuple(parts)


def train(x: torch.Tensor, y: torch.Tensor) -> nn.Sequential:
    """The network after EPOCHS epochs of Adam with weight decay."""
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    return net


def main() -> None:
    torch.manual_seed(SEED)
    x_train, x_test, y_train, y_test = split()
    net = train(x_train, y_train)
    with torch.no_grad():
        for name, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
            correct = int((net(x).argmax(1) == y).sum())
            print(f"{name}: {correct} of {len(y)} correct ({100 * correct / len(y):.1f} %)")
    torch.save(net.state_dict(), HERE / "digits.pt")
    print(f"wrote {HERE / 'digits.pt'}")


if __name__ == "__main__":
    main()
