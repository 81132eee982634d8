"""The evaluator: which answers are accepted, and what acceptance says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.odds import Array, Counts, RateLike, as_rate, expit, log_ratio, point, sample_rate

__all__ = ["Evaluator"]


@dataclass(frozen=True, eq=False)
class Evaluator:
    r"""A judge that accepts correct answers with probability `tpr` and wrong ones with `fpr`.

    Parameters
    ----------
    tpr, fpr : float, array or Counts
        Rates in [0, 1]; arrays broadcast with each other. `Counts(k, n)` is evidence for a rate: methods
        then use k/n, and `sample` draws what else the rate may be.

    Raises
    ------
    RateError
        If one of them is not a rate.
    """

    tpr: RateLike
    fpr: RateLike

    def __post_init__(self) -> None:
        for name in ("tpr", "fpr"):
            object.__setattr__(self, name, as_rate(getattr(self, name), name))

    @property
    def t(self) -> Array:
        """P(accept | correct), the plug-in value."""
        return point(self.tpr)  # type: ignore[arg-type]  # __post_init__ made it an array or Counts

    @property
    def f(self) -> Array:
        """P(accept | wrong), the plug-in value."""
        return point(self.fpr)  # type: ignore[arg-type]  # as above

    @property
    def log_lr(self) -> Array:
        r"""$\Lambda = \ln(t/f)$, the evidence of one acceptance; ±inf where one rate is 0, `nan` where both are."""
        return log_ratio(self.t, self.f)

    @property
    def likelihood_ratio(self) -> Array:
        """LR = t/f; `inf` where f = 0, `nan` where both are."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.t / self.f)

    @property
    def uncertain(self) -> bool:
        """Whether a rate is known only through counts."""
        return isinstance(self.tpr, Counts) or isinstance(self.fpr, Counts)

    def sample(self, rng: np.random.Generator, size: int) -> Evaluator:
        """Evaluators of known rates, drawn from what the counts allow: rates of shape `(size,)`."""
        drawn = (sample_rate(rate, rng, size) for rate in (self.tpr, self.fpr))  # type: ignore[arg-type]  # as above
        return Evaluator(*drawn)

    def acceptance(self, logit_error: ArrayLike) -> Array:
        r"""$a = (1-\varepsilon)t + \varepsilon f$, the share of answers accepted (Bayes' denominator)."""
        return np.asarray(expit(np.negative(logit_error)) * self.t + expit(logit_error) * self.f)

    def filter(self, logit_error: ArrayLike) -> Array:
        r"""Log-odds of the contamination of what is accepted, $\operatorname{logit}\varepsilon - \Lambda$ (Bayes).

        `nan` where nothing is accepted: there is then no batch to be contaminated.
        """
        x = np.asarray(logit_error, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            shifted = x - self.log_lr
        # 0 of infinite and infinite of 0 odds keep the certain side: all answers right (or wrong) stay so
        certain = np.where(np.isinf(x), x, shifted)
        return np.asarray(np.where(self.acceptance(x) > 0, certain, np.nan))

    def to_dict(self) -> dict[str, Any]:
        """The plug-in rates, by name."""
        return {"tpr": self.t.tolist(), "fpr": self.f.tolist()}
