"""What a log is good for, before anything is fitted to it."""

from boostcalc.fitting.doctor.diagnosis import Advice, Diagnosis, Finding, Quantity
from boostcalc.fitting.doctor.examine import doctor

__all__ = ["Advice", "Diagnosis", "Finding", "Quantity", "doctor"]
