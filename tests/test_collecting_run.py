"""A loop and a sweep against an endpoint on 127.0.0.1: what they log, and what they say."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.collecting.budget import Spent
from boostcalc.collecting.progress import Progress, Tally, printed
from boostcalc.collecting.stages import Outcome
from boostcalc.errors import UsageError
from tests.conftest import Ran
from tests.fake_endpoint import FakeEndpoint, task_lines

Run = Callable[..., Ran]
DESIGN = bc.LoopDesign(batch=4, rounds=2, runs=3, contamination=0.5)


def journal_of(log: Path) -> list[dict[str, object]]:
    """The attempts of a journal."""
    lines = log.with_suffix(".journal.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines[1:]]


def test_a_run_is_a_log_that_fit_reads(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    logs = [tmp_path / f"runs.{ending}" for ending in ("csv", "jsonl", "parquet")]
    collected = [bc.run_loop(tasks, log, bc.Endpoint("m", fake.url), DESIGN) for log in logs]
    read = [bc.read_runs(log) for log in logs]
    assert all(runs.status.endswith(f"{collected[0].attempts} attempts in {len(read[0].cells)} cells") for runs in read)
    assert not any(runs.ignored or runs.unread for runs in read)
    frame = pd.read_csv(logs[0])
    rounds = frame.groupby(["run", "round"])
    assert (rounds["accepted"].sum() == 4).all()
    assert rounds.ngroups == 9
    # the context of a round is what the round before accepted
    for run, part in frame.groupby("run"):
        for number in (1, 2):
            before = part[(part["round"] == number - 1) & part["accepted"]]
            now = part[part["round"] == number]
            assert set(now["context_wrong"]) == {(~before["correct"]).sum()}, run
            assert set(now["context_size"]) == {4}
    assert bc.fit(read[0]).n_attempts == len(frame)
    document = json.loads((tmp_path / "runs.provenance.json").read_text(encoding="utf-8"))
    assert document["inputs"]["design"]["rounds"] == 2
    assert document["inputs"]["tasks"] == bc.read_tasks(tasks).fingerprint
    assert document["attempts"] == len(frame)


def test_concurrency_changes_nothing_and_is_held(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    logs = []
    for concurrency in (1, 3, 12):
        log = tmp_path / f"runs{concurrency}.csv"
        fake.most_at_once = 0
        result = bc.run_loop(tasks, log, bc.Endpoint("m", fake.url), DESIGN, bc.Manner(concurrency=concurrency))
        assert 1 <= fake.most_at_once <= concurrency
        # nothing was asked that the log does not hold
        assert len(journal_of(log)) == result.attempts
        assert result.spent == Spent(2 * result.attempts, 20 * result.attempts, 4 * result.attempts)
        logs.append(log.read_bytes())
    assert logs[0] == logs[1] == logs[2]


def test_an_endpoint_that_counts_no_tokens_is_told(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    fake.usage = False
    log, endpoint = tmp_path / "runs.csv", bc.Endpoint("m", fake.url)
    for _ in range(2):  # nothing would end it: neither now nor when it is begun anew
        with pytest.raises(UsageError, match=r"counts no tokens.*\(1 attempt kept"):
            bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(tokens=10**6)))
        assert len(fake.asked) == 2
    result = bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=40, tokens=10**6)))
    assert "does not count tokens" in result.status
    assert result.spent.calls == 40


def test_without_a_filter_everything_is_accepted(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    manner = bc.Manner(evaluation=bc.Evaluation("none"))
    result = bc.run_loop(tasks, tmp_path / "runs.csv", bc.Endpoint("m", fake.url), DESIGN, manner)
    frame = pd.read_csv(tmp_path / "runs.csv")
    assert frame["accepted"].all()
    assert len(frame) == result.spent.calls == 4 * 3 * 3
    assert frame[["score", "votes", "votes_for"]].isna().all(axis=None)


def test_answers_and_verdicts_follow_the_endpoint(tmp_path: Path) -> None:
    """A sweep against a model whose response and rates are known finds both within their standard errors."""
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(task_lines(300), encoding="utf-8")
    with FakeEndpoint(a=-1.5, b=3.0, tpr=0.8, fpr=0.3) as fake:
        design = bc.SweepDesign(480, sizes=(8,), contaminations=(0.0, 0.5, 1.0), queries=4)
        result = bc.run_sweep(
            tasks, tmp_path / "sweep.csv", bc.Endpoint("m", fake.url), design, bc.Manner(concurrency=16)
        )
        survey = bc.Manner(evaluation=bc.Evaluation("survey", threshold=0.6), prompts=bc.Prompts(instruction=""))
        bc.run_sweep(tasks, tmp_path / "survey.csv", bc.Endpoint("m", fake.url), replace(design, attempts=48), survey)
        assert all(message["role"] != "system" for message in fake.seen[-1]["messages"])
    frame = pd.read_csv(tmp_path / "sweep.csv")
    for wrong, error in ((0, -1.5), (4, 0.0), (8, 1.5)):
        rate, part = 1 / (1 + math.exp(-error)), frame[frame["context_wrong"] == wrong]
        assert len(part) == 160
        assert abs((~part["correct"]).mean() - rate) < 4.5 * math.sqrt(rate * (1 - rate) / len(part))
    for correct, rate in ((True, 0.8), (False, 0.3)):
        part = frame[frame["correct"] == correct]
        assert abs(part["accepted"].mean() - rate) < 4.5 * math.sqrt(rate * (1 - rate) / len(part))
    assert set(frame["score"].round(9)) == {0.1, 0.9}
    assert frame.groupby("run").size().eq(4).all()
    assert frame.groupby("run")["query"].nunique().eq(4).all()
    assert result.by_context()["attempts"].tolist() == [160, 160, 160]
    graded = pd.read_csv(tmp_path / "survey.csv")
    assert graded["score"].nunique() > 1
    assert ((graded["score"] >= 0.6) == graded["accepted"]).all()


def test_a_sweep_without_an_evaluator_has_no_verdicts(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    design = bc.SweepDesign(32, sizes=(4,), contaminations=(0.0, 1.0))
    manner = bc.Manner(evaluation=bc.Evaluation("none"))
    result = bc.run_sweep(tasks, tmp_path / "sweep.parquet", bc.Endpoint("m", fake.url), design, manner)
    runs = bc.read_runs(tmp_path / "sweep.parquet")
    assert runs.n_attempts == result.spent.calls == 32
    assert "acceptance" in result.summary()
    assert result.by_context()["acceptance"].isna().all()


def test_progress_is_told_as_it_is(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    told: list[Progress] = []
    result = bc.run_loop(tasks, tmp_path / "runs.csv", bc.Endpoint("m", fake.url), DESIGN, report=told.append)
    assert [one.attempts for one in told] == list(range(1, result.attempts + 1))
    assert [one.ended for one in told] == [False] * (len(told) - 1) + [True]
    assert told[-1].runs_over == told[-1].runs == 3
    last = result.to_frame().iloc[-1]
    ends = [one for one in told if one.place == 4 and one.round == 2]
    assert any(one.error == pytest.approx(last["error"]) for one in ends)
    assert "error " in told[0].line
    assert told[-1].foreseen is None  # no round is left
    ahead = [one for one in told if one.foreseen is not None and one.round < 2]
    assert ahead
    assert all("by the textbook" in one.line for one in ahead)


def test_what_is_foreseen_is_the_recurrence_from_the_rates_so_far() -> None:
    tally = Tally()
    assert tally.foreseen(0.5, 3) is None
    for correct, accepted, count in ((True, True, 39), (True, False, 10), (False, True, 9), (False, False, 40)):
        for _ in range(count):
            tally.add(Outcome("q", "a", correct, accepted, None, 1, int(accepted), "probabilities"))
    tally.add(Outcome("q", "a", True, None, None, 0, 0, "none"))
    odds = 1.0 * (9.5 / 39.5) ** 3  # each round multiplies the odds of an error by f/t
    assert tally.foreseen(0.5, 3) == pytest.approx(odds / (1 + odds))


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_the_line_ends_however_it_ends_and_is_no_wider_than_a_terminal(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can be rewritten, and what is said next stands on a line of its own."""
    monkeypatch.setenv("COLUMNS", "60")
    endpoint, manner = bc.Endpoint("m", fake.url), bc.Manner(budget=bc.Budget(calls=12))
    for kind in (Terminal, io.StringIO):
        screen = kind()
        bc.run_loop(tasks, tmp_path / f"{kind.__name__}.csv", endpoint, DESIGN, manner, report=printed(screen))
        *before, last = screen.getvalue().splitlines()
        assert last.startswith("runs 0/3, 6 attempts, 12 requests")
        assert screen.getvalue().endswith("\n")
        assert all(len(line) < 60 for line in before) == (kind is Terminal)
    fake.status, screen = 401, Terminal()
    with pytest.raises(UsageError, match="6 attempts kept"):
        bc.run_loop(tasks, tmp_path / "Terminal.csv", endpoint, DESIGN, report=printed(screen))
    assert screen.getvalue() == ""


