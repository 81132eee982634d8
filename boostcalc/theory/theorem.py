"""A theorem: a statement, what it assumes, and the steps that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy

from boostcalc.theory.rendering import gathered, latex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boostcalc.theory.steps import Step

__all__ = ["Theorem"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Theorem:
    """A statement and the steps that lead to it.

    Attributes
    ----------
    name, family : str
        Kebab-case id, and the family it is listed under.
    title, says : str
        A heading, and the statement as a plain sentence.
    statement : tuple
        The statement as SymPy relations.
    assumptions : tuple of str
        Plain sentences.
    reference : str
        Where the result comes from.
    steps : tuple of Step
    """

    name: str
    family: str
    title: str
    says: str
    statement: tuple[Any, ...]
    assumptions: tuple[str, ...]
    reference: str
    steps: tuple[Step, ...]

    @cached_property
    def verified(self) -> bool:
        """Whether every step's check succeeds."""
        return all(step.verified for step in self.steps)

    @property
    def proved(self) -> bool:
        """Whether it is verified without numeric certificates, which are evidence only."""
        return self.verified and all(step.method != "numeric certificate" for step in self.steps)

    @property
    def latex(self) -> str:
        """The statement as LaTeX math, without delimiters."""
        return gathered(self.statement)

    @property
    def where(self) -> Mapping[Any, Any]:
        """What the letters of its steps abbreviate, in the order in which they are put in."""
        return {short: long for step in self.steps for short, long in step.where.items()}

    @property
    def definitions(self) -> tuple[Any, ...]:
        """`where` as SymPy equations, to be set beside the statement."""
        equations = (_definition(short, sympy.sympify(long)) for short, long in self.where.items())
        return tuple(equation for equation in equations if equation not in self.statement)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name,
            "title": self.title,
            "says": self.says,
            "statement": self.latex,
            "where": [latex(definition) for definition in self.definitions],
            "assumptions": list(self.assumptions),
            "reference": self.reference,
            "verified": self.verified,
            "steps": [
                {"claim": s.claim, "latex": s.latex, "method": s.method, "reason": s.reason, "verified": s.verified}
                for s in self.steps
            ],
        }


def _definition(short: Any, long: Any) -> Any:
    if isinstance(long, sympy.Lambda):
        return sympy.Eq(short(*long.variables), long.expr, evaluate=False)
    return sympy.Eq(short, long, evaluate=False)
