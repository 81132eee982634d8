"""What can be estimated from a log, what not, and why."""

from __future__ import annotations

from collections.abc import Callable

from boostcalc.errors import DataError
from boostcalc.fitting.doctor.diagnosis import Quantity
from boostcalc.fitting.doctor.response import forecast, order_of_pairs, response, response_in_size
from boostcalc.fitting.doctor.scatter import between_runs
from boostcalc.fitting.doctor.seen import LEVEL, Labels, Seen, plural
from boostcalc.fitting.evaluator import corrected_error, vote_correlation
from boostcalc.fitting.evaluator.acceptance import FEWEST_ROUNDS
from boostcalc.fitting.evaluator.drift import DRIFTS, UNTOLD
from boostcalc.fitting.survey.area import area
from boostcalc.fitting.survey.graded import graded
from boostcalc.results import Estimate
from boostcalc.runs import COUNTS

__all__ = ["QUANTITIES", "quantities"]

POOR = 0.2
"""Half a rate's interval beyond which the rate is known poorly."""

FAR = 4.0
"""Upper over lower end of a ratio's interval beyond which it is known poorly."""


def quantities(seen: Seen) -> tuple[Quantity, ...]:
    """Each of `QUANTITIES`, asked of a log."""
    return tuple(Quantity(name, *ask(seen)) for name, ask in QUANTITIES.items())


Answer = tuple[str, str, Estimate | None]


def _error(seen: Seen) -> Answer:
    if not seen.total["n_known"]:
        return "no", "no answer's truth is known: log `correct`", None
    by, _ = seen.independent
    found, alone = seen.error, seen.labels.alone if seen.labels else ""
    said = f"{found.text(3)}, {plural(seen.total['n_known'], 'truth')}{_per(seen, by)}"
    if alone:
        return "poorly", f"{said}; that of {alone} answers, as truth is known of no others", found
    return _rate_answer(found), said, found


def _rate(name: str, truth: str) -> Callable[[Seen], Answer]:
    def ask(seen: Seen) -> Answer:
        judge, judged = seen.judge, seen.total[f"{truth}_judged"]
        if isinstance(judge, str) or not judged:
            return "no", _no_rate(seen, truth), None
        if seen.labels and seen.labels.alone:
            return "no", _one_sided(seen.labels), None
        found = judge.estimates[name]
        said = f"{found.text(3)}, {plural(judged, 'verdict')} on {truth} answers{_per(seen, seen.verdicts.by)}"
        return _rate_answer(found), said, found

    return ask


def _ratio(seen: Seen) -> Answer:
    judge = seen.judge
    found = Estimate(None) if isinstance(judge, str) else judge.likelihood_ratio
    if isinstance(judge, str) or found.level is None:
        return "no", "it needs verdicts on correct and on wrong answers of known truth", None
    if seen.labels and seen.labels.alone:
        return "no", _one_sided(seen.labels), None
    low, high = found.low or 0.0, found.high
    poor = high is None or low <= 0 or high / low > FAR
    told = ", 1 is in the interval: it is not shown to tell right from wrong" if _holds(found, 1.0) else ""
    return "poorly" if poor else "yes", f"{found.text(3)}{told}", found


def _drift(variable: str) -> Callable[[Seen], Answer]:
    def ask(seen: Seen) -> Answer:
        judge = seen.judge
        if isinstance(judge, str):
            return "no", "it needs verdicts on answers of known truth", None
        if seen.labels and seen.labels.alone:
            return "no", _one_sided(seen.labels), None
        if variable in judge.untold:
            return "no", judge.untold[variable], None
        trend = judge.trends[variable]
        if trend.found == DRIFTS:
            return "yes", trend.verdict, None
        return "poorly" if trend.found == UNTOLD else "yes", trend.verdict, None

    return ask


def _votes(seen: Seen) -> Answer:
    if not seen.has("votes", "votes_for"):
        return (
            "no",
            "no votes are logged: `votes` and `votes_for` say how often an answer was judged and accepted",
            None,
        )
    try:
        found = vote_correlation(seen.log, level=LEVEL).correlation
    except DataError as error:
        return "no", str(error), None
    return _rate_answer(found), f"{found.text(3)} between two votes on one answer, given its truth", found


