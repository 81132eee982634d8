"""Graded verdicts: the ROC and how sure it is, a binormal curve, and the threshold to accept from."""

from boostcalc.fitting.survey.binormal import BinormalFit
from boostcalc.fitting.survey.choice import Choice
from boostcalc.fitting.survey.estimate import read_survey, survey
from boostcalc.fitting.survey.result import Survey
from boostcalc.fitting.survey.thresholds import Threshold

__all__ = ["BinormalFit", "Choice", "Survey", "Threshold", "read_survey", "survey"]
