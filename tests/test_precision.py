"""Corners at which a formula as it is first written down would lose its digits, and constraints between parameters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from boostcalc.dynamics import Drifting, Evaluator
from boostcalc.errors import PartError
from boostcalc.odds import log_ratio, logit
from boostcalc.responses import Affine, Evidence, Shrinkage, Sigmoid

RULE = 1e-12


def test_the_slope_of_slips_that_nearly_leave_nothing() -> None:
    """μ = ½ − 2⁻⁵⁴ and ν = ½ leave 2⁻⁵⁴; a tenth and its rounded rest leave what rounding left."""
    assert Affine(0.5 - 2.0**-54, 0.5).derivative(0.0) == 2.0**-54
    assert Affine(0.5, 0.5 - 2.0**-54).derivative(0.0) == 2.0**-54
    assert Affine(0.5 - 2.0**-54, 0.5 - 2.0**-54).derivative(0.0) == 2.0**-53
    assert Affine(1 - 2.0**-53, 2.0**-60).derivative(0.0) == 2.0**-53 - 2.0**-60
    assert Affine(0.4, 0.6 + 1e-13).derivative(0.0) == 0.0


def test_a_prior_that_outweighs_its_context_leaves_the_slope() -> None:
    """k/(κ + k) of one pair against a prior of 2³⁰: the slope is that, not 1 less what rounds to 1."""
    curve = Shrinkage(strength=2.0**30, prior=0.0).at(1)
    np.testing.assert_allclose(curve.derivative(0.0), 1 / (2.0**30 + 1), rtol=RULE)
    np.testing.assert_allclose(curve(0.5), 0.5 / (2.0**30 + 1), rtol=RULE)


def test_the_affine_floor_near_the_error_threshold() -> None:
    """f/t = e⁻²⁷ and ν = 1 − μ: every context gives the error μ, whatever the judge."""
    mu = 1 - 2.0**-40
    found = Affine(mu, 2.0**-40).fixed_points([27.0, -27.0])[1]
    np.testing.assert_allclose(found, logit(mu), rtol=RULE)


def test_unit_slopes_just_above_four_and_far_beyond() -> None:
    """c/(1 − c) = (1 + s)/(1 − s), s² = 1 − 4/b: about 2√(1 − 4/b) in log-odds near b = 4, ln b for huge b."""
    barely = 4 * (1 + 2.0**-40)
    np.testing.assert_allclose(Evidence(0, barely).unit_slopes()[1], 2 * 2.0**-20, rtol=1e-9)
    np.testing.assert_allclose(Evidence(0, 1e12).unit_slopes()[1], np.log(1e12), rtol=RULE)


def test_a_rule_out_of_reach_still_has_fixed_points() -> None:
    """A floor of 0 under a rule that underflows: its part of the error is then all of it."""
    curve = Sigmoid(low=0.0, high=1.0, a=-1e4, b=2e4)
    np.testing.assert_allclose(curve.unit_slopes(), Evidence(-1e4, 2e4).unit_slopes(), rtol=1e-9)


def test_rates_that_are_both_nearly_certain_keep_their_evidence() -> None:
    """t = 1 − 10⁻¹⁰ and f = 1 − 10⁻⁸ differ by 2 × ln 10 in log-odds, and t/f − 1 is 9.9·10⁻⁹."""
    t, f = 1 - 1e-10, 1 - 1e-8
    judge = Drifting(tpr=t, fpr=f, tpr_wrong=t, fpr_wrong=f)
    np.testing.assert_allclose(judge.under(0.3).log_lr, np.log1p((t - f) / f), rtol=RULE)
    with np.errstate(all="raise"):
        assert np.isfinite(Drifting(tpr=1 - 2.0**-53, fpr=1e-17, tpr_wrong=0.5, fpr_wrong=0.5).under(0.0).log_lr)


@pytest.mark.parametrize(("family", "rest"), [(Affine, {}), (Sigmoid, {"a": -1.0, "b": 3.0})])
def test_the_linear_constraints_are_those_that_are_refused(
    family: type[Affine | Sigmoid], rest: dict[str, float]
) -> None:
    """A fit moves within `sums`; the constructor draws the same line."""
    [(weights, limit)] = family.sums()
    for pair in itertools.product(np.linspace(0, 1, 11), repeat=2):
        total = float(np.dot(weights[:2], pair))
        if total > limit + 1e-9:
            with pytest.raises(PartError, match="exceeds"):
                family(*pair, **rest)
        else:
            assert family(*pair, **rest).shape == ()
    assert not any(weights[2:])


def test_one_sum_over_one_among_many_is_refused() -> None:
    with pytest.raises(PartError, match="exceeds 1"):
        Affine(np.array([0.5, 0.6]), np.array([0.1, 0.5]))  # type: ignore[arg-type]  # arrays stand for several
    with pytest.raises(PartError, match="exceeds"):
        Sigmoid(np.array([0.1, 0.6]), 0.5, 0.0, 1.0)  # type: ignore[arg-type]  # as above


def test_judges_that_drift_from_far_apart_to_near() -> None:
    """Rates 1e-300 and 1 − 2⁻⁵³ lie further apart than an exponential reaches: their evidence is that of f alone."""
    judge = Drifting(tpr=1 - 2.0**-53, fpr=1e-300, tpr_wrong=1e-300, fpr_wrong=1 - 2.0**-53)
    np.testing.assert_allclose(judge.under(-np.inf).log_lr, -np.log(1e-300), rtol=RULE)
    np.testing.assert_allclose(judge.under(np.inf).log_lr, np.log(1e-300), rtol=RULE)
    assert judge.under(0.0).log_lr == 0.0
    np.testing.assert_allclose(judge.under(np.array([-np.inf, np.inf])).f, [1e-300, 1 - 2.0**-53], rtol=1e-12)


def test_small_numbers_keep_the_logarithm_of_their_ratio() -> None:
    """Each logarithm is about −460 and rounded there; their ratio is 3 all the same. Far ones do not overflow."""
    np.testing.assert_allclose(log_ratio([3e-200, 1e-200], [1e-200, 3e-200]), [np.log(3), -np.log(3)], rtol=4e-16)
    np.testing.assert_allclose(log_ratio([1e300, 1e-300], [1e-300, 1e300]), np.array([600, -600]) * np.log(10))


@pytest.mark.parametrize("certain", [-np.inf, np.inf])
def test_a_batch_of_judges_filters_certain_answers_each_by_its_own_rates(certain: float) -> None:
    """All right (or all wrong) stays so, unless none of these answers is accepted: then there is no batch."""
    t, f = np.array([0.0, 0.3, 0.3, 0.0]), np.array([0.3, 0.0, 0.3, 0.0])
    accepted = (t if certain < 0 else f) > 0
    np.testing.assert_array_equal(Evaluator(t, f).rates.filter(certain), np.where(accepted, certain, np.nan))
    for some in (slice(0, 3, 2), slice(1, 3)):  # one rate of 0 among those of one kind
        found = Evaluator(t[some], f[some]).rates.filter(certain)
        np.testing.assert_array_equal(found, np.where(accepted[some], certain, np.nan))
    np.testing.assert_array_equal(Evaluator(t[:2], f[:2]).rates.filter(0.0), [np.inf, -np.inf])
    assert Evaluator(0.3, 0.6).rates.filter(certain) == certain
