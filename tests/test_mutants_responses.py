"""Closed forms of the families: an orbit is its steps, a fixed point stays, a matrix says where it lies."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from boostcalc.odds import log_ratio, logit
from boostcalc.responses import Affine, Evidence, OddsPower, SizedEvidence

EVIDENCE = (-3.0, -0.4, 0.25, 2.0)
SLIPS = (0.0, 1e-6, 0.05, 0.3, 0.45)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, 0.75, 1 - 1e-9, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("alpha", [-1.0, 0.0, 0.7])
def test_an_orbit_of_the_odds_power_is_its_steps(alpha: float, beta: float) -> None:
    family = OddsPower(alpha=alpha, beta=beta)
    for log_lr, start in itertools.product(EVIDENCE, (-2.0, 0.0, 5.0)):
        x = start
        for n in range(7):
            assert family.orbit(start, log_lr, n) == pytest.approx(x, rel=1e-12, abs=1e-13)
            x = alpha + beta * (x - log_lr)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, 0.75, 1.5, 2.0, 2.5])
@pytest.mark.parametrize("alpha", [-1.0, 0.0, 0.7])
def test_the_inner_fixed_point_of_the_odds_power_stays(alpha: float, beta: float) -> None:
    low, inner, high = OddsPower(alpha=alpha, beta=beta).fixed_points(np.array(EVIDENCE))
    assert np.isfinite(inner).all()
    np.testing.assert_allclose(alpha + beta * (inner - np.array(EVIDENCE)), inner, rtol=1e-12, atol=1e-13)
    ends = (-np.inf, np.inf) if beta > 0 else (np.nan, np.nan)
    for found, end in zip((low, high), ends, strict=True):
        np.testing.assert_array_equal(found, end)


def test_a_power_of_one_has_no_inner_fixed_point() -> None:
    np.testing.assert_array_equal(OddsPower(0.7, 1.0).fixed_points(0.2), [-np.inf, np.nan, np.inf])


@pytest.mark.parametrize(("mu", "nu"), list(itertools.product(SLIPS, SLIPS)))
@pytest.mark.parametrize("log_lr", EVIDENCE)
def test_the_affine_fixed_points_are_those_of_the_matrix(mu: float, nu: float, log_lr: float) -> None:
    """The two-type quasispecies: shares that A = [[f(1−ν), μt], [fν, t(1−μ)]] leaves as they are."""
    t, f = 1.0, np.exp(-log_lr)
    _, vectors = np.linalg.eig(np.array([[f * (1 - nu), mu * t], [f * nu, t * (1 - mu)]]))
    shares = [v[0] / v.sum() for v in vectors.T if (v >= -1e-12).all() or (v <= 1e-12).all()]
    zero, inner, one = Affine(mu, nu).fixed_points(log_lr)
    found = [x for x in (zero, inner, one) if not np.isnan(x)]
    assert len(found) == len(set(found)) == len(shares)
    np.testing.assert_allclose(np.sort(found), np.sort(logit(np.clip(shares, 0, 1))), rtol=1e-6, atol=1e-9)
    if np.isfinite(inner):
        assert Affine(mu, nu).logit_error(inner - log_lr) == pytest.approx(inner, rel=1e-11, abs=1e-13)
    assert np.isin(-np.inf, found) == (mu == 0)
    assert np.isin(np.inf, found) == (nu == 0)


def test_at_the_error_threshold_only_collapse_is_left() -> None:
    """μ = 1 − f/t = ½ and ν = 0: the floor has risen to 1."""
    np.testing.assert_array_equal(Affine(0.5, 0.0).fixed_points(np.log(2.0)), [np.nan, np.inf, np.nan])


def test_certain_errors_come_from_certain_contexts() -> None:
    assert Affine(0.0, 0.3).inverse(-np.inf) == -np.inf
    assert Affine(0.3, 0.0).inverse(np.inf) == np.inf
    np.testing.assert_array_equal(Evidence(-3.0, 5.0).inverse([-3.0, 2.0]), [-np.inf, np.inf])


def test_a_power_of_nought_forgets_its_context() -> None:
    """c⁰ = 1 for every context, a clean, a wholly wrong and an unknown one."""
    np.testing.assert_array_equal(OddsPower(0.5, 0.0).logit_error([-np.inf, 0.0, np.inf, np.nan]), 0.5)
    np.testing.assert_array_equal(
        OddsPower(0.5, 2.0).logit_error([-np.inf, 0.0, np.inf, np.nan]), [-np.inf, 0.5, np.inf, np.nan]
    )


@pytest.mark.parametrize("half", [0.0, 1.0, 6.0])
def test_of_the_evidence_of_k_pairs_the_share_k_over_k_plus_half_counts(half: float) -> None:
    """Without pairs the prior alone does, also where one pair is evidence enough."""
    response, c = SizedEvidence(a=-5.0, b=7.0, prior=0.4, half=half), 0.3
    for k in (0, 1, 5):
        share = k / (k + half) if k else 0.0
        wanted = 0.4 + share * (-5.0 - 0.4 + 7.0 * c)
        assert float(response.at(k).logit_error(logit(c))) == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("size", [1e-200, 1e-3, 1.0, 1e200])
@pytest.mark.parametrize("ratio", [1 / 64, 1 / 4, 4.0, 64.0])
def test_a_ratio_has_the_same_logarithm_at_any_size(size: float, ratio: float) -> None:
    """Powers of two, so that the quotient is exact: a difference of logarithms would not be."""
    assert float(log_ratio(ratio * size, size)) == np.log(ratio)
