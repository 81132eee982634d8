"""Evidence where no proof is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from boostcalc.theory.steps.identity import Identity

__all__ = ["NumericCertificate"]


@dataclass(frozen=True, eq=False, kw_only=True)
class NumericCertificate(Identity):
    """lhs = rhs in 50-digit arithmetic at random points: evidence where no proof is known, and never called one.

    The difference is measured by the larger side, so a claim that something is 0 needs the form of two equal terms.
    """

    method = "numeric certificate"

    points: int = 16
    bound: float = 1e-40

    @property
    def residual(self) -> Any:
        """The largest relative difference at the points."""
        lhs, rhs = (self._ranged(self._full(side)) for side in (self.lhs, self.rhs))
        symbols = sorted(lhs.free_symbols | rhs.free_symbols, key=str)
        rng = np.random.default_rng(0)
        worst = sympy.Integer(0)
        for _ in range(self.points):
            point = {symbol: _drawn(symbol, rng) for symbol in symbols}
            left, right, difference = (abs(side.evalf(50, subs=point, maxn=500)) for side in (lhs, rhs, lhs - rhs))
            worst = max(worst, difference / max(left, right) if difference else difference)
        return worst

    def _check(self) -> bool:
        return bool(self.residual <= self.bound)


def _drawn(symbol: Any, rng: np.random.Generator) -> Any:
    if symbol.is_integer:
        return sympy.Integer(int(rng.integers(1, 10)))
    size = sympy.Rational(int(rng.integers(1, 10**6)), 10**5)
    return size if symbol.is_nonnegative else size * int(rng.choice([-1, 1]))
