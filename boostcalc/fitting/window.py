"""Between which evaluators a loop of this learner has two stable ends, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from boostcalc.responses import Curve
from boostcalc.results import Estimate, percent

__all__ = ["Window", "window"]


@dataclass(frozen=True)
class Window:
    """The range of FP/TP in which a loop is bistable.

    Attributes
    ----------
    low, high : its ends, with their intervals; `value` None where there is no such range.
    share : part of what the data allow in which there is one.
    """

    low: Estimate
    high: Estimate
    share: float

    @property
    def meaning(self) -> str:
        """The window in words, and what it says of the learner."""
        low, high = self.low.value, self.high.value
        if self.share > 0.5 and high is None:
            return "A loop of this model has two stable ends, whatever the evaluator: the start decides."
        if low is None or high is None:
            if self.share == 0:
                return (
                    "With constant rates a loop of this model has one stable end, whatever the evaluator and the start."
                )
            return (
                "With constant rates a loop of this model has one stable end, whatever the evaluator: the start does "
                f"not matter (so it is in {percent(1 - self.share)} of what the data allow)."
            )
        ends = f"A loop of this model has two stable ends for FP/TP between {self.low} and {self.high}."
        if low > 1:
            surely = "wholly above 1" if (self.low.low or 0.0) > 1 else "above 1 at the estimate, though not surely"
            return (
                f"{ends} The window lies {surely}: this learner denoises its own context, so the loop settles at "
                "its low end from every start under any evaluator that prefers correct answers, and even under one "
                f"that prefers wrong ones up to {low:.3g}-fold. Inside the window the start decides; beyond it the "
                "loop settles at its high end from every start."
            )
        if high < 1:
            return (
                f"{ends} The window lies wholly below 1: even under an evaluator that prefers correct answers the loop "
                f"settles at its high end, unless it prefers them {1 / high:.3g}-fold; it settles at its low end from "
                f"every start only beyond {1 / low:.3g}-fold. Inside the window the start decides."
            )
        return (
            f"{ends} The window contains 1: even an evaluator that tells nothing apart leaves two stable ends, and "
            "the start decides which one is reached."
        )

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {"low": self.low.to_dict(), "high": self.high.to_dict(), "share": self.share, "meaning": self.meaning}


def window(response: Curve, drawn: Curve, level: float) -> Window:
    """The window of a response, its intervals from draws of it."""
    low, high = (np.exp(-bound) for bound in reversed(response.bistable_window()))
    lows, highs = (np.exp(-bound) for bound in reversed(drawn.bistable_window()))
    return Window(
        low=Estimate.from_draws(float(low), lows, level),
        high=Estimate.from_draws(float(high), highs, level),
        share=float(np.isfinite(lows).mean()),
    )
