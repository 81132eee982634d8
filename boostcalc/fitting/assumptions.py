"""The assumptions of the theory, each scored on a log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boostcalc.fitting.evaluator import EvaluatorFit
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.observations import Observations
from boostcalc.odds import Array
from boostcalc.results import Estimate, percent

__all__ = ["IGNORES", "OF_RESPONSE", "TAKES", "UNTOLD", "assumptions"]

NEGLIGIBLE = 0.001
"""An error (or its complement) below this is as good as none for the assumption of perfect adaptation."""

NEAR = 0.05
"""An error this close to the contamination between those ends is as good as matching it."""

IGNORED = 0.05
"""A change of the error over all contaminations that is as good as none."""

SETTLED = 0.02
"""A change of the error, as the context doubles, that is as good as none."""

TAKES = "how the model takes its context"
"""Name of the one that says which kind of learner it is."""

IGNORES, UNTOLD = "ignores it", "cannot be told"
"""Its verdicts where the error does not rise with the contamination, and where it is not seen to."""

OF_RESPONSE = ("perfect adaptation", TAKES, "the context has room enough")
"""Names of those that are read off the chosen family."""

DRAWS = 2_000
"""Draws behind an interval."""

KINDS = {
    "matches its noise rate": ("perfect", "affine", "shrinkage"),
    "weighs its odds": ("odds-power",),
    "infers one rule for it": ("evidence", "sized-evidence", "counted-evidence", "sigmoid"),
}
"""Kinds of learner, and the families that stand for each."""


def assumptions(
    responses: Sequence[FittedResponse],
    data: Observations,
    judge: EvaluatorFit | None,
    error: Estimate,
    order: Estimate,
    *,
    averaged: bool,
    level: float,
) -> tuple[dict[str, str], ...]:
    """Records `name`, `verdict`, `evidence`: what the log says of each assumption that a forecast may rest on."""
    found = []
    if responses:
        found += [_perfect(responses[0], level), _learner(responses, level), _room(responses, data, level)]
        found.append(_order(order))
    if judge is not None:
        found += [_easier(judge, error)]
    if responses:
        found += _known(data, averaged)
    return tuple(found)


def _record(name: str, verdict: str, evidence: str) -> dict[str, str]:
    return {"name": name, "verdict": verdict, "evidence": evidence}


def _perfect(best: FittedResponse, level: float) -> dict[str, str]:
    shares = np.linspace(0, 1, 5)
    low, high = best.band(shares, level)
    error = best.response(shares, best.size)
    off = np.maximum(low - shares, shares - high)
    # at the ends perfect adaptation never errs by itself; between them the error is the contamination
    tolerated = np.where((shares == 0) | (shares == 1), NEGLIGIBLE, NEAR)
    beyond = off - tolerated
    told = [0, 4] if max(beyond[0], beyond[4]) > 0 or (beyond <= 0).all() else [0, int(beyond.argmax()), 4]
    where = {0: "a clean context", 4: "a wholly wrong one"}
    listed = [
        f"{error[i]:.4g} [{low[i]:.4g}, {high[i]:.4g}] under {where.get(i, f'one with a share of {shares[i]:g} wrong')}"
        for i in told
    ]
    said = [f"{shares[i]:g}" for i in told]
    return _record(
        "perfect adaptation",
        "does not hold" if (beyond > 0).any() else "is not contradicted",
        f"the fitted error is {', '.join(listed[:-1])} and {listed[-1]}; "
        f"perfect adaptation says {', '.join(said[:-1])} and {said[-1]}",
    )


def _learner(responses: Sequence[FittedResponse], level: float) -> dict[str, str]:
    """Whether it matches its context's noise rate, infers one rule, or ignores it."""
    weights = {kind: sum(one.weight for one in responses if one.family in names) for kind, names in KINDS.items()}
    best = responses[0]
    drawn = best.draw(np.random.default_rng(0), DRAWS)(np.array([[0.0], [1.0]]), best.size)
    change = _interval(drawn[1] - drawn[0], level)
    told = ", ".join(f"{kind} {percent(weight)}" for kind, weight in weights.items() if weight >= 0.005)
    evidence = f"from a clean to a wholly wrong context the error rises by {change}; weights on held-out data: {told}"
    if change.high is not None and change.high < IGNORED:
        verdict = IGNORES
    elif change.low is not None and change.low < IGNORED:
        verdict = UNTOLD
    else:
        verdict = max(weights, key=lambda kind: weights[kind])
        if weights[verdict] < 0.8:
            verdict = f"cannot be told; most likely {verdict}"
    return _record(TAKES, verdict, evidence)


