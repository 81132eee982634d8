"""Evaluators that drift: tipping points, attractors, swings; a dense grid and long orbits as the independent twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics import Rates, Start
from boostcalc.dynamics.evaluators.families import tells_drift, told_evaluator
from boostcalc.dynamics.limits import swing
from boostcalc.dynamics.roots import drift_points
from boostcalc.odds import Array, expit, logit
from tests.conftest import Ran

FALLING = bc.Drifting(tpr=0.93, fpr=0.15, tpr_wrong=0.3, fpr_wrong=0.6)
"""A judge that is taken in by a wrong context: LR falls through 1."""

RISING = bc.Drifting(tpr=0.1, fpr=0.9, tpr_wrong=0.99, fpr_wrong=0.002)
"""LR rises through 1, gently enough for a loop to settle there (multiplier −0.74)."""

STEEP = bc.Drifting(tpr=0.02, fpr=0.98, tpr_wrong=0.99, fpr_wrong=0.002)
"""LR rises through 1 so steeply that a loop overshoots ever more (multiplier −1.7)."""

WILD = bc.Drifting(tpr=0.003, fpr=0.999, tpr_wrong=0.99, fpr_wrong=2e-5)
"""Steeper still: the orbit never repeats."""


def crossing(judge: bc.Drifting) -> tuple[float, float]:
    """The contamination at which LR is 1, where t − f changes sign, and dLR/dc there, from the rates alone."""

    def gap(c: float) -> float:
        rates = judge.under(logit(c))
        return float(rates.t - rates.f)

    low, high = 1e-9, 1 - 1e-9
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(low) * gap(middle) > 0 else (low, middle)
    step = 1e-5
    ends = [judge.under(logit(low + s * step)) for s in (-1, 1)]
    return low, float(ends[1].likelihood_ratio - ends[0].likelihood_ratio) / (2 * step)


@pytest.mark.parametrize("judge", [FALLING, RISING, STEEP, WILD])
def test_under_perfect_adaptation_the_loop_stands_where_the_ratio_is_one(judge: bc.Drifting) -> None:
    """The multiplier is 1 − c(1 − c)·LR′(c)/LR(c), and 1/LR(0), LR(1) at the ends."""
    c, slope = crossing(judge)
    points = bc.Loop(evaluator=judge).fixed_points()
    ratios = judge.under(np.array([-np.inf, np.inf])).likelihood_ratio
    np.testing.assert_allclose(points.error, [0, c, 1], rtol=1e-9)
    np.testing.assert_allclose(points.multiplier, [1 / ratios[0], 1 - c * (1 - c) * slope, ratios[1]], rtol=1e-7)
    falls = judge is FALLING
    assert points.stable.tolist() == [falls, judge is RISING, falls]


def test_a_falling_ratio_makes_a_tipping_point() -> None:
    loop = bc.Loop(evaluator=FALLING)
    c = float(loop.fixed_points().error[1])
    np.testing.assert_array_equal(loop.limit(error=np.array([c - 1e-6, c + 1e-6])), [-np.inf, np.inf])


def test_a_rising_ratio_attracts_by_turns() -> None:
    loop = bc.Loop(evaluator=RISING)
    c = loop.fixed_points().logit_error[1]
    path = loop.trajectory(error=0.4, rounds=40).logit_error
    assert (np.diff(np.sign(path - c)) != 0).all()
    np.testing.assert_allclose(loop.limit(error=np.array([0.01, 0.4, 0.99])), c, atol=1e-10)


def test_a_steep_rise_swings_and_says_between_what() -> None:
    loop = bc.Loop(evaluator=STEEP)
    answer = loop.predict(error=0.4)
    late = loop.trajectory(error=0.4, rounds=3000).error[-2:]
    assert np.isnan(loop.limit(error=0.4))
    assert answer.limit.value is None
    assert not answer.error_falls
    assert f"by turns at {late.min():.4g} and {late.max():.4g}" in answer.status
    assert "does not meet the target 0.01" in answer.status
    assert "Settles nowhere" in answer.summary()
    assert json.loads(answer.to_json())["limit"]["error"]["value"] is None
    cycle = swing(loop, loop.start(Start(0.4)))
    [there] = loop.trajectory(error=float(expit(cycle.low)), rounds=1).logit_error[1:]
    assert cycle.by_turns
    assert float(there) == pytest.approx(cycle.high, abs=1e-6)  # one round leads from either to the other


def test_a_swing_that_never_meets_the_target_is_never() -> None:
    found = bc.Loop(evaluator=STEEP).rounds_to(0.01, error=0.4)
    assert np.isinf(found.value)
    assert "swinging above the target" in found.status
    assert bc.Loop(evaluator=STEEP).rounds_to(0.2, error=0.4).value == 6
    assert "first meets the target 0.2 in round 6" in bc.Loop(evaluator=STEEP).predict(error=0.4, target=0.2).status


def test_an_orbit_that_never_repeats_is_said_to_wander() -> None:
    loop = bc.Loop(evaluator=WILD)
    assert np.isnan(loop.limit(error=0.4))
    assert "wandering between" in loop.predict(error=0.4, target=0.2).status


@pytest.mark.parametrize("judge", [RISING, STEEP, WILD])
def test_appending_draws_every_rise_in(judge: bc.Drifting) -> None:
    loop = bc.Loop(evaluator=judge, context=bc.Append(size=16))
    points = loop.fixed_points()
    assert points.stable.tolist() == [False, True, False]
    assert float(loop.limit(error=0.4)) == points.logit_error[1]
    assert loop.trajectory(error=0.4, rounds=3000).logit_error[-1] == pytest.approx(points.logit_error[1], abs=1e-3)


def test_a_swing_may_surround_an_attractor() -> None:
    """The start decides: near the fixed point the loop settles, from farther away it swings for ever."""
    judge = bc.Drifting(tpr=0.001174, fpr=0.99673, tpr_wrong=0.99967, fpr_wrong=0.0696)
    loop = bc.Loop(evaluator=judge, response=bc.Evidence(a=-0.9447, b=2.1322))
    points = loop.fixed_points()
    assert points.stable.tolist() == [True]
    ends = loop.limit(contamination=np.array([0.05, 0.5, 0.9]))
    np.testing.assert_array_equal(ends, [np.nan, points.logit_error[0], np.nan])
    orbit = loop.trajectory(contamination=0.05, rounds=3000).logit_error
    assert orbit[-1] == pytest.approx(orbit[-3], abs=1e-9)
    assert (orbit[-1] - points.logit_error[0]) * (orbit[-2] - points.logit_error[0]) < -0.1


def test_a_late_arrival_counts_and_a_target_past_the_limit_is_never_met() -> None:
    loop = bc.Loop(evaluator=RISING, context=bc.Append(size=16))
    error = loop.trajectory(error=0.4, rounds=600).error
    assert (np.diff(error) < 0).all()
    assert loop.rounds_to((error[599] + error[600]) / 2, error=0.4).value == 600
    assert np.isinf(loop.rounds_to(loop.fixed_points().error[1] * (1 - 1e-3), error=0.4).value)


def test_a_swing_that_dies_away_slowly_has_a_limit() -> None:
    """A multiplier just above −1: 2000 rounds are not enough to arrive, but enough to see where it goes."""
    shape = {"tpr": 0.02, "fpr": 0.98, "tpr_wrong": 0.99}
    low, high = 0.002, 0.2  # from a swing to an attractor
    for _ in range(60):
        middle = (low * high) ** 0.5
        multiplier = bc.Loop(evaluator=bc.Drifting(**shape, fpr_wrong=middle)).fixed_points().multiplier[1]
        low, high = (middle, high) if multiplier < -0.9995 else (low, middle)
    loop = bc.Loop(evaluator=bc.Drifting(**shape, fpr_wrong=high))
    points = loop.fixed_points()
    c = float(points.logit_error[1])
    assert points.multiplier[1] == pytest.approx(-0.9995, rel=1e-6)
    assert abs(float(loop.trajectory(error=float(expit(c + 1)), rounds=2000).logit_error[-1]) - c) > 1e-4
    assert float(loop.limit(error=float(expit(c + 1)))) == c


def test_equal_rates_throughout_fix_everything() -> None:
    loop = bc.Loop(evaluator=bc.Drifting(tpr=0.6, fpr=0.6, tpr_wrong=0.3, fpr_wrong=0.3))
    assert loop.fixed_points().everywhere
    np.testing.assert_array_equal(loop.fixed_points().error, [0, 1])
    assert float(loop.limit(error=0.37)) == logit(0.37)
    assert "FP = TP" in loop.predict(error=0.37).status


def test_a_ratio_that_is_one_only_under_a_clean_context() -> None:
    """No fixed point inside; the clean end is neutral, and the loop drifts from it."""
    loop = bc.Loop(evaluator=bc.Drifting(tpr=0.6, fpr=0.6, tpr_wrong=0.3, fpr_wrong=0.5))
    points = loop.fixed_points()
    np.testing.assert_array_equal(points.error, [0, 1])
    assert points.multiplier[0] == 1
    assert loop.limit(error=0.2) == np.inf


RATE = st.one_of(st.floats(0.01, 0.99), st.floats(-9, -2).map(np.exp).map(float))
JUDGES = st.tuples(RATE, RATE, RATE, RATE).map(lambda four: bc.Drifting(*four))
RESPONSES: Any = st.one_of(
    st.just(bc.Perfect()),
    st.tuples(st.floats(1e-6, 0.45), st.floats(0, 0.45)).map(lambda two: bc.Affine(*two)),
    st.tuples(st.floats(-8, 8), st.floats(0, 15)).map(lambda two: bc.Evidence(*two)),
    st.tuples(st.floats(-4, 4), st.floats(0.1, 2)).map(lambda two: bc.OddsPower(*two)),
    st.tuples(st.floats(0.01, 0.3), st.floats(0.7, 0.99), st.floats(-8, 8), st.floats(0, 15)).map(
        lambda four: bc.Sigmoid(*four)
    ),
)
DENSE = np.linspace(-45, 45, 90_001)


def next_context(loop: bc.Loop, y: Array) -> Array:
    """One round: log-odds of the contamination to that of what is accepted, from the parts alone."""
    rates: Rates = loop.evaluator.under(y)
    return np.asarray(loop.curve.logit_error(y) - np.log(rates.t / rates.f))


@settings(max_examples=25)
@given(JUDGES, RESPONSES, st.booleans())
def test_no_fixed_point_is_missed_and_each_multiplier_is_the_slope(judge: Any, response: Any, voting: bool) -> None:
    loop = bc.Loop(evaluator=bc.Votes(judge, 3, correlation=0.2) if voting else judge, response=response)
    excess = next_context(loop, DENSE) - DENSE
    clear = np.abs(excess) > 1e-9  # rounding of the twin, which takes logarithms of rounded rates
    signs, where = np.sign(excess[clear]), DENSE[clear]
    twin = [(where[i] + where[i + 1]) / 2 for i in np.nonzero(signs[1:] != signs[:-1])[0]]
    context, slope, _ = drift_points(loop.evaluator, loop.curve)
    inner = context[np.isfinite(context)]
    near = inner[np.abs(next_context(loop, inner)) < 45]
    # a pair that touches within the twin's grid is seen by the solver only
    lone = [y for y in near if np.abs(slope[context == y] - 1).min() > 1e-3]
    assert all(np.abs(np.array(twin) - y).min() < 1e-3 for y in lone)
    assert all(np.abs(near - y).min() < 1e-2 for y in twin)
    for y, m in zip(context, slope, strict=True):
        if np.isfinite(y):
            ends = next_context(loop, np.array([y - 2e-4, y - 1e-4, y + 1e-4, y + 2e-4])) - y
            assert m == pytest.approx((8 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / 12e-4, rel=1e-6, abs=1e-7)


@settings(max_examples=12)
@given(JUDGES, RESPONSES, st.floats(0.01, 0.99))
def test_limits_are_where_long_orbits_end(judge: Any, response: Any, contamination: float) -> None:
    loop = bc.Loop(evaluator=judge, response=response)
    limit = float(loop.limit(contamination=contamination))
    points = loop.fixed_points()
    assume(not (np.abs(np.abs(points.multiplier) - 1) < 0.1).any())  # near a bifurcation no orbit ends in time
    path = loop.trajectory(contamination=contamination, rounds=600).logit_error[-64:]
    if np.isinf(limit):
        assert (path * np.sign(limit) > 30).all()
    elif np.isnan(limit):
        assert np.ptp(path) > 1e-3
    else:
        np.testing.assert_allclose(path, limit, atol=1e-8)


class TestEnds:
    """OddsPower and Perfect leave a clean context clean, and a wholly wrong one wrong."""

    @pytest.mark.parametrize(("beta", "clean"), [(0.5, np.inf), (1.0, None), (2.0, 0.0)])
    def test_odds_power_has_its_multiplier_at_the_ends(self, beta: float, clean: float | None) -> None:
        points = bc.Loop(evaluator=FALLING, response=bc.OddsPower(alpha=0.3, beta=beta)).fixed_points()
        ends = FALLING.under(np.array([-np.inf, np.inf])).likelihood_ratio
        # odds become e^α·odds/LR for β = 1
        wanted = [np.exp(0.3) / ends[0], np.exp(-0.3) * ends[1]] if clean is None else [clean, clean]
        np.testing.assert_allclose(points.multiplier[[0, -1]], wanted, rtol=1e-12)
        np.testing.assert_array_equal(points.error[[0, -1]], [0, 1])

    @pytest.mark.parametrize("response", [bc.Perfect(), bc.OddsPower(0.3, 2.0)])
    def test_certain_starts_stay(self, response: Any) -> None:
        loop = bc.Loop(evaluator=FALLING, response=response)
        for error in (0.0, 1.0):
            np.testing.assert_array_equal(loop.trajectory(error=error, rounds=3).error, error)
            assert expit(loop.limit(error=error)) == error


Run = Callable[..., Ran]
JUDGE = "drifting:tpr=0.93,fpr=0.15,tpr_wrong=0.3,fpr_wrong=0.6"


class TestCommandLine:
    def test_a_drifting_evaluator_is_told(self, cli: Run) -> None:
        ran = cli("predict", "--evaluator", JUDGE, "--error", "0.6")
        assert ran.status == 0
        assert "rates that drift with the context's contamination" in ran.out
        assert "stay constant" not in ran.out
        assert "Likelihood ratio TP/FP: 1.615" in ran.out
        assert "at the start, 6.2 where it settles" in ran.out
        assert "Two stable ends, 0 and 1: the start decides, the divide is at 0.7753" in ran.out

    def test_the_document_has_both_ratios_and_reads_back(self, cli: Run) -> None:
        document = json.loads(cli("predict", "--evaluator", JUDGE, "--error", "0.6", "--votes", "3", "--json").out)
        judge = bc.Votes(FALLING, 3)
        assert document["inputs"]["evaluator"] == judge.to_dict()
        for found, y in ((document["likelihood_ratio"], logit(0.6)), (document["limit"]["likelihood_ratio"], -np.inf)):
            assert found["value"] == pytest.approx(float(judge.under(y).likelihood_ratio), rel=1e-12)

    def test_votes_of_counts_and_of_numbers(self, cli: Run) -> None:
        document = json.loads(cli("predict", "--tp", "0.8", "--fp", "0.1", "--votes", "3", "--json").out)
        assert document["likelihood_ratio"]["value"] == pytest.approx(0.896 / 0.028, rel=1e-12)
        unanimous = ("--tp", "80/100", "--fp", "10/100", "--votes", "4", "--needed", "4", "--correlation", "0.1")
        ran = cli("predict", *unanimous)
        assert "acceptance by at least 4 of 4 votes, of correlation 0.1, with rates that stay constant" in ran.out
        assert "90% intervals" in ran.out

    def test_binormal(self, cli: Run) -> None:
        ran = cli("predict", "--evaluator", "binormal:separation=1.5,threshold=0.7")
        assert "the evaluator binormal:separation=1.5,threshold=0.7,ratio=1 as given, which does not drift" in ran.out

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "no evaluator is given"),
            (("--fp", "0.1"), "Missing option '--tp'"),
            (("--tp", "0.8"), "Missing option '--fp'"),
            (("--tp", "0.8", "--fp", "0.1", "--evaluator", JUDGE), "given twice"),
            (("--fp", "0.1", "--evaluator", JUDGE), "given twice"),
            (("--evaluator", "drfting:tpr=1"), "did you mean 'drifting'"),
            (("--tp", "0.8", "--fp", "0.1", "--needed", "2"), "--votes"),
            (("--tp", "0.8", "--fp", "0.1", "--correlation", "0"), "--votes"),
            (("--tp", "0.8", "--fp", "0.1", "--votes", "3", "--needed", "4"), "from 1 to 3"),
            (("--tp", "0.8", "--fp", "0.1", "--votes", "3", "--correlation", "1"), "[0, 1)"),
            (("--tp", "0.8", "--fp", "0.1", "--votes", "0"), "--votes"),
        ],
    )
    def test_one_way_and_wholly(self, cli: Run, arguments: tuple[str, ...], said: str) -> None:
        ran = cli("predict", *arguments, "--json")
        assert ran.status == 2
        assert ran.out == ""
        assert said in ran.err


def test_what_is_told_of_an_evaluator() -> None:
    constant = bc.Evaluator(0.8, 0.1)
    assert told_evaluator(constant.to_dict()) == "rates that stay constant"
    assert tells_drift(bc.Votes(FALLING, 3).to_dict())
    assert not tells_drift(bc.Votes(constant, 3).to_dict())
    assert told_evaluator(bc.Votes(constant, 3).to_dict()).startswith(
        "acceptance by at least 2 of 3 votes, independent"
    )
