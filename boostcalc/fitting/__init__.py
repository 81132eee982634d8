"""What runs mean: the evaluator's rates and the response, with how sure we are of both."""

from boostcalc.fitting.documents import read_document, read_fit
from boostcalc.fitting.estimate import fit, fittable
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.fitted import FittedResponse

__all__ = ["Fit", "FittedResponse", "fit", "fittable", "read_document", "read_fit"]
