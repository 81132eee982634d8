"""Sums over any number of terms: an identity by linearity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.identity import Identity

__all__ = ["SumIdentity"]

_INDEX = sympy.Dummy("index", integer=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class SumIdentity(Identity):
    """lhs = rhs for sums over one index each with a symbolic number of terms, by linearity alone.

    Each summand is expanded, what does not depend on the index is taken out, and what is left is a letter for each
    different sum; the residual then simplifies to exactly 0 whatever these sums are.
    """

    @property
    def residual(self) -> Any:
        """The difference lhs − rhs with a letter for each different sum, simplified."""
        letters: dict[Any, Any] = {}

        def split(summand: Any, limits: Any) -> Any:
            if any(end.is_finite is False for end in limits[1:]):
                return sympy.nan
            parts = sympy.Add.make_args(sympy.expand(summand))
            return sympy.Add(*(_term(part, limits, letters) for part in parts))

        lhs, rhs = (self._ranged(self._full(side)).replace(sympy.Sum, split) for side in (self.lhs, self.rhs))
        return sympy.simplify(lhs - rhs)


def _term(part: Any, limits: Any, letters: dict[Any, Any]) -> Any:
    index, *ends = limits
    outside, inside = part.as_independent(index, as_Add=False)
    key = (inside.subs(index, _INDEX), *ends)
    # a function of what it depends on: a sum within a sum may depend on the index of the outer one, also by its ends
    letters_in = set().union(inside.free_symbols - {index}, *(end.free_symbols for end in ends))
    depends = sorted((s for s in letters_in if isinstance(s, sympy.Symbol)), key=str)
    return outside * letters.setdefault(key, sympy.Function(f"S_{len(letters)}")(*depends))
