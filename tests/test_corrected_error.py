"""Errors behind verdicts: theorem, maximum likelihood, row-level formulas and simulated truth."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import sympy
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.optimize import LinearConstraint, minimize
from scipy.stats import binom

import boostcalc as bc
from boostcalc.errors import DataError, RateError, UsageError
from boostcalc.fitting.evaluator.corrections import METHODS, delta, post_stratified, ppi, score
from boostcalc.fitting.evaluator.design import Source
from boostcalc.fitting.evaluator.score import constrained_rates, normal_quantile
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.odds import Array
from boostcalc.results import Estimate
from boostcalc.theory.labels import rogan_gladen
from boostcalc.theory.symbols import epsilon, f, t

KNOWN = bc.Labelled(correct_accepted=56, correct_rejected=14, wrong_accepted=3, wrong_rejected=27)
VERDICTS = bc.Counts(180, 400)


def source(successes: ArrayLike, trials: ArrayLike) -> Source:
    return Source(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))


def ends(found: Estimate) -> tuple[float, float, float]:
    """Value and interval, which have to exist."""
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    return found.value, found.low, found.high


def drawn(
    rng: np.random.Generator, clusters: int, size: int, *, labels: int, verdicts: int, error: float, rho: float
) -> Verdicts:
    """Simulated verdicts of shape (clusters, size), t = 0.85, f = 0.2; clusters differ with a correlation in each."""

    def share(mean: float) -> Array:
        if rho == 0:
            return np.full((clusters, size), mean)
        return rng.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, (clusters, size))

    right, wrong, bad = share(0.85), share(0.2), share(error)
    n_wrong, unknown_wrong = rng.binomial(labels, bad), rng.binomial(verdicts, bad)
    return Verdicts(
        source(rng.binomial(labels - n_wrong, right), labels - n_wrong),
        source(rng.binomial(n_wrong, wrong), n_wrong),
        source(
            rng.binomial(verdicts - unknown_wrong, right) + rng.binomial(unknown_wrong, wrong),
            np.full((clusters, size), verdicts),
        ),
        "run",
    )


class TestRoganGladen:
    def test_the_variance_is_that_of_the_theorem(self) -> None:
        step = next(step for step in rogan_gladen().steps if "three sources" in step.claim)
        v_a, v_t, v_f = sympy.symbols("V_a V_t V_f", positive=True)
        values = {t: 56 / 70, f: 3 / 30, epsilon: (56 / 70 - 0.45) / (56 / 70 - 0.1)}
        values |= {v_t: 0.8 * 0.2 / 70, v_f: 0.1 * 0.9 / 30, v_a: 0.45 * 0.55 / 400}
        sd = float(sympy.sqrt(step.rhs.subs(values)))  # type: ignore[attr-defined]  # an identity has two sides
        found = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, method="delta", level=0.95).error
        assert found.value == pytest.approx(0.5)
        assert found.high == pytest.approx(0.5 + normal_quantile(0.95) * sd)

    @pytest.mark.parametrize("e", [0.0, 0.2, 0.9])
    def test_the_rates_under_an_error_are_the_most_likely_ones(self, e: float) -> None:
        k, n = np.array([56.0, 3, 180]), np.array([70.0, 30, 400])

        def loss(p: Array) -> float:
            return -float((k * np.log(p) + (n - k) * np.log1p(-p)).sum())

        held = LinearConstraint(np.array([[1 - e, e, -1.0]]), 0, 0)
        inside = [(1e-9, 1 - 1e-9)] * 3
        best = minimize(loss, [0.5] * 3, method="SLSQP", bounds=inside, constraints=[held], options={"ftol": 1e-13})
        rates, _ = constrained_rates(k, n, [1 - e, e, -1.0])
        np.testing.assert_allclose(rates, best.x, atol=1e-5)
        assert loss(rates) <= best.fun + 1e-8

    def test_coverage_of_the_score_interval_by_simulation(self) -> None:
        """100 labels drawn with the answers, 50 verdicts, t = 0.8, f = 0.1: nominal 95 and 90% over the error."""
        rng, size = np.random.default_rng(0), 4_000
        for level in (0.9, 0.95):
            covered = []
            for error in (0.2, 0.4, 0.7):
                n_wrong = rng.binomial(100, error, size)
                seen = Verdicts(
                    source([rng.binomial(100 - n_wrong, 0.8)], [100 - n_wrong]),
                    source([rng.binomial(n_wrong, 0.1)], [n_wrong]),
                    source([rng.binomial(50, (1 - error) * 0.8 + error * 0.1, size)], [np.full(size, 50)]),
                    "cell",
                )
                found = score(seen, level)
                covered.append(float(np.mean((found.low <= error) & (error <= found.high))))
            assert abs(np.mean(covered) - level) < 0.015

    def test_it_is_not_identified_where_the_rates_are_alike(self) -> None:
        found = bc.corrected_error(labelled=bc.Labelled(30, 20, 28, 22), accepted=bc.Counts(50, 100))
        assert (found.error.value, found.error.low, found.error.high) == (None, 0, 1)
        assert "not identified" in found.status
        same = bc.corrected_error(labelled=bc.Labelled(30, 20, 30, 20), accepted=bc.Counts(50, 100), method="delta")
        assert (same.error.value, same.error.low, same.error.high) == (None, 0, 1)

    def test_a_judge_that_prefers_wrong_answers_identifies_it_as_well(self) -> None:
        """Exchanging correct and wrong is the mirror: the error becomes 1 minus it, so do its bounds."""
        turned = bc.Labelled(3, 27, 56, 14)
        plain = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS).error
        mirror = bc.corrected_error(labelled=turned, accepted=VERDICTS).error
        assert ends(mirror) == pytest.approx((0.5, 1 - ends(plain)[2], 1 - ends(plain)[1]))

    def test_more_accepted_than_either_rate_is_told(self) -> None:
        a_little = bc.corrected_error(labelled=KNOWN, accepted=bc.Counts(83, 100))
        assert a_little.error.value == 0
        assert "more is accepted than either rate" in a_little.status
        assert "refused" not in a_little.status
        assert "refused" in bc.corrected_error(labelled=KNOWN, accepted=bc.Counts(398, 400)).status
        assert "less is accepted" in bc.corrected_error(labelled=KNOWN, accepted=bc.Counts(1, 400)).status


class TestRandomSample:
    def test_post_stratified_is_the_maximum_likelihood_of_the_table(self) -> None:
        """Cells (1 − ε)t, (1 − ε)(1 − t), εf, ε(1 − f), and their sums over the unlabelled."""
        counts = np.array([56.0, 14, 3, 27])

        def loss(x: Array) -> float:
            e, tpr, fpr = 1 / (1 + np.exp(-x))
            cells = np.array([(1 - e) * tpr, (1 - e) * (1 - tpr), e * fpr, e * (1 - fpr)])
            accepted = cells[0] + cells[2]
            return -float(counts @ np.log(cells) + 180 * np.log(accepted) + 220 * np.log(1 - accepted))

        best = minimize(loss, [0.0, 1.0, -1.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10})
        found = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, random=True)
        assert found.method == "post-stratified"
        assert found.error.value == pytest.approx(1 / (1 + np.exp(-best.x[0])), abs=1e-6)

    def test_prediction_powered_is_its_formula_on_rows(self) -> None:
        y = np.repeat([0.0, 0, 1, 1], [56, 14, 3, 27])
        r = np.repeat([0.0, 1, 0, 1], [56, 14, 3, 27])
        other = np.repeat([0.0, 1], [180, 220])
        every = np.concatenate([r, other])
        weight = np.cov(y, r, bias=True)[0, 1] / ((1 + 100 / 400) * every.var())
        value = y.mean() + weight * (other.mean() - r.mean())
        sd = np.sqrt((y - weight * r).var() / 100 + weight**2 * other.var() / 400)
        found = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, random=True, method="ppi++", level=0.95).error
        half = normal_quantile(0.95) * sd
        assert ends(found) == pytest.approx((value, value - half, value + half))

    def test_verdicts_make_labels_worth_more(self) -> None:
        found = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, random=True).estimates
        widths = {name: (e.high or 0) - (e.low or 0) for name, e in found.items()}
        assert widths["post-stratified"] < widths["labels"] < widths["score"]

    @pytest.mark.parametrize("error", [0.1, 0.3, 0.7])
    def test_no_method_is_biased(self, error: float) -> None:
        size = 3_000
        seen = drawn(np.random.default_rng(1), 1, size, labels=300, verdicts=600, error=error, rho=0.0)
        for method in (post_stratified, ppi, score, delta):
            values = method(seen, 0.9).value
            assert abs(values.mean() - error) < 5 * values.std() / np.sqrt(size)

    def test_unlabelled_verdicts_help_no_one_whose_judge_is_blind(self) -> None:
        """Acceptance that does not depend on truth: the estimate is that of the labels."""
        blind = bc.corrected_error(labelled=bc.Labelled(30, 30, 20, 20), accepted=bc.Counts(90, 100), random=True)
        assert blind.error.value == pytest.approx(0.4)
        assert blind.estimates["ppi++"].value == pytest.approx(0.4)

    def test_labels_stand_alone_where_none_was_accepted(self) -> None:
        found = bc.corrected_error(labelled=bc.Labelled(0, 8, 0, 12), accepted=bc.Counts(1, 50), random=True)
        assert found.method == "labels"
        assert found.error.value == 0.6


@pytest.mark.parametrize(("rho", "error"), list(itertools.product([0.0, 0.1], [0.2, 0.5])))
def test_coverage_in_clusters(rho: float, error: float) -> None:
    """Forty clusters of 10 labels and 30 verdicts; clusters differ in rates and in error."""
    size, level = 2_000, 0.9
    seen = drawn(np.random.default_rng(2), 40, size, labels=10, verdicts=30, error=error, rho=rho)
    for name in ("score", "post-stratified", "ppi++", "labels"):
        found = METHODS[name](seen, level)
        covered = float(np.mean((found.low <= error) & (error <= found.high)))
        assert abs(covered - level) < 0.03 + 4 * np.sqrt(level * (1 - level) / size), name


class TestFromRuns:
    def log(self, runs: int = 1) -> pd.DataFrame:
        rows = pd.DataFrame(
            {
                "correct": [True, True, False, False, None, None],
                "accepted": [True, False, True, False, True, False],
                "n": [56, 14, 3, 27, 180, 220],
            }
        )
        return pd.concat([rows.assign(run=f"r{i}") for i in range(runs)], ignore_index=True)

    def test_a_log_gives_what_its_counts_give(self) -> None:
        log, counts = bc.corrected_error(self.log()), bc.corrected_error(labelled=KNOWN, accepted=VERDICTS)
        assert log.estimates == counts.estimates
        assert log.labelled == KNOWN

    def test_clusters_that_differ_widen_it(self) -> None:
        rng = np.random.default_rng(3)
        table = self.log(30)
        plain = bc.corrected_error(table.drop(columns="run")).error
        table["n"] = rng.binomial(2 * table["n"], rng.beta(1, 1, len(table)))
        wild = bc.corrected_error(table)
        alone = bc.corrected_error(table.drop(columns="run"))
        assert wild.clusters == {"by": "run", "count": 30}
        assert (wild.error.high or 0) - (wild.error.low or 0) > 2 * ((alone.error.high or 0) - (alone.error.low or 0))
        assert plain.value is not None

    def test_a_log_of_truths_needs_no_correction(self) -> None:
        with pytest.raises(DataError, match="needs no correction"):
            bc.corrected_error(pd.DataFrame({"correct": [True, False], "accepted": [True, False]}))


class TestAsked:
    def test_refusals(self) -> None:
        with pytest.raises(UsageError, match="either runs, or"):
            bc.corrected_error()
        with pytest.raises(UsageError, match="either runs, or"):
            bc.corrected_error("runs.csv", labelled=KNOWN, accepted=VERDICTS)
        with pytest.raises(UsageError, match="together"):
            bc.corrected_error(labelled=KNOWN)
        with pytest.raises(UsageError, match="level"):
            bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, level=0)
        with pytest.raises(UsageError, match="no method 'best'"):
            bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, method="best")
        with pytest.raises(UsageError, match="random=True"):
            bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, method="ppi++")
        with pytest.raises(DataError, match="no labelled answer is wrong"):
            bc.corrected_error(labelled=bc.Labelled(5, 5, 0, 0), accepted=VERDICTS)
        with pytest.raises(DataError, match="no labelled answer has a verdict"):
            bc.corrected_error(labelled=bc.Labelled(0, 0, 0, 0), accepted=VERDICTS, random=True)
        with pytest.raises(DataError, match="was accepted"):
            bc.corrected_error(
                labelled=bc.Labelled(0, 8, 0, 12), accepted=VERDICTS, random=True, method="post-stratified"
            )
        with pytest.raises(RateError, match="wrong_accepted = -1"):
            bc.Labelled(1, 1, -1, 1)

    def test_it_is_told(self) -> None:
        found = bc.corrected_error(labelled=KNOWN, accepted=VERDICTS, random=True)
        record = json.loads(found.to_json())
        assert record["error"] == found.error.to_dict()
        assert record["labelled"]["wrong_rejected"] == 27
        assert list(found.to_frame()["method"]) == list(found.estimates)
        assert found.rejected == pytest.approx(1 - (59 + 180) / 500)
        assert "* post-stratified" in found.summary().replace("  ", " ")
        assert isinstance(found.plot(), Axes)

    def test_the_exact_law_of_few_counts_is_covered(self) -> None:
        """Twelve correct and twelve wrong labels, twenty verdicts, all outcomes with their probability."""
        level, tpr, fpr, error = 0.9, 0.9, 0.2, 0.4
        a = (1 - error) * tpr + error * fpr
        grid = [g.ravel() for g in np.meshgrid(*(np.arange(m + 1.0) for m in (12, 12, 20)), indexing="ij")]
        mass = binom.pmf(grid[0], 12, tpr) * binom.pmf(grid[1], 12, fpr) * binom.pmf(grid[2], 20, a)
        known = [source([k], [np.full(k.size, m)]) for k, m in zip(grid, (12, 12, 20), strict=True)]
        seen = Verdicts(known[0], known[1], known[2], "cell")
        found = score(seen, level)
        covered = float(mass[(found.low <= error) & (error <= found.high)].sum())
        assert level - 0.02 < covered < level + 0.04
