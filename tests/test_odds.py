"""Log-odds arithmetic against 50 digits, and rates as they are written."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boostcalc.errors import RateError
from boostcalc.odds import Counts, as_rate, expit, log_expit, log_ratio, logit, parse_rate

RATES = st.floats(1e-300, 1 - 2**-53)
ROUNDING = 1e-12
"""Relative error allowed of a closed form."""


@given(RATES)
def test_logit_and_back_keeps_the_smaller_of_rate_and_complement(p: float) -> None:
    x = logit(p)
    exact = mp.mpf(p)
    with mp.workdps(50):
        assert abs(mp.mpf(float(expit(x))) / exact - 1) < ROUNDING
        assert abs(mp.mpf(float(expit(-x))) / (1 - exact) - 1) < ROUNDING


def test_certain_rates_are_infinite_odds() -> None:
    assert logit(0.0) == -np.inf
    assert logit(1.0) == np.inf
    assert expit(-np.inf) == 0
    assert expit(np.inf) == 1


@given(st.floats(-700, 700))
def test_log_expit_against_fifty_digits(x: float) -> None:
    with mp.workdps(350):  # ln(1 + e^-x) of a large x has its first digit 300 places out
        exact = -mp.log1p(mp.exp(-mp.mpf(x)))
        assert abs(mp.mpf(float(log_expit(x))) / exact - 1) < ROUNDING


@given(st.floats(1e-12, 1), st.floats(-27, 27).filter(lambda x: abs(x) >= 1e-12))
def test_log_ratio_of_nearly_equal_and_far_apart_rates(a: float, log_lr: float) -> None:
    b = a * float(np.exp(-log_lr))
    if b == a or not 0 < b < 1:
        return
    with mp.workdps(50):
        exact = mp.log(mp.mpf(a) / mp.mpf(b))
        assert abs(mp.mpf(float(log_ratio(a, b))) / exact - 1) < ROUNDING


def test_log_ratio_of_vanishing_rates() -> None:
    assert log_ratio(0.8, 0.0) == np.inf
    assert log_ratio(0.0, 0.8) == -np.inf
    assert np.isnan(log_ratio(0.0, 0.0))


@pytest.mark.parametrize(("text", "value"), [("0.8", 0.8), ("1", 1.0), ("0", 0.0), ("8e-1", 0.8)])
def test_a_number_is_a_known_rate(text: str, value: float) -> None:
    assert parse_rate(text, "tp") == value


def test_counts_are_evidence() -> None:
    assert parse_rate("80/100", "tp") == Counts(80, 100)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.2", "outside"),
        ("-0.1", "outside"),
        ("x", "not a rate"),
        ("", "not a rate"),
        ("nan", "nan"),
        ("inf", "outside"),
        ("5/3", "successes <= trials"),
        ("0/0", "no trials"),
        ("-1/3", "negative"),
        ("1.5/3", "not a rate"),
        ("1/2/3", "not a rate"),
    ],
)
def test_what_is_no_rate_is_named(text: str, why: str) -> None:
    with pytest.raises(RateError, match=f"tp.*{why}"):
        parse_rate(text, "tp")


def test_draws_of_a_count_have_the_jeffreys_moments() -> None:
    draws = Counts(7, 20).draw(np.random.default_rng(0), 200_000)
    a, b = 7.5, 13.5
    mean, variance = a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))
    assert abs(draws.mean() - mean) < 4 * np.sqrt(variance / draws.size)


@pytest.mark.parametrize("pair", [(np.nan, 10), (5, np.inf), (np.nan, np.nan), (-0.5, 10), (10.5, 10), (0, 0), (0, -1)])
def test_what_is_no_count_is_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(RateError, match=r"count|trials"):
        Counts(*pair)


@pytest.mark.parametrize(("pair", "rate"), [((0, 1), 0.0), ((1, 1), 1.0), ((10, 10), 1.0), ((0.25, 0.5), 0.5)])
def test_none_all_and_part_of_a_trial_are_counts(pair: tuple[float, float], rate: float) -> None:
    assert Counts(*pair).rate == rate


@pytest.mark.parametrize(
    ("rates", "named"), [([0.0, 1.5], "1.5"), ([1.0, -0.5], "-0.5"), ([0.5, 1.5, 2.5], "1.5"), ([0.5, np.nan], "nan")]
)
def test_one_wrong_rate_among_right_ones_is_named(rates: list[float], named: str) -> None:
    with pytest.raises(RateError, match=named):
        as_rate(rates, "tpr")
