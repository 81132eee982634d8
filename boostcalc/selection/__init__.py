"""The same mechanism beyond two kinds of answer: many types, each accepted at its own rate."""

from boostcalc.selection.evolution import Evolution
from boostcalc.selection.types import Types

__all__ = ["Evolution", "Types"]
