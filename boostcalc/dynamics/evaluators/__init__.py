"""Evaluators: which answers are accepted, and what acceptance says about them; one file each."""

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.dynamics.evaluators.drifting import Drifting
from boostcalc.dynamics.evaluators.families import EVALUATORS, drifting, evaluator_from_dict, told_evaluator
from boostcalc.dynamics.evaluators.graded import Binormal
from boostcalc.dynamics.evaluators.roc import EmpiricalRoc, Roc, roc
from boostcalc.dynamics.evaluators.votes import Votes

__all__ = [
    "EVALUATORS",
    "BaseEvaluator",
    "Binormal",
    "Drifting",
    "EmpiricalRoc",
    "Evaluator",
    "Rates",
    "Roc",
    "Votes",
    "drifting",
    "evaluator_from_dict",
    "roc",
    "told_evaluator",
]