def _survey(seen: Seen) -> Answer:
    if not seen.has("score"):
        return "no", "no graded verdicts are logged: `score`", None
    try:
        data = graded(seen.log)
    except DataError as error:
        return "no", str(error), None
    curve = data.curve()
    found = area(data, curve).interval(LEVEL)
    chance = ", 0.5 (chance) is in the interval" if _holds(found, 0.5) else ""
    said = f"area under the ROC {found.text(3)}, {plural(curve.threshold.size, 'score')}{chance}"
    return _rate_answer(found), said, found


def _corrected(seen: Seen) -> Answer:
    unlabelled = seen.total["n_judged"] - seen.total["correct_judged"] - seen.total["wrong_judged"]
    if not seen.total["n_judged"]:
        return "no", "no verdicts are logged: `accepted`", None
    if unlabelled <= 0:
        return "no", "not needed: the truth of every judged answer is known", None
    if seen.labels and seen.labels.alone:
        return "no", _one_sided(seen.labels), None
    try:
        made = corrected_error(seen.log, level=LEVEL)
    except DataError as error:
        return "no", str(error), None
    if made.error.value is None:
        return "no", "the labelled answers show no difference between tpr and fpr: label more", None
    answers = plural(unlabelled, "answer")
    said = f"{made.error.text(3)} among {answers} without a truth, {made.labelled.total:,.0f} labels ({made.method})"
    return _rate_answer(made.error), said, made.error


def _label_free(seen: Seen) -> Answer:
    from scipy.stats import chi2

    judged = seen.rounds[seen.rounds["n_judged"] > 0] if len(seen.rounds) else seen.rounds
    if not seen.total["n_judged"] or not len(judged):
        return "no", "it needs verdicts by `round`: acceptance alone tells something only as it changes", None
    by_round = judged.groupby("round")[list(COUNTS)].sum()
    if list(by_round.index) != list(range(len(by_round))) or len(by_round) < FEWEST_ROUNDS:
        return "no", f"it needs verdicts in each of the rounds 0, 1, …, {FEWEST_ROUNDS - 1} or more", None
    k, n = by_round["n_accepted"].to_numpy(float), by_round["n_judged"].to_numpy(float)
    a = k.sum() / n.sum()
    if not 0 < a < 1:
        return "no", "all verdicts agree: the acceptance does not change", None
    p = float(chi2.sf(((k - n * a) ** 2 / (n * a * (1 - a))).sum(), len(n) - 1))
    span = f"the share accepted goes from {k[0] / n[0]:.3g} in round 0 to {k[-1] / n[-1]:.3g} in round {len(n) - 1}"
    if p > 1 - LEVEL:
        return "no", f"{span}, no more than chance makes it: nothing bends", None
    mirror = "up to a mirror: tpr > fpr has to be assumed, or one label bought"
    return "poorly", f"{span} (p = {p:.2g}); under an assumed response, {mirror}", None


def _rate_answer(found: Estimate) -> str:
    wide = found.low is None or found.high is None or (found.high - found.low) / 2 > POOR
    return "poorly" if wide else "yes"


def _holds(found: Estimate, value: float) -> bool:
    return (found.low is None or found.low <= value) and (found.high is None or value <= found.high)


def _per(seen: Seen, by: str) -> str:
    if by == "cell":
        return ", taken as independent" if seen.listed else f", {plural(len(seen.cells), 'cell')}"
    return f", {plural(seen.distinct(by), by)}"


def _one_sided(labels: Labels) -> str:
    return f"truth is known of {labels.alone} answers alone: both rates come out as {int(labels.alone == 'accepted')}"


def _no_rate(seen: Seen, truth: str) -> str:
    if not seen.total["n_judged"]:
        return "no verdicts are logged: `accepted`"
    if not seen.total["n_known"]:
        return "verdicts are logged, but no truths: `correct`"
    return f"no verdict on a {truth} answer of known truth is logged"


QUANTITIES: dict[str, Callable[[Seen], Answer]] = {
    "error rate": _error,
    "tpr": _rate("tpr", "correct"),
    "fpr": _rate("fpr", "wrong"),
    "likelihood ratio": _ratio,
    "drift with contamination": _drift("contamination"),
    "drift with round": _drift("round"),
    "graded verdicts": _survey,
    "correlation of votes": _votes,
    "corrected error": _corrected,
    "without labels": _label_free,
    "response to contamination": response,
    "response to context size": response_in_size,
    "order of pairs": order_of_pairs,
    "differences between runs": between_runs,
    "forecast": forecast,
}
"""What may be asked of a log: the name, and how it is told."""
