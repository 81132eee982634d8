r"""The steps of a derivation: a claim, why it holds, and a check that SymPy runs.

A step never says that it is verified; it is asked. Its check works on the claim with every abbreviation put in
(`where`) and every range encoded in a substitution (`ranges`: $\varepsilon = s/(1+s)$ with $s > 0$ is the whole of
(0, 1)), so a sign is decided for all values of the range, never at some of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import sympy

from boostcalc.errors import UsageError
from boostcalc.theory.rendering import latex
from boostcalc.theory.symbols import iff

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Identity",
    "Inequality",
    "Limit",
    "NumericCertificate",
    "SameSign",
    "Solutions",
    "Step",
    "TrivialStepError",
    "unfold",
]


class TrivialStepError(UsageError):
    """A step that claims nothing: its check could not fail."""


def unfold(expression: Any, where: Mapping[Any, Any]) -> Any:
    """The expression with abbreviations put in, in their order; a function is replaced by its `Lambda`."""
    for short, long in where.items():
        known = sympy.sympify(long)
        function = isinstance(known, sympy.Lambda)
        expression = expression.replace(short, known) if function else expression.subs(short, known)
    return expression


@dataclass(frozen=True, eq=False, kw_only=True)
class Step(ABC):
    """Base of the steps.

    Attributes
    ----------
    claim, reason : str
        What holds and why, each one plain sentence.
    where : mapping
        Abbreviations (symbol → expression, function → `Lambda`), in the order in which they are put in.
    ranges : mapping
        Symbol → parametrisation of all the values it may take.
    """

    method: ClassVar[str]

    claim: str
    reason: str
    where: Mapping[Any, Any] = field(default_factory=dict)
    ranges: Mapping[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self._trivial():
            raise TrivialStepError(
                f"{self.claim!r} claims nothing: both sides of {self.statement} are the same or assumed"
            )

    @property
    @abstractmethod
    def statement(self) -> Any:
        """The claim as a SymPy relation."""

    @abstractmethod
    def _trivial(self) -> bool:
        """Whether the claim holds before any mathematics."""

    @abstractmethod
    def _check(self) -> bool:
        """Whether the claim holds."""

    @property
    def latex(self) -> str:
        """The claim as LaTeX math, without delimiters."""
        return latex(self.statement)

    @cached_property
    def verified(self) -> bool:
        """Whether the check succeeds (run once)."""
        return bool(self._check())

    def _full(self, expression: Any) -> Any:
        return unfold(sympy.sympify(expression), self.where)

    def _ranged(self, expression: Any) -> Any:
        return expression.subs(list(self.ranges.items())).doit()


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
        lead = sympy.Poly(above, self.unknown).LC()
        product = sympy.Mul(lead, *(self.unknown - root for root in roots))
        complete = sympy.simplify(above - product) == 0
        return complete and all(map(self._nonzero, [lead, *(below.subs(self.unknown, root) for root in roots)]))

    def _nonzero(self, expression: Any) -> bool:
        # as it stands or in its range: a condition such as t ≠ f is needed for the leading coefficient only
        return any(sympy.factor(form).is_zero is False for form in (expression, self._ranged(expression)))


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


@dataclass(frozen=True, eq=False, kw_only=True)
class NumericCertificate(Identity):
    """lhs = rhs in 50-digit arithmetic at random points: evidence where no proof is known, and never called one."""

    method = "numeric certificate"

    points: int = 16
    bound: float = 1e-40

    @property
    def residual(self) -> Any:
        """The largest relative difference at the points."""
        lhs, rhs = (self._ranged(self._full(side)) for side in (self.lhs, self.rhs))
        symbols = sorted(lhs.free_symbols | rhs.free_symbols, key=str)
        rng = np.random.default_rng(0)
        worst = sympy.Integer(0)
        for _ in range(self.points):
            point = {symbol: _drawn(symbol, rng) for symbol in symbols}
            left, difference = (side.evalf(50, subs=point, maxn=500) for side in (lhs, lhs - rhs))
            worst = max(worst, abs(difference) / max(1, abs(left)))
        return worst

    def _check(self) -> bool:
        return bool(self.residual <= self.bound)


def _drawn(symbol: Any, rng: np.random.Generator) -> Any:
    if symbol.is_integer:
        return sympy.Integer(int(rng.integers(1, 10)))
    size = sympy.Rational(int(rng.integers(1, 10**6)), 10**5)
    return size if symbol.is_nonnegative else size * int(rng.choice([-1, 1]))
