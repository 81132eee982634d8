"""Contexts whose truth a judge estimated: the law of what is wrong in them, and responses that it does not flatten."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.errors import UsageError
from boostcalc.fitting.latent import realised_of_judged
from boostcalc.fitting.observations import observe
from boostcalc.odds import expit

TRUTH = bc.Evidence(a=-3.0, b=6.0)
T, F = 0.85, 0.3


def judged_sweep(rng: np.random.Generator, runs: int = 600, size: int = 12) -> pd.DataFrame:
    """Runs of one context each; the judge calls 1 − F of the wrong pairs wrong, and 1 − T of the right ones."""
    wrong = rng.binomial(size, rng.beta(1.0, 1.0, runs))
    called = rng.binomial(wrong, 1 - F) + rng.binomial(size - wrong, 1 - T)
    n = 60
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in range(runs)],
            "context_size": size,
            "wrong": wrong,
            "context_judged_wrong": called,
            "n": n,
            "n_wrong": rng.binomial(n, TRUTH(wrong / size)),
        }
    )


def test_the_law_given_one_contamination_is_bayes_rule() -> None:
    """All contexts drawn at c: the posterior of the wrong pairs is that of independent pairs, in exact fractions."""
    c, t, f, size, judged = Fraction(2, 5), Fraction(17, 20), Fraction(3, 10), 6, 2
    exact = []
    for wrong in range(size + 1):
        prior = comb(size, wrong) * c**wrong * (1 - c) ** (size - wrong)
        seen = Fraction(0)
        for hit in range(max(0, judged - (size - wrong)), min(wrong, judged) + 1):
            seen += (
                comb(wrong, hit)
                * (1 - f) ** hit
                * f ** (wrong - hit)
                * comb(size - wrong, judged - hit)
                * (1 - t) ** (judged - hit)
                * t ** (size - wrong - judged + hit)
            )
        exact.append(prior * seen)
    law = np.array([float(x / sum(exact)) for x in exact])
    # many contexts whose judged counts follow Bin(size, P(called)) at that contamination: the mass gathers there
    called = float(c * (1 - f) + (1 - c) * (1 - t))
    counts = np.arange(size + 1.0)
    weight = 1e6 * np.array([comb(size, int(j)) * called**j * (1 - called) ** (size - j) for j in counts])
    found = realised_of_judged(np.full(size + 1, float(size)), counts, weight, tpr=float(t), fpr=float(f))
    shares, mass = found[judged]
    np.testing.assert_allclose(mass, law[np.round(shares * size).astype(int)], atol=0.02)


def test_a_flawless_judge_tells_the_context() -> None:
    for shares, mass in realised_of_judged(np.array([5.0, 5.0]), np.array([0.0, 3.0]), np.ones(2), tpr=1.0, fpr=0.0):
        assert mass.max() == pytest.approx(1.0)
        assert shares[mass.argmax()] in (0.0, 0.6)


def test_an_estimated_context_does_not_distort_the_response() -> None:
    """Corrected, the curve is that of the truth; with the judge's count in the place of the truth it is another."""
    table = judged_sweep(np.random.default_rng(0))
    told = bc.fit(
        table.rename(columns={"wrong": "context_wrong"}).drop(columns="context_judged_wrong"), families=["evidence"]
    )
    judged = table.drop(columns="wrong")
    corrected = bc.fit(judged, families=["evidence"], context_judge=(T, F))
    naive = bc.fit(judged.rename(columns={"context_judged_wrong": "context_wrong"}), families=["evidence"])
    shares = np.linspace(0, 1, 11)
    off, misled = (np.abs(fit.response(shares) - TRUTH(shares)).max() for fit in (corrected, naive))
    assert misled > 0.1
    assert off < misled / 3
    rows = corrected.conf_int(0.999).T.to_dict()
    for name, value in TRUTH.parameters.items():
        assert rows[name]["low"] < value < rows[name]["high"]
    # what is not known costs: the interval is wider than where the truth is logged
    width = [float(np.diff(fit.conf_int().T["b"])[-1]) for fit in (corrected, told)]
    assert width[0] > width[1]
    assert any(a["verdict"] == "estimated by a judge" for a in corrected.assumptions)


