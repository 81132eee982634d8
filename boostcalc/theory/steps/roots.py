"""How often a function vanishes: a table of its signs between its turning points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.steps.form import sign
from boostcalc.theory.symbols import implies, number_of, share

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RootCount"]


@dataclass(frozen=True, eq=False, kw_only=True)
class RootCount(Step):
    """The function has exactly `count` zeros in the open interval from `low` to `high`.

    Between consecutive marks (the ends and the `turns`, in order) its slope has one sign, which is checked for every
    point of the piece, and it is continuous, built of powers, exponentials and logarithms that have no pole, branch
    or jump there; so it vanishes in a piece exactly if its signs at the two marks are opposite, and besides at each
    turn where it is 0. A sign at an end is that of its limit. A sign at a turn may be known by one of the relations
    `given`, if its two sides differ by what the function is there; signs that go against the slope, as relations that
    exclude each other give them, are refused. `slope` is a form of the slope that shows its sign, where a
    factorisation does not.
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
        slopes = [value for piece in pairwise(marks) if (value := self._one_sign(slope, *piece))]
        inner = [*(_inside(*piece) for piece in pairwise(marks)), *turns]
        if len(slopes) <= len(turns):
            return False
        if not all(_continuous(function, self.variable, place, self._ranged) for place in inner):
            return False
        seen = [
            self._end(function, self.low, "+"),
            *(self._sign(function.subs(self.variable, turn)) for turn in turns),
            self._end(function, self.high, "-"),
        ]
        signs = [value for value in seen if value is not None]
        if len(signs) < len(seen):
            return False
        steps = list(zip(slopes, pairwise(signs), strict=True))
        if any(rise * (after - before) < 0 or before == after == 0 for rise, (before, after) in steps):
            return False
        crossed = sum(one * other < 0 for one, other in pairwise(signs))
        return crossed + signs[1:-1].count(0) == self.count

    def _one_sign(self, slope: Any, low: Any, high: Any) -> int | None:
        if sign(self._ranged(high - low)) != 1:
            return None
        values = self._ranged(slope.subs(self.variable, _inside(low, high)))
        return sign(values if self.slope is not None else sympy.simplify(values))

    def _end(self, function: Any, point: Any, side: str) -> int | None:
        value = self._ranged(sympy.limit(function, self.variable, point, side))
        return sign(value) if value.is_finite else sign(sympy.sign(value))

    def _sign(self, value: Any) -> int | None:
        for relation in self.given:
            if relation.rel_op not in ("==", "<", ">"):
                continue
            more, less = (relation.lhs, relation.rhs) if relation.rel_op == "==" else (relation.gts, relation.lts)
            gap = (self._full(more) - self._full(less)).doit()
            for direction in (1, -1):
                if sympy.expand(value - direction * gap) == 0:
                    return 0 if relation.rel_op == "==" else direction
        return sign(sympy.simplify(self._ranged(value)))


def _inside(low: Any, high: Any) -> Any:
    """Every number between these two."""
    return low + (high - low) * share("place")


def _continuous(function: Any, variable: Any, place: Any, ranged: Callable[[Any], Any]) -> bool:
    """Whether it is made of what is real and has no jump there: sums, products, powers, exponentials, logarithms."""
    for part in sympy.preorder_traversal(function):
        if not part.has(variable) or part == variable or isinstance(part, sympy.Add | sympy.Mul | sympy.exp):
            continue
        if isinstance(part, sympy.log):
            fine = sign(ranged(part.args[0].subs(variable, place))) == 1
        elif isinstance(part, sympy.Pow):
            base, exponent = part.as_base_exp()
            base_sign = sign(ranged(base.subs(variable, place)))
            fine = bool(
                (exponent.is_integer and exponent.is_nonnegative)
                or (exponent.is_integer and base_sign)
                or base_sign == 1
            )
        else:
            fine = False
        if not fine:
            return False
    return True
