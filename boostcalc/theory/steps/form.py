"""An inequality by a form of the difference whose sign can be read off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from boostcalc.theory.steps.inequality import Inequality

__all__ = ["PositiveForm"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PositiveForm(Inequality):
    """greater > lesser: their difference equals `form`, a sum of squares or the like, which is evidently positive.

    For differences that vanish at the edge of the range, where no factor carries the sign.
    """

    form: Any

    def _check(self) -> bool:
        form = self._ranged(self._full(self.form))
        difference = self._ranged(self._full(self.greater) - self._full(self.lesser))
        return form.is_positive is True and sympy.simplify(difference - form) == 0
