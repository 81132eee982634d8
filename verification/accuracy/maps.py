"""Maps that are iterated, under each context policy; and whether a search for fixed points misses one."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from boostcalc.dynamics import Append, Evaluator, Loop, Replace, Start, Window, fixed_points
from boostcalc.dynamics.policies import ContextPolicy
from boostcalc.odds import Array, expit, log_ratio
from boostcalc.responses import Affine, Curve, Evidence, OddsPower, Perfect, Sigmoid
from verification.accuracy.curves import FAMILIES, evidences, powers, sigmoids, slips
from verification.accuracy.kernel import Kernel, Points
from verification.accuracy.orbits import evidence_of
from verification.accuracy.points import errors, judges, whole

__all__ = ["KERNELS"]

MOST_ROUNDS = 30
BATCH = 16
WIDE = 1400
"""Bits in which a share and its complement can be had from each other down to 1e-300."""

GRID = np.concatenate([[-1e9], np.linspace(-60, 60, 2401), [1e9]])
STEP = float(GRID[2] - GRID[1])
AT_ONCE = 2_000

DRAWS: dict[str, Any] = {
    "perfect": (Perfect, lambda rng, size: {}, lambda c: (c, 1 - c)),
    "affine": (Affine, slips, FAMILIES["affine"][2]),
    "evidence": (Evidence, evidences, FAMILIES["evidence"][2]),
    "odds-power": (OddsPower, powers, FAMILIES["odds-power"][2]),
    "sigmoid": (Sigmoid, sigmoids, FAMILIES["sigmoid"][2]),
}


def log_slope(curve: Curve, y: Array) -> Array:
    """d logit g / d logit c."""
    x = curve.logit_error(y)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        return np.asarray(curve.derivative(y) * (expit(y) / expit(x)) * (expit(-y) / expit(-x)))


def _loop(family: Any, policy: ContextPolicy, t: Array, f: Array, parameters: Points) -> Loop:
    return Loop(tpr=t, fpr=f, response=family(**parameters), context=policy, batch=BATCH)


def _ours(family: Any, policy: ContextPolicy) -> Any:
    def last(c: Array, t: Array, f: Array, n: Array, **parameters: Array) -> Array:
        path = _loop(family, policy, t, f, parameters).trajectory(contamination=c, rounds=MOST_ROUNDS)
        return np.asarray(path.logit_error[n.astype(int), np.arange(n.size)])

    return last


def _exact(formula: Any, policy: ContextPolicy) -> Any:
    """The pairs themselves: batches of (pairs, wrong share), the newest first."""

    def last(c: Any, t: Any, f: Any, n: Any, **parameters: Any) -> Any:
        with mpmath.workprec(WIDE):
            held = [(mpmath.mpf(policy.start(BATCH)), c)]
            error = formula(c, **parameters)
            for _ in range(int(n)):
                if error is None:
                    return None
                wrong, right = error[0] * f, error[1] * t
                held = _joined(policy, held, wrong / (wrong + right))
                pairs = sum(count for count, _ in held)
                error = formula(sum(count * share for count, share in held) / pairs, **parameters)
            return error

    return last


def _joined(policy: ContextPolicy, held: list[Any], share: Any) -> list[Any]:
    new = [(mpmath.mpf(BATCH), share)]
    if isinstance(policy, Replace):
        return new
    if isinstance(policy, Append):
        return new + held
    room, kept = mpmath.mpf(policy.start(BATCH)), []
    for count, old in new + held:
        kept.append((min(count, room), old))
        room -= kept[-1][0]
        if room <= 0:
            break
    return kept


def _condition(family: Any, policy: ContextPolicy) -> Any:
    """Rounding errors carried along to first order, in units of one rounding.

    A round adds the sizes of its terms in log-odds; the response multiplies what came before by d logit g / d logit c;
    mixing weighs what its parts carry.
    """

    def condition(c: Array, t: Array, f: Array, n: Array, **parameters: Array) -> Array:
        loop = _loop(family, policy, t, f, parameters)
        state, evidence = loop.start(Start(contamination=c)), np.abs(log_ratio(t, f))
        carried = np.broadcast_to(1 + np.abs(state.context.logit_share), c.shape)
        parts = np.zeros(state.context.pairs.shape) + carried
        answer = np.full(c.shape, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            for now in range(MOST_ROUNDS + 1):
                y, x = state.context.logit_share, state.logit_error
                error = log_slope(loop.curve, y) * carried + 1 + np.abs(x) + _terms(parameters, y)
                answer = np.where(n == now, error, answer)
                new = error + np.abs(x) + evidence
                before, state = state.context, loop.step(state)
                if isinstance(policy, Replace):
                    carried = new
                    continue
                if isinstance(policy, Append):
                    pairs = np.stack([np.full_like(y, BATCH), before.size])
                    shares, parts = np.stack([x - log_ratio(t, f), y]), np.stack([new, carried])
                else:
                    pairs, shares = state.context.pairs, state.context.logit_shares
                    parts = np.concatenate([new[None], parts[:-1]])
                carried = _mixed(pairs, shares, parts) + 1 + np.abs(shares).max(axis=0)
        return np.where(np.isnan(answer), np.inf, answer)

    return condition


def _terms(parameters: Points, y: Array) -> Array:
    """The terms that the response adds up in log-odds."""
    if "b" in parameters:
        return np.asarray(np.abs(parameters["a"]) + parameters["b"] * expit(y) * (1 + np.abs(y)))
    if "beta" in parameters:
        return np.asarray(np.abs(parameters["alpha"]) + parameters["beta"] * np.abs(y))
    return np.abs(y)


def _mixed(pairs: Array, shares: Array, parts: Array) -> Array:
    wrong, right = pairs * expit(shares), pairs * expit(-shares)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = wrong / wrong.sum(axis=0) * expit(-shares) + right / right.sum(axis=0) * expit(shares)
    return np.asarray(np.where(pairs > 0, np.nan_to_num(weight) * parts, 0.0).sum(axis=0))


def _draw(draw: Any) -> Any:
    def points(rng: np.random.Generator, size: int) -> Points:
        n = whole(rng, np.full(size, MOST_ROUNDS + 1.0))
        return {"c": errors(rng, size), **judges(rng, size), "n": np.minimum(n, MOST_ROUNDS), **draw(rng, size)}

    return points


def _map(name: str, policy: ContextPolicy) -> Kernel:
    family, draw, formula = DRAWS[name]
    return Kernel(
        f"{name} under {policy}: n ≤ {MOST_ROUNDS}",
        _draw(draw),
        _ours(family, policy),
        _exact(formula, policy),
        True,
        _condition(family, policy),
        "roundings of each round in log-odds, carried on by d logit g / d logit c and the weights of mixing",
    )


def _counted(family: Any, draw: Any) -> Any:
    """Loops, with how many fixed points are found and how often a fine grid sees the excess change its sign."""

    def points(rng: np.random.Generator, size: int) -> Points:
        log_lr, parameters = evidence_of(rng, size), draw(rng, size)
        scale = np.maximum(log_lr, 0)
        judge, curve = Evaluator(np.exp(log_lr - scale), np.exp(-scale)), family(**parameters)
        found = np.sort(fixed_points(judge, curve).logit_error, axis=0)
        nearest = np.nan_to_num(np.fmin.reduce(np.diff(found, axis=0), axis=0, initial=np.inf), nan=np.inf)
        crossings = np.zeros(size)
        for first in range(0, size, AT_ONCE):
            some = np.arange(first, min(first + AT_ONCE, size))
            excess = curve.take(some).logit_error(GRID[:, None]) - judge.log_lr[some] - GRID[:, None]
            crossings[some] = (np.diff(np.sign(excess), axis=0) != 0).sum(axis=0)
        number = np.isfinite(found).sum(axis=0).astype(float)
        return {"number": number, "crossings": crossings, "nearest": nearest, "log_lr": log_lr, **parameters}

    return points


def _number(number: Any, crossings: Any, nearest: Any, **_: Any) -> Any:
    """What the grid sees; a pair between two of its points it cannot see, and there the count is not judged."""
    return crossings if crossings >= number or nearest > 4 * STEP else None


KERNELS: tuple[Kernel, ...] = (
    *(_map(name, Replace()) for name in ("affine", "evidence", "sigmoid")),
    *(_map(name, Append(size=24)) for name in DRAWS),
    *(_map(name, Window(size=40)) for name in ("perfect", "evidence", "sigmoid")),
    *(
        Kernel(
            f"{name}: number of fixed points", _counted(family, draw), lambda number, **_: number, _number, share=False
        )
        for name, family, draw in (("evidence", Evidence, evidences), ("sigmoid", Sigmoid, sigmoids))
    ),
)
