"""Sums over any number of terms: an identity by linearity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.identity import Identity

__all__ = ["SumIdentity"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SumIdentity(Identity):
    """lhs = rhs for sums with a symbolic number of terms, by linearity alone.

    Each summand is expanded, what does not depend on the index is taken out, and what is left is a letter for each
    different sum; the residual then simplifies to exactly 0 whatever these sums are.
    """

    @property
    def residual(self) -> Any:
        """The difference lhs − rhs with a letter for each different sum, simplified."""
        letters: dict[Any, Any] = {}

        def split(total: Any) -> Any:
            ((index, low, high),) = total.limits
            parts = sympy.Add.make_args(sympy.expand(total.function))
            return sympy.Add(*(_term(part, index, (low, high), letters) for part in parts))

        lhs, rhs = (self._ranged(self._full(side)).replace(sympy.Sum, _rebuilt(split)) for side in (self.lhs, self.rhs))
        return sympy.simplify(lhs - rhs)


def _rebuilt(split: Any) -> Any:
    return lambda *parts: split(sympy.Sum(*parts))


def _term(part: Any, index: Any, ends: tuple[Any, Any], letters: dict[Any, Any]) -> Any:
    outside, inside = part.as_independent(index, as_Add=False)
    key = (inside.subs(index, sympy.Symbol("index", integer=True)), ends)
    return outside * letters.setdefault(key, sympy.Dummy(f"S_{len(letters)}"))
