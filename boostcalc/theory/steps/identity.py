"""Equalities: an identity, and the complete set of solutions of an equation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.symbols import iff

__all__ = ["Identity", "Solutions"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Identity(Step):
    """lhs = rhs: the residual simplifies to exactly 0."""

    method = "identity"

    lhs: Any
    rhs: Any

    @property
    def statement(self) -> Any:
        return sympy.Eq(self.lhs, self.rhs, evaluate=False)

    @property
    def residual(self) -> Any:
        """The difference lhs − rhs, simplified."""
        return sympy.simplify(self._ranged(self._full(self.lhs)) - self._ranged(self._full(self.rhs)))

    def _trivial(self) -> bool:
        return bool(self._full(self.lhs) == self._full(self.rhs))

    def _check(self) -> bool:
        return bool(self.residual == 0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Solutions(Step):
    """lhs = rhs exactly at the listed solutions: each satisfies it, and the numerator's degree leaves no other."""

    method = "identity"

    lhs: Any
    rhs: Any
    unknown: Any
    solutions: tuple[Any, ...]

    @property
    def statement(self) -> Any:
        found = [sympy.Eq(self.unknown, value, evaluate=False) for value in self.solutions]
        either = found[0] if len(found) == 1 else sympy.Or(*found, evaluate=False)
        return iff(sympy.Eq(self.lhs, self.rhs, evaluate=False), either)

    def _trivial(self) -> bool:
        residual = self._full(self.lhs) - self._full(self.rhs)
        return not residual.has(self.unknown) or any(
            residual in (self.unknown - r, r - self.unknown) for r in self.solutions
        )

    def _check(self) -> bool:
        residual = (self._full(self.lhs) - self._full(self.rhs)).doit()
        above, below = sympy.fraction(sympy.together(residual))
        roots = [self._full(value).doit() for value in self.solutions]
        if not above.is_polynomial(self.unknown) or any(root.has(self.unknown) for root in roots):
            return False
        lead = sympy.Poly(above, self.unknown).LC()
        product = sympy.Mul(lead, *(self.unknown - root for root in roots))
        complete = sympy.simplify(above - product) == 0
        return complete and all(map(self._nonzero, [lead, *(below.subs(self.unknown, root) for root in roots)]))

    def _nonzero(self, expression: Any) -> bool:
        # as it stands or in its range: a condition such as t ≠ f is needed for the leading coefficient only
        return any(sympy.factor(form).is_zero is False for form in (expression, self._ranged(expression)))
