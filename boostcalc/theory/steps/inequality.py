"""Signs over a whole range: an inequality, and two comparisons that say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.symbols import iff

__all__ = ["Inequality", "SameSign"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Inequality(Step):
    """greater > lesser over the whole range: the difference is a positive expression by SymPy's assumptions."""

    method = "inequality"

    greater: Any
    lesser: Any

    @property
    def statement(self) -> Any:
        if sympy.sympify(self.lesser).is_number:
            return sympy.Gt(self.greater, self.lesser, evaluate=False)
        return sympy.Lt(self.lesser, self.greater, evaluate=False)

    def _trivial(self) -> bool:
        difference = self._full(self.greater) - self._full(self.lesser)
        return bool(difference.is_number or difference.is_Symbol)

    def _check(self) -> bool:
        difference = self._ranged(self._full(self.greater) - self._full(self.lesser))
        return sympy.factor(sympy.simplify(difference)).is_positive is True


@dataclass(frozen=True, eq=False, kw_only=True)
class SameSign(Step):
    """Two comparisons say the same: their differences have a positive quotient over the whole range, even at 0.

    `first` and `second` are relations of one kind, such as `c < ε` and `f < t`.
    """

    method = "inequality"

    first: Any
    second: Any

    @property
    def statement(self) -> Any:
        return iff(self.first, self.second)

    @property
    def quotient(self) -> Any:
        """The first difference over the second, in lowest terms."""
        first, second = (self._full(side.gts) - self._full(side.lts) for side in (self.first, self.second))
        return sympy.factor(sympy.simplify(self._ranged(first) / self._ranged(second)))

    def _trivial(self) -> bool:
        one, other = (self._full(side.gts) - self._full(side.lts) for side in (self.first, self.second))
        strict = {
            isinstance(side, sympy.StrictLessThan | sympy.StrictGreaterThan) for side in (self.first, self.second)
        }
        return len(strict) == 2 or one == 0 or bool(sympy.cancel(one / other).is_number)

    def _check(self) -> bool:
        return self.quotient.is_positive is True
