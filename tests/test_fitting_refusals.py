"""What a log cannot answer is said, and takes nothing else down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.rates import effective_counts
from boostcalc.runs import Runs


class TestUnanswerable:
    def test_nothing_to_fit(self) -> None:
        with pytest.raises(DataError, match="nothing can be fitted"):
            bc.fit(pd.DataFrame({"correct": [True, False], "round": [0, 1]}))

    def test_one_contamination(self) -> None:
        table = pd.DataFrame({"context_size": 8, "context_wrong": 4, "n": 10, "n_wrong": 3, "run": list("abcdefghij")})
        with pytest.raises(DataError, match="not identified"):
            bc.fit(table)

    def test_too_few_cells(self) -> None:
        table = pd.DataFrame({"context_size": 8, "context_wrong": [0, 8], "n": 10, "n_wrong": [1, 9]})
        with pytest.raises(DataError, match="3 contaminations or more"):
            bc.fit(table)

    def test_one_family_that_fails_takes_nothing_else_down(self) -> None:
        """All right up to a half and all wrong beyond: no steepness of the evidence response is the likeliest."""
        share = np.arange(11)
        table = pd.DataFrame(
            {"context_size": 10, "context_wrong": share, "n": 50, "n_wrong": np.where(share < 5, 0, 50)}
        )
        table = pd.concat([table.assign(run=f"r{i}", accepted=i > 0) for i in range(9)])
        fit = bc.fit(table)
        assert [fitted.family for fitted in fit.responses] == ["affine"]
        assert any("evidence" in warning for warning in fit.warnings)
        assert fit.rates()["tpr"].value == pytest.approx(8 / 9)

    @pytest.mark.parametrize(("wrong", "which"), [(0, "right"), (10, "wrong")])
    def test_answers_that_are_all_alike(self, wrong: int, which: str) -> None:
        table = pd.DataFrame({"context_size": 8, "context_wrong": range(9), "n": 10, "n_wrong": wrong})
        with pytest.raises(DataError, match=f"every answer is {which}"):
            bc.fit(table)

    def test_verdicts_that_all_agree_still_cost_their_clustering(self) -> None:
        judged = np.full(3, 1000.0)
        alike, nearly = (
            effective_counts(judged - off, judged, np.arange(3)) for off in (np.zeros(3), np.array([1.0, 0, 0]))
        )
        assert alike is not None
        assert nearly is not None
        assert alike.trials == pytest.approx(nearly.trials, rel=1e-9)

    def test_no_evaluator(self, gptj: Runs) -> None:
        with pytest.raises(DataError, match="log `accepted`"):
            bc.fit(gptj).forecast(error=0.5)

    def test_no_response(self) -> None:
        fit = bc.fit(bc.load_table("realmistake_verdicts"))
        assert fit.responses == ()
        with pytest.raises(DataError, match="no response was fitted"):
            fit.forecast(error=0.5)

    @pytest.mark.parametrize("families", [["perfect"], ["evidnce"]])
    def test_families_that_cannot_be_fitted(self, gptj: Runs, families: list[str]) -> None:
        with pytest.raises(UsageError):
            bc.fit(gptj, families=families)

    def test_what_is_no_saved_fit(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        for text, why in (
            ("{", "not JSON"),
            ("[]", "something else"),
            ('{"kind": "prediction"}', "prediction"),
            ('{"kind": "fit"}', "malformed"),
        ):
            path.write_text(text)
            with pytest.raises(DataError, match=why):
                bc.read_fit(path)
