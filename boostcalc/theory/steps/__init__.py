"""The kinds of steps of a derivation, one file a method."""

from boostcalc.theory.steps.base import Step, TrivialStepError, unfold
from boostcalc.theory.steps.certificate import NumericCertificate
from boostcalc.theory.steps.form import PositiveForm
from boostcalc.theory.steps.gamma import GammaLimit
from boostcalc.theory.steps.identity import Identity, Solutions
from boostcalc.theory.steps.inequality import Inequality, SameSign
from boostcalc.theory.steps.limit import Limit
from boostcalc.theory.steps.order import Deduction
from boostcalc.theory.steps.roots import RootCount
from boostcalc.theory.steps.sums import SumIdentity

__all__ = [
    "Deduction",
    "GammaLimit",
    "Identity",
    "Inequality",
    "Limit",
    "NumericCertificate",
    "PositiveForm",
    "RootCount",
    "SameSign",
    "Solutions",
    "Step",
    "SumIdentity",
    "TrivialStepError",
    "unfold",
]
