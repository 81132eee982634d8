"""What is said of a loop before it runs: the textbook's recurrence, a fitted map, and drawn loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

import boostcalc as bc
from boostcalc.dynamics import Start
from boostcalc.dynamics.finite import sample_trajectory
from boostcalc.fitting.fit import size_of
from verification.selection.logs import ROUNDS, Setting, log, measured, sweep, table

__all__ = ["DRAWS", "SOURCES", "Forecast", "drawn", "fitted", "mean_field", "of_loops", "staged", "textbook"]

DRAWS = 4_000


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a forecast holds possible, shape `(rounds + 1, draws)`: one draw, if it says one number.

    Attributes
    ----------
    error : error rates.
    context : contamination of the contexts; None where the forecast says nothing of it.
    """

    error: np.ndarray
    context: np.ndarray | None = None

    @property
    def middle(self) -> np.ndarray:
        """The median of each round."""
        return np.asarray(np.median(self.error, axis=1))


def textbook(setting: Setting) -> Forecast:
    """ε′ = εf/(εf + (1 − ε)t) from the error and the rates of round 0."""
    seen = measured(setting.name)
    rates = table(
        f"""select avg(accepted::int) filter (correct) as t, avg(accepted::int) filter (not correct) as f
        from loops where setting = '{setting.name}' and round = 0"""
    )
    loop = bc.Loop(tpr=float(rates["t"].iloc[0]), fpr=float(rates["f"].iloc[0]))
    error = loop.trajectory(error=float(seen.error[0].mean()), rounds=ROUNDS).error
    return Forecast(error[:, None])


@cache
def fitted(kind: str, acceptance: str) -> bc.Fit:
    """What the sweep says."""
    return bc.fit(sweep(kind, acceptance))


def loop_of(fit: bc.Fit, setting: Setting) -> bc.Loop:
    """The loop that the fit expects; without a filter, everything is accepted."""
    every = {"tpr": 1.0, "fpr": 1.0} if setting.acceptance == "none" else {}
    return fit.loop(context=setting.context, batch=setting.batch, **every)


def mean_field(fit: bc.Fit, setting: Setting) -> Forecast:
    """The fitted response and the fitted, drifting evaluator, iterated."""
    error = loop_of(fit, setting).trajectory(contamination=setting.start, rounds=ROUNDS).error
    return Forecast(error[:, None])


def drawn(fit: bc.Fit, setting: Setting, *, scattered: bool = False, seed: int = 0) -> Forecast:
    """Loops batch by batch, as `Fit.forecast` draws them (which shows quantiles of the same draws).

    `scattered` starts each at a context of its own, drawn at the setting's rate as those of the runs were;
    `Fit.forecast` starts all at the rate itself.
    """
    rng = np.random.default_rng(seed)
    first = np.full(DRAWS, setting.start)
    if scattered:
        first = rng.binomial(setting.first, setting.start, DRAWS) / setting.first
    return _run(fit, setting, first, ROUNDS, rng)


def _run(fit: bc.Fit, setting: Setting, first: np.ndarray, rounds: int, rng: np.random.Generator) -> Forecast:
    """So many rounds from these contaminations of the first context."""
    plain, parts, done = loop_of(fit, setting), [], 0
    for one, share in fit.mixture(len(first)):
        judge = fit.drawn_evaluator(plain, rng, share)
        response = one.draw_runs(rng, share, size_of(setting.context, setting.batch))
        many = bc.Loop(evaluator=judge, response=response, context=setting.context, batch=setting.batch)
        start = Start(None, first[done : done + share])
        parts.append(sample_trajectory(many, many.start(start), rounds=rounds, rng=rng))
        done += share
    error, context = (
        np.concatenate([getattr(path, name) for path in parts], axis=1) for name in ("error", "context_contamination")
    )
    return Forecast(error, context)


@cache
def of_loops(setting: Setting, *, first: int = 0, last: int = ROUNDS) -> bc.Fit:
    """What a log of loops says, from one round to another."""
    return bc.fit(log(setting, first=first, last=last))


def staged(setting: Setting, seed: int = 0) -> Forecast:
    """Round 0 as the sweep says, later ones as rounds 1 to 3 of the loops do: two judges. Under `replace` alone."""
    rng = np.random.default_rng(seed)
    first = rng.permutation(rng.binomial(setting.first, setting.start, DRAWS) / setting.first)
    before = _run(fitted(setting.kind, setting.acceptance), setting, first, 1, rng)
    assert before.context is not None
    after = _run(of_loops(setting, first=1, last=3), setting, rng.permutation(before.context[1]), ROUNDS - 1, rng)
    return Forecast(np.concatenate([before.error[:1], after.error]))


def _started_at_half(setting: Setting) -> bc.Fit | None:
    name = setting.name.replace(f"-{setting.start:g}", "-0.5")
    return None if name == setting.name else of_loops(Setting(name))


def _replacing(setting: Setting) -> bc.Fit | None:
    return None if setting.policy == "replace" else of_loops(Setting(setting.name.replace(setting.policy, "replace")))


SOURCES: dict[str, Callable[[Setting], bc.Fit | None]] = {
    "agreeing sweep": lambda setting: fitted("agreeing", setting.acceptance),
    "its rounds 0 to 2": lambda setting: of_loops(setting, last=2),
    "its rounds 1 to 3": lambda setting: of_loops(setting, first=1, last=3),
    "all its rounds": of_loops,
    "loops started at 0.5": _started_at_half,
    "loops that replace": _replacing,
}
"""Other logs that a forecast may rest on; None where that is the setting's own."""
