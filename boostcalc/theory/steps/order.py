"""What follows from comparisons by their order alone."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy

from boostcalc.theory.steps.base import Step
from boostcalc.theory.symbols import implies

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Deduction"]

_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Deduction(Step):
    """The premises force the conclusion in every order that their terms can have, ties included.

    Premises and conclusion are comparisons, joined by `Implies`, `And`, `Or` or `Not`. Each term counts as a number of
    which nothing is known but its place among the others, so a function needs a premise that says what it does.
    """

    method = "inequality"

    premises: tuple[Any, ...]
    conclusion: Any

    @property
    def statement(self) -> Any:
        return implies(self.conclusion, *self.premises)

    def _trivial(self) -> bool:
        premises, conclusion = self._parts()
        return conclusion in premises or self._holds_always((), conclusion) or self._holds_always(premises, None)

    def _check(self) -> bool:
        return self._holds_always(*self._parts())

    def _parts(self) -> tuple[tuple[Any, ...], Any]:
        return tuple(map(self._full, self.premises)), self._full(self.conclusion)

    def _holds_always(self, premises: tuple[Any, ...], conclusion: Any) -> bool:
        """Whether no order meets the premises and breaks the conclusion (None: one that no order meets)."""
        parts = premises if conclusion is None else (*premises, conclusion)
        terms = sorted(set().union(*map(_terms, parts)), key=sympy.default_sort_key)
        for places in product(range(len(terms)), repeat=len(terms)):
            if len(set(places)) <= max(places, default=0):
                continue  # an order that was seen, with a place left empty
            order = dict(zip(terms, places, strict=True))
            if all(_true(premise, order) for premise in premises) and not _true(conclusion, order):
                return False
        return True


def _terms(relation: Any) -> set[Any]:
    if relation is None or isinstance(relation, sympy.logic.boolalg.BooleanAtom):
        return set()
    if isinstance(relation, sympy.core.relational.Relational):
        return {relation.lhs, relation.rhs}
    return set().union(*map(_terms, relation.args))


def _true(relation: Any, order: Mapping[Any, int]) -> bool:
    if relation is None:
        return False
    if isinstance(relation, sympy.core.relational.Relational):
        return bool(_COMPARE[relation.rel_op](order[relation.lhs], order[relation.rhs]))
    if isinstance(relation, sympy.Not):
        return not _true(relation.args[0], order)
    if isinstance(relation, sympy.Implies):
        return not _true(relation.args[0], order) or _true(relation.args[1], order)
    if isinstance(relation, sympy.And | sympy.Or):
        return (all if isinstance(relation, sympy.And) else any)(_true(part, order) for part in relation.args)
    return bool(relation)
