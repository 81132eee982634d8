"""Limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.base import Step

__all__ = ["Limit"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Limit(Step):
    """A limit that SymPy finds equal to the stated value."""

    method = "limit"

    expression: Any
    variable: Any
    point: Any
    value: Any
    direction: str = "+"

    @property
    def statement(self) -> Any:
        shown = sympy.Limit(
            self.expression, self.variable, self.point, "-" if self.point == sympy.oo else self.direction
        )
        return sympy.Eq(shown, self.value, evaluate=False)

    def _trivial(self) -> bool:
        return not self._full(self.expression).has(self.variable)

    def _check(self) -> bool:
        found = sympy.limit(self._ranged(self._full(self.expression)), self.variable, self.point, self.direction)
        stated = self._ranged(self._full(self.value))
        return bool(found == stated or sympy.simplify(found - stated) == 0)
