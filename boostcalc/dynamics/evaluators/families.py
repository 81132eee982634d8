"""The evaluators by name: how they are read from a command line and from JSON, and told in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boostcalc.parts import Registry, written_part

if TYPE_CHECKING:
    from boostcalc.dynamics.evaluators.drifting import Drifting
    from boostcalc.dynamics.evaluators.graded import Binormal

__all__ = ["EVALUATORS", "tells_drift", "told_evaluator"]

EVALUATORS: Registry[Drifting | Binormal] = Registry(
    "evaluator",
    {
        "drifting": "boostcalc.dynamics.evaluators.drifting:Drifting",
        "binormal": "boostcalc.dynamics.evaluators.graded:Binormal",
    },
)
"""Those that have parameters of their own; beside them there are plain rates, and votes of any of them."""


def told_evaluator(record: Mapping[str, Any]) -> str:
    """What an evaluator's JSON form says of its rates, in words that follow "Assumed: …"."""
    family, parameters = record["family"], record["parameters"]
    if family == "constant":
        return "rates that stay constant"
    if family == "votes":
        m, needed, rho = (parameters[name] for name in ("m", "needed", "correlation"))
        how = "independent" if rho == 0 else f"of correlation {rho:.4g}"
        return f"acceptance by at least {needed} of {m} votes, {how}, with {told_evaluator(parameters['evaluator'])}"
    if family == "drifting":
        return f"rates that drift with the context's contamination, {written_part(record)} as given"
    return f"the evaluator {written_part(record)} as given, which does not drift"


def tells_drift(record: Mapping[str, Any]) -> bool:
    """Whether the evaluator of this JSON form, or the one whose votes it counts, drifts."""
    if record["family"] == "votes":
        return tells_drift(record["parameters"]["evaluator"])
    return bool(record["family"] == "drifting")
