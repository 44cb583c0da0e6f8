"""tanh and sigmoid by integer series: enclosures of their values and of their slopes (FORMAT.md 7, R8)."""

from functools import lru_cache

from .fixed import F

SLOPE = 32  # fraction bits of the slopes of lines
_P = 160  # fraction bits inside
_SMALL = 8  # the series is summed at arguments below 2^-_SMALL
_FAR = 1 << F + 8  # from here on exp(-x) < 2^-300


def exp_minus(x: int) -> tuple[int, int]:
    """Enclose exp(-x), at 2^-_P, for x >= 0 at 2^-F."""
    if x >= _FAR:
        return 0, 1
    halvings = max(0, x.bit_length() - F + _SMALL)
    y, shift = x, F + halvings  # y 2^-shift = x 2^-halvings < 2^-_SMALL, exactly
    low = high = least = most = 1 << _P  # sums, and the ends of the term y^n / n!
    n = 0
    while most > 1:
        n += 1
        least, most = (least * y >> shift) // n, -((-most * y >> shift) // n)
        low, high = (low - most, high - least) if n % 2 else (low + least, high + most)
    low, high = low - most, high + most  # what is left of an alternating series is less than its last term
    for _ in range(halvings):
        low, high = low * low >> _P, -(-high * high >> _P)
    return low, high


@lru_cache(maxsize=1 << 16)
def value(kind: str, x: int) -> tuple[int, int]:
    """Enclose tanh x or sigmoid x, all at 2^-F."""
    one, e = 1 << _P, exp_minus(abs(x) << (kind == "tanh"))
    if kind == "tanh":  # (1 - e) / (1 + e) with e = exp(-2 |x|), falling in e
        low, high = (one - e[1] << F) // (one + e[1]), -((e[0] - one << F) // (one + e[0]))
        return (low, high) if x >= 0 else (-high, -low)
    low, high = (one << F) // (one + e[1]), -((-one << F) // (one + e[0]))  # 1 / (1 + e)
    return (low, high) if x >= 0 else ((1 << F) - high, (1 << F) - low)


def slopes(kind: str, low: int, high: int) -> tuple[int, int]:
    """Enclose the slopes on [low, high], at 2^-SLOPE: 1 - tanh² or s (1 - s), which fall on either side of 0."""
    near, far = (0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    ends = value(kind, far)[1], max(value(kind, near)[0], value(kind, 0)[0])
    small, large = ((1 << 2 * F) - v * v if kind == "tanh" else v * ((1 << F) - v) for v in ends)
    return max(0, small) >> 2 * F - SLOPE, -(-large >> 2 * F - SLOPE)
