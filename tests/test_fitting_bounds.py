"""Fits whose search meets a bound of the family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.errors import DataError
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.observations import observe
from boostcalc.fitting.uncertainty import left_open, spread_of
from boostcalc.responses import OddsPower, SizedEvidence


@pytest.mark.parametrize("seed", range(4))
def test_an_infinite_slope_at_a_bound_warns_of_nothing(seed: int) -> None:
    """At β = 0 the odds power's slope in β is infinite under clean and wholly wrong contexts; the search passes there.

    The answer is still the maximum: no member near it is likelier, and its interval holds the truth.
    """
    truth, rng = OddsPower(alpha=-0.5, beta=0.1), np.random.default_rng(seed)
    rate, n = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]), 1_000
    error = np.array([truth.averaged(c, 39) for c in rate])
    table = pd.DataFrame({"context_size": 39, "context_contamination": rate, "n": n, "n_wrong": rng.binomial(n, error)})
    fit = bc.fit(table, families="odds-power")

    def likelihood(one: OddsPower) -> float:
        p = np.array([one.averaged(c, 39) for c in rate[1:-1]])  # at the ends all members agree
        wrong = table["n_wrong"].to_numpy()[1:-1]
        return float(wrong @ np.log(p) + (n - wrong) @ np.log1p(-p))

    alpha, beta = fit.params["alpha"], fit.params["beta"]
    best = likelihood(OddsPower(alpha=alpha, beta=beta))
    for step in (-0.01, 0.01):
        assert likelihood(OddsPower(alpha=alpha + step, beta=beta)) < best
        assert likelihood(OddsPower(alpha=alpha, beta=beta + step)) < best
    for name, estimate in fit.chosen.conf_int(0.9999).items():
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= truth.parameters[name] <= estimate.high


def test_what_a_weak_prior_holds_has_its_uncertainty() -> None:
    """Runs of one context size say nothing of an empty context nor of how evidence comes in with the pairs.

    Fits without one run agree on what the prior says; the interval has to be the prior's all the same. In the other
    directions clusters and cells tell the same uncertainty, as these runs differ by chance alone.
    """
    truth, rng = SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0), np.random.default_rng(1)
    wrong = np.repeat(np.arange(17), 4)
    table = pd.DataFrame({"run": np.arange(68).astype(str), "context_size": 16, "context_wrong": wrong, "n": 400})
    table["n_wrong"] = rng.binomial(400, truth(wrong / 16, 16))
    data = observe(bc.read_runs(table))
    maximum = maximise(SizedEvidence, data)
    _, width = SizedEvidence.weak_prior(16)
    known = np.sqrt(np.diag(spread_of(maximum, data).covariance))
    by_cell = np.sqrt(np.diag(spread_of(maximum, data.by_cell()).covariance))
    free = left_open(maximum)
    assert {"prior", "half"} <= set(free)
    for name in free:
        i = list(truth.names()).index(name)
        assert 0.5 * width[i] < known[i] <= 1.01 * width[i]
    np.testing.assert_allclose(known, by_cell, rtol=4 / np.sqrt(2 * 68))


def test_answers_of_known_truth_leave_none_unknown_also_where_counts_are_shares() -> None:
    """Errors given as shares make counts that are not whole: what rounding leaves of them is no answer."""
    share = np.array([0.33, 1 / 3, 0.1, 0.7])
    table = pd.DataFrame({"query": list("abcd"), "accepted": [True, False] * 2, "n": [1, 3, 7, 9], "error": share})
    table = pd.concat([table] * 9, ignore_index=True)
    verdicts = Verdicts.of(bc.read_runs(table))
    assert verdicts.unknown.total == 0
    assert verdicts.unknown.successes.sum() == 0
    assert verdicts.judged.total == pytest.approx(table["n"].sum(), rel=1e-12)
    with pytest.raises(DataError, match="unknown truth"):
        bc.corrected_error(table)
