"""An inequality by a form of the difference whose sign can be read off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.inequality import Inequality

__all__ = ["PositiveForm", "sign"]


def sign(expression: Any) -> int | None:
    """1, −1 or 0 as the expression is positive, negative or 0 over the whole range of its letters; None: not seen.

    Sums inside it are factorised where that shows their sign; squares are left as they are.
    """
    shown = expression.replace(lambda part: part.is_Add and part.is_nonnegative is None, _factorised)
    for value, holds in ((1, shown.is_positive), (-1, shown.is_negative), (0, shown.is_zero)):
        if holds:
            return value
    return None


def _factorised(part: Any) -> Any:
    product = sympy.factor(part)
    return product if product.is_nonnegative is not None else part


@dataclass(frozen=True, eq=False, kw_only=True)
class PositiveForm(Inequality):
    """greater > lesser: their difference equals `form`, a sum of squares or the like, which is evidently positive.

    For differences that vanish at the edge of the range, where no factor carries the sign.
    """

    form: Any

    def _check(self) -> bool:
        form = self._ranged(self._full(self.form))
        difference = self._ranged(self._full(self.greater) - self._full(self.lesser))
        return sign(form) == 1 and sympy.simplify(difference - form) == 0
