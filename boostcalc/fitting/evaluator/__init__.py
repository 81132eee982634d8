"""The evaluator's rates from logs: what they are, whether they drift, and what they say of errors without labels."""

from boostcalc.fitting.evaluator.acceptance import AcceptanceFit, fit_acceptance
from boostcalc.fitting.evaluator.estimate import estimate_evaluator
from boostcalc.fitting.evaluator.fit import EvaluatorFit
from boostcalc.fitting.evaluator.labels import CorrectedError, Labelled, corrected_error
from boostcalc.fitting.evaluator.votes import VoteCorrelation, vote_correlation

__all__ = [
    "AcceptanceFit",
    "CorrectedError",
    "EvaluatorFit",
    "Labelled",
    "VoteCorrelation",
    "corrected_error",
    "estimate_evaluator",
    "fit_acceptance",
    "vote_correlation",
]
