"""What runs mean: the evaluator's rates and the response, with how sure we are of both."""

from boostcalc.fitting.documents import read_document, read_fit
from boostcalc.fitting.estimate import fit, fittable
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.fits import Fits, read_fits
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.grouped import fit_by

__all__ = ["Fit", "Fits", "FittedResponse", "fit", "fit_by", "fittable", "read_document", "read_fit", "read_fits"]
