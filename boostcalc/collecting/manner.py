"""How attempts are made, alike in a loop and in a sweep."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from boostcalc.collecting.budget import Budget
from boostcalc.collecting.evaluation import Evaluation
from boostcalc.collecting.grading import Grading
from boostcalc.collecting.prompts import Prompts

__all__ = ["Manner"]


@dataclass(frozen=True)
class Manner:
    """How attempts are made, alike in a loop and in a sweep.

    Attributes
    ----------
    evaluation, prompts, grading : how an answer is evaluated, what the model is told, what is correct.
    budget : what it may cost.
    concurrency : attempts under way at a time, at most.
    """

    evaluation: Evaluation = field(default_factory=Evaluation)
    prompts: Prompts = field(default_factory=Prompts)
    grading: Grading = field(default_factory=Grading)
    budget: Budget = field(default_factory=Budget)
    concurrency: int = 8

    @property
    def filled(self) -> Prompts:
        """The templates as they are used."""
        return self.prompts.filled(self.evaluation.scale if self.evaluation.asked else "truth")

    def drawn_by(self) -> dict[str, Any]:
        """What attempts depend on."""
        return {
            "evaluation": asdict(self.evaluation),
            "grading": asdict(self.grading),
            "prompts": self.filled.fingerprint,
        }
