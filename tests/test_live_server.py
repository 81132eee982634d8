"""A loop and a sweep against a language model that llama.cpp serves on this machine (`lab/`, `data/tiny-lm/`)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import boostcalc as bc

pytest.importorskip("xllamacpp", reason="llama.cpp's server is not installed")

ROOT = Path(__file__).parents[1]
DATA, ASKING = ROOT / "data" / "tiny-lm", ROOT / "lab" / "asking"

if not (DATA / "tiny-lm.gguf").exists():
    pytest.skip("data/tiny-lm and lab/ come with a checkout only", allow_module_level=True)

ASKED = pytest.importorskip("lab.live").ASKED


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The server, in a process of its own, which is stopped by its pid."""
    command = [sys.executable, "-m", "lab.serve", str(DATA / "tiny-lm.gguf"), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"http://127\.0\.0\.1:\d+/v1", process.stdout.readline())
            assert told is not None
            yield told[0]
        finally:
            os.kill(process.pid, signal.SIGTERM)


@pytest.fixture
def endpoint(address: str) -> bc.Endpoint:
    """One token a reply, from the whole distribution."""
    whole = {"top_k": 0, "top_p": 1, "min_p": 0}
    return bc.Endpoint("tiny-lm", address, max_tokens=1, judge_tokens=1, extra=whole)


def manner(scale: str = "truth", **evaluation: object) -> bc.Manner:
    """Every message is the name of a token."""
    words = {"truth": ("no", "yes"), "survey": ("s1", "s2", "s3", "s4", "s5")}[scale]
    asked = ASKING / f"{'verdict' if scale == 'truth' else scale}.txt"
    return bc.Manner(
        evaluation=bc.Evaluation(scale=scale, words=words, **evaluation),  # type: ignore[arg-type]  # as the test says
        prompts=bc.Prompts.from_files(
            instruction=ASKING / "nothing.txt", question=ASKING / "question.txt", evaluation=asked
        ),
        grading=bc.Grading(by="exact"),
    )


def read(path: Path) -> pd.DataFrame:
    return duckdb.execute("select * from read_parquet($1)", [str(path)]).df()


def test_a_loop(endpoint: bc.Endpoint, tmp_path: Path) -> None:
    design = bc.LoopDesign(batch=8, rounds=2, runs=2, contamination=0.25, seed=1)
    bc.run_loop(DATA / "tasks.jsonl", tmp_path / "runs.parquet", endpoint, design, manner())
    log = read(tmp_path / "runs.parquet")
    accepted = log[log["accepted"]]
    assert (accepted.groupby(["run", "round"]).size() == 8).all()
    for run, number in (("0", 0), ("0", 1), ("1", 0), ("1", 1)):  # what was accepted is the next context
        one = log[log["run"].astype(str).str.endswith(run)]
        wrong = (~one[one["accepted"] & (one["round"] == number)]["correct"]).sum()
        after = one[one["round"] == number + 1]["context_wrong"]
        assert len(after)
        assert (after == wrong).all()
    assert ((log["score"] >= 0.5) == log["accepted"]).all()
    fit = bc.fit(bc.read_runs(tmp_path / "runs.parquet"))
    assert fit.n_attempts == len(log)


def test_a_sweep_shows_what_the_model_has_learnt(endpoint: bc.Endpoint, tmp_path: Path) -> None:
    """From clean contexts it answers rightly and knows it; from wrong ones it does neither."""
    design = bc.SweepDesign(144, sizes=(32,), contaminations=(0.0, 0.5, 1.0), queries=4)
    bc.run_sweep(DATA / "tasks.jsonl", tmp_path / "sweep.parquet", endpoint, design, manner(drawn=True))
    log = read(tmp_path / "sweep.parquet")
    error = 1 - log.groupby("context_wrong")["correct"].mean()
    assert error[0] < 0.15
    assert error[32] > 0.6
    rates = bc.read_runs(tmp_path / "sweep.parquet")
    judge = bc.fit(rates).judge
    assert judge is not None
    assert judge.likelihood_ratio.low is not None
    assert judge.likelihood_ratio.low > 1


def test_the_verb_asks_as_the_lab_does_and_goes_on_where_it_was_killed(address: str, tmp_path: Path) -> None:
    """The commands of `make live`, of which one is killed: no attempt is lost, none made twice."""
    log, loop = tmp_path / "runs.csv", ("--batch", "8", "--rounds", "2", "--runs", "2", "--contamination", "0.5")
    command = [sys.executable, "-m", "boostcalc", "run", str(DATA / "tasks.jsonl"), *ASKED, "--url", address, *loop]
    journal = tmp_path / "runs.journal.jsonl"
    with subprocess.Popen([*command, "-o", str(log)], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        patience = time.monotonic() + 60
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 9) and time.monotonic() < patience:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    kept = journal.read_bytes()
    kept = kept[: kept.rindex(b"\n") + 1]
    subprocess.run([*command, "-o", str(log)], cwd=ROOT, check=True, capture_output=True)
    assert journal.read_bytes().startswith(kept)
    attempts = [json.loads(line) for line in journal.read_bytes().splitlines()[1:]]
    places = {(one["run"], one["round"], one["index"]) for one in attempts}
    assert len(places) == len(attempts) == len(pd.read_csv(log))


def test_a_survey_is_read_from_the_probabilities_of_its_grades(endpoint: bc.Endpoint, tmp_path: Path) -> None:
    design = bc.LoopDesign(batch=8, rounds=0, runs=2, contamination=0.5)
    bc.run_loop(DATA / "tasks.jsonl", tmp_path / "s.parquet", endpoint, design, manner("survey", threshold=0.7))
    log = read(tmp_path / "s.parquet")
    assert log["score"].between(0, 1).all()
    assert log["score"].nunique() > 5  # a mean over the grades, not one of five
    assert ((log["score"] >= 0.7) == log["accepted"]).all()
