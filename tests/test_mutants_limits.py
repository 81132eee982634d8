"""Limits, roots and rounds where a slip of the pen would show: leaps, standstills, folds, last rounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import boostcalc as bc
from boostcalc.dynamics import Rates, Start, Window
from boostcalc.dynamics.limits import swing
from boostcalc.dynamics.roots import drift_points
from boostcalc.dynamics.rounds import HORIZON, TIE
from boostcalc.dynamics.start import State
from boostcalc.odds import expit, logit

STEEP = np.array([0.02, 0.98, 0.99, 0.002])
"""Rates of a judge whose LR rises through 1 (multiplier −1.6)."""

PAST_A_DIVIDE = {
    "evaluator": bc.Drifting(tpr=0.01, fpr=0.851, tpr_wrong=0.999, fpr_wrong=0.521),
    "response": bc.Evidence(a=-5.289, b=8.932),
}
"""From just below its divide a loop falls past an attractor, which it then approaches by turns."""


def sharpened(rates: np.ndarray, factor: float) -> bc.Drifting:
    """A judge with so many times the log-odds."""
    return bc.Drifting(*map(float, expit(factor * logit(rates))))


def constant(t: float, f: float) -> bc.Drifting:
    """A judge that could drift and does not."""
    return bc.Drifting(tpr=t, fpr=f, tpr_wrong=t, fpr_wrong=f)


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """Fails where loops take more steps than that."""
    taken, step = 0, bc.Loop.step

    def counted(self: bc.Loop, state: State) -> State:
        nonlocal taken
        taken += 1
        return step(self, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bc.Loop, "step", counted)
        yield
    assert taken <= steps


class TestLimit:
    def test_a_window_that_is_clean_at_last_has_error_nought(self) -> None:
        """With f = 0 its first pairs are the last wrong ones: error 0 in the round in which they leave."""
        loop = bc.Loop(tpr=0.8, fpr=0.0, context=Window(size=50), batch=16)
        start = Start(error=0.5, contamination=0.3)
        assert np.isneginf(loop.trajectory(start, rounds=4).logit_error).tolist() == [False] * 4 + [True]
        assert loop.limit(start) == -np.inf

    def test_a_window_ends_where_a_long_orbit_does_from_any_start(self) -> None:
        """Its first batch may lead it over the divide that its first pairs then call it back over, and the reverse."""
        loop = bc.Loop(tpr=0.2, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05), context=Window(size=50), batch=16)
        errors, shares = (
            axis.ravel() for axis in np.meshgrid(np.linspace(0.01, 0.99, 15), np.linspace(0.01, 0.99, 15))
        )
        start = Start(error=errors, contamination=shares)
        path = loop.trajectory(start, rounds=400).logit_error
        divide = loop.fixed_points().logit_error[1]
        crossed = (np.sign(path[2] - divide) != np.sign(path[-1] - divide)).any()
        assert crossed, "the starts are some of which this can be asked"
        np.testing.assert_allclose(loop.limit(start), path[-1], atol=1e-9)

    def test_a_window_is_not_settled_by_a_round_or_two(self) -> None:
        """Beside its divide a window may first come nearer, then leave to the other side."""
        loop = bc.Loop(tpr=0.2, fpr=0.8, response=bc.Evidence(a=-5.07, b=7.05), context=Window(size=48), batch=16)
        divide = float(loop.fixed_points().logit_error[1])
        around = np.linspace(0, 2 * np.pi, 49)[:-1] + 0.01
        context = divide - float(loop.evaluator.under(np.nan).log_lr)
        start = Start(error=expit(divide + 1e-8 * np.cos(around)), contamination=expit(context + 1e-8 * np.sin(around)))
        path = loop.trajectory(start, rounds=400).logit_error
        np.testing.assert_allclose(loop.limit(start), path[-1], atol=1e-9)

    def test_an_error_may_pause_while_its_window_moves(self) -> None:
        loop = bc.Loop(evaluator=sharpened(STEEP, 1.3), context=Window(size=48))
        points = loop.fixed_points()
        assert points.stable.tolist() == [False, True, False]
        errors = (0.37, 0.4, 0.43)
        assert {round(float(loop.limit(error=e)), 9) for e in errors} == {round(float(points.logit_error[1]), 9)}

    @pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=16)], ids=str)
    def test_a_start_just_off_a_tipping_point_leaves_it_however_slowly(self, context: bc.Replace) -> None:
        loop = bc.Loop(evaluator=bc.Drifting(tpr=0.999, fpr=0.001, tpr_wrong=0.1, fpr_wrong=0.9), context=context)
        points = loop.fixed_points()
        assert points.multiplier[1] > 2.5, "under append its steps grow"
        off = np.geomspace(1e-11, 1e-6, 900)
        for way in (-1, 1):
            np.testing.assert_array_equal(loop.limit(error=expit(points.logit_error[1] + way * off)), way * np.inf)

    @pytest.mark.parametrize("off", [1e-11, 1e-9, 1e-6])
    def test_what_left_late_may_have_settled(self, off: float) -> None:
        """By the time it stops at the attractor, the second half of its orbit spans more than the first did."""
        loop = bc.Loop(**PAST_A_DIVIDE)  # type: ignore[arg-type]  # an evaluator and a response
        attractor, divide, _ = loop.fixed_points().logit_error
        assert float(loop.limit(error=float(expit(divide - off)))) == pytest.approx(attractor, abs=1e-9)

    def test_a_leap_far_out_is_no_way_out(self) -> None:
        """LR of 1e-30 under a clean context: one round leads from log-odds below −4 to above 60, from where LR of 9
        leads back a little a round."""
        loop = bc.Loop(evaluator=bc.Drifting(tpr=1e-30, fpr=0.9, tpr_wrong=0.9, fpr_wrong=0.1))
        start = float(expit(-4.6 - 69))
        path = loop.trajectory(contamination=start, rounds=400).logit_error
        assert path[:4].max() > 55
        assert path[-200:].max() < 20
        assert np.isnan(loop.limit(contamination=start))


def test_there_is_no_batch_where_nothing_is_accepted() -> None:
    """Also where a rate is below the least double, so that t/f is known and acceptance is 0."""
    x = np.array([-np.inf, -1.0, 0.0, 1.0, np.inf])[:, None]
    t, f, log_lr = np.array([[0.0, 0.3, 800], [0.0, 0.3, -800], [0.3, 0.0, 800], [0, 0, 2], [0.6, 0.2, np.log(3)]]).T
    some = [[0, 1, 2, 3, 4], *([i] for i in range(5)), *([i, 4] for i in range(4))]
    for each in (Rates(t[i], f[i], log_lr[i]) for i in some):
        batch = each.filter(x)
        np.testing.assert_array_equal(np.isnan(batch), each.acceptance(x) == 0)
        shifted = np.where(np.isnan(batch), np.nan, x - each.log_lr)
        np.testing.assert_array_equal(batch, shifted)


class TestSwing:
    @pytest.mark.parametrize(("factor", "size"), [(1.0, 2), (1.42, 4)])
    def test_by_turns_is_between_two(self, factor: float, size: int) -> None:
        loop = bc.Loop(evaluator=sharpened(STEEP, factor))
        path = loop.trajectory(error=0.4, rounds=2200).logit_error
        np.testing.assert_allclose(path[-1 - size], path[-1], atol=1e-9)
        found = swing(loop, loop.start(Start(0.4)))
        assert found.by_turns == (size == 2)
        assert (found.low, found.high) == pytest.approx((path[-size:].min(), path[-size:].max()), abs=1e-9)

    def test_a_window_of_two_batches_swings_in_threes(self) -> None:
        """λ² = m(λ + 1)/2 leaves the unit circle at m = −2, where λ³ = 1; the first swings beyond are small ones."""
        loop = bc.Loop(evaluator=sharpened(STEEP, 1.118), context=Window(size=32), batch=16)
        points = loop.fixed_points()
        assert -2.01 < points.multiplier[1] < -2
        found = swing(loop, loop.start(Start(0.4)))
        assert 0 < found.high - found.low < 0.11
        assert not found.by_turns
        path = loop.trajectory(error=0.4, rounds=2200).logit_error
        assert np.abs(path[-60:-3] - path[-57:]).max() < 1e-3 < np.ptp(path[-60:])


class TestRoots:
    """A judge that does not drift has its contexts found on a grid, one that cannot has its errors found otherwise."""

    def same(self, t: float, f: float, response: bc.Evidence) -> None:
        judge = constant(t, f)
        found = bc.Loop(evaluator=judge, response=response).fixed_points()
        wanted = bc.Loop(tpr=t, fpr=f, response=response).fixed_points()
        np.testing.assert_allclose(
            found.logit_error[~np.isnan(found.logit_error)],
            wanted.logit_error[~np.isnan(wanted.logit_error)],
            rtol=1e-9,
        )

    @pytest.mark.parametrize("slip", [1e-9, 1e-25, 1e-200])
    def test_rare_slips_leave_rare_errors(self, slip: float) -> None:
        self.same(0.8, 0.3, bc.Affine(mu=slip, nu=0.1))  # type: ignore[arg-type]  # any curve
        self.same(0.3, 0.8, bc.Affine(mu=0.1, nu=slip))  # type: ignore[arg-type]

    def test_points_far_out_may_lie_near_each_other(self) -> None:
        """A measured curve falls below its share between log-odds of −15 and −12 alone, far below the smallest
        share of a plain grid, and stands well above before and after."""
        y = np.array([-20.0, -15, -14, -13, -12, -10.7, -7, -2, 2])
        rises = np.array([-15.0, -14.9, -14.5, -14, -8, -7.9, -6.8, -5, -4])
        response = bc.Monotone(shares=tuple(expit(y)), errors=tuple(expit(rises)))
        assert bc.Loop(tpr=0.5, fpr=0.5, response=response).fixed_points().logit_error.size >= 3
        self.same(0.5, 0.5, response)  # type: ignore[arg-type]

    def test_beyond_its_outermost_points_a_curve_is_where_it_stands(self) -> None:
        """It is constant there; so its least error stays where the filter leads from it to below the first share."""
        response = bc.Monotone(shares=(0.1, 0.5, 0.9), errors=(0.02, 0.3, 0.8))
        for t, f, stays in ((0.9, 0.02, 0.02), (0.02, 0.9, 0.8)):
            points = bc.Loop(tpr=t, fpr=f, response=response).fixed_points()
            np.testing.assert_allclose(points.error[~np.isnan(points.error)], [stays], rtol=1e-15)
            assert points.multiplier[0] == 0

    @pytest.mark.parametrize("b", [5.0, 7.05, 9.0, 14.0])
    @pytest.mark.parametrize("end", [0, 1])
    def test_at_a_fold_two_points_are_one(self, b: float, end: int) -> None:
        """At c = ½(1 ± √(1 − 4/b)), where the slope is 1 (theorem `evidence-window`)."""
        response = bc.Evidence(a=-0.6 * b, b=b)
        log_lr = response.bistable_window()[end]
        f = 0.05 if log_lr > 0 else 0.9
        context, _, _ = drift_points(constant(float(f * np.exp(log_lr)), f), response)
        share = (1 + np.array([-1, 1]) * np.sqrt(1 - 4 / b)) / 2
        found = expit(context[~np.isnan(context)])
        near = np.abs(found[:, None] - share).min(axis=0)
        assert found.size in (2, 3), "rounding may part the two"
        assert near.min() < 1e-6

    def test_where_a_response_undoes_the_filter_everything_stands_still(self) -> None:
        """Odds · e^α / LR with α = ln LR."""
        for t, f in ((0.8, 0.2), (0.9, 0.05), (0.3, 0.7)):
            response = bc.OddsPower(alpha=float(np.log(t / f)), beta=1.0)
            points = bc.Loop(evaluator=constant(t, f), response=response).fixed_points()
            assert points.everywhere
            np.testing.assert_array_equal(points.error, [0, 1])

    @pytest.mark.parametrize(("t", "f"), [(0.8, 0.2), (0.9, 0.05), (0.3, 0.7), (0.6, 0.1), (0.35, 0.75)])
    @pytest.mark.parametrize("drift", [-1.0, 1.0])
    def test_a_clean_end_that_is_neutral_has_nothing_beside_it(self, t: float, f: float, drift: float) -> None:
        """α = Λ(0), and Λ goes one way from there: α − Λ(c) is 0 at c = 0 alone."""
        judge = bc.Drifting(tpr=t, fpr=f, tpr_wrong=float(expit(logit(t) + drift)), fpr_wrong=f)
        response = bc.OddsPower(alpha=float(judge.under(-np.inf).log_lr), beta=1.0)
        np.testing.assert_array_equal(bc.Loop(evaluator=judge, response=response).fixed_points().error, [0, 1])

    def test_beside_a_neutral_end_another_point_is_found(self) -> None:
        """LR(0) = 1 − ν: a clean context stays to first order, and (1 − ν)(1 − c) = LR(c)·(1 − (1 − ν)c) inside."""
        nu = 0.2
        judge = bc.Drifting(tpr=0.4, fpr=0.5, tpr_wrong=0.3, fpr_wrong=0.9)
        context, _, _ = drift_points(judge, bc.Affine(mu=0.0, nu=nu))

        def gap(c: float) -> float:
            ratio = float(judge.under(logit(c)).likelihood_ratio)
            return (1 - nu) * (1 - c) - ratio * (1 - (1 - nu) * c)

        low, high = 1e-3, 1 - 1e-9
        assert gap(low) * gap(high) < 0
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if gap(middle) * gap(high) < 0 else (low, middle)
        inner = expit(context[np.isfinite(context)])
        np.testing.assert_allclose(inner[inner > 1e-6], [low], rtol=1e-9)


class TestRounds:
    def test_the_last_round_of_the_horizon_counts(self) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.3, context=bc.Append(size=16))
        error = loop.trajectory(error=0.4, rounds=HORIZON).error
        between = (error[-2] + error[-1]) / 2
        assert loop.rounds_to(between, error=0.4).value == HORIZON
        assert np.isnan(loop.rounds_to(error[-1] * (1 - 1e-6), error=0.4).value)

    @pytest.mark.parametrize("log_lr", [1e-2, 1e-6, 1e-10])
    def test_a_closed_form_knows_no_horizon(self, log_lr: float) -> None:
        loop = bc.Loop(tpr=0.8, fpr=0.8 * np.exp(-log_lr))
        wanted = (logit(0.4) - logit(0.1)) / float(loop.evaluator.under(np.nan).log_lr)
        assert loop.rounds_to(0.1, error=0.4).value == pytest.approx(np.ceil(wanted), rel=1e-9)

    def test_a_judge_that_drifts_and_is_almost_blind_still_moves(self) -> None:
        judge = constant(0.8, 0.8 * (1 - 4e-13))
        loop = bc.Loop(evaluator=judge)
        log_lr = float(judge.under(0.0).log_lr)
        assert 3e-13 < log_lr < 5e-13
        target = float(expit(logit(0.4) - 500.5 * log_lr - TIE))
        assert loop.rounds_to(target, error=0.4).value == 501

    @pytest.mark.parametrize("context", [bc.Replace(), Window(size=32), Window(size=24)], ids=str)
    def test_a_start_on_the_brink_is_followed_past_its_limit(self, context: bc.Replace) -> None:
        """From 4e-12 below its divide a loop falls below the attractor first: a target between is met on the way."""
        loop = bc.Loop(**PAST_A_DIVIDE, context=context)  # type: ignore[arg-type]
        attractor, divide, _ = loop.fixed_points().logit_error
        start = float(expit(divide - 4e-12))
        path = loop.trajectory(error=start, rounds=400).logit_error
        assert 1e-13 < abs(path[1] - path[0]) < 1e-12
        target = float(expit((attractor + path.min()) / 2))
        found = loop.rounds_to(target, error=start)
        assert found.limit > target
        assert found.value == np.flatnonzero(path <= logit(target))[0]

    @pytest.mark.parametrize("context", [bc.Replace(), Window(size=32)], ids=str)
    def test_a_loop_that_has_settled_is_followed_no_longer(self, context: bc.Replace) -> None:
        judge = bc.Drifting(tpr=0.1, fpr=0.9, tpr_wrong=0.99, fpr_wrong=0.002)
        loop = bc.Loop(evaluator=judge, context=context)
        lowest = loop.trajectory(error=0.6, rounds=60).error.min()
        with at_most(1000):
            assert np.isinf(loop.rounds_to(lowest / 2, error=0.6).value)

    @pytest.mark.parametrize(
        ("rates", "response", "contamination"),
        [
            ((0.966, 0.867, 0.025, 0.976), bc.SizedEvidence(-2.249, 2.457, 0.756, 2174.582), 0.534),
            ((0.098, 0.279, 0.977, 0.408), bc.SizedEvidence(-3.639, 11.0, -2.965, 1225.166), 0.347),
        ],
    )
    def test_an_error_that_moves_away_from_its_limit_may_still_meet_the_target(
        self, rates: tuple[float, ...], response: bc.SizedEvidence, contamination: float
    ) -> None:
        """While its context grows the response changes: the error falls for hundreds of rounds, then rises."""
        loop = bc.Loop(evaluator=bc.Drifting(*rates), response=response, context=bc.Append(size=1000))
        path = loop.trajectory(contamination=contamination, rounds=600).logit_error
        lowest = int(path.argmin())
        assert 300 < lowest < 600
        target = float(expit((path[lowest] + path[280]) / 2))
        found = loop.rounds_to(target, contamination=contamination)
        assert found.limit > target
        assert found.value == np.flatnonzero(path <= logit(target))[0]
