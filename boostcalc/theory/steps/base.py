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

import sympy

from boostcalc.errors import UsageError
from boostcalc.theory.rendering import latex

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Step", "TrivialStepError", "unfold"]


class TrivialStepError(UsageError):
    """A step that claims nothing: its check could not fail."""


def unfold(expression: Any, where: Mapping[Any, Any]) -> Any:
    """The expression with abbreviations put in, in their order; a function is replaced by its `Lambda`.

    A derivative is of what stands in it once they are put in, so it sees what they depend on.
    """
    for short, long in where.items():
        known = sympy.sympify(long)
        if isinstance(known, sympy.Lambda):
            expression = expression.replace(short, known)
        else:
            expression = _inside_derivatives(expression, short, known).subs(short, known)
    return expression


def _inside_derivatives(expression: Any, short: Any, known: Any) -> Any:
    """The abbreviation put in where something is differentiated, which `subs` would treat as a constant there."""
    return expression.replace(
        lambda part: isinstance(part, sympy.Derivative) and short not in part.variables,
        lambda part: sympy.Derivative(part.expr.subs(short, known), *part.variable_count),
    )


def _differentiated(expression: Any) -> Any:
    """The expression with its derivatives taken, before anything is put for a letter that they are taken in."""
    return expression.replace(sympy.Derivative, lambda *parts: sympy.Derivative(*parts).doit())


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
        return _differentiated(expression).subs(list(self.ranges.items())).doit()
