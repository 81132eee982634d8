"""The error rate behind verdicts: from few truths and many verdicts, as counts or as a log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.errors import DataError, RateError, UsageError
from boostcalc.fitting.evaluator.corrections import APART, METHODS, RANDOM, Corrected
from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.odds import Counts
from boostcalc.results import Estimate, Result, aligned, finite, provenance
from boostcalc.runs import Runs, read_runs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["CorrectedError", "Labelled", "corrected_error"]


@dataclass(frozen=True)
class Labelled:
    """Judged answers of known truth: how many of the correct and of the wrong ones were accepted and rejected.

    Raises
    ------
    RateError
        If one of them is not a count.
    """

    correct_accepted: float
    correct_rejected: float
    wrong_accepted: float
    wrong_rejected: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise RateError(f"{name} = {value} is not a count: give a number of answers, 0 or more")

    @property
    def total(self) -> float:
        """Labelled answers."""
        return self.correct_accepted + self.correct_rejected + self.wrong_accepted + self.wrong_rejected


@dataclass(frozen=True, eq=False)
class CorrectedError(Result):
    """An error rate from verdicts, corrected for what the evaluator gets wrong.

    Attributes
    ----------
    error : the estimate; value None where the data do not identify it.
    method : how it was made: the name of one of `estimates`.
    estimates : by method, all that the data allow.
    rejected : the share rejected, which is no error rate: what there is without correction.
    random : whether the labelled answers were taken for a random sample of those whose error is asked for.
    clusters : what is independent (`by`) and how many of them there are (`count`).
    """

    kind = "corrected error"

    status: str
    error: Estimate
    method: str
    estimates: dict[str, Estimate]
    rejected: float
    random: bool
    labelled: Labelled
    accepted: Counts
    clusters: dict[str, Any]
    provenance: dict[str, Any]

    def summary(self) -> str:
        rows = [["*" if name == self.method else "", name, str(found)] for name, found in self.estimates.items()]
        return f"{self.status}\n{aligned(rows, left=True)}"

    def to_frame(self) -> pd.DataFrame:
        """One row a method: `method`, `value`, `low`, `high`, `level`."""
        import pandas as pd

        return pd.DataFrame([{"method": name, **found.to_dict()} for name, found in self.estimates.items()])

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "error": self.error.to_dict(),
            "method": self.method,
            "estimates": {name: found.to_dict() for name, found in self.estimates.items()},
            "rejected": self.rejected,
            "random": self.random,
            "labelled": vars(self.labelled),
            "accepted": {"successes": self.accepted.successes, "trials": self.accepted.trials},
            "clusters": self.clusters,
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Each method's estimate with its interval, beside the share rejected."""
        found = self.estimates
        numbers = [[e.value, e.low, e.high] for e in found.values()]
        return plotting.estimates(list(found), np.array(numbers, dtype=np.float64), reference=self.rejected, ax=ax)


