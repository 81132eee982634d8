"""Acceptance alone: the theorem's solution, the mirror, known truth, and curves that tell nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy.stats import chi2

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator.acceptance import Reading
from boostcalc.fitting.evaluator.profile import Curve, profile_interval
from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Response

MANY = 10**9


def seen(loop: bc.Loop, error: float, rounds: int, judged: int) -> list[bc.Counts]:
    shares = loop.trajectory(error=error, rounds=rounds).acceptance
    return [bc.Counts(float(judged * share), judged) for share in shares]


def values(reading: Reading) -> dict[str, float | None]:
    return {name: found.value for name, found in reading.estimates.items()}


def test_three_rounds_are_solved_as_the_theorem_does() -> None:
    """Theorem `mirror`: t and f are the roots of z² − (t + f)z + tf, both told by a_0, a_1, a_2."""
    counts = seen(bc.Loop(tpr=0.75, fpr=0.3), 0.55, 2, MANY)
    a = [one.rate for one in counts]
    product = a[0] * a[1] * (a[1] - a[2]) / (a[0] - a[1])
    f, t = np.sort(np.roots([1, -(a[1] + product / a[0]), product]).real)
    found = bc.fit_acceptance(counts)
    assert values(found.readings[0]) == pytest.approx({"tpr": t, "fpr": f, "error": (t - a[0]) / (t - f)}, abs=1e-4)
    assert values(found.readings[0])["tpr"] == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    "response", [bc.Perfect(), bc.Affine(mu=0.05, nu=0.2), bc.Evidence(a=-3, b=5)], ids=lambda r: r.family
)
def test_both_readings_accept_alike(response: Response) -> None:
    counts = seen(bc.Loop(tpr=0.8, fpr=0.3, response=response), 0.55, 6, MANY)
    found = bc.fit_acceptance(counts, response=response)
    assert values(found.readings[0]) == pytest.approx({"tpr": 0.8, "fpr": 0.3, "error": 0.55}, abs=1e-3)
    curves = []
    for one in found.readings:
        told = values(one)
        loop = bc.Loop(tpr=told["tpr"], fpr=told["fpr"], response=one.response)
        curves.append(loop.trajectory(error=told["error"], rounds=6).acceptance)
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-9)
    np.testing.assert_allclose(curves[0], [one.rate for one in counts], atol=1e-5)


def test_the_profile_interval_ends_where_the_deviance_has_risen() -> None:
    """A curve in three unknowns that is one share each: the profile of one is its own binomial likelihood."""
    trials = np.array([200.0, 300.0, 150.0])

    def model(theta: Array) -> Array:
        return expit(theta)

    curve = Curve(np.array([120.0, 60.0, 90.0]), trials, model, 12.0)
    best = curve.best()
    np.testing.assert_allclose(expit(best.theta), [0.6, 0.2, 0.6], atol=1e-6)
    for i, share in enumerate((0.6, 0.2, 0.6)):
        bound = profile_interval(curve, best, i, 0.9)
        for end in (bound.low, bound.high):
            assert end is not None
            k, n, p = share * trials[i], trials[i], float(expit(end))
            rise = 2 * (k * np.log(share / p) + (n - k) * np.log((1 - share) / (1 - p)))
            assert rise == pytest.approx(chi2.ppf(0.9, 1), rel=1e-2)


def test_a_flat_curve_identifies_nothing() -> None:
    found = bc.fit_acceptance([bc.Counts(50, 100)] * 5)
    assert not found.identified
    assert "flat curve" in found.status
    assert values(found.readings[0]) == {"tpr": None, "fpr": None, "error": None}


def test_a_curve_that_hardly_bends_says_so() -> None:
    """Enough verdicts see it change; where it would settle nobody can tell."""
    counts = seen(bc.Loop(tpr=0.55, fpr=0.45), 0.5, 3, 10_000)
    found = bc.fit_acceptance(counts)
    assert not found.identified
    assert "does not bend" in found.status


def test_labels_choose_the_reading() -> None:
    counts = seen(bc.Loop(tpr=0.3, fpr=0.8), 0.3, 5, 5_000)
    alone = bc.fit_acceptance(counts)
    assert not alone.settled
    assert "assumption" in alone.status
    assert values(alone.readings[0])["error"] == pytest.approx(0.7, abs=0.01)
    told = bc.fit_acceptance(counts, labelled={0: bc.Counts(2, 10), 3: bc.Counts(9, 10)})
    assert told.settled
    assert values(told.readings[0]) == pytest.approx({"tpr": 0.3, "fpr": 0.8, "error": 0.3}, abs=0.01)
    errors = bc.Loop(tpr=0.3, fpr=0.8).trajectory(error=0.3, rounds=3).error[[0, 3]]
    k, n = np.array([2, 9]), 10
    expected = float((k * logit(errors) + n * np.log(1 - errors)).sum())
    assert told.readings[0].log_likelihood == pytest.approx(expected, abs=0.05)


@pytest.mark.heavy
def test_coverage() -> None:
    """Sixty curves of 600 verdicts a round; four standard errors."""
    rng, size, level = np.random.default_rng(0), 60, 0.9
    shares = bc.Loop(tpr=0.85, fpr=0.25).trajectory(error=0.6, rounds=4).acceptance
    hits = []
    for _ in range(size):
        found = bc.fit_acceptance([bc.Counts(int(rng.binomial(600, a)), 600) for a in shares], level=level)
        for name, truth in (("tpr", 0.85), ("error", 0.6)):
            one = found.readings[0].estimates[name]
            hits.append((one.low or 0.0) <= truth <= (one.high or 0.0))
    assert np.mean(hits) > level - 4 * np.sqrt(level * (1 - level) / size)


def test_a_log_gives_what_its_counts_give() -> None:
    counts = [bc.Counts(44, 100), bc.Counts(60, 100), bc.Counts(72, 100), bc.Counts(78, 100)]
    rows = [(n, flag, k) for n, c in enumerate(counts) for flag, k in ((True, c.successes), (False, 100 - c.successes))]
    table = pd.DataFrame(rows, columns=["round", "accepted", "n"])
    assert bc.fit_acceptance(table).readings == bc.fit_acceptance(counts).readings
    with pytest.raises(DataError, match="no verdicts"):
        bc.fit_acceptance(table[table["round"] != 1])
    with pytest.raises(DataError, match="rounds are not logged"):
        bc.fit_acceptance(table.drop(columns="round"))


def test_refusals_and_what_is_told() -> None:
    counts = seen(bc.Loop(tpr=0.8, fpr=0.2), 0.6, 4, 2_000)
    with pytest.raises(DataError, match="2 rounds cannot tell"):
        bc.fit_acceptance(counts[:2])
    with pytest.raises(UsageError, match="level"):
        bc.fit_acceptance(counts, level=1)
    with pytest.raises(UsageError, match="labelled round 7"):
        bc.fit_acceptance(counts, labelled={7: bc.Counts(1, 2)})
    found = bc.fit_acceptance(counts)
    record = json.loads(found.to_json())
    assert [len(record[key]) for key in ("readings", "rounds")] == [2, 5]
    assert record["rounds"][0]["fitted"] == pytest.approx(counts[0].rate, abs=1e-3)
    assert set(found.to_frame()["reading"]) == {1, 2}
    assert found.status in found.summary()
    assert isinstance(found.plot(), Axes)
