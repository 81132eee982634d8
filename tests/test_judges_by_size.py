"""An evaluator whose rates depend on how many pairs its context holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.dynamics import Drifting
from boostcalc.fitting.evaluator.sizes import judges_by_size
from boostcalc.responses import Evidence

RATES = {4: (0.6, 0.4), 16: (0.8, 0.2), 64: (0.95, 0.05)}


def sweep(rates: dict[int, tuple[float, float]], rng: np.random.Generator, drift: float = 0.0) -> pd.DataFrame:
    """Forty runs at each size, of one context each: sixty answers, and a verdict on each."""
    truth, rows = Evidence(a=-3.0, b=6.0), []
    for size, (t, f) in rates.items():
        for run in range(40):
            share = (run % 9) / 8
            wrong = rng.binomial(60, float(truth(share)))
            for correct, n, rate in ((True, 60 - wrong, t - drift * share), (False, wrong, f)):
                accepted = rng.binomial(n, rate)
                cell = {"run": f"{size}-{run}", "context_size": size, "context_wrong": round(share * size)}
                rows += [
                    {**cell, "correct": correct, "accepted": verdict, "n": count}
                    for verdict, count in ((True, accepted), (False, n - accepted))
                ]
    return pd.DataFrame(rows).query("n > 0")


def test_rates_are_told_at_each_size() -> None:
    log = sweep(RATES, np.random.default_rng(0))
    found = judges_by_size(bc.read_runs(log), 0.99)
    assert [one.size for one in found] == list(RATES)
    for size, judge in found:
        for estimate, true in zip((judge.tpr, judge.fpr), RATES[int(size)], strict=True):
            assert estimate.low is not None
            assert estimate.high is not None
            assert estimate.low <= true <= estimate.high


def test_a_loop_has_the_rates_nearest_to_its_own_size() -> None:
    fit = bc.fit(sweep(RATES, np.random.default_rng(1)), families="evidence")
    for batch, size in ((3, 4), (20, 16), (500, 64)):
        assert fit.loop(batch=batch).evaluator.to_dict() == dict(fit.judges)[size].evaluator.to_dict()
    growing = fit.loop(context=bc.Append(size=4), batch=4)
    assert growing.evaluator.to_dict() == dict(fit.judges)[16].evaluator.to_dict()  # 24 pairs after five rounds
    near, far = (fit.forecast(error=0.4, batch=batch).likelihood_ratio for batch in (4, 64))
    assert near.high is not None
    assert far.low is not None
    assert near.high < far.low
    assert "depend on the context's size" in fit.summary()
    given = fit.loop(tpr=0.5, fpr=0.1, batch=4)
    assert given.evaluator.to_dict() == bc.Loop(tpr=0.5, fpr=0.1).evaluator.to_dict()
    assert fit.loop(tpr=np.array([0.5, 0.6]), fpr=0.1, batch=4).shape == (2,)
    again = type(fit).from_dict(fit.to_dict())
    assert again.forecast(error=0.4, batch=16).to_json() == fit.forecast(error=0.4, batch=16).to_json()


def test_a_judge_that_drifts_does_so_at_its_own_size() -> None:
    fit = bc.fit(sweep(RATES, np.random.default_rng(2), drift=0.4), families="evidence")
    judge = fit.loop(batch=64).evaluator
    assert isinstance(judge, Drifting)
    assert judge.tpr == pytest.approx(0.95, abs=0.04)
    assert judge.tpr_wrong == pytest.approx(0.55, abs=0.15)


def test_sizes_that_judge_alike_are_one() -> None:
    rng = np.random.default_rng(3)
    found = [bool(judges_by_size(bc.read_runs(sweep(dict.fromkeys(RATES, (0.8, 0.2)), rng)), 0.9)) for _ in range(30)]
    assert np.mean(found) < 0.1 + 4 * np.sqrt(0.1 * 0.9 / 30)


def test_sizes_of_a_growing_context_are_not_compared() -> None:
    """Their contaminations are those of their rounds; and if they are alike, a size is still a round."""
    grown = sweep(RATES, np.random.default_rng(5)).assign(round=lambda table: table["context_size"])
    assert not judges_by_size(bc.read_runs(grown), 0.9)
    log = sweep(RATES, np.random.default_rng(4)).query("context_wrong / context_size <= 8 / context_size")
    assert not judges_by_size(bc.read_runs(log), 0.9)
    assert not bc.fit(log, families="evidence").judges
