"""The harness of the simulations: designs, answers of a known learner, tables that grow, and what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.fitting.observations import observe
from boostcalc.responses import Affine, Evidence, Response, SizedEvidence
from verification.coverage import merged
from verification.designs import answers, expected, of_cells, rates, runs
from verification.prediction_truths import Truth, mean_errors, summed
from verification.recovery import ATTEMPTS, RATES, measured, said
from verification.tables import Growing, block_rng

SIZED = SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0)


@pytest.mark.parametrize("truth", [SIZED, Evidence(a=-4.0, b=6.0)], ids=lambda one: one.family)
def test_the_expected_error_is_the_mean_over_what_is_drawn(truth: Response) -> None:
    """Against `Response.averaged`, and for realised shares against the response itself."""
    size, rate = np.array([4.0, 9.0, 39.0]), np.array([0.0, 0.3, 1.0])
    by_rate = [truth.averaged(float(c), int(k)) for k, c in zip(size, rate, strict=True)]
    np.testing.assert_allclose(expected(truth, size, rate, realised=False), by_rate, rtol=1e-12)
    np.testing.assert_allclose(expected(truth, size, rate, realised=True), truth(rate, size), rtol=1e-12)


def test_each_cell_of_a_design_has_the_error_of_its_context() -> None:
    design = rates("", (0.0, 0.5), (0, 8))
    data = observe(bc.read_runs(design.table(300)))
    found = {(size, share): p for size, share, p in zip(data.size, data.share, of_cells(SIZED, data), strict=True)}
    assert found[8.0, 0.5] == pytest.approx(SIZED.averaged(0.5, 8), rel=1e-12)
    empty = [p for (size, _), p in found.items() if size == 0]
    assert empty == [pytest.approx(float(SIZED(0.0, 0)), rel=1e-12)]
    assert set(data.n) == {100.0}


def test_a_sweep_of_runs_covers_its_shares_at_every_size() -> None:
    table = runs("", 60, (4, 16), most=0.5).contexts
    for _, own in table.groupby("context_size"):
        share = own["context_wrong"] / own["context_size"]
        assert (share.min(), share.max(), len(own)) == (0.0, 0.5, 30)
    assert table["run"].is_unique


@pytest.mark.parametrize("correlation", [0.0, 0.1])
def test_answers_have_the_variance_of_their_correlation(correlation: float) -> None:
    n, p, many = 50, 0.3, 40_000
    wrong = answers(np.random.default_rng(2), np.full(many, p), np.full(many, n), correlation)
    variance = n * p * (1 - p) * (1 + (n - 1) * correlation)
    assert abs(wrong.mean() - n * p) < 4 * np.sqrt(variance / many)
    fourth = np.mean((wrong - n * p) ** 4)
    assert abs(wrong.var() - variance) < 4 * np.sqrt((fourth - variance**2) / many)


def test_offsets_move_the_error_in_log_odds() -> None:
    truth = Truth("", Evidence(a=-4.0, b=6.0))
    size, share = np.array([8.0, 8.0]), np.array([0.25, 0.5])
    shift, none = np.array([0.3, -0.4]), np.zeros(2)
    moved = mean_errors(truth, size, share, shift, none, realised=True)
    beyond = [float(Evidence(a=-4.0 + off, b=6.0)(c)) for c, off in zip(share, shift, strict=True)]
    np.testing.assert_allclose(moved, beyond, rtol=1e-12)
    by_rate = mean_errors(truth, size, share, shift, none, realised=False)
    averaged = [Evidence(a=-4.0 + off, b=6.0).averaged(c, 8) for c, off in zip(share, shift, strict=True)]
    np.testing.assert_allclose(by_rate, averaged, rtol=1e-12)


def test_coverage_counts_replicates_not_points() -> None:
    points = pd.DataFrame(
        {"low": 0.0, "high": 1.0, "error": 0.5, "target": [0.5, 0.5, 2.0, 2.0], "replicate": [1, 1, 2, 2]}
    ).assign(where="inside", quantity="response", nominal=0.9)
    (row,) = summed(points)
    assert (row["coverage"], row["points"], row["replicates"]) == (0.5, 4, 2)
    assert row["standard_error"] == pytest.approx(0.5)  # two replicates, one held: sd √½ over √2
    assert row["rmse"] == pytest.approx(1.5 / 2)


def test_a_table_that_was_stopped_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    Growing(path, ("truth",)).add([{"truth": "a", "x": 1}])
    again = Growing(path, ("truth",))
    assert again.has("a")
    assert not again.has("b")
    again.add([{"truth": "b", "x": 2}])
    again.add([{"truth": "a", "x": 3}])
    assert sorted(pd.read_csv(path)["x"]) == [2, 3]
    assert list(tmp_path.iterdir()) == [path]
    assert block_rng("a").random() == block_rng("a").random() != block_rng("b").random()


def test_a_parameter_is_called_identified_where_its_error_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.recovery.REPLICATES", 20)
    truth = Affine(mu=0.1, nu=0.2)
    rows = measured(truth, RATES)
    assert {row["identified"] for row in rows} == {"yes"}
    own = [row for row in rows if row["parameter"] == "mu"]
    assert [row["attempts"] for row in own] == list(ATTEMPTS)
    # the √n law over four decades, to within the error of an RMSE from 20 fits (1/√40 each)
    assert np.log(own[0]["rmse"] / own[-1]["rmse"]) == pytest.approx(np.log(100), abs=4 * np.sqrt(2 / 40))
    still = [{**row, "rmse": 0.5} for row in rows]
    assert said(still[0], still, truth, RATES).startswith("no: the error falls only 1-fold")
    assert said({**rows[0], "open": 0.9}, rows, truth, RATES).endswith("(open)")
    early = [{**row, "rmse": 0.2} if row["attempts"] == ATTEMPTS[0] else row for row in rows]
    assert said(early[0], early, truth, RATES).startswith("not yet")


def test_new_rows_of_a_section_take_the_place_of_the_old_ones() -> None:
    def one(name: str, coverage: float, nominal: float = 0.9) -> dict[str, object]:
        return {"interval": name, "setting": "s", "nominal": nominal, "coverage": coverage}

    old = [one("a", 0.1), one("b", 0.2), one("c", 0.3), one("d", 0.4)]
    new = [one("b", 0.5), one("b", 0.6, 0.95), one("c", 0.7)]
    assert merged(old, new) == [one("a", 0.1), *new, one("d", 0.4)]
    assert merged(old, [one("e", 0.8)]) == [*old, one("e", 0.8)]
    assert merged([], new) == new
