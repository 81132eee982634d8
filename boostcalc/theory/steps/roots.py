"""How often a function vanishes: a table of its signs between its turning points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.steps.form import sign
from boostcalc.theory.symbols import implies, number_of, share

__all__ = ["RootCount"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RootCount(Step):
    """The function has exactly `count` zeros in the open interval from `low` to `high`.

    Between consecutive marks (the ends and the `turns`, in order) its slope has one sign, which is checked for every
    point of the piece; so it vanishes in a piece exactly if its signs at the two marks are opposite, and besides at
    each turn where it is 0. A sign at an end is that of its limit. A sign at a turn may be known by one of the
    relations `given`, if its two sides differ by what the function is there. `slope` is a form of the slope that
    shows its sign, where a factorisation does not.
    """

    method = "inequality"

    function: Any
    variable: Any
    low: Any
    high: Any
    turns: tuple[Any, ...] = ()
    given: tuple[Any, ...] = ()
    count: int
    slope: Any = None

    @property
    def statement(self) -> Any:
        zeros = sympy.Eq(self.function, 0, evaluate=False)
        counted = sympy.Eq(number_of(zeros, self.variable, self.low, self.high), self.count, evaluate=False)
        return implies(counted, *self.given) if self.given else counted

    def _trivial(self) -> bool:
        return not self._full(self.function).has(self.variable)

    def _check(self) -> bool:
        function = self._full(self.function).doit()
        turns = [self._full(turn) for turn in self.turns]
        marks = [self.low, *turns, self.high]
        slope = sympy.diff(function, self.variable)
        if self.slope is not None:
            form = self._full(self.slope)
            if sympy.simplify(slope - form) != 0:
                return False
            slope = form
        if not all(self._one_sign(slope, *piece) for piece in pairwise(marks)):
            return False
        seen = [
            self._end(function, self.low, "+"),
            *(self._sign(function.subs(self.variable, turn)) for turn in turns),
            self._end(function, self.high, "-"),
        ]
        signs = [value for value in seen if value is not None]
        if len(signs) < len(seen):
            return False
        crossed = sum(one * other < 0 for one, other in pairwise(signs))
        return crossed + signs[1:-1].count(0) == self.count

    def _one_sign(self, slope: Any, low: Any, high: Any) -> bool:
        if sign(self._ranged(high - low)) != 1:
            return False
        inside = low + (high - low) * share("place")
        values = self._ranged(slope.subs(self.variable, inside))
        return bool(sign(values if self.slope is not None else sympy.simplify(values)))

    def _end(self, function: Any, point: Any, side: str) -> int | None:
        value = self._ranged(sympy.limit(function, self.variable, point, side))
        return sign(value) if value.is_finite else sign(sympy.sign(value))

    def _sign(self, value: Any) -> int | None:
        for relation in self.given:
            more, less = (relation.lhs, relation.rhs) if relation.rel_op == "==" else (relation.gts, relation.lts)
            gap = (self._full(more) - self._full(less)).doit()
            for direction in (1, -1):
                if sympy.expand(value - direction * gap) == 0:
                    return {"==": 0, "<": direction, ">": direction}.get(relation.rel_op)
        return sign(sympy.simplify(self._ranged(value)))
