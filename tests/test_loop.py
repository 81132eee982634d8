"""The loop: against exact rational arithmetic, its identities, and the answers at the edges."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.dynamics import Start
from boostcalc.errors import UsageError
from boostcalc.odds import logit
from tests.reference.exact_loop import affine, append_orbit, replace_orbit

HALF = Fraction(1, 2)
RATE = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100)


def perfect(c: Fraction) -> Fraction:
    return c


@given(RATE, RATE, RATE)
def test_replace_under_perfect_adaptation_is_the_exact_orbit(error: Fraction, tpr: Fraction, fpr: Fraction) -> None:
    exact = replace_orbit(error, tpr, fpr, perfect, 6)
    loop = bc.Loop(tpr=float(tpr), fpr=float(fpr)).trajectory(error=float(error), rounds=6)
    np.testing.assert_allclose(loop.error, [float(e) for e in exact], rtol=1e-12)
    np.testing.assert_allclose(loop.correct, [float(1 - e) for e in exact], rtol=1e-12)


@given(RATE, RATE, RATE, st.integers(0, 40), st.integers(1, 40))
def test_append_is_the_exact_orbit(error: Fraction, tpr: Fraction, fpr: Fraction, size: int, batch: int) -> None:
    exact = append_orbit(error, tpr, fpr, perfect, 5, context=error, size=size, batch=batch)
    loop = bc.Loop(tpr=float(tpr), fpr=float(fpr), context=bc.Append(size=size), batch=batch)
    path = loop.trajectory(error=float(error), rounds=5)
    np.testing.assert_allclose(path.error, [float(e) for e in exact], rtol=1e-12)
    np.testing.assert_array_equal(path.context_size, size + batch * np.arange(6))


@given(RATE, RATE, RATE)
def test_affine_is_the_exact_orbit(error: Fraction, tpr: Fraction, fpr: Fraction) -> None:
    mu, nu = Fraction(1, 20), Fraction(1, 5)
    exact = replace_orbit(error, tpr, fpr, affine(mu, nu), 6)
    loop = bc.Loop(tpr=float(tpr), fpr=float(fpr), response=bc.Affine(mu=0.05, nu=0.2))
    np.testing.assert_allclose(
        loop.trajectory(error=float(error), rounds=6).error, [float(e) for e in exact], rtol=1e-12
    )


def test_the_textbook_loop() -> None:
    """At t = 0.8, f = 0.1: odds divided by 8 a round, so errors 1/2, 1/9, 1/65, 1/513."""
    path = bc.Loop(tpr=0.8, fpr=0.1, batch=16).trajectory(error=0.5, rounds=3)
    np.testing.assert_allclose(path.error, [1 / 2, 1 / 9, 1 / 65, 1 / 513], rtol=1e-14)
    np.testing.assert_allclose(path.attempts, 16 / path.acceptance)


def test_affine_floor_and_multiplier_are_those_of_the_perron_vector() -> None:
    t, f, mu, nu = 0.8, 0.1, 0.05, 0.2
    values, vectors = np.linalg.eig(np.array([[f * (1 - nu), mu * t], [f * nu, t * (1 - mu)]]))
    order = np.argsort(values)[::-1]
    perron = vectors[:, order[0]]
    found = bc.Loop(tpr=t, fpr=f, response=bc.Affine(mu=mu, nu=nu)).fixed_points()
    [row] = found.rows()
    assert row["error"] == pytest.approx(perron[0] / perron.sum(), rel=1e-12)
    assert row["multiplier"] == pytest.approx(values[order[1]] / values[order[0]], rel=1e-12)
    assert round(row["error"], 7) == 0.0554651
    assert round(row["multiplier"], 6) == 0.103558


@pytest.mark.parametrize(("mu", "floor"), [(0.8, 0.8 / 0.875), (0.9, 1.0)])
def test_eigens_error_threshold(mu: float, floor: float) -> None:
    """the floor is μ/(1 − f/t) below the threshold μ = 1 − f/t, and 1 beyond."""
    loop = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Affine(mu=mu, nu=0.0))
    assert loop.predict(error=0.3).limit.value == pytest.approx(floor, rel=1e-12)


@pytest.mark.parametrize("f", np.geomspace(0.02, 20, 25))
def test_no_fixed_point_of_the_evidence_response_is_missed(f: float) -> None:
    scale = max(1.0, f)
    loop = bc.Loop(tpr=1 / scale, fpr=f / scale, response=bc.Evidence(a=-5.07, b=7.05))
    x = np.linspace(-6, 3, 90_001)
    excess = loop.curve.logit_error(loop.evaluator.under(np.nan).filter(x)) - x
    crossings = x[:-1][np.diff(np.sign(excess)) != 0]
    found = loop.fixed_points()
    np.testing.assert_allclose(sorted(found.logit_error[~np.isnan(found.logit_error)]), crossings, atol=2e-4)
    for row in found.rows():
        assert float(loop.update(row["error"])) == pytest.approx(row["error"], rel=1e-12)


def test_multipliers_are_slopes_of_the_update_map() -> None:
    loop = bc.Loop(tpr=0.2, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05))
    for row in loop.fixed_points().rows():
        step = 1e-6 * row["error"]
        ends = loop.update(np.array([row["error"] - step, row["error"] + step]))
        assert row["multiplier"] == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-6)
        assert row["stable"] == (row["multiplier"] < 1)


@settings(max_examples=50)
@given(
    st.floats(0.001, 0.999),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(-8, 4),
    st.floats(0, 12),
)
def test_orbits_are_monotone_and_reach_their_limit(error: float, t: float, f: float, a: float, b: float) -> None:
    loop = bc.Loop(tpr=t, fpr=f, response=bc.Evidence(a=a, b=b))
    path = loop.trajectory(error=error, rounds=400)
    steps = np.diff(path.logit_error)
    assert (steps >= -1e-9).all() or (steps <= 1e-9).all()
    limit = float(loop.limit(error=error))
    slowest = float(np.nan_to_num(loop.fixed_points().multiplier, nan=0.0)[:, ...].max())
    if not 0.9 < slowest < 1.1:  # near a bifurcation 400 rounds are not enough to tell
        assert path.logit_error[-1] == pytest.approx(limit, abs=1e-6)


def test_the_start_decides_in_the_bistable_window() -> None:
    loop = bc.Loop(tpr=0.2, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05))
    low, divide, high = (row["error"] for row in loop.fixed_points().rows())
    ends = loop.limit(error=np.array([divide * 0.99, divide * 1.01]))
    np.testing.assert_allclose(ends, logit([low, high]), rtol=1e-9)


def test_append_has_the_fixed_points_of_replace() -> None:
    response = bc.Evidence(a=-5.0, b=7.0)
    loops = [bc.Loop(tpr=0.8, fpr=0.1, response=response, context=c) for c in (bc.Replace(), bc.Append(size=16))]
    np.testing.assert_array_equal(loops[0].fixed_points().logit_error, loops[1].fixed_points().logit_error)


def test_append_closes_in_by_its_power_law() -> None:
    """the distance falls as the context size to the power −(1 − h′(C*)); perfect: −(1 − f/t)."""
    loop = bc.Loop(tpr=0.8, fpr=0.4, context=bc.Append(size=1000), batch=10)
    path = loop.trajectory(error=1e-4, rounds=20_000)
    slope = np.diff(path.logit_error[[10_000, 20_000]]) / np.diff(np.log(path.context_size[[10_000, 20_000]]))
    assert float(slope[0]) == pytest.approx(-(1 - 0.4 / 0.8), rel=1e-3)


class TestEdges:
    """0, 1, t = f, f = 0, t = 0 and a = 0 have answers of their own."""

    def test_no_wrong_answer_accepted(self) -> None:
        path = bc.Loop(tpr=0.8, fpr=0.0).trajectory(error=0.5, rounds=2)
        np.testing.assert_array_equal(path.error, [0.5, 0, 0])
        assert bc.Loop(tpr=0.8, fpr=0.0).rounds_to(0.01, error=0.5).value == 1

    def test_no_correct_answer_accepted(self) -> None:
        np.testing.assert_array_equal(bc.Loop(tpr=0.0, fpr=0.3).trajectory(error=0.5, rounds=2).error, [0.5, 1, 1])

    def test_nothing_accepted_leaves_the_loop_where_it_is(self) -> None:
        loop = bc.Loop(tpr=0.0, fpr=0.0, context=bc.Append(size=4))
        path = loop.trajectory(error=0.3, rounds=2)
        np.testing.assert_allclose(path.error, 0.3)
        np.testing.assert_array_equal(path.context_size, 4)
        assert np.isinf(path.attempts).all()
        assert np.isnan(path.contamination).all()
        assert "accepts no answer" in loop.predict(error=0.3).status

    @pytest.mark.parametrize("error", [0.0, 1.0])
    def test_certain_errors_stay(self, error: float) -> None:
        np.testing.assert_array_equal(bc.Loop(tpr=0.8, fpr=0.1).trajectory(error=error, rounds=2).error, error)

    def test_all_wrong_and_none_of_it_accepted(self) -> None:
        path = bc.Loop(tpr=0.8, fpr=0.0).trajectory(error=1.0, rounds=2)
        np.testing.assert_array_equal(path.error, 1)
        assert np.isinf(path.attempts).all()

    def test_equal_rates_fix_every_error(self) -> None:
        loop = bc.Loop(tpr=0.6, fpr=0.6)
        np.testing.assert_array_equal(loop.trajectory(error=0.37, rounds=5).logit_error, logit(0.37))
        assert loop.fixed_points().everywhere
        assert "Nothing changes: at FP = TP an acceptance says nothing" in loop.predict(error=0.37).status

    def test_perfect_adaptation_never_improves_with_fp_above_tp(self) -> None:
        answer = bc.Loop(tpr=0.1, fpr=0.8).predict(error=0.2)
        assert not answer.filter_improves
        assert not answer.error_falls
        assert answer.never
        assert answer.limit.value == 1

    def test_a_fitted_response_may_improve_with_fp_above_tp(self) -> None:
        answer = bc.Loop(tpr=0.4, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05)).predict(error=0.2)
        assert not answer.filter_improves
        assert answer.error_falls
        assert not answer.never

    def test_a_loop_that_is_almost_blind_still_moves(self) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.8 * (1 - 1e-12))
        exact = np.log(0.8 / (0.8 * (1 - 1e-12)))
        n = float(loop.rounds_to(0.01, error=0.5).value)
        assert n == pytest.approx((logit(0.5) - logit(0.01)) / 1e-12, rel=1e-3)
        assert exact > 0


class TestRounds:
    @given(st.floats(0.01, 0.99), st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(1e-6, 0.5))
    def test_the_closed_form_is_the_first_round_at_the_target(
        self, error: float, t: float, f: float, target: float
    ) -> None:
        n = float(bc.Loop(tpr=t, fpr=f).rounds_to(target, error=error).value)
        if f >= t and error > target * (1 + 1e-9):
            assert np.isinf(n)
        elif n < 500:
            path = bc.Loop(tpr=t, fpr=f).trajectory(error=error, rounds=int(n)).error
            assert path[-1] <= target * (1 + 1e-9)
            assert (path[:-1] > target * (1 - 1e-9)).all()

    def test_a_target_that_is_hit_exactly_counts(self) -> None:
        assert bc.Loop(tpr=0.8, fpr=0.1).rounds_to(1 / 9, error=0.5).value == 1

    def test_never_says_where_it_settles(self) -> None:
        found = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Affine(mu=0.05, nu=0.2)).rounds_to(0.01, error=0.5)
        assert np.isinf(found.value)
        assert "settles at error 0.05547" in found.status

    def test_a_passage_in_the_first_step_counts(self) -> None:
        """Error and context stated apart: the first step may pass the target on the way to a higher end."""
        loop = bc.Loop(tpr=0.5, fpr=0.9, response=bc.Evidence(a=-3.0, b=6.0), context=bc.Append(size=1000))
        start = Start(error=0.5, contamination=0.0)
        assert loop.trajectory(start, rounds=1).error[1] < 0.06
        assert loop.rounds_to(0.06, start).value == 1

    def test_beyond_the_horizon_is_said(self) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.79, context=bc.Append(size=16))
        found = loop.rounds_to(1e-6, error=0.5)
        assert np.isnan(found.value)
        assert "not within" in found.status

    @pytest.mark.parametrize("target", [0.0, 1.0, -1.0, 2.0, np.nan])
    def test_what_is_no_target_is_refused(self, target: float) -> None:
        with pytest.raises(UsageError, match="target"):
            bc.Loop(tpr=0.8, fpr=0.1).rounds_to(target)


class TestArrays:
    def test_a_batch_of_loops_is_each_of_them(self) -> None:
        t, f, start = np.array([0.9, 0.5]), np.array([[0.1], [0.6], [0.5]]), 0.4
        many = bc.Loop(tpr=t, fpr=f)
        path = many.trajectory(error=start, rounds=4)
        assert path.error.shape == (5, 3, 2)
        for i in range(3):
            for j in range(2):
                one = bc.Loop(tpr=t[j], fpr=f[i, 0])
                np.testing.assert_allclose(path.error[:, i, j], one.trajectory(error=start, rounds=4).error, rtol=1e-14)
                assert many.rounds_to(0.01, error=start).value[i, j] == one.rounds_to(0.01, error=start).value
                assert many.limit(error=start)[i, j] == one.limit(error=start)

    def test_predict_answers_one_loop(self) -> None:
        with pytest.raises(UsageError, match="one loop"):
            bc.Loop(tpr=np.array([0.8, 0.9]), fpr=0.1).predict()


class TestStart:
    def test_the_first_context_is_the_one_that_gives_the_error(self) -> None:
        response = bc.Evidence(a=-5.0, b=7.0)
        path = bc.Loop(tpr=0.8, fpr=0.1, response=response).trajectory(error=0.3, rounds=0)
        assert float(response(path.context_contamination[0])) == pytest.approx(0.3, rel=1e-12)

    def test_a_stated_contamination_gives_the_error(self) -> None:
        response = bc.Evidence(a=-5.0, b=7.0)
        path = bc.Loop(tpr=0.8, fpr=0.1, response=response).trajectory(contamination=0.4, rounds=0)
        assert path.error[0] == pytest.approx(float(response(0.4)), rel=1e-14)

    def test_both_are_taken_as_stated(self) -> None:
        path = bc.Loop(tpr=0.8, fpr=0.1, context=bc.Append(size=16)).trajectory(error=0.9, contamination=0.1, rounds=1)
        np.testing.assert_allclose([path.error[0], path.context_contamination[0]], [0.9, 0.1])

    def test_an_error_that_no_kept_context_gives_is_refused(self) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Evidence(a=-5.0, b=7.0), context=bc.Append(size=16))
        with pytest.raises(UsageError, match=r"no context gives the start error 0\.99"):
            loop.trajectory(error=0.99)
        assert np.isfinite(loop.trajectory(error=0.99, contamination=0.5).error).all()

    def test_a_start_is_checked_once(self) -> None:
        with pytest.raises(UsageError, match="error"):
            Start(error=1.5)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"tpr": 0.8}, {"tpr": 1.8, "fpr": 0.1}, {"tpr": 0.8, "fpr": 0.1, "batch": 0}, {"tpr": "x", "fpr": 0.1}],
)
def test_a_loop_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        bc.Loop(**wrong)


def test_a_curve_that_is_nowhere_steep_has_one_fixed_point() -> None:
    """No unit slope at all: the flat piece of this curve is where the loop stands still."""
    response = bc.Monotone(shares=(0.1, 0.5, 0.9), errors=(0.2, 0.2, 0.4))
    [row] = bc.Loop(tpr=0.8, fpr=0.1, response=response).fixed_points().rows()
    assert row["error"] == pytest.approx(0.2, rel=1e-12)
    assert row["multiplier"] == pytest.approx(0.0, abs=1e-12)
