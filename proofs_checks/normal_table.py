"""Re-derive the table of the law `normal/1` (slth/verify/FORMAT.md, section 5) and compare it with the file.

    python proofs_checks/normal_table.py            # exit 1 where the file differs from the derivation
    python proofs_checks/normal_table.py --write    # write the file anew

T[i] = round(2^20 Phi^-1(1/2 + i/2^15)) for 0 <= i < 2^14, and T[2^14] = round(2^20 Phi^-1(1 - 2^-17)): the quantiles
of the standard normal law on the upper half, the last one cut where the half-open interval ends. mpmath, 60 digits.
"""

import argparse
import hashlib
import struct
import sys
from pathlib import Path

import mpmath

FILE = Path(__file__).resolve().parents[1] / "slth" / "verify" / "normal.bin"


def quantile(i: int) -> int:
    """Return T[i]; the distance to the next rounding boundary is checked, so the 60 digits decide it."""
    p = mpmath.mpf(1) - mpmath.mpf(2) ** -16 if i == 1 << 14 else mpmath.mpf(i) / (1 << 14)
    value = mpmath.sqrt(2) * mpmath.erfinv(p) * (1 << 20)
    nearest = int(mpmath.nint(value))
    if abs(abs(value - nearest) - mpmath.mpf(1) / 2) < mpmath.mpf(10) ** -30:
        raise ArithmeticError(f"T[{i}] is too close to a rounding boundary")
    return nearest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    mpmath.mp.dps = 60
    table = struct.pack("<16385i", *(quantile(i) for i in range((1 << 14) + 1)))
    print("sha256", hashlib.sha256(table).hexdigest())
    if arguments.write:
        FILE.write_bytes(table)
    if not FILE.exists() or FILE.read_bytes() != table:
        print(f"{FILE.name} differs from the derivation", file=sys.stderr)
        return 1
    print(f"{FILE.name} agrees")
    return 0


if __name__ == "__main__":
    sys.exit(main())
