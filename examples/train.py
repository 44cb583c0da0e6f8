"""Train the small targets of the examples on scikit-learn's embedded data, inputs scaled to [0, 1].

    python examples/train.py digits      64-32-10 on the handwritten digits, writes digits.pt
    python examples/train.py iris        4-6-3 on the iris flowers, writes iris.pt
    python examples/train.py narrow      64-4-10 on the digits, for structured tickets, writes narrow.pt
    python examples/train.py edge        one 3 x 3 convolution that finds edges in noisy digits, writes edge.safetensors

A few seconds on one core. Prints the accuracy on a held-out fifth and writes a plain state_dict beside itself; for the
convolution, whose state_dict does not tell the size of its pictures, a file of slth's own.
Everything is seeded; the committed files are what one run gave.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).parent
EPOCHS = 120
BATCH = 64
NOISE = 0.2
SIDE = 8


@dataclass(frozen=True)
class Recipe:
    """Data, the largest input, widths, and how it is trained."""

    load: Callable[..., tuple]
    largest: int
    widths: tuple[int, int, int]
    rate: float = 3e-3
    decay: float = 1e-2
    seed: int = 0


DATA = {
    "digits": Recipe(load_digits, 16, (64, 32, 10)),
    "iris": Recipe(load_iris, 8, (4, 6, 3)),
    "narrow": Recipe(load_digits, 16, (64, 4, 10), rate=1e-2, decay=0.2, seed=1),
}


def split(name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training and test inputs and their labels, every class in proportion."""
    recipe = DATA[name]
    inputs, labels = recipe.load(return_X_y=True)
    parts = train_test_split(
        torch.tensor(inputs / recipe.largest, dtype=torch.float32),
        torch.tensor(labels),
        test_size=0.2,
        random_state=0,
        stratify=labels,
    )
    return tuple(parts)


def train(x: torch.Tensor, y: torch.Tensor, recipe: Recipe) -> nn.Sequential:
    """The network after EPOCHS epochs of Adam with weight decay."""
    widths = recipe.widths
    net = nn.Sequential(nn.Linear(widths[0], widths[1]), nn.ReLU(), nn.Linear(widths[1], widths[2]))
    optimizer = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    for _ in range(EPOCHS * max(1, 1000 // len(x))):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    return net


def edges(pictures: torch.Tensor) -> torch.Tensor:
    """How much brighter the right neighbours of a pixel are than the left ones, 0 where they are darker."""
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
    return torch.relu(nn.functional.conv2d(pictures, kernel[None, None], padding=1))


def train_edge() -> None:
    """One convolution that finds, in noisy digits, the edges of the clean ones; written by slth."""
    from slth.core.network import Activation, Conv, Network
    from slth.interop.targets import write_target

    torch.manual_seed(0)
    x_train, x_test, _, _ = split("digits")
    clean, held_out = (x.reshape(-1, 1, SIDE, SIDE) for x in (x_train, x_test))
    conv = nn.Conv2d(1, 1, 3, padding=1)
    optimizer = torch.optim.Adam(conv.parameters(), lr=3e-3)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(clean)).split(BATCH):
            optimizer.zero_grad()
            noisy = (clean[batch] + NOISE * torch.randn_like(clean[batch])).clamp(0, 1)
            nn.functional.mse_loss(torch.relu(conv(noisy)), edges(clean[batch])).backward()
            optimizer.step()
    with torch.no_grad():
        noisy = (held_out + NOISE * torch.randn_like(held_out)).clamp(0, 1)
        for name, found in (("trained", torch.relu(conv(noisy))), ("plain edges", edges(noisy))):
            print(f"{name}: mean square error {float(nn.functional.mse_loss(found, edges(held_out))):.4f}")
    node = Conv(conv.weight.detach().numpy(), conv.bias.detach().numpy(), padding=(1, 1))
    write_target(Network((node, Activation()), (1, SIDE, SIDE)), HERE / "edge.safetensors")
    print(f"wrote {HERE / 'edge.safetensors'}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a small target.")
    parser.add_argument("name", choices=sorted([*DATA, "edge"]))
    name = parser.parse_args().name
    if name == "edge":
        train_edge()
        return
    torch.manual_seed(DATA[name].seed)
    x_train, x_test, y_train, y_test = split(name)
    net = train(x_train, y_train, DATA[name])
    with torch.no_grad():
        for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
            correct = int((net(x).argmax(1) == y).sum())
            print(f"{part}: {correct} of {len(y)} correct ({100 * correct / len(y):.1f} %)")
    torch.save(net.state_dict(), HERE / f"{name}.pt")
    print(f"wrote {HERE / name}.pt")


if __name__ == "__main__":
    main()
