"""How it is told: a forecast as a PDF."""

from boostcalc.reporting.report import report

__all__ = ["report"]
