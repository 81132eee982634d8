"""Context policies and fixed points where a slip of the pen would show: exact windows, rates of approach, edges."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import boostcalc as bc
from boostcalc.dynamics import Drifting, Evaluator, Window, fixed_points
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from tests.reference.exact_loop import affine, window_orbit

BISTABLE = bc.Evidence(a=-5.07, b=7.05)


@pytest.mark.parametrize(("size", "batch"), [(10, 4), (8, 4), (3, 4), (4, 4), (9, 2), (5, 1)])
def test_a_window_is_the_exact_orbit(size: int, batch: int) -> None:
    t, f, start = Fraction(4, 5), Fraction(3, 10), Fraction(2, 5)
    mu, nu = Fraction(1, 20), Fraction(1, 5)
    learner = affine(mu, nu)
    exact = window_orbit(learner(start), t, f, learner, 9, context=start, size=size, batch=batch)
    loop = bc.Loop(tpr=0.8, fpr=0.3, response=bc.Affine(mu=0.05, nu=0.2), context=Window(size=size), batch=batch)
    path = loop.trajectory(contamination=[0.4, 0.4], rounds=9)
    for column in path.error.T:
        np.testing.assert_allclose(column, [float(e) for e in exact], rtol=1e-12)
    np.testing.assert_array_equal(path.context_size, size)


def test_only_a_window_remembers_its_batches() -> None:
    for context, held in ((bc.Replace(), 0), (bc.Append(size=3), 0), (Window(size=32), 1)):
        loop = bc.Loop(tpr=0.8, fpr=0.1, context=context)
        pairs = loop.step(loop.step(loop.start(bc.dynamics.Start(error=0.3)))).context.pairs
        assert pairs[:3].sum() == 32 * held


@pytest.mark.parametrize(
    ("size", "factor"),
    [
        (8, lambda m: m),
        (4, lambda m: m),
        (16, lambda m: (m / 2 + np.sqrt(m * m / 4 + 2 * m)) / 2),
        (12, lambda m: (2 * m / 3 + np.sqrt(4 * m * m / 9 + 4 * m / 3)) / 2),
    ],
)
def test_a_window_closes_in_by_its_largest_root(size: int, factor: object) -> None:
    """Windows of 1, ½, 2 and 1½ batches: λ = m; λ² = m(λ + 1)/2; λ² = m(2λ + 1)/3."""
    loop = bc.Loop(tpr=0.8, fpr=0.2, response=bc.Affine(mu=0.05, nu=0.2), context=Window(size=size), batch=8)
    [row] = loop.fixed_points().rows()
    approach = float(loop.fixed_points().approach[0])
    assert approach == pytest.approx(factor(row["multiplier"]), rel=1e-12)  # type: ignore[operator]  # a function
    far = np.abs(loop.trajectory(contamination=0.3, rounds=14).logit_error - logit(row["error"]))
    assert far[13] / far[12] == pytest.approx(approach, rel=0.1)


def test_a_window_leaves_what_has_no_multiplier_alone() -> None:
    """An evaluator with f = 0 leaves an error of 1 at once; what pads the list has none."""
    window = Window(size=24)
    np.testing.assert_array_equal(window.approach(np.array([np.inf, np.nan, 0.0]), 16), [np.inf, np.nan, 0.0])


def test_append_closes_in_by_the_multiplier_less_one() -> None:
    points = bc.Loop(tpr=0.8, fpr=0.2, context=bc.Append(size=8)).fixed_points()
    np.testing.assert_allclose(points.approach, [0.25 - 1, 4 - 1], rtol=1e-12)
    np.testing.assert_array_equal(points.stable, [True, False])


@pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=8), Window(size=24)], ids=str)
def test_nothing_is_stable_where_every_error_stands_still(context: bc.Replace) -> None:
    for response in (bc.Perfect(), bc.OddsPower(alpha=0.0, beta=1.0)):
        points = bc.Loop(tpr=0.5, fpr=0.5, response=response, context=context).fixed_points()
        assert points.everywhere
        assert not points.stable.any()


def test_the_window_s_memory_is_limited() -> None:
    assert bc.Loop(tpr=0.8, fpr=0.1, context=Window(size=10_000), batch=1).start(bc.dynamics.Start(error=0.5))
    for size, batch in ((10_001, 1), (20_001, 2)):
        with pytest.raises(UsageError, match="remember 10000 at most"):
            bc.Loop(tpr=0.8, fpr=0.1, context=Window(size=size), batch=batch).trajectory(error=0.5)


def test_the_smallest_contexts() -> None:
    assert bc.Append(size=0).start(16) == 0
    assert Window(size=1).start(16) == 1
    for policy, size in ((bc.Append, -1), (Window, 0), (Window, 1.5)):
        with pytest.raises(UsageError):
            policy(size=size)


class TestFixedPoints:
    def test_rates_of_nought(self) -> None:
        """t = f = 0 moves nothing; with one of them 0 an end attracts at once and the other is left at once."""
        points = fixed_points(Evaluator([0.0, 0.0, 0.3, 0.3], [0.0, 0.3, 0.0, 0.6]), bc.Perfect())
        np.testing.assert_array_equal(points.everywhere, [True, False, False, False])
        np.testing.assert_array_equal(points.error, [[np.nan, 0, 0, 0], [np.nan, 1, 1, 1]])
        np.testing.assert_allclose(points.multiplier, [[np.nan, np.inf, 0, 2], [np.nan, 0, np.inf, 0.5]])

    def test_a_batch_is_each_of_its_loops_in_order(self) -> None:
        ratios = np.array([1.5, 4.0, 12.0, 6.0])
        many = fixed_points(Evaluator(0.05, 0.05 * ratios), BISTABLE)
        for i, ratio in enumerate(ratios):
            one = fixed_points(Evaluator(0.05, 0.05 * ratio), BISTABLE)
            count = np.isfinite(one.logit_error).sum()
            np.testing.assert_array_equal(many.logit_error[:count, i], one.logit_error[:count])
            np.testing.assert_array_equal(many.multiplier[:count, i], one.multiplier[:count])
            assert np.isnan(many.logit_error[count:, i]).all()
            assert np.isnan(many.multiplier[count:, i]).all()
            assert (np.diff(many.logit_error[:count, i]) > 0).all()
        assert [np.isfinite(column).sum() for column in many.logit_error.T] == [1, 3, 1, 3]
        assert not many.everywhere.any()

    def test_what_pads_a_list_says_nothing(self) -> None:
        """β = 1 has the two ends alone, beside a loop of three points; only where α = Λ do all errors stay."""
        response = bc.OddsPower(alpha=np.array([0.3, 0.3, np.log(4)]), beta=np.array([1.0, 0.5, 1.0]))  # type: ignore[arg-type]
        points = fixed_points(Evaluator(0.8, 0.2), response)
        assert np.isfinite(points.logit_error).sum(axis=0).tolist() == [0, 1, 0]
        np.testing.assert_array_equal(points.everywhere, [False, False, True])

    def test_rows_name_the_loop_only_where_there_are_several(self) -> None:
        assert [row.get("loop") for row in bc.Loop(tpr=0.8, fpr=0.1).fixed_points().rows()] == [None, None]
        rows = bc.Loop(tpr=np.array([0.8, 0.9]), fpr=0.1).fixed_points().rows()
        assert [row["loop"] for row in rows] == [0, 0, 1, 1]
        np.testing.assert_allclose([row["multiplier"] for row in rows], [1 / 8, 8, 1 / 9, 9])
        table = bc.Loop(tpr=np.array([[0.8], [0.9]]), fpr=np.array([0.1, 0.2, 0.3])).fixed_points().rows()
        assert [row["loop"] for row in table] == [i for i in range(6) for _ in range(2)]

    def test_a_multiplier_is_that_of_its_own_point(self) -> None:
        points = fixed_points(Evaluator(0.2, 0.8), BISTABLE)
        for x, multiplier in zip(points.logit_error, points.multiplier, strict=True):
            assert points.multiplier_at(x) == multiplier
        assert np.isnan(points.multiplier_at(0.123))
        many = bc.Loop(tpr=np.array([0.8, 0.9]), fpr=0.1).fixed_points()
        np.testing.assert_array_equal(many.multiplier_at(-np.inf), many.multiplier[0])

    def test_a_start_beside_a_stable_point_rests_on_it_and_no_farther_one_does(self) -> None:
        points = fixed_points(Evaluator(0.2, 0.8), BISTABLE)
        low, divide, high = points.logit_error
        for point in (low, high):
            for step in (-1e-12, 0.0, 1e-12):  # rounding may move it the wrong way
                assert points.limit(point + step, point + 2 * step) == point
        assert points.limit(low - 1e-3, low - 2e-3) == -np.inf
        assert points.limit(divide + 1e-12, divide + 2e-12) == high
        assert points.limit(divide - 1e-12, divide - 2e-12) == low
        assert points.limit(divide, divide) == divide
        assert points.limit(-low, -low - 0.5) == high

    def test_starts_near_a_fold_go_their_own_ways(self) -> None:
        """Just inside the window a stable end and the divide nearly touch; a start past the divide leaves."""
        low, high = BISTABLE.bistable_window()
        log_lr = float(low + 0.02 * (high - low))
        points = fixed_points(Evaluator(np.exp(log_lr), 1.0), BISTABLE)
        first, divide, last = points.logit_error
        assert divide - first < 1
        loop = bc.Loop(tpr=np.exp(log_lr), fpr=1.0, response=BISTABLE)
        ends = loop.limit(error=expit([divide - 0.05, divide + 0.05]))
        np.testing.assert_allclose(ends, [first, last], rtol=1e-9)

    def test_drifting_judges_of_several_loops(self) -> None:
        judges = Drifting(tpr=np.array([0.9, 0.8]), fpr=0.2, tpr_wrong=0.5, fpr_wrong=0.4)  # type: ignore[arg-type]
        points = fixed_points(judges, bc.Affine(mu=0.05, nu=0.2))
        assert points.everywhere.shape == (2,)
        for i, tpr in enumerate((0.9, 0.8)):
            loop = bc.Loop(evaluator=Drifting(tpr, 0.2, 0.5, 0.4), response=bc.Affine(mu=0.05, nu=0.2))
            end = loop.trajectory(error=0.3, rounds=60).logit_error
            assert end[-1] == pytest.approx(points.logit_error[0, i], rel=1e-12)
            far = np.abs(end - end[-1])
            assert far[5] / far[4] == pytest.approx(points.multiplier[0, i], rel=0.05)
