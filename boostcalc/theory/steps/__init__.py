"""The kinds of steps of a derivation, one file a method."""

from boostcalc.theory.steps.base import Step, TrivialStepError, unfold
from boostcalc.theory.steps.certificate import NumericCertificate
from boostcalc.theory.steps.identity import Identity, Solutions
from boostcalc.theory.steps.inequality import Inequality, SameSign
from boostcalc.theory.steps.limit import Limit
from boostcalc.theory.steps.sums import SumIdentity

__all__ = [
    "Identity",
    "Inequality",
    "Limit",
    "NumericCertificate",
    "SameSign",
    "Solutions",
    "Step",
    "SumIdentity",
    "TrivialStepError",
    "unfold",
]