def _room(responses: Sequence[FittedResponse], data: Observations, level: float) -> dict[str, str]:
    """Whether the context has room enough: the response no longer changes with its size."""
    name = "the context has room enough"
    sizes = np.unique(data.size[data.size > 0])
    told = [one for one in responses if one.response.sized and one.weight >= 0.005]
    if sizes.size < 2:
        return _record(name, "cannot be told", "contexts of one size were logged: log several, from few pairs to many")
    if not told:
        return _record(name, "cannot be told", "no family that depends on the context's size fits these runs")
    large = float(sizes[-1])
    shares = np.array([0.0, 0.5, 1.0])
    parts = []
    total = sum(one.weight for one in told)
    for one in told:
        drawn = one.draw(np.random.default_rng(0), max(1, round(DRAWS * one.weight / total)))
        parts.append(drawn(shares[:, None], large) - drawn(shares[:, None], large / 2))
    changes = [_interval(row, level) for row in np.concatenate(parts, axis=1)]
    listed = "; ".join(f"{change} at c = {share:g}" for share, change in zip(shares, changes, strict=True))
    evidence = f"from {large / 2:g} to {large:g} pairs the error changes by {listed}"
    moving = [c for c in changes if c.low is not None and c.high is not None and (c.low > SETTLED or c.high < -SETTLED)]
    still = all(c.low is not None and c.high is not None and max(-c.low, c.high) < SETTLED for c in changes)
    return _record(name, "does not hold" if moving else "holds" if still else "cannot be told", evidence)


def _order(order: Estimate) -> dict[str, str]:
    name = "the order of pairs does not matter"
    if order.value is None or order.low is None or order.high is None:
        why = "the log does not say where in their contexts the wrong pairs stand (context_wrong_position)"
        return _record(name, "cannot be told", why)
    evidence = f"wrong pairs at the end of a context add {order} to the log-odds of an error over those at its start"
    excluded = max(-order.low, order.high)
    verdict = "does not hold" if order.low > 0 or order.high < 0 else "is not contradicted"
    more = f"; effects beyond ±{excluded:.3g} are excluded" if verdict == "is not contradicted" else ""
    return _record(name, verdict, evidence + more)


def _easier(judge: EvaluatorFit, error: Estimate) -> dict[str, str]:
    """Whether evaluating is easier than generating."""
    name = "evaluating is easier than generating"
    youden, ratio = judge.estimates["youden"], judge.estimates["likelihood_ratio"]
    t, f = judge.estimates["tpr"].value, judge.estimates["fpr"].value
    if youden.low is None or youden.high is None or t is None or f is None:
        return _record(name, "cannot be told", "verdicts on both correct and wrong answers of known truth are needed")
    evidence = f"TP/FP = {ratio}, TP − FP = {youden}"
    verdict = "cannot be told: it is not shown to tell right from wrong"
    if youden.high < 0:
        verdict = "does not hold: it prefers wrong answers"
    elif youden.low > 0:
        verdict = "holds so far that it tells right from wrong"
        correct, wrong = judge.counts["tpr"], judge.counts["fpr"]
        if error.value is not None and correct is not None and wrong is not None:
            # how much more often verdicts are right than answers: t(1 − ε) + (1 − f)ε − (1 − ε)
            right, rng = 1 - error.value, np.random.default_rng(0)
            drawn = right * correct.draw(rng, DRAWS) + error.value * (1 - wrong.draw(rng, DRAWS)) - right
            more = _interval(drawn, judge.level)
            evidence += f"; of these answers {right:.3g} are right, and of the verdicts {more} more"
            if more.low is not None and more.low > 0:
                verdict = "holds"
            elif more.high is not None and more.high < 0:
                verdict = "does not hold, though it tells right from wrong"
    return _record(name, verdict, evidence)


def _known(data: Observations, averaged: bool) -> list[dict[str, str]]:
    found = []
    if not data.exact.all():
        sized = averaged and bool(np.isfinite(data.size[~data.exact]).all())
        how = "averaged over Bin(k, rate)" if sized else "taken for the realised share"
        why = "" if sized or not averaged else ", as the sizes of the contexts are not logged"
        found.append(
            _record(
                "realised share of wrong pairs",
                "not logged",
                f"contexts are known by the rate they were drawn at, which is {how}{why}",
            )
        )
    if data.judged.any():
        found.append(
            _record(
                "truth of the context's pairs",
                "estimated by a judge",
                f"in {data.judged.mean():.0%} of the cells; the response is averaged over what the judge's rates, "
                "taken as known, allow",
            )
        )
    return found


def _interval(draws: Array, level: float) -> Estimate:
    return Estimate.from_draws(float(np.median(draws)), draws, level)
