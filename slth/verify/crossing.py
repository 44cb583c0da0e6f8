"""An affine map on a region: its equations, and the way back through it (FORMAT.md 7, R3)."""

from typing import NamedTuple

from .collapse import Maps
from .fixed import Interval, up
from .lines import ZERO, Row, merged, trim
from .maps import Map
from .steps import Form


class Crossing(NamedTuple):
    """One affine map on a region: its equations with all that is rounded in b and e, and what R3 needs."""

    maps: Maps
    b: Interval
    e: Interval
    reach: int  # of |z| and |δz|, summed
    reach_d: int
    first: bool

    def back(self, forms: list[Form], constants: list[int]) -> list[Form]:
        """R3: rows on (z, δz) as rows on what feeds the map; adds to the constants."""
        rows: tuple[list[Row], list[Row]] = ([], [])
        for k, form in enumerate(forms):
            for row, reach, biases, out in zip(form, (self.reach_d, self.reach), (self.e, self.b), rows, strict=True):
                row, lost = trim(row, reach)
                terms = [c * (t if c > 0 else s) for c, s, t in zip(row.c, *biases, strict=bool(row.c))]
                constants[k] += lost + up(sum(terms), row.bits)
                out.append(row)
        a, b = rows
        through_d, through_w = _through(self.maps.D, a), _through(self.maps.W, b)
        on_d = [ZERO] * len(forms) if self.first else _through(self.maps.V, a)
        if self.first and len(self.maps.D.rows[0]) > len(self.maps.W.rows[0]):
            through_w = [lift(row) for row in through_w]
        return [Form(p, merged(q, r)) for p, q, r in zip(on_d, through_d, through_w, strict=True)]


def _through(m: Map, rows: list[Row]) -> list[Row]:
    found = m.back([row.c for row in rows])
    return [Row(c, row.bits + m.bits) if c else ZERO for c, row in zip(found, rows, strict=True)]


def lift(row: Row) -> Row:
    """Return a row on x as one on (x⁺, x⁻)."""
    return Row(row.c + [-c for c in row.c], row.bits)
