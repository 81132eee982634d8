"""The study of forecasts on real loops: what counts as held, and that the text says what was measured."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm

from boostcalc.forecasting import QUANTILES
from verification.study import ROOT, TABLE, held, told

KINDS = ("start .1 to .5", "start .7", "wrong answers agree", "no filter")
"""Kinds of settings, in the order of the text."""


@pytest.mark.parametrize("middle", [-3.5, 0.0])
def test_a_true_forecast_holds_nine_runs_in_ten(middle: float) -> None:
    """Also where a run has some thirty answers of which one is wrong; log-odds are normal, as `held` takes them."""
    rng, runs = np.random.default_rng(1), 3_000
    fan = tuple(map(float, expit(middle + norm.ppf(np.array(QUANTILES)))))
    n = rng.integers(25, 80, runs)
    seen = pd.DataFrame({"n": n, "wrong": rng.binomial(n, expit(middle + rng.normal(size=runs)))})
    # a run is held or not, or in part: its variance is at most p(1 − p); the fan itself is known through 4,000 draws
    error = np.sqrt(0.09 / runs + 0.09 / 4_000)
    assert held(fan, seen, rng) == pytest.approx(0.9, abs=4 * error)


def test_a_false_forecast_holds_few() -> None:
    rng = np.random.default_rng(2)
    fan = tuple(map(float, expit(-3 + 0.3 * norm.ppf(np.array(QUANTILES)))))
    seen = pd.DataFrame({"n": 40, "wrong": rng.binomial(40, 0.7, 200)})
    assert held(fan, seen, rng) == 0


@pytest.mark.skipif(not TABLE.exists(), reason="the study comes with a checkout only")
def test_the_text_has_the_table_that_was_measured() -> None:
    text, table = (ROOT / "docs" / "study.md").read_text(encoding="utf-8"), told(pd.read_csv(TABLE))
    rows = re.findall(r"^\|[^|]*\| (1|10) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == 2 * len(KINDS)
    for (number, cells), kind in zip(rows, np.repeat(KINDS, 2), strict=True):
        here = table.loc[(kind, int(number))]
        said = [f"{here[name]:.3f}" for name in ("textbook", "fitted_map", "forecast")]
        assert cells.replace("*", "").split(" | ") == [f" {said[0]}", *said[1:], f"{here['held']:.0%} "]
