"""Evaluators: which answers are accepted, and what acceptance says about them; one file each."""

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.dynamics.evaluators.drifting import Drifting

__all__ = ["BaseEvaluator", "Drifting", "Evaluator", "Rates"]
