"""What slth does, in half a minute: a small trained network, found inside a random one, and proved.

make demo          or          python examples/demo.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent / "digits.pt"


def slth(*arguments: str) -> None:
    """Shows a command and runs it."""
    print(f"\n$ slth {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "slth", *arguments], check=True)


def summary(ticket: Path) -> None:
    """Evaluates target and ticket on real digits and says what was found."""
    from sklearn.datasets import load_digits

    from slth.interop.read import read
    from slth.interop.tickets import read_ticket

    network = read(TARGET).network
    found, _ = read_ticket(ticket)
    digits = load_digits()
    pixels = digits.data / 16.0
    expected, got = network(pixels), found.to_network(network)(pixels)
    same = int((expected.argmax(1) == got.argmax(1)).sum())
    right = [100 * float((outputs.argmax(1) == digits.target).mean()) for outputs in (expected, got)]
    print(f"""
In words: a random network of {found.source.size:,} weights, drawn from seed {found.source.seed} and never trained,
contains a subnetwork of {found.mask.count:,} weights that computes what the trained network of
{network.size:,} weights computes: no output differs by more than {found.claim.eps:.4f} on any input with
pixels in [0, 1]. Two independent checkers proved it. On the {len(pixels):,} scikit-learn digits both give
the same answer {same:,} times; they are right on {right[0]:.2f} % and {right[1]:.2f} % of them. The ticket
stores no weight: a seed and a mask, {ticket.stat().st_size:,} bytes.""")


def main() -> None:
    """Approximates, verifies with both certificates, and sums up."""
    with tempfile.TemporaryDirectory() as folder:
        ticket = Path(folder) / "digits.slth"
        slth("approximate", "--target", str(TARGET), "-o", str(ticket), "--epsilon", "0.1")
        slth("verify", str(ticket), "--target", str(TARGET), "--exact")
        summary(ticket)


if __name__ == "__main__":
    main()
