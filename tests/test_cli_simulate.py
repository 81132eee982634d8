"""`boostcalc simulate`, as a stranger types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import boostcalc as bc
from tests.conftest import Ran

Run = Callable[..., Ran]
ASKED = ("simulate", "--tp", "0.8", "--fp", "0.6")


def test_runs_beside_the_mean_field(cli: Run) -> None:
    ran = cli(*ASKED, "--rounds", "3", "--runs", "50")
    assert ran.status == 0
    assert ran.err == ""
    assert ran.out.startswith("In 50 runs the error goes from 0.5")
    assert "mean field" in ran.out


def test_json_is_one_document(cli: Run, tmp_path: Path) -> None:
    log = tmp_path / "runs.csv"
    ran = cli(*ASKED, "--rounds", "2", "--runs", "5", "--log", str(log), "--json")
    document = json.loads(ran.out)
    assert document["kind"] == "simulation"
    assert document["inputs"]["runs"] == 5
    assert document["provenance"]["seed"] == 0
    assert ran.err == f"written: {log}\n"


def test_the_exact_law(cli: Run, tmp_path: Path) -> None:
    written, picture = tmp_path / "law.json", tmp_path / "law.png"
    rates = ("simulate", "--tp", "0.8", "--fp", "0.7", "--batch", "20", "--exact")
    ran = cli(*rates, "--json", "-o", str(written), "--plot", str(picture))
    assert ran.status == 0
    document = json.loads(ran.out)
    assert document == json.loads(written.read_text())
    ends = document["settling"]["ends"]
    assert ends[1]["probability"] == pytest.approx(0.0640600, abs=5e-8)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "probability 0.06406" in cli(*rates).out


def test_any_judge_and_votes_of_it(cli: Run) -> None:
    drifting = "drifting:tpr=0.93,fpr=0.15,tpr_wrong=0.49,fpr_wrong=0.39"
    for judge in (("--evaluator", drifting), ("--tp", "0.8", "--fp", "0.4", "--votes", "3")):
        for how in (("--runs", "20"), ("--exact",)):
            ran = cli("simulate", *judge, "--error", "0.4", "--rounds", "3", *how, "--json")
            assert ran.status == 0
            assert json.loads(ran.out)["inputs"]["tpr"]["value"] > 0.6


@pytest.mark.parametrize("counted", [(), ("--counted",)])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_log_can_be_fitted(cli: Run, tmp_path: Path, ending: str, counted: tuple[str, ...]) -> None:
    log = str(tmp_path / f"runs.{ending}")
    asked = (
        *ASKED,
        "--response",
        "evidence:a=-3,b=6",
        "--error",
        "0.6",
        "--runs",
        "40",
        "--rounds",
        "4",
        "--seed",
        "3",
    )
    assert cli(*asked, "--log", log, *counted).status == 0
    fit = json.loads(cli("fit", log, "--json").out)
    assert fit["kind"] == "fit"
    assert fit["clusters"]["count"] == 40
    assert bc.read_runs(log).n_attempts == fit["n_attempts"]


def test_draws_and_their_law_are_written_alike(cli: Run) -> None:
    drawn, law = (
        json.loads(cli(*ASKED, "--rounds", "2", *how, "--json").out) for how in (("--runs", "400"), ("--exact",))
    )
    assert set(law["inputs"]) | {"runs"} == set(drawn["inputs"])
    for one, other in zip(drawn["trajectory"], law["trajectory"], strict=True):
        for name in ("error", "difference", "attempts", "cost"):
            assert other[name]["level"] is None
            assert one[name].keys() == other[name].keys()
        assert one["quantiles"].keys() == other["quantiles"].keys()
        assert one["cost"]["low"] <= other["cost"]["value"] <= one["cost"]["high"]
    idle = json.loads(cli("simulate", "--tp", "0", "--fp", "0", "--exact", "--json").out)
    assert idle["trajectory"][0]["attempts"]["value"] is None


@pytest.mark.parametrize("exact", [("--runs", "20"), ("--exact",)])
def test_any_evaluator_is_taken(cli: Run, exact: tuple[str, ...]) -> None:
    drifting = "drifting:tpr=0.93,fpr=0.15,tpr_wrong=0.49,fpr_wrong=0.39"
    asked = ("simulate", "--evaluator", drifting, "--votes", "3", "--error", "0.6", "--rounds", "4", *exact)
    document = json.loads(cli(*asked, "--json").out)
    loop = bc.Loop(evaluator=bc.Votes(bc.Drifting(0.93, 0.15, 0.49, 0.39), m=3))
    assert document["inputs"]["evaluator"] == loop.evaluator.to_dict()
    expected = loop.trajectory(error=0.6, rounds=4).error
    assert [row["mean_field"] for row in document["trajectory"]] == pytest.approx(expected.tolist())


def test_a_seed_gives_the_same_answer(cli: Run) -> None:
    outs = [cli(*ASKED, "--runs", "20", "--seed", seed).out for seed in ("0", "0", "1")]
    assert outs[0] == outs[1]
    assert outs[0] != outs[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--exact", "--log", "x.csv"), "--exact draws no runs to log"),
        (("--exact", "--runs", "1000"), "--exact draws no runs: leave out"),
        (("--exact", "--seed", "0"), "--exact draws nothing: leave out"),
        (("--exact", "--level", "0.5"), "--exact lists the quantiles 0.05"),
        (("--evaluator", "binormal:separation=1.5,threshold=0.7"), "given twice"),
        (("--needed", "2"), "--votes"),
        (("--rounds", "100000", "--runs", "100000"), "too many to keep"),
        (("--counted",), "--log FILE"),
        (("--log", "x.txt"), "known are: .csv"),
        (("--exact", "--tp", "8/10"), "known rates"),
        (("--exact", "--context", "window:size=200"), "simulate instead"),
        (("--batch", "2.5"), "--batch"),
        (("--runs", "0"), "--runs"),
        (("--target", "0"), "target"),
        (("--response", "evidence:a=-5,b=3", "--context", "append:size=8", "--error", "0.9"), "no context gives"),
    ],
)
def test_bad_usage_is_a_sentence_and_two(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = cli(*ASKED, *arguments, "--json")
    assert ran.status == 2
    assert ran.out == ""
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("rates", [("0", "0"), ("0.8", "0"), ("0", "0.5"), ("0.5", "0.5"), ("0.2", "0.9")])
@pytest.mark.parametrize("exact", [("--runs", "20"), ("--exact",)])
def test_bad_news_is_an_answer(cli: Run, rates: tuple[str, str], exact: tuple[str, ...]) -> None:
    ran = cli("simulate", "--tp", rates[0], "--fp", rates[1], *exact, "--json")
    assert ran.status == 0
    assert json.loads(ran.out)["status"]
