"""Error against number of samples on LeNet-5's convolutions: published, ours from true subsets, theory.

python paper_figures/fig_published_cnn.py     draws fig_published_cnn.png and .pdf from data/published_cnn.csv, which
                                              benchmarks/published_cnn.py writes
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from drawing import GREY, columns, main, titled
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, PUBLISHED, SHORT = "#0072B2", "#D55E00", "#009E73"
FLOOR = 1.5e-10  # where a median of 0 is drawn


def medians(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Left: the median error."""
    n = table["n"]
    axes.axhline(2.0**-24, color=SHORT, lw=0.8, ls=(0, (1, 1.5)))
    axes.text(4.2, 2.0**-24 * 1.3, "grid of 24-bit samples, $2^{-24}$", color=SHORT, fontsize=7)
    axes.plot(n, table["theory"], color=GREY, lw=1, zorder=1)
    axes.plot(n, table["median_24_bits"], "^", color=SHORT, ms=6, mfc="none", label="true subsets, 24-bit samples")
    axes.plot(n, table["median"], "o", color=OURS, ms=3.6, label="true subsets, 52-bit samples")
    for name, marker, label in (("", "x", "MNIST"), ("fashion_", "+", "Fashion-MNIST")):
        published = np.maximum(table[f"published_{name}median"], FLOOR)
        axes.plot(n, published, marker, color=PUBLISHED, ms=5.5, mew=1.1, label=f"published, {label}")
    axes.text(24.6, FLOOR * 1.9, "published: 0", color=PUBLISHED, fontsize=7, ha="right")
    axes.text(17, 3.4e-5, r"0.6544 $\sigma\sqrt{n}\;2^{-n}$", color=GREY, fontsize=7.5)
    axes.set_ylim(7e-11, 2)
    axes.set_ylabel("median of |error| over 2,572 weights")
    axes.legend(loc="upper right", borderaxespad=0.1)


def largest(axes: Axes, table: dict[str, np.ndarray]) -> None:
    """Right: the largest relative error, of one draw and of many."""
    n = table["n"]
    axes.fill_between(n, table["relative_low"], table["relative_high"], color=OURS, alpha=0.15, lw=0)
    axes.plot(n, table["relative_median"], color=OURS, lw=1)
    axes.plot(n, table["relative"], "o", color=OURS, ms=3.6)
    for name, marker in (("", "x"), ("fashion_", "+")):
        axes.plot(n, table[f"published_{name}relative"], marker, color=PUBLISHED, ms=5.5, mew=1.1)
    axes.text(4.2, 1.2e-5, "dots: one draw; line and band:\nmedian and 5-95 % of 20 draws", color=OURS, fontsize=7)
    axes.set_ylim(1e-7, 10)
    axes.set_ylabel("largest |error| / largest |weight|")


def draw() -> Figure:
    """The figure."""
    table = columns("published_cnn.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.1))
    figure.subplots_adjust(left=0.085, right=0.99, top=0.9, bottom=0.14, wspace=0.24)
    medians(left, table)
    largest(right, table)
    for axes, letter, title in ((left, "a", "Typical error"), (right, "b", "Largest error")):
        axes.set_yscale("log")
        titled(axes, letter, title)
        axes.set_xticks(table["n"])
        axes.set_xlim(3.5, 31.5)
        axes.set_xlabel("samples n of one subset sum")
    return figure


if __name__ == "__main__":
    main(__file__, __doc__, draw)
