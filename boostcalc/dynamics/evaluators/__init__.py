"""Evaluators: which answers are accepted, and what acceptance says about them; one file each.

Here is what every loop asks of one; the others load from their own files when they are asked for.
"""

from boostcalc.dynamics.evaluators.base import BaseEvaluator, Rates
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.dynamics.evaluators.families import EVALUATORS, tells_drift, told_evaluator

__all__ = ["EVALUATORS", "BaseEvaluator", "Evaluator", "Rates", "tells_drift", "told_evaluator"]
