"""What one column more, or a few rows more, would buy: with a figure wherever this log lets one be computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from boostcalc.dynamics import Evaluator, Votes
from boostcalc.fitting.doctor.diagnosis import Advice
from boostcalc.fitting.doctor.response import FEWEST_SIZES, widest_gap
from boostcalc.fitting.doctor.scatter import inflation
from boostcalc.fitting.doctor.seen import LEVEL, Seen, plural
from boostcalc.fitting.evaluator.intervals import rate_interval
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS

__all__ = ["ADVICE", "half_width", "truths_bought"]

MORE = 100
"""Truths, or answers, that are offered."""

NOTICED = 0.95
"""An interval narrower by less than this is as wide as it was."""

ALIKE = 0.1
"""Correlation of two answers of one run that is supposed where it cannot be seen."""

RUNS = 16
"""Runs that are recommended: Student's t on 15 degrees of freedom is 7% off the normal."""

Advised = Iterator[Advice]


def half_width(rate: float, trials: float) -> float:
    """Half the interval of a rate known from so many independent trials."""
    low, high = rate_interval(rate * trials, trials, LEVEL)
    return float(high - low) / 2


def truths_bought(seen: Seen, name: str, more: float) -> tuple[float, float] | None:
    """Half the interval of tpr or fpr, now and with so many more truths of random rows; None where it is not known.

    The new ones are taken to be of the same kind: as many of them correct, and as alike within clusters.
    """
    judge = seen.judge
    if isinstance(judge, str) or judge.counts[name] is None or seen.error.value is None:
        return None
    if seen.labels is not None and seen.labels.alone:
        return None
    counts, rate = judge.counts[name], judge.estimates[name].value
    if counts is None or rate is None or counts.trials <= 0:
        return None
    truth = "correct" if name == "tpr" else "wrong"
    total = seen.total[f"{truth}_judged"]
    of_kind = seen.error.value if truth == "wrong" else 1 - seen.error.value
    worth = counts.trials / total
    return half_width(rate, counts.trials), half_width(rate, counts.trials + more * of_kind * worth)


def truths(seen: Seen) -> Advised:
    """Truths: the first, or more of them."""
    if not seen.total["n_known"]:
        said = f"{MORE} truths of rows drawn at random tell the error rate to ±{half_width(0.5, MORE):.2g} or better"
        if seen.total["n_judged"]:
            half = half_width(0.5, MORE / 2)
            said += f", and tpr and fpr to ±{half:.2g} or better if half of them are wrong"
        yield Advice("correct", f"{said}; without any nothing here tells right from wrong.")
        return
    if seen.labels is not None and seen.labels.alone:
        other = "rejected" if seen.labels.alone == "accepted" else "accepted"
        yield Advice(
            f"{MORE} truths more",
            f"of {other} answers tell the error among those to ±{half_width(0.5, MORE):.2g} or better, and only then "
            "tpr and fpr.",
        )
        return
    found = {name: bought for name in ("tpr", "fpr") if (bought := truths_bought(seen, name, MORE)) is not None}
    if not found:
        return
    of = "of rows drawn at random" if seen.total["n_known"] < seen.total["n"] else "with verdicts, of new attempts"
    if all(now * NOTICED < then for now, then in found.values()):
        told = " and ".join(f"{name} to ±{now:.2g}" for name, (now, _) in found.items())
        yield Advice(f"{MORE} truths more", f"{of}, would change little: these tell {told}.")
        return
    told = " and ".join(f"{name} from ±{now:.2g} to ±{then:.2g}" for name, (now, then) in found.items())
    yield Advice(f"{MORE} truths more", f"{of}, take {told}.")


def verdicts(seen: Seen) -> Advised:
    """Verdicts, where there are truths."""
    wrong = seen.total["n_wrong"]
    right = seen.total["n_known"] - wrong
    if seen.total["n_judged"] or not seen.total["n_known"]:
        return
    parts = [f"{name} to ±{half_width(0.5, n):.2g}" for name, n in (("tpr", right), ("fpr", wrong)) if n > 0]
    yield Advice(
        "accepted",
        f"verdicts on these {plural(seen.total['n_known'], 'answer')} tell {' and '.join(parts)} or better (as if "
        "independent); without them the evaluator's rates have to be given.",
    )


