"""What is said of a loop before it runs: the textbook's recurrence, a fitted map, and drawn loops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

import boostcalc as bc
from boostcalc.dynamics import Start
from boostcalc.dynamics.finite import sample_trajectory
from verification.study.logs import ROUNDS, Setting, log, measured, sweep, table

__all__ = ["DRAWS", "Forecast", "drawn", "fitted", "mean_field", "of_loops", "textbook"]

DRAWS = 4_000


@dataclass(frozen=True, eq=False)
class Forecast:
    """Errors of round 0 to 10 that a forecast holds possible, shape `(ROUNDS + 1, draws)`: one draw, if it says one."""

    error: np.ndarray

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
    return fit.loop(context=setting.context, batch=setting.batch, **every)  # type: ignore[arg-type]  # rates


def mean_field(fit: bc.Fit, setting: Setting) -> Forecast:
    """The fitted response and the fitted, drifting evaluator, iterated."""
    error = loop_of(fit, setting).trajectory(contamination=setting.start, rounds=ROUNDS).error
    return Forecast(error[:, None])


def drawn(fit: bc.Fit, setting: Setting, *, scattered: bool = False, draws: int = DRAWS, seed: int = 0) -> Forecast:
    """Loops batch by batch, as `Fit.forecast` draws them (which shows quantiles of the same draws).

    `scattered` starts each at a context of its own, drawn at the setting's rate as those of the runs were;
    `Fit.forecast` starts all at the rate itself.
    """
    rng, plain, parts = np.random.default_rng(seed), loop_of(fit, setting), []
    for one, share in fit.mixture(draws):
        judge = fit.drawn_evaluator(plain, rng, share)
        response = one.draw_runs(rng, share, setting.context.settled_size(setting.batch))
        many = bc.Loop(evaluator=judge, response=response, context=setting.context, batch=setting.batch)
        first = rng.binomial(setting.first, setting.start, share) / setting.first if scattered else setting.start
        start = Start(None, first).sample(rng, share)  # type: ignore[arg-type]  # rates, one a loop
        path = sample_trajectory(many, many.start(start), rounds=ROUNDS, rng=rng)
        parts.append(path.error)
    return Forecast(np.concatenate(parts, axis=1))


@cache
def of_loops(setting: Setting, *, first: int = 0, last: int = ROUNDS) -> bc.Fit:
    """What a log of loops says, from one round to another."""
    return bc.fit(log(setting, first=first, last=last))
