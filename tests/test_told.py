"""What is told of responses, rounds and planes: signs, ends and places that larger tests would not miss."""

from __future__ import annotations

import numpy as np
import pytest

import boostcalc as bc
from boostcalc.dynamics.fixed_points import _once
from boostcalc.dynamics.verdict import direction
from boostcalc.errors import UsageError
from boostcalc.odds import expit, logit
from boostcalc.responses import Affine, Monotone, Sigmoid


@pytest.mark.parametrize(("low", "high", "a"), [(0.02, 0.9, -6.0), (0.2, 0.95, -1.0), (0.01, 0.6, -3.0)])
def test_a_sigmoid_that_is_just_steep_enough_has_two_unit_slopes(low: float, high: float, a: float) -> None:
    """At the b where its steepest slope passes 1, they part from there: the peak itself has to be found."""
    x = np.linspace(-9, 9, 180_001)

    def steepest(b: float) -> float:
        return float(np.gradient(Sigmoid(low=low, high=high, a=a, b=b).logit_error(x), x).max())

    flat, steep = 0.5, 60.0
    for _ in range(40):
        middle = (flat + steep) / 2
        flat, steep = (middle, steep) if steepest(middle) < 1 else (flat, middle)
    below, above = (Sigmoid(low=low, high=high, a=a, b=b * steep).unit_slopes() for b in (0.999, 1.001))
    assert np.isnan(below).all()
    assert 0 < above[1] - above[0] < 0.5


class TestMonotone:
    curve = Monotone(shares=(0.1, 0.4, 0.6, 0.9), errors=(0.02, 0.1, 0.7, 0.97))

    def test_its_slope_is_that_of_its_values(self) -> None:
        c = np.array([0.05, 0.15, 0.3, 0.45, 0.55, 0.7, 0.85, 0.95])
        step = 1e-6
        slope = (self.curve(c + step) - self.curve(c - step)) / (2 * step)
        np.testing.assert_allclose(self.curve.derivative(logit(c)), slope, rtol=1e-6, atol=1e-9)
        assert self.curve.derivative(logit(0.95)) == self.curve.derivative(logit(0.05)) == 0

    def test_its_points_are_its_inverse(self) -> None:
        np.testing.assert_allclose(expit(self.curve.inverse(logit(self.curve.errors))), self.curve.shares, rtol=1e-12)

    def test_its_outermost_points_part_where_it_is_steep(self) -> None:
        steep = Monotone(shares=(0.3, 0.5, 0.7), errors=(0.05, 0.5, 0.95)).unit_slopes()
        np.testing.assert_allclose(expit([steep.min(), steep.max()]), [0.3, 0.7])
        tame = Monotone(shares=(0.5, 0.9, 0.97), errors=(0.1, 0.6, 0.65)).unit_slopes()
        assert not np.isclose(tame, logit(0.97)).any(), "c(1 − c)·y′ is below 1 at the last point"

    def test_no_error_of_one(self) -> None:
        with pytest.raises(UsageError, match="no log-odds"):
            Monotone(shares=(0, 0.5, 1), errors=(0.1, 0.2, 1.0))


def test_a_sized_response_has_a_sized_mirror() -> None:
    response = bc.SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=6.0)
    share = np.linspace(0, 1, 11)
    for size in (0, 3, 64):
        np.testing.assert_allclose(response.mirrored()(1 - share, size), 1 - response(share, size), rtol=1e-12)


@pytest.mark.parametrize(("t", "f", "mu", "nu"), [(0.8, 0.7, 0.3, 0.2), (0.8, 0.2, 0.9, 0.05), (0.2, 0.8, 0.1, 0.3)])
def test_affine_fixed_points_are_perron_vectors(t: float, f: float, mu: float, nu: float) -> None:
    values, vectors = np.linalg.eig(np.array([[f * (1 - nu), mu * t], [f * nu, t * (1 - mu)]]))
    perron = vectors[:, values.argmax()]
    found = bc.Loop(tpr=t, fpr=f, response=Affine(mu=mu, nu=nu)).fixed_points().rows()
    assert found[0]["error"] == pytest.approx(perron[0] / perron.sum(), rel=1e-12)