def runs(seen: Seen) -> Advised:
    """What is independent: names of runs, or more runs."""
    from scipy.stats import t as student

    by, count = seen.independent
    if by == "cell" and seen.listed and seen.total["n"] > 1:
        yield Advice(
            "run",
            f"without it {plural(seen.total['n'], 'attempt')} count as independent; if attempts of one run are alike "
            f"by ρ = {ALIKE:g}, intervals are {inflation(ALIKE, 25):.2g} times too narrow in runs of 25 attempts, "
            f"{inflation(ALIKE, 100):.2g} times in runs of {100}.",
        )
    elif by != "cell" and count < ENOUGH_CLUSTERS:
        upper = (1 + LEVEL) / 2
        now, then = (float(student.ppf(upper, m - 1)) / np.sqrt(m) for m in (count, RUNS))
        yield Advice(
            f"{RUNS} {by}s" if not by.endswith("y") else f"{RUNS} queries",
            f"instead of {count}, as large and as different, make intervals {now / then:.2g} times narrower.",
        )


def queries(seen: Seen) -> Advised:
    """Names of queries."""
    if not seen.has("query") and seen.listed and seen.total["n"] > 1:
        yield Advice(
            "query",
            "tells answers to one query from answers to several; if those to one are alike by ρ = 0.3, four of each "
            f"make intervals {inflation(0.3, 4):.2g} times too narrow.",
        )


def rounds(seen: Seen) -> Advised:
    """The round of a loop."""
    if not seen.has("round") and seen.has("accepted"):
        yield Advice(
            "round",
            "tells drift of the evaluator over a loop, and from three rounds on something of errors without labels.",
        )


def contexts(seen: Seen) -> Advised:
    """What the context held: at all, instead of a rate, at several sizes, and near which contaminations."""
    if not {"context_wrong", "context_contamination", "context_judged_wrong"} & seen.columns:
        yield Advice(
            "context_wrong",
            "with `context_size`, tells how the model answers contexts of which a share is wrong; without it perfect "
            "adaptation has to be assumed, which real models are far from.",
        )
        return
    sizes = seen.values("context_size")
    sizes = sizes[sizes > 0]
    if not sizes.size:
        yield Advice(
            "context_size", "tells how much a context's realised share differs from the rate that it was drawn at."
        )
    elif not seen.has("context_wrong"):
        k = float(np.median(sizes))
        yield Advice(
            "context_wrong",
            f"instead of the rate: a context of {k:g} pairs drawn at 0.5 holds a share of 0.5 ± "
            f"{np.sqrt(0.25 / k):.2g} (one standard deviation), which now has to be averaged over.",
        )
    if sizes.size and seen.values("context_size").size < FEWEST_SIZES:
        half, k = max(1, round(sizes.max() / 2)), sizes.max()
        such = f", such as 0, {half:g} and {k:g}," if sizes.size == 1 and k > 1 else ""
        now = f"; now every forecast holds at {k:g}" if sizes.size == 1 else ""
        yield Advice("context sizes", f"{FEWEST_SIZES} of them{such} tell whether a larger context would help{now}.")
    if seen.shares.size and (gap := widest_gap(seen)):
        yield Advice(
            "contaminations",
            f"nothing was seen {gap}: {MORE} answers there tell the error to ±{half_width(0.5, MORE):.2g} or better, "
            "and forecasts that go there need not extrapolate.",
        )
    if seen.has("context_wrong") and sizes.max(initial=0) > 1 and not seen.has("context_wrong_position"):
        yield Advice("context_wrong_position", "tells whether it matters where in the context the wrong pairs stand.")


def judging(seen: Seen) -> Advised:
    """Graded verdicts, and several of them."""
    judge = seen.judge
    if isinstance(judge, str) or (seen.labels is not None and seen.labels.alone):
        return
    t, f = judge.tpr.value, judge.fpr.value
    if t is None or f is None or not (0 < f < t < 1):
        return
    if not seen.has("score"):
        strict = _stricter(t, f)
        yield Advice(
            "score",
            f"lets the threshold be chosen: if scores are binormal, accepting half as many correct answers takes TP/FP "
            f"from {t / f:.3g} to {strict:.3g}.",
        )
    if not seen.has("votes", "votes_for"):
        ratios = []
        for correlation in (0.0, 0.3):
            rates = Votes(Evaluator(t, f), 3, correlation=correlation).rates
            ratios.append(float(rates.t / rates.f))
        yield Advice(
            "votes",
            f"with `votes_for`, tells how much repeated votes agree: two of three take TP/FP from {t / f:.3g} to "
            f"{ratios[0]:.3g} if they are independent, to {ratios[1]:.3g} if correlated by 0.3.",
        )


def _stricter(t: float, f: float) -> float:
    """t/f of the equal-variance binormal judge at the threshold that accepts half as many correct answers."""
    from scipy.special import ndtr, ndtri

    separation = ndtri(t) - ndtri(f)
    return float((t / 2) / ndtr(ndtri(t / 2) - separation))


ADVICE = (runs, queries, truths, verdicts, contexts, rounds, judging)
"""What is offered, in order."""
