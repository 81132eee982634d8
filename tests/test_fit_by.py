"""A fit for each group of a log: the same as reading that group alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.fits import SHOWN
from boostcalc.fitting.grouped import MOST_GROUPS
from tests.conftest import Ran

TASKS = ("sst2", "unnatural")
ASKED: dict[str, Any] = {"families": ["evidence", "affine"]}


@pytest.fixture(scope="module")
def curves() -> pd.DataFrame:
    """Two published curves of GPT-J at 39 pairs."""
    table = bc.load_table("gptj_contamination")
    return table[table["task"].isin(TASKS) & (table["context_size"] == 39)].reset_index(drop=True)


@pytest.fixture(scope="module")
def fits(curves: pd.DataFrame) -> bc.Fits:
    return bc.fit_by(curves, "task", **ASKED)


def verdicts(rng: np.random.Generator, model: str, runs: int, rows: int, tpr: float) -> pd.DataFrame:
    """Attempts of one model, in so many runs of so many queries, each asked twice."""
    correct = rng.random(rows) < 0.6
    return pd.DataFrame(
        {
            "model": model,
            "run": [f"{model}-{i % runs}" for i in range(rows)],
            "query": [f"q{i // 2}" for i in range(rows)],
            "correct": correct,
            "accepted": rng.random(rows) < np.where(correct, tpr, 0.2),
        }
    )


def alone(fitted: bc.Fit | None) -> dict[str, Any]:
    assert fitted is not None
    return fitted.to_dict()


def test_a_group_is_fitted_as_it_is_alone(curves: pd.DataFrame, fits: bc.Fits) -> None:
    assert [group.key for group in fits.groups] == [{"task": task} for task in TASKS]
    for task in TASKS:
        whole = bc.fit(bc.read_runs(curves, where={"task": task}), **ASKED)
        assert fits.where(task=task).to_dict() == whole.to_dict()


def test_queries_are_independent_within_a_group_where_its_one_run_is_not() -> None:
    """Over the whole log runs tell attempts apart; in the group of one run its queries do."""
    rng = np.random.default_rng(1)
    log = pd.concat([verdicts(rng, "many", 10, 200, 0.8), verdicts(rng, "one", 1, 100, 0.8)])
    found = bc.fit_by(log, "model")
    for model, by in (("many", "run"), ("one", "query")):
        assert found.where(model=model).clusters["by"] == by
        assert found.where(model=model).to_dict() == bc.fit(bc.read_runs(log, where={"model": model})).to_dict()


def test_a_column_that_no_schema_knows_tells_groups_apart() -> None:
    table = bc.load_table("realmistake_verdicts")
    found = bc.fit_by(table, ["judge", "task"])
    pairs = sorted(set(zip(table["judge"], table["task"], strict=True)))
    assert [tuple(group.key.values()) for group in found.groups] == pairs
    judge, task = pairs[3]
    expected = bc.fit(bc.read_runs(table, where={"judge": judge, "task": task}))
    assert found.where(judge=judge, task=task).to_dict() == expected.to_dict()


def test_what_cannot_be_fitted_is_listed_with_its_reason() -> None:
    good = verdicts(np.random.default_rng(2), "a", 10, 100, 0.8)
    bare = good.assign(model="b", accepted=None)
    nameless = good.assign(model=None)
    found = bc.fit_by(pd.concat([good, bare, nameless]), "model")
    named = {group.key["model"]: group for group in found.groups}
    assert set(named) == {"a", "b", None}
    assert named["b"].fit is None
    assert "nothing can be fitted" in named["b"].reason
    assert named[None].n_attempts == len(nameless)
    assert "Not fitted:\nmodel=b: nothing can be fitted" in found.summary()
    with pytest.raises(DataError, match="model=b could not be fitted: nothing can be fitted"):
        found.where(model="b")
    with pytest.raises(DataError, match="none of 1 groups by model can be fitted: model=b: nothing"):
        bc.fit_by(bare, "model")


def test_rows_without_a_value_of_a_foreign_column_are_named_not_fitted() -> None:
    log = verdicts(np.random.default_rng(3), "a", 10, 100, 0.8)
    log.loc[log.index < 80, "judge"] = "x"
    found = bc.fit_by(log, "judge")
    assert [(group.key["judge"], group.fit is not None) for group in found.groups] == [("x", True), (None, False)]
    assert found.groups[1].reason == "judge missing: such rows cannot be selected"


def test_runs_that_are_tallied_split_by_their_keys_alone(curves: pd.DataFrame, fits: bc.Fits) -> None:
    tallied = bc.read_runs(curves)
    assert [g.to_dict() for g in bc.fit_by(tallied, "task", **ASKED).groups] == [g.to_dict() for g in fits.groups]
    with pytest.raises(UsageError, match=r"not tallied by 'tsak' \(did you mean 'task'\?\)"):
        bc.fit_by(tallied, "tsak")
    with pytest.raises(UsageError, match="where: these runs have been read already"):
        bc.fit_by(tallied, "task", where={"task": "sst2"})


def test_questions_that_make_no_sense_are_refused() -> None:
    log = verdicts(np.random.default_rng(4), "a", 10, MOST_GROUPS + 2, 0.8).assign(id=range(MOST_GROUPS + 2))
    with pytest.raises(UsageError, match="id have 1,002 combinations of values: more than 1,000"):
        bc.fit_by(log, "id")
    with pytest.raises(UsageError, match="no column 'judge' to tell groups apart by"):
        bc.fit_by(log, "judge")
    with pytest.raises(UsageError, match="by names no column"):
        bc.fit_by(log, [])


def test_saved_fits_come_back(fits: bc.Fits, tmp_path: Path) -> None:
    path = tmp_path / "fits.json"
    path.write_text(fits.to_json(), encoding="utf-8")
    back = bc.read_fits(path)
    assert back.to_dict() == fits.to_dict()
    assert back.summary() == fits.summary()
    with pytest.raises(DataError, match=r"holds fits, not a fit .*; say which of them by where"):
        bc.read_fit(path)
    for part in ("groups", "by", "warnings"):
        broken = {key: value for key, value in fits.to_dict().items() if key != part}
        path.write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(DataError, match=f"these are no saved fits: '{part}'"):
            bc.read_fits(path)


def test_one_group_is_asked_for_by_its_values(fits: bc.Fits) -> None:
    assert fits.where(task="SST2") is fits.groups[0].fit
    with pytest.raises(UsageError, match="task=sst leaves 0 groups; name one of: task=sst2; task=unnatural"):
        fits.where(task="sst")
    with pytest.raises(UsageError, match="no value leaves 2 groups"):
        fits.where()
    with pytest.raises(UsageError, match="the fits are not by 'model', but by task"):
        fits.where(model="a")


def test_the_table_holds_what_each_fit_predicts(fits: bc.Fits) -> None:
    frame = fits.to_frame()
    assert list(frame["task"]) == list(TASKS)
    for row, group in zip(frame.to_dict("records"), fits.groups, strict=True):
        assert group.fit is not None
        expected = group.fit.predict(np.array(SHOWN), realised=True)
        for share, one in zip(SHOWN, expected.to_dict("records"), strict=True):
            shown = [row[f"error_{share:g}{end}"] for end in ("", "_low", "_high")]
            assert shown == [one["error"], one["low"], one["high"]]
    assert "TP" not in fits.summary()  # no verdicts: no columns of them


def test_each_group_is_drawn(fits: bc.Fits) -> None:
    drawn = fits.plot()
    named = {str(line.get_label()): line for line in drawn.get_lines()}
    assert set(named) == {"task=sst2", "task=unnatural", "perfect adaptation"}
    for group in fits.groups:
        assert group.fit is not None
        x, y = (np.asarray(part, dtype=float) for part in named[group.name].get_data())
        np.testing.assert_allclose(y, group.fit.response(x, group.fit.chosen.size))


def test_on_the_command_line(cli: Callable[..., Ran], curves: pd.DataFrame, tmp_path: Path) -> None:
    log, saved = tmp_path / "curves.csv", str(tmp_path / "fits.json")
    with log.open("w", encoding="utf-8") as file:
        curves.to_csv(file, index=False)
        file.write("GPT-J-6B,sst2,sst2,39,0.5,1.7,1000\n")
    ran = cli("fit", str(log), "--by", "model,task", "--family", "evidence", "-o", saved)
    assert ran.status == 0
    assert ran.out.splitlines()[0].startswith("2 groups by model and task, 2 of them fitted;")
    assert "warning: 1 row of curves.csv cannot be read: line " in ran.out
    assert json.loads(Path(saved).read_text(encoding="utf-8"))["kind"] == "fits"
    forecast = cli("forecast", saved, "--where", "task=unnatural", "--tp", "0.8", "--fp", "0.4", "--json")
    assert forecast.status == 0
    assert json.loads(forecast.out)["fit"]["provenance"]["where"] == {"model": "GPT-J-6B", "task": "unnatural"}
    assert cli("forecast", saved, "--where", "task=unnat", "--tp", "0.8", "--fp", "0.4").status == 2
    assert cli("fit", str(log), "--by", "nothing").status == 2
    assert cli("fit", str(log), "--by", "task", "-o", str(log)).status == 2


def test_a_family_of_which_no_member_can_be_drawn_is_not_fitted() -> None:
    """Over all sizes of `rte` a sigmoid's step may lie anywhere, and those of `agnews` contradict one."""
    table = bc.load_table("gptj_contamination")
    whys = ("not identified", "lie outside what the sigmoid")  # which of them may hang on the rounding
    for task in ("rte", "agnews"):
        found = bc.fit(table[table["task"] == task], families=["sigmoid", "evidence"])
        assert [one.family for one in found.responses] == ["evidence"]
        assert any(why in warning for warning in found.warnings for why in whys)
        assert bc.Fits.from_dict(bc.fit_by(table[table["task"] == task], "task", families="evidence").to_dict())