def test_rows_are_one_a_round_and_loop() -> None:
    path = bc.Loop(tpr=0.8, fpr=[0.1, 0.4]).trajectory(error=0.5, rounds=3)
    assert path.rounds == 3
    rows = path.rows()
    assert [(row["loop"], row["round"]) for row in rows] == [(i, n) for i in range(2) for n in range(4)]
    np.testing.assert_allclose([row["error"] for row in rows], path.error.T.ravel())


def test_repeated_points_are_told_once() -> None:
    np.testing.assert_array_equal(_once(np.array([2.0, 1.0, 2.0, np.inf, np.inf])), [1, 2, np.nan, np.inf, np.nan])


def test_the_way_is_told_from_both_ends() -> None:
    assert [direction(*ends) for ends in ((-1.0, 1.0), (1.0, -1.0), (2.0, 2.0 + 1e-10), (0.5, 0.5))] == [1, -1, 0, 0]


def test_a_judge_takes_an_empty_context_for_a_clean_one() -> None:
    judge = bc.Drifting(tpr=0.9, fpr=0.1, tpr_wrong=0.3, fpr_wrong=0.6)
    path = bc.Loop(evaluator=judge, context=bc.Append(size=0)).trajectory(error=0.4, rounds=0)
    assert path.acceptance[0] == pytest.approx(0.6 * 0.9 + 0.4 * 0.1, rel=1e-12)


class TestPlane:
    plane = bc.phase("rates", error=0.5, grid=30)

    def test_a_map_has_its_largest_rate_on_top(self) -> None:
        lines = self.plane.map().splitlines()
        top, bottom = (lines[i].split("|")[1] for i in (1, -2))
        assert top.count("+") > top.count("x")
        assert bottom.count("x") > bottom.count("+")
        assert lines[1].split("|")[0].strip() == f"{self.plane.up[-1]:.3g}"
        labelled = [line.split("|")[0].strip() for line in lines[1:-1]]
        assert labelled[-1] == f"{self.plane.up[0]:.3g}"

    def test_the_columns_it_names_are_where_they_are_named(self) -> None:
        *_, lowest, foot = self.plane.map().splitlines()
        assert len(foot) == len(lowest)
        assert foot.split()[0] == f"{self.plane.across[0]:.3g}"
        assert foot.split()[-1] == f"{self.plane.across[-1]:.3g}"

    def test_the_share_that_meets_the_target_is_said(self) -> None:
        met = np.isfinite(self.plane.rounds).mean()
        assert f"met on {met:.0%} of the plane" in self.plane.summary()

    def test_starts_are_the_centres_of_their_cells(self) -> None:
        starts = bc.phase("start", grid=10, errors=(0.1, 0.9), likelihood_ratios=(0.1, 10.0))
        edges = np.linspace(logit(0.1), logit(0.9), 11)
        np.testing.assert_allclose(logit(starts.up), (edges[1:] + edges[:-1]) / 2)
        steps = np.linspace(np.log(0.1), np.log(10), 11)
        np.testing.assert_allclose(np.log(starts.across), (steps[1:] + steps[:-1]) / 2, atol=1e-12)

    def test_a_start_whose_limit_is_its_mirror_does_not_stand_still(self) -> None:
        constant = bc.phase("rates", response=Affine(mu=0.7, nu=0.3), error=0.3, grid=6)
        assert set(constant.shares) == {"collapses"}

    def test_a_target_that_is_hit_exactly_counts(self) -> None:
        """At TP/FP = 9 the odds of one half are those of 1/10 after one round."""
        exact = bc.phase("rates", error=0.5, target=0.1, grid=10)
        row, column = np.argmin(np.abs(exact.up - 0.45)), np.argmin(np.abs(exact.across - 0.05))
        assert exact.rounds[row, column] == 1


@pytest.mark.parametrize("context", [bc.Replace(), bc.Append(size=8)], ids=str)
def test_a_neutral_point_attracts_nothing(context: bc.Replace) -> None:
    assert not bc.Loop(tpr=0.6, fpr=0.6, context=context).fixed_points().stable.any()


def test_a_start_out_of_reach_is_told_what_is_in_reach() -> None:
    loop = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Evidence(a=-5.0, b=7.0), context=bc.Append(size=16))
    with pytest.raises(UsageError, match=r"lies in \[0\.006693, 0\.8808\]"):
        loop.trajectory(error=0.99)
