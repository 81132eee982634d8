"""Evaluators read back from their JSON form, those without a name of their own included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from boostcalc.dynamics.evaluators.base import BaseEvaluator
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.dynamics.evaluators.families import EVALUATORS
from boostcalc.dynamics.evaluators.votes import Votes
from boostcalc.errors import PartError

__all__ = ["evaluator_from_dict"]

FORM = 'an evaluator is written {"family": NAME, "parameters": {…}}'


def evaluator_from_dict(record: Mapping[str, Any]) -> BaseEvaluator:
    """The evaluator whose `to_dict` gave this record, votes of votes included.

    Raises
    ------
    UsageError
        If the record is none, its family or a parameter is unknown, or a value is out of range.
    """
    try:
        family, parameters = record["family"], dict(record["parameters"])
    except (KeyError, TypeError, ValueError):
        raise PartError(FORM) from None
    if family == "constant":
        return _made(Evaluator, family, ("tpr", "fpr"), parameters)
    if family != "votes":
        return EVALUATORS.from_dict(record)
    named = {**parameters, "evaluator": evaluator_from_dict(parameters.get("evaluator", {}))}
    return _made(Votes, family, ("evaluator", "m", "needed", "correlation"), named)


def _made(
    make: Callable[..., BaseEvaluator], family: str, names: tuple[str, ...], parameters: dict[str, Any]
) -> BaseEvaluator:
    unknown = [name for name in parameters if name not in names]
    missing = [name for name in names[:2] if name not in parameters]
    if unknown or missing:
        wrong = f"has no parameter {unknown[0]!r}" if unknown else f"needs {' and '.join(missing)}"
        raise PartError(f"{family} {wrong}; its parameters: {', '.join(names)}")
    return make(**parameters)