def test_a_sweep_tells_the_error_of_all_its_contexts(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    told: list[Progress] = []
    design = bc.SweepDesign(32, sizes=(4,), contaminations=(0.0, 1.0))
    bc.run_sweep(tasks, tmp_path / "sweep.csv", bc.Endpoint("m", fake.url), design, report=told.append)
    frame = pd.read_csv(tmp_path / "sweep.csv")
    assert told[-1].error == pytest.approx(1 - frame["correct"].mean())
    assert told[-1].acceptance == pytest.approx(frame["accepted"].mean())
    assert told[-1].line.startswith("contexts 8/8, 32 attempts")


def test_attempts_that_another_grid_leaves_out_are_told(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    """A larger budget takes finer contaminations: what was paid for and is none of them does not vanish unsaid."""
    log, endpoint = tmp_path / "sweep.csv", bc.Endpoint("m", fake.url)
    coarse, fine = (bc.SweepDesign(32, (4,), contaminations=shares) for shares in ((0.0, 1.0), (0.0, 0.5)))
    assert "is without" not in bc.run_sweep(tasks, log, endpoint, coarse).status
    second = bc.run_sweep(tasks, log, endpoint, fine)
    assert "The log is without 16 attempts of the journal" in second.status
    assert second.attempts == 32
    assert len(journal_of(log)) == 48


def test_it_runs_where_a_loop_of_events_runs_already(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    """As in a notebook."""
    import asyncio

    async def cell() -> bc.Collection:
        return bc.run_loop(tasks, tmp_path / "runs.csv", bc.Endpoint("m", fake.url), replace(DESIGN, rounds=0))

    assert asyncio.run(cell()).attempts >= 12


def test_results_answer_what_every_result_is_asked(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    endpoint = bc.Endpoint("m", fake.url)
    loop = bc.run_loop(tasks, tmp_path / "runs.csv", endpoint, DESIGN)
    sweep = bc.run_sweep(
        tasks, tmp_path / "sweep.csv", endpoint, bc.SweepDesign(32, sizes=(0, 4), contaminations=(0.0, 1.0), queries=2)
    )
    plan = bc.plan_sweep(bc.read_tasks(tasks), bc.SweepDesign(400))
    for result in (loop, sweep, plan):
        assert json.loads(result.to_json())["status"] == result.status
        assert result.status in result._repr_html_()
        assert result.plot().has_data()
    assert set(loop.to_frame()["round"]) == {0, 1, 2}


def test_the_verbs_answer_and_fail_as_all_do(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = str(tmp_path / "runs.csv")
    asks = ("--model", "m", "--url", fake.url, "--retries", "0")
    ran = cli("run", str(tasks), *asks, "--batch", "3", "--rounds", "1", "-o", log, "--json")
    assert ran.status == 0
    assert json.loads(ran.out)["kind"] == "collection"
    assert f"written: {log}" in ran.err
    swept = cli("sweep", str(tasks), *asks, "--calls", "80", "--sizes", "0,2", "--queries", "2", "-o", log + ".parquet")
    assert swept.status == 0
    assert swept.out.startswith("40 attempts in 20 contexts")
    asked = len(fake.asked)
    planned = cli("sweep", str(tasks), "--calls", "2000", "--plan", "--json")
    assert json.loads(planned.out)["kind"] == "sweep_plan"
    assert len(fake.asked) == asked
    fake.status = 401
    refused = cli("run", str(tasks), *asks, "-o", str(tmp_path / "new.csv"), "--json")
    assert (refused.status, refused.out) == (2, "")
    fake.status = 503
    assert cli("run", str(tasks), *asks, "-o", str(tmp_path / "new.csv")).status == 1
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for arguments, said in (
        (("run", str(tasks), "--model", "m", "-o", log + "2.csv"), "the environment has no OPENAI_API_KEY"),
        (("run", str(tasks), "-o", log), "Missing option '--model'"),
        (("run", str(tasks), *asks), "Missing option '--output'"),
        (("run", str(tasks), *asks, "-o", str(tasks)), "is the input"),
        (("run", str(tasks), *asks, "-o", "x.docx"), "no log is written"),
        (("run", str(tasks), *asks, "-o", log, "--extra", "top_k"), "KEY=JSON"),
        (("run", str(tasks), *asks, "-o", log, "--context", "append:size=3"), "append:size=0"),
        (("sweep", str(tasks), "--plan"), "'--attempts' or '--calls'"),
        (("sweep", str(tasks), "--plan", "--calls", "9"), "too few"),
    ):
        bad = cli(*arguments)
        assert bad.status == 2
        assert said in bad.err, bad.err
        assert "Traceback" not in bad.err
