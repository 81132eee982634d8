"""Evidence counted pair by pair: a learner that adds up what each pair of its context says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array, logit
from boostcalc.parts import parameter
from boostcalc.responses.base import Response, checked_size
from boostcalc.responses.evidence import Evidence

if TYPE_CHECKING:
    import sympy

__all__ = ["CountedEvidence"]

MOST = 1e6
"""Pairs beyond which no more evidence comes in, far more than any context holds: the log-odds stay finite."""


@dataclass(frozen=True)
class CountedEvidence(Response):
    r"""$\operatorname{logit} g = a_0 + d\,\frac{k}{k+h} + w\,j - r\,(k-j)$ with $j = ck$ wrong pairs among k.

    Bayes' rule in odds for two rules and independent pairs: each wrong pair adds `wrong` = w to the log-odds of an
    error, each right pair takes `right` = r away. What pairs teach whatever they say (the task, the format of an
    answer) is the `shift` d, half of which has come in at `half` = h pairs; an empty context leaves the `prior`
    $a_0$. At size k (beyond a million: as at a million) it is `Evidence` with $b = k(w + r)$, the steeper the
    larger the context.
    """

    family = "counted-evidence"
    learner = "adds up the evidence of its pairs, one by one"

    prior: float = parameter("the log-odds of an error under an empty context")
    shift: float = parameter("the log-odds that many pairs add, whatever they say")
    half: float = parameter("the number of pairs at which half of the shift has come in", 0)
    wrong: float = parameter("the log-odds that each wrong pair adds", 0)
    right: float = parameter("the log-odds that each right pair takes away", 0)

    def at(self, size: ArrayLike | None) -> Evidence:
        pairs = np.minimum(checked_size(self, size), MOST)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(np.asarray(self.half) == 0, np.sign(pairs), 1 / (1 + self.half / pairs))
        clean = self.prior + share * np.asarray(self.shift) - pairs * np.asarray(self.right)
        return Evidence(a=clean, b=pairs * np.add(self.wrong, self.right))

    def mirrored(self) -> CountedEvidence:
        return CountedEvidence(
            prior=np.negative(self.prior),
            shift=np.negative(self.shift),
            half=self.half,
            wrong=self.right,
            right=self.wrong,
        )

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        prior, shift = sympy.symbols("prior shift", real=True)
        half, wrong, right, size = sympy.symbols("half wrong right size", nonnegative=True)
        counted = wrong * size * contamination - right * size * (1 - contamination)
        return 1 / (1 + sympy.exp(-(prior + shift * size / (size + half) + counted)))

    @classmethod
    def guesses(cls, low: float, high: float, *, size: float, empty: float) -> list[CountedEvidence]:
        clean, prior = float(logit(low)), float(logit(empty))
        slope = (float(logit(high)) - clean) / size
        found = []
        for half, share in ((size / 13, 0.1), (size / 4, 0.3), (size / 2, 0.5)):
            right = slope * share
            shift = (clean - prior + right * size) * (size + half) / size
            found.append(cls(prior=prior, shift=shift, half=half, wrong=slope - right, right=right))
        return found

    @classmethod
    def weak_prior(cls, size: float) -> tuple[Array, Array]:
        return np.array([0, 0, size / 4, 0, 0]), np.array([5, 10, size / 2, 30 / size, 30 / size])