@pytest.mark.parametrize("tpr", [0.8031, 0.9, 0.57])
@pytest.mark.parametrize("fpr", [0.3236, 0.1, 0.013])
def test_the_law_is_one_for_every_pair_of_rates(tpr: float, fpr: float) -> None:
    """Also where rounding carries the chance that a pair is wrong past 1."""
    judged = np.arange(21.0)
    for shares, mass in realised_of_judged(np.full(21, 20.0), judged, np.ones(21), tpr=tpr, fpr=fpr):
        assert mass.sum() == pytest.approx(1.0)
        assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_contexts_that_no_run_tells_apart_count_as_often_as_they_were_seen(seed: int) -> None:
    """One answer a context, and no runs: alike contexts fall into one cell, whose answers say how many they are."""
    rng = np.random.default_rng(seed)
    size, answers = 20, 6_000
    wrong = rng.binomial(size, np.where(rng.random(answers) < 0.5, 0.1, 0.5))
    log = pd.DataFrame(
        {
            "context_size": size,
            "context_judged_wrong": rng.binomial(wrong, 1 - F) + rng.binomial(size - wrong, 1 - T),
            "correct": rng.random(answers) >= TRUTH(wrong / size),
        }
    )
    fit = bc.fit(log, families=["evidence"], context_judge=(T, F))
    rows = fit.conf_int(0.999).T.to_dict()
    for name, value in TRUTH.parameters.items():
        assert rows[name]["low"] < value < rows[name]["high"]


def test_the_evaluators_own_rates_are_the_default() -> None:
    rng = np.random.default_rng(1)
    table = judged_sweep(rng, runs=200).drop(columns="wrong")
    rows = []
    for row in table.to_dict(orient="records"):
        right = row["n"] - row["n_wrong"]
        for correct, count in ((True, right), (False, row["n_wrong"])):
            accepted = rng.binomial(count, T if correct else F)
            rows += [
                {**row, "n": n, "correct": correct, "accepted": verdict}
                for verdict, n in ((True, accepted), (False, count - accepted))
                if n
            ]
    log = pd.DataFrame(rows).drop(columns="n_wrong")
    fit = bc.fit(log, families=["evidence"])
    used = fit.provenance["context_judge"]
    assert used == pytest.approx((T, F), abs=0.03)
    assert fit.params["b"] == pytest.approx(TRUTH.b, rel=0.25)


def test_without_rates_such_contexts_are_left_out_and_odd_ones_refused() -> None:
    table = judged_sweep(np.random.default_rng(2), runs=20).drop(columns="wrong")
    assert observe(bc.read_runs(table)).n.size == 0
    for odd in ((0.5, 0.5), (1.2, 0.1)):
        with pytest.raises(UsageError, match="context_judge"):
            bc.fit(table, context_judge=odd)


def ordered(rng: np.random.Generator, effect: float, runs: int = 120) -> pd.DataFrame:
    wrong = rng.integers(1, 10, runs)
    place = rng.random(runs)
    odds = TRUTH.logit_error(np.log(wrong / (10 - wrong))) + effect * wrong / 10 * (place - 0.5)
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in range(runs)],
            "context_size": 10,
            "context_wrong": wrong,
            "context_wrong_position": place.round(3),
            "n": 80,
            "n_wrong": rng.binomial(80, expit(odds)),
        }
    )


@pytest.mark.parametrize("effect", [0.0, 2.0, -1.5])
def test_the_order_of_pairs_is_told(effect: float) -> None:
    fit = bc.fit(ordered(np.random.default_rng(4), effect), families=["evidence"], level=0.99)
    assert fit.diagnostics is not None
    order = fit.diagnostics.order
    assert order.low is not None
    assert order.high is not None
    assert order.low < effect < order.high
    verdict = {a["name"]: a["verdict"] for a in fit.assumptions}["the order of pairs does not matter"]
    assert verdict == ("is not contradicted" if effect == 0 else "does not hold")