def corrected_error(
    runs: Any = None,
    *,
    labelled: Labelled | None = None,
    accepted: Counts | None = None,
    random: bool = False,
    method: str | None = None,
    level: float = 0.9,
) -> CorrectedError:
    r"""The error rate of answers that have verdicts, by the help of some whose truth is known.

    Parameters
    ----------
    runs : Runs, path or dataframe, optional
        A log in which `correct` is missing where no truth is known; or else:
    labelled, accepted : Labelled, Counts
        Verdicts on answers of known truth; accepted of the judged answers whose truth is not known.
    random : bool
        Whether the labelled answers are a random sample of the very answers whose error is asked for. If not (the
        default) they say only what t and f are, and $\varepsilon = (t - a)/(t - f)$ (Rogan and Gladen 1978).
    method : "score" or "delta"; if `random` also "post-stratified", "ppi++" or "labels"
        By default "score", and "post-stratified" if `random`; see `evaluator.corrections`.
    level : float in (0, 1)
        Of the interval.

    Raises
    ------
    UsageError
        If the method does not suit the sample, `level` is out of range, or neither or both forms are given.
    DataError
        If there are no verdicts of one of the kinds that it takes.

    Examples
    --------
    >>> import boostcalc as bc
    >>> known = bc.Labelled(correct_accepted=56, correct_rejected=14, wrong_accepted=3, wrong_rejected=27)
    >>> print(bc.corrected_error(labelled=known, accepted=bc.Counts(180, 400)).status)
    The error is 0.5 [0.3958, 0.629] by the share accepted, 0.45, and the evaluator's rates (score interval, 100
    labels); the share rejected, 0.55, is not it.
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    seen, source = _seen(runs, labelled, accepted)
    allowed = [*RANDOM, *APART] if random else list(APART)
    chosen = method if method is not None else allowed[0]
    if chosen not in METHODS:
        raise UsageError(f"no method {chosen!r}; there are: {', '.join(METHODS)}")
    if chosen not in allowed:
        raise UsageError(f"{chosen} needs labels of a random sample of the same answers: say random=True if they are")
    possible = {name: why for name in allowed if (why := _impossible(name, seen)) is not None}
    if chosen in possible and method is None and random and "labels" not in possible:
        chosen = "labels"
    if chosen in possible:
        raise DataError(possible[chosen])
    found = {name: _estimate(METHODS[name](seen, level), level) for name in allowed if name not in possible}
    rejected = float(1 - (seen.judged if random else seen.unknown).rate)
    return CorrectedError(
        status=_status(found[chosen], chosen, seen, rejected),
        error=found[chosen],
        method=chosen,
        estimates=found,
        rejected=rejected,
        random=random,
        labelled=_table(seen),
        accepted=Counts(float(seen.unknown.successes.sum()), float(seen.unknown.total)),
        clusters={"by": seen.by, "count": seen.count},
        provenance=provenance(source=source, random=random, method=chosen, level=level),
    )


def _seen(runs: Any, labelled: Labelled | None, accepted: Counts | None) -> tuple[Verdicts, str]:
    if (runs is None) == (labelled is None and accepted is None):
        raise UsageError("give either runs, or labelled and accepted")
    if runs is not None:
        log = runs if isinstance(runs, Runs) else read_runs(runs)
        seen = Verdicts.of(log)
        if not seen.count or seen.unknown.total == 0:
            raise DataError(
                "no verdict on an answer of unknown truth is logged: the error of answers of known truth needs no "
                "correction"
            )
        return seen, log.source
    if labelled is None or accepted is None:
        raise UsageError("give labelled and accepted together: each says half of it")
    one = {
        "correct": (labelled.correct_accepted, labelled.correct_accepted + labelled.correct_rejected),
        "wrong": (labelled.wrong_accepted, labelled.wrong_accepted + labelled.wrong_rejected),
        "unknown": (accepted.successes, accepted.trials),
    }
    return Verdicts(**{name: Source(np.array([k]), np.array([n])) for name, (k, n) in one.items()}, by="cell"), "counts"


def _impossible(method: str, seen: Verdicts) -> str | None:
    """Why these verdicts do not allow the method; None if they do."""
    known = seen.correct.total + seen.wrong.total
    if known == 0:
        return "no labelled answer has a verdict: label some, or nothing can be said of the error"
    if method in APART:
        for kind in ("correct", "wrong"):
            if getattr(seen, kind).total == 0:
                rate = "tpr" if kind == "correct" else "fpr"
                return f"no labelled answer is {kind}, so that {rate} is not known: label more"
    if method == "post-stratified":
        accepted = float(seen.accepted.total)
        for kind, count in (("accepted", accepted), ("rejected", float(known) - accepted)):
            if count == 0:
                return f"no labelled answer was {kind}: the error among those is not known"
    return None


def _table(seen: Verdicts) -> Labelled:
    counts = []
    for one in (seen.correct, seen.wrong):
        accepted = float(one.successes.sum())
        counts += [accepted, float(one.total) - accepted]
    return Labelled(*counts)


def _estimate(found: Corrected, level: float) -> Estimate:
    return Estimate(finite(float(found.value)), float(found.low), float(found.high), level)


BY = {
    "score": "by the share accepted, {accepted:.4g}, and the evaluator's rates (score interval, {labels:g} labels)",
    "delta": "by the share accepted, {accepted:.4g}, and the evaluator's rates (first order, {labels:g} labels)",
    "post-stratified": "by the errors among {labels:g} labelled answers, weighted by the verdicts on all {all:g}",
    "ppi++": "by {labels:g} labels and the verdicts on {all:g} answers (prediction-powered)",
    "labels": "by {labels:g} labels alone",
}


def _status(found: Estimate, method: str, seen: Verdicts, rejected: float) -> str:
    t, f = seen.correct.rate, seen.wrong.rate
    told = {
        "accepted": float(seen.unknown.rate),
        "labels": float(seen.correct.total + seen.wrong.total),
        "all": float(seen.judged.total),
    }
    if found.value is None:
        return (
            f"The error is not identified: t = {t:.4g} and f = {f:.4g} cannot be told apart, so that the share "
            "accepted says nothing of it; label more answers."
        )
    said = f"The error is {found} {BY[method].format(**told)}"
    if method in APART and not min(t, f) <= told["accepted"] <= max(t, f):
        more = "more" if told["accepted"] > max(t, f) else "less"
        end = " and even that is refused: the rates cannot be those of these answers" if found.low == found.high else ""
        return f"{said}: {more} is accepted than either rate, so the estimate is the end of its range{end}."
    return f"{said}; the share rejected, {rejected:.4g}, is not it."
