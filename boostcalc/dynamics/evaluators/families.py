"""The evaluators by name: how they are read from a command line and from JSON, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from boostcalc.dynamics.evaluators.base import BaseEvaluator
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.dynamics.evaluators.drifting import Drifting
from boostcalc.dynamics.evaluators.graded import Binormal
from boostcalc.dynamics.evaluators.votes import Votes
from boostcalc.errors import PartError
from boostcalc.parts import Registry, written_part

__all__ = ["EVALUATORS", "drifting", "evaluator_from_dict", "told_evaluator"]

EVALUATORS: Registry[Drifting | Binormal] = Registry(
    "evaluator",
    Drifting,
    Binormal,
)
"""Those that have parameters of their own; beside them there are plain rates, and votes of any of them."""

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


def told_evaluator(record: Mapping[str, Any]) -> str:
    """What an evaluator's JSON form says of its rates, in words that follow "Assumed: …"."""
    family, parameters = record["family"], record["parameters"]
    if family == "constant":
        return "rates that stay constant"
    if family == "votes":
        m, needed, rho = (parameters[name] for name in ("m", "needed", "correlation"))
        how = "independent" if rho == 0 else f"of correlation {rho:.4g}"
        return f"acceptance by at least {needed} of {m} votes, {how}, with {told_evaluator(parameters['evaluator'])}"
    if family == Drifting.family:
        return f"rates that drift with the context's contamination, {written_part(record)} as given"
    return f"the evaluator {written_part(record)} as given, which does not drift"


def drifting(record: Mapping[str, Any]) -> bool:
    """Whether the evaluator of this JSON form, or the one whose votes it counts, drifts."""
    if record["family"] == "votes":
        return drifting(record["parameters"]["evaluator"])
    return bool(record["family"] == Drifting.family)


def _made(
    make: Callable[..., BaseEvaluator], family: str, names: tuple[str, ...], parameters: dict[str, Any]
) -> BaseEvaluator:
    unknown = [name for name in parameters if name not in names]
    missing = [name for name in names[:2] if name not in parameters]
    if unknown or missing:
        wrong = f"has no parameter {unknown[0]!r}" if unknown else f"needs {' and '.join(missing)}"
        raise PartError(f"{family} {wrong}; its parameters: {', '.join(names)}")
    return make(**parameters)
