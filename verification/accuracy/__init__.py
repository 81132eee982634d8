"""Kernels beside the same formulas in 60-digit arithmetic, and the points at which the two are compared."""

from verification.accuracy.kernel import Kernel, Measured, measure
from verification.accuracy.registry import KERNELS

__all__ = ["KERNELS", "Kernel", "Measured", "measure"]
