"""Evidence response that grows with the context: more pairs, more evidence for one rule."""

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

__all__ = ["SizedEvidence"]


@dataclass(frozen=True)
class SizedEvidence(Response):
    r"""$g(c, k) = \sigma(a_k + b_k c)$ with $b_k = s_k b$, $a_k = a_0 + s_k (a - a_0)$ and $s_k = k/(k + h)$.

    The share $s_k$ of the evidence that k pairs carry saturates: half of it has come in at `half` = h pairs. With
    an empty context the log-odds of an error are the `prior` $a_0$; in the limit of large ones it is
    `Evidence(a, b)`.
    """

    family = "sized-evidence"
    learner = "infers one rule for its whole context, the more surely the more pairs it holds"

    a: float = parameter("the log-odds of an error under a large clean context")
    b: float = parameter("the log-odds that a large, wholly wrong context adds", 0)
    prior: float = parameter("the log-odds of an error under an empty context")
    half: float = parameter("the number of pairs that carry half of the evidence", 0)

    def at(self, size: ArrayLike | None) -> Evidence:
        pairs = checked_size(self, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(np.asarray(self.half) == 0, np.sign(pairs), 1 / (1 + self.half / pairs))
        return Evidence(a=self.prior + share * np.subtract(self.a, self.prior), b=share * self.b)  # type: ignore[arg-type]  # arrays stand for several

    def mirrored(self) -> SizedEvidence:
        return SizedEvidence(a=-np.add(self.a, self.b), b=self.b, prior=np.negative(self.prior), half=self.half)

    @classmethod
    def symbolic(cls, contamination: sympy.Expr) -> sympy.Expr:
        import sympy

        a, prior = sympy.symbols("a prior", real=True)
        b, half, size = sympy.symbols("b half size", nonnegative=True)
        share = size / (size + half)
        return 1 / (1 + sympy.exp(-(prior + share * (a - prior + b * contamination))))

    @classmethod
    def guesses(cls, low: float, high: float, *, size: float, empty: float) -> list[SizedEvidence]:
        clean, prior = float(logit(low)), float(logit(empty))
        found = []
        for half in (size / 13, size / 4, size):
            share = size / (size + half)
            found.append(
                cls(a=prior + (clean - prior) / share, b=(float(logit(high)) - clean) / share, prior=prior, half=half)
            )
        return found

    @classmethod
    def weak_prior(cls, size: float) -> tuple[Array, Array]:
        return np.array([0, 0, 0, size / 4]), np.array([10, 30, 5, size])
