"""How often a function vanishes: a table of its signs between its turning points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.symbols import number_of, share

__all__ = ["RootCount"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RootCount(Step):
    """The function has exactly `count` zeros in the open interval from `low` to `high`.

    Between consecutive marks (the ends and the `turns`, in order) its slope has one sign, which is checked for every
    point of the piece; so it vanishes in a piece exactly if its signs at the two marks are opposite, and besides at
    each turn where it is 0. A sign at an end is that of its limit. A sign at a turn may be known by one of the
    relations `given` (their terms are told apart by simplification).
    """

    method = "inequality"

    function: Any
    variable: Any
    low: Any
    high: Any
    turns: tuple[Any, ...] = ()
    given: tuple[Any, ...] = ()
    count: int

    @property
    def statement(self) -> Any:
        zeros = sympy.Eq(self.function, 0, evaluate=False)
        return sympy.Eq(number_of(zeros, self.variable, self.low, self.high), self.count, evaluate=False)

    def _trivial(self) -> bool:
        return not self._full(self.function).has(self.variable)

    def _check(self) -> bool:
        function = self._full(self.function).doit()
        turns = [self._full(turn) for turn in self.turns]
        marks = [self.low, *turns, self.high]
        slope = sympy.diff(function, self.variable)
        if not all(self._one_sign(slope, *piece) for piece in pairwise(marks)):
            return False
        seen = [
            self._end(function, self.low, "+"),
            *(self._sign(function.subs(self.variable, turn)) for turn in turns),
            self._end(function, self.high, "-"),
        ]
        signs = [sign for sign in seen if sign is not None]
        if len(signs) < len(seen):
            return False
        crossed = sum(one * other < 0 for one, other in pairwise(signs))
        return crossed + signs[1:-1].count(0) == self.count

    def _one_sign(self, slope: Any, low: Any, high: Any) -> bool:
        if sympy.factor(self._ranged(high - low)).is_positive is not True:
            return False
        inside = low + (high - low) * share("place")
        values = sympy.factor(sympy.simplify(self._ranged(slope.subs(self.variable, inside))))
        return values.is_positive is True or values.is_negative is True

    def _end(self, function: Any, point: Any, side: str) -> int | None:
        return _known_sign(sympy.limit(self._ranged(function), self.variable, self._ranged(point), side))

    def _sign(self, value: Any) -> int | None:
        value = self._ranged(value)
        known = _known_sign(sympy.factor(sympy.simplify(value)))
        if known is not None:
            return known
        for relation in self.given:
            more, less = (relation.lhs, relation.rhs) if relation.rel_op == "==" else (relation.gts, relation.lts)
            gap = self._ranged(self._full(more) - self._full(less))
            for sign in (1, -1):
                if sympy.simplify(value - sign * gap) == 0:
                    return 0 if relation.rel_op == "==" else sign if relation.rel_op in ("<", ">") else None
        return None


def _known_sign(value: Any) -> int | None:
    signs = [sign for sign, holds in ((1, value.is_positive), (-1, value.is_negative), (0, value.is_zero)) if holds]
    if value in (sympy.oo, -sympy.oo):
        return 1 if value == sympy.oo else -1
    return signs[0] if signs else None
