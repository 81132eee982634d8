"""From a log to what it says of its evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np

from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator.design import FEWEST
from boostcalc.fitting.evaluator.drift import DRIFTS, Trend, trend
from boostcalc.fitting.evaluator.fit import EvaluatorFit
from boostcalc.fitting.evaluator.logistic import ENOUGH_CLUSTERS
from boostcalc.fitting.evaluator.rates import effective, rate_estimate, ratio_estimate, youden_estimate
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.fitting.evaluator.votes import vote_correlation
from boostcalc.results import Estimate, counted, provenance
from boostcalc.runs import Runs, read_runs

__all__ = ["VARIABLES", "estimate_evaluator"]

VARIABLES = ("contamination", "round")
"""What a drift is looked for with."""


def estimate_evaluator(runs: Any, *, level: float = 0.9, rng: int | np.random.Generator = 0) -> EvaluatorFit:
    """The evaluator's rates from verdicts on answers of known truth, with intervals that know of clusters.

    Parameters
    ----------
    runs : Runs, path or dataframe
        As `read_runs` takes it; `accepted` beside `correct`.
    level : float in (0, 1)
        Of the intervals; drift is tested at 1 − level.
    rng : seed or Generator
        For the interval of the likelihood ratio under a clean and a wholly wrong context, where the rates drift.

    Raises
    ------
    UsageError
        If `level` is out of range.
    DataError
        If no verdict on an answer of known truth is logged.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"correct": [True, True, False, False], "accepted": [True, False, True, False],
    ...                     "n": [80, 20, 10, 90]})
    >>> print(estimate_evaluator(log).status)
    The evaluator accepts 0.8 [0.7262, 0.858] of the correct answers and 0.1 [0.05965, 0.1614] of the wrong ones:
    acceptance favours correct answers 8-fold [4.95, 13.26].
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    log = runs if isinstance(runs, Runs) else read_runs(runs)
    seen = Verdicts.of(log)
    if not (seen.correct.trials.any() or seen.wrong.trials.any()):
        raise DataError(
            "the runs say nothing of the evaluator's rates, as they have no verdict on an answer of known truth: log "
            "`accepted` beside `correct`" + (", also where `votes` are logged" if "votes" in log.cells else "")
        )
    found = {
        "tpr": rate_estimate(seen.correct, level),
        "fpr": rate_estimate(seen.wrong, level),
        "likelihood_ratio": ratio_estimate(seen.correct, seen.wrong, level),
        "youden": youden_estimate(seen.correct, seen.wrong, level),
        "acceptance": rate_estimate(seen.judged, level),
        "precision": rate_estimate(seen.accepted, level),
    }
    trends: dict[str, Trend] = {}
    untold: dict[str, str] = {}
    for variable in VARIABLES:
        try:
            trends[variable] = trend(log, variable, level=level)
        except DataError as error:
            untold[variable] = str(error)
    seed = {} if isinstance(rng, np.random.Generator) else {"seed": rng}
    return EvaluatorFit(
        status=f"{_status(found, trends, np.random.default_rng(rng))}.",
        level=level,
        estimates=found,
        counts={"tpr": effective(seen.correct, level), "fpr": effective(seen.wrong, level)},
        trends=trends,
        untold=untold,
        votes=_votes(log, level),
        clusters={"by": seen.by, "count": seen.count},
        warnings=tuple(_warnings(seen, trends)),
        provenance=provenance(source=log.source, where=log.where, level=level, **seed),
    )


def _votes(log: Runs, level: float) -> dict[str, Estimate]:
    try:
        return vote_correlation(log, level=level).correlations
    except DataError:  # few logs have votes
        return {}


def _status(found: dict[str, Estimate], trends: dict[str, Trend], rng: np.random.Generator) -> str:
    known = [
        f"{found[name]} of the {which}"
        for name, which in (("tpr", "correct answers"), ("fpr", "wrong ones"))
        if found[name].value is not None
    ]
    said = f"The evaluator accepts {' and '.join(known)}"
    ratio, gap = found["likelihood_ratio"], found["youden"]
    if ratio.level is not None and gap.low is not None and gap.high is not None:
        if gap.low > 0 and (ratio.low or 0.0) > 1:
            at_least = "at least " if ratio.value is None else ""
            fold = f"{ratio.low:.4g}-fold" if ratio.value is None else _folds(ratio)
            said += f": acceptance favours correct answers {at_least}{fold}"
        elif gap.high < 0 and (ratio.high or np.inf) < 1:
            said += f": acceptance favours wrong answers (likelihood ratio {ratio})"
        else:
            said += f": they do not show that it tells right from wrong (likelihood ratio {ratio})"
    drift = trends.get("contamination")
    if drift is not None and len(drift.names) == 2:
        ends = [drift.likelihood_ratio(x, rng) for x in (0.0, 1.0)]
        said += f"; the likelihood ratio is {ends[0]} under a clean context and {ends[1]} under a wholly wrong one"
    moved = [variable for variable, one in trends.items() if one.found == DRIFTS]
    return f"{said}; its rates drift with the {' and the '.join(moved)}" if moved else said


def _folds(ratio: Estimate) -> str:
    high = "∞" if ratio.high is None else f"{ratio.high:.4g}"
    return f"{ratio.value:.4g}-fold [{ratio.low:.4g}, {high}]"


def _warnings(seen: Verdicts, trends: dict[str, Trend]) -> list[str]:
    said = []
    if seen.count < FEWEST:
        said.append("verdicts are taken as independent: the log names fewer than three blocks, runs or queries")
    elif seen.by != "cell" and seen.count < ENOUGH_CLUSTERS:
        said.append(
            f"only {counted(seen.count, seen.by)}: what varies between them is hardly seen, so intervals are wide"
        )
    for name, one in (("correct", seen.correct), ("wrong", seen.wrong)):
        if one.total == 0:
            said.append(f"no verdict on a {name} answer is logged")
    if len([one for one in trends.values() if one.found == DRIFTS]) > 1:
        said.append("contamination and round may show the same drift: contexts change from round to round")
    return said
