"""Filter, acceptance, and what follows in closed form under perfect adaptation; evidence of an acceptance."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from boostcalc.dynamics import Drifting, Evaluator, Loop
from boostcalc.odds import Array, log_ratio, logit
from boostcalc.responses import Perfect
from verification.accuracy.kernel import Kernel, Points
from verification.accuracy.points import (
    LEAST_EVIDENCE,
    LEAST_REST,
    MOST_EVIDENCE,
    either,
    errors,
    judges,
    magnitude,
    whole,
)

__all__ = ["KERNELS"]


def answered(rng: np.random.Generator, size: int) -> Points:
    return {"error": errors(rng, size), **judges(rng, size)}


def batched(rng: np.random.Generator, size: int) -> Points:
    return {**answered(rng, size), "batch": whole(rng, np.full(size, 1e9))}


def iterated(rng: np.random.Generator, size: int) -> Points:
    """Rounds up to 1e9, or as many as lead to the end of the normal doubles."""
    points = answered(rng, size)
    farthest = 740 / np.abs(log_ratio(points["t"], points["f"]))
    return {**points, "rounds": whole(rng, np.minimum(farthest, 1e9))}


def aimed(rng: np.random.Generator, size: int) -> Points:
    """A start and a target below it, and a judge that improves."""
    pair = np.sort(np.stack([errors(rng, size), errors(rng, size)]), axis=0)
    judge = judges(rng, size)
    t, f = np.maximum(judge["t"], judge["f"]), np.minimum(judge["t"], judge["f"])
    apart = pair[0] < pair[1]
    return {"error": pair[1][apart], "target": pair[0][apart], "t": t[apart], "f": f[apart]}


def drifting(rng: np.random.Generator, size: int) -> Points:
    """Judges whose rates move, some of them nearly blind at one end, and a context."""

    def rate() -> Array:
        return either(
            rng,
            rng.uniform(0.01, 0.99, size),
            magnitude(rng, size, 1e-9, 0.5),
            1 - magnitude(rng, size, LEAST_REST, 0.5),
        )

    clean, soiled = rate(), rate()
    near = [np.clip(r * np.exp(-magnitude(rng, size, 1e-12, 1.0)), 1e-12, 1 - LEAST_REST) for r in (clean, soiled)]
    f0, f1 = (either(rng, close, rate()) for close in near)
    return {"context": errors(rng, size), "t0": clean, "f0": f0, "t1": soiled, "f1": f1}


def attempts(error: Array, t: Array, f: Array, batch: Array) -> Array:
    return np.asarray(batch / Evaluator(t, f).rates.acceptance(logit(error)))


def rounds_to(error: Array, target: Array, t: Array, f: Array) -> Array:
    return Loop(tpr=t, fpr=f).rounds_to(target, error=error).value


def least_rounds(error: Any, target: Any, t: Any, f: Any) -> Any:
    """⌈crossing⌉; None where the crossing is within rounding of a whole number, and either neighbour is right.

    The rounding of ε and ε* is a shift of 1e-12 in log-odds; a target this close has been reached.
    """
    gap = mpmath.log(error) - mpmath.log(1 - error) - mpmath.log(target) + mpmath.log(1 - target)
    evidence = mpmath.log(t / f)
    crossing = gap / evidence
    slack = 3 * mpmath.mpf(1e-12) / evidence + 4 * crossing * 2.0**-52
    low, high = mpmath.ceil(crossing - slack), mpmath.ceil(crossing + slack)
    return None if low != high or not 1 <= high <= 1e9 else high


def drifted(context: Any, t0: Any, f0: Any, t1: Any, f1: Any) -> Any:
    """(ln t(c), ln f(c)) of rates that move in log-odds, as (log-odds of t, of f)."""

    def odds(a: Any, b: Any) -> Any:
        return (1 - context) * mpmath.log(a / (1 - a)) + context * mpmath.log(b / (1 - b))

    return odds(t0, t1), odds(f0, f1)


def drifted_log_lr(**point: Any) -> Any:
    x, y = drifted(**point)
    evidence = mpmath.log((1 + mpmath.exp(-y)) / (1 + mpmath.exp(-x)))
    return evidence if LEAST_EVIDENCE <= abs(evidence) <= MOST_EVIDENCE else None


def drifted_tpr(**point: Any) -> Any:
    x, _ = drifted(**point)
    return 1 / (1 + mpmath.exp(-x))


def judge_of(t0: Array, f0: Array, t1: Array, f1: Array) -> Drifting:
    return Drifting(tpr=t0, fpr=f0, tpr_wrong=t1, fpr_wrong=f1)  # type: ignore[arg-type]  # arrays stand for several


def drift_condition(context: Array, t0: Array, f0: Array, t1: Array, f1: Array) -> Array:
    """(|parts of the gap| + the part of the log-odds they are told from) over the gap, all in log-odds."""
    right = 1 - context
    gaps = right * np.abs(logit(t0) - logit(f0)), context * np.abs(logit(t1) - logit(f1))
    x, y = (right * logit(a) + context * logit(b) for a, b in ((t0, t1), (f0, f1)))
    size = right * np.abs(logit(t0)) + context * np.abs(logit(t1))
    with np.errstate(divide="ignore"):
        return np.asarray(1 + sum(gaps) / np.abs(x - y) + size)


KERNELS = (
    Kernel(
        "log_ratio: ln(t/f)",
        judges,
        lambda t, f: log_ratio(t, f),
        lambda t, f: mpmath.log(t / f),
        share=False,
    ),
    Kernel(
        "filter",
        answered,
        lambda error, t, f: Evaluator(t, f).rates.filter(logit(error)),
        lambda error, t, f: (error * f, (1 - error) * t),
    ),
    Kernel(
        "acceptance",
        answered,
        lambda error, t, f: Evaluator(t, f).rates.acceptance(logit(error)),
        lambda error, t, f: (1 - error) * t + error * f,
        share=False,
    ),
    Kernel(
        "attempts",
        batched,
        attempts,
        lambda error, t, f, batch: batch / ((1 - error) * t + error * f),
        share=False,
    ),
    Kernel(
        "perfect: closed form, n ≤ 1e9",
        iterated,
        lambda error, t, f, rounds: Perfect().orbit(logit(error), Evaluator(t, f).log_lr, rounds),
        lambda error, t, f, rounds: (error * f ** int(rounds), (1 - error) * t ** int(rounds)),
    ),
    Kernel("perfect: rounds to target ≤ 1e9", aimed, rounds_to, least_rounds, share=False),
    Kernel(
        "drifting: t(c)",
        drifting,
        lambda context, **rates: judge_of(**rates).under(logit(context)).t,
        drifted_tpr,
        share=False,
    ),
    Kernel(
        "drifting: ln(t/f)(c)",
        drifting,
        lambda context, **rates: judge_of(**rates).under(logit(context)).log_lr,
        drifted_log_lr,
        share=False,
        condition=drift_condition,
        condition_text="1 + Σ|parts of logit t − logit f| / |logit t − logit f| + |parts of logit t|",
    ),
)
