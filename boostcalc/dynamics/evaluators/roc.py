"""The ROC of an evaluator that grades: what each threshold accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc import plotting
from boostcalc.dynamics.evaluators.constant import Evaluator
from boostcalc.errors import DataError, UsageError
from boostcalc.odds import Array, Counts, log_ratio
from boostcalc.results import Result, finite

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["EmpiricalRoc", "Roc", "roc"]


@dataclass(frozen=True, eq=False)
class Roc(Result):
    """Rates by threshold, the strictest first; an answer is accepted when its score is at least the threshold.

    Attributes
    ----------
    threshold : array, shape (m,), falling.
    tpr, fpr : P(accept | correct) and P(accept | wrong) there, shape (m,).
    log_lr : ln(t/f) there; `inf` where no wrong answer is accepted, `nan` where none is.
    auc : the area under the curve: how often a correct answer outscores a wrong one, ties counting half.
    """

    kind = "roc"

    status: str
    threshold: Array
    tpr: Array
    fpr: Array
    log_lr: Array
    auc: float

    @property
    def likelihood_ratio(self) -> Array:
        """LR = t/f at each threshold; `inf` where f = 0, `nan` where both are."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.tpr / self.fpr)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The table, by column."""
        rates = {"tpr": self.tpr, "fpr": self.fpr, "likelihood_ratio": self.likelihood_ratio}
        return {"threshold": self.threshold, **rates}

    def summary(self) -> str:
        return f"{self.status}\n{self.to_frame().to_string(index=False)}"

    def to_frame(self) -> pd.DataFrame:
        """One row a threshold."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    def body(self) -> dict[str, Any]:
        columns = {name: values.tolist() for name, values in self.columns().items()}
        rows = [dict(zip(columns, map(finite, row), strict=True)) for row in zip(*columns.values(), strict=True)]
        return {"status": self.status, "auc": self.auc, "thresholds": rows}

    def plot(self, ax: Axes | None = None) -> Axes:
        return plotting.roc(self.fpr, self.tpr, ax=ax)


@dataclass(frozen=True, eq=False)
class EmpiricalRoc(Roc):
    """The ROC of scores that were seen: one threshold for each score that occurs.

    Attributes
    ----------
    accepted_correct, accepted_wrong : answers of either kind that each threshold accepts, shape (m,).
    correct, wrong : answers of either kind.
    """

    accepted_correct: NDArray[np.int64]
    accepted_wrong: NDArray[np.int64]
    correct: int
    wrong: int

    def at(self, threshold: float) -> Evaluator:
        """The evaluator that accepts from this threshold on, its rates known by the counts.

        The threshold need not be one of the scores: between two of them, the higher one counts.

        Raises
        ------
        UsageError
            If the threshold is not a number.
        """
        if np.isnan(threshold):
            raise UsageError("threshold = nan is not a number: give the least score that is accepted")
        reached = int((self.threshold >= threshold).sum())
        taken = (np.concatenate([[0], counts])[reached] for counts in (self.accepted_correct, self.accepted_wrong))
        return Evaluator(*(Counts(int(k), n) for k, n in zip(taken, (self.correct, self.wrong), strict=True)))

    def columns(self) -> dict[str, NDArray[Any]]:
        counts = {"accepted_correct": self.accepted_correct, "accepted_wrong": self.accepted_wrong}
        return {"threshold": self.threshold, **counts, **super().columns()}


def roc(scores: ArrayLike, correct: ArrayLike) -> EmpiricalRoc:
    r"""The empirical ROC of scored answers of which it is known whether they are correct.

    The area is $\mathrm{AUC} = \frac{1}{n_1 n_0} \sum_{i,j} \left(1[s_i > s_j] + \tfrac12 1[s_i = s_j]\right)$
    over correct i and wrong j, the statistic of Mann and Whitney (Bamber 1975, J. Math. Psychol. 12, 387). It comes
    without an interval: answers of one run are not independent (`survey` clusters them).

    Parameters
    ----------
    scores : array, shape (n,)
        Graded verdicts or log-probabilities, higher for better; ±inf are allowed.
    correct : array of bool, shape (n,)
        Whether the answer is correct.

    Raises
    ------
    UsageError
        If they are no two lists of one length, or `correct` holds anything but true and false.
    DataError
        If a score is not a number, or one of the two kinds of answer is missing.

    Examples
    --------
    >>> curve = roc([0.9, 0.8, 0.8, 0.3], [True, True, False, False])
    >>> curve.auc
    0.875
    >>> curve.at(0.5).tpr
    Counts(successes=2, trials=2)
    """
    score, truth = np.asarray(scores, dtype=np.float64), np.asarray(correct)
    if score.ndim != 1 or score.shape != truth.shape:
        raise UsageError(f"scores {score.shape} and correct {truth.shape} do not match: give one of each for an answer")
    if not np.isin(truth, (0, 1)).all():
        raise UsageError("correct holds more than true and false: it says of each answer whether it is correct")
    right = truth.astype(bool)
    if np.isnan(score).any():
        raise DataError(f"{int(np.isnan(score).sum())} scores are not numbers: leave out answers that were not graded")
    if right.all() or not right.any():
        raise DataError("a ROC needs correct and wrong answers: one of the two is missing")
    steps, place = np.unique(-score, return_inverse=True)
    at, false_at = (np.bincount(place[kind], minlength=steps.size) for kind in (right, ~right))
    hits, false = (np.cumsum(counts, dtype=np.int64) for counts in (at, false_at))
    n, wrong = int(hits[-1]), int(false[-1])
    pairs = int(2 * (at * (wrong - false)).sum() + (at * false_at).sum())  # a tie is half of a pair
    auc = pairs / (2 * n * wrong)
    return EmpiricalRoc(
        status=f"{n} correct and {wrong} wrong answers at {steps.size} scores: area under the curve {auc:.4g}",
        threshold=-steps,
        tpr=hits / n,
        fpr=false / wrong,
        log_lr=log_ratio(hits / n, false / wrong),
        auc=auc,
        accepted_correct=hits,
        accepted_wrong=false,
        correct=n,
        wrong=wrong,
    )
