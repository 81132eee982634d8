"""The evaluator's rates from logs: what they are, whether they drift, and what they say of errors without labels."""

from boostcalc.fitting.evaluator.estimate import estimate_evaluator
from boostcalc.fitting.evaluator.fit import EvaluatorFit
from boostcalc.fitting.evaluator.labels import CorrectedError, Labelled, corrected_error

__all__ = ["CorrectedError", "EvaluatorFit", "Labelled", "corrected_error", "estimate_evaluator"]
