"""Re-derive the table of the law `normal/1` (slth/verify/FORMAT.md, section 5) and compare it with the file.

    python proofs_checks/normal_table.py            # exit 1 where the file differs from the derivation
    python proofs_checks/normal_table.py --write    # write the file anew

T[i] = round(2^20 Phi^-1(1/2 + i/2^15)) for 0 <= i < 2^14, and T[2^14] = round(2^20 Phi^-1(1 - 2^-17)): the quantiles
of the standard normal law on the upper half, the last one cut where the half-open interval ends. mpmath, 40 digits.
"""

import argparse
import hashlib
import struct
import sys
from pathlib import Path

import mpmath

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # run as a file, the package is not on the path

from proofs_checks.lemma import Lemma, Verdict, judge

FILE = ROOT / "slth" / "verify" / "normal.bin"
DIGITS = 40


def quantile(i: int, shift: float = 0.0) -> int:
    """Return T[i]; the distance to the next rounding boundary is checked, so the 40 digits decide it.

    Another `shift` takes quantiles between those of the table.
    """
    p = mpmath.mpf(1) - mpmath.mpf(2) ** -16 if i == 1 << 14 else mpmath.mpf(i + shift) / (1 << 14)
    value = mpmath.sqrt(2) * mpmath.erfinv(p) * (1 << 20)
    nearest = int(mpmath.nint(value))
    if abs(abs(value - nearest) - mpmath.mpf(1) / 2) < mpmath.mpf(10) ** -30:
        raise ArithmeticError(f"T[{i}] is too close to a rounding boundary")
    return nearest


def check(shift: float) -> Verdict:
    """Every entry of the file that is shipped."""
    shipped = struct.unpack("<16385i", FILE.read_bytes())
    with mpmath.workdps(DIGITS):
        return judge(entry == quantile(i, shift) for i, entry in enumerate(shipped))


LEMMA = Lemma(
    statement="the table of the law normal/1 is round(2^20 Phi^-1(1/2 + i/2^15)), its last entry "
    "round(2^20 Phi^-1(1 - 2^-17))",
    how=f"{DIGITS} digits, the distance to the next rounding boundary checked",
    depth="all 16385 entries",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=0.0,
    false_statement="it is round(2^20 Phi^-1(1/2 + (i + 1/2)/2^15))",
    false_claim=0.5,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    mpmath.mp.dps = DIGITS
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
