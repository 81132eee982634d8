"""A loop and a sweep against an endpoint on 127.0.0.1: journaled, resumed, told."""

from __future__ import annotations

import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.collecting.contexts import request_seed
from boostcalc.collecting.journal import Journal, Spent
from boostcalc.collecting.planning import Outcome
from boostcalc.collecting.progress import Progress
from boostcalc.errors import DataError, EndpointError, UsageError
from tests.conftest import Ran
from tests.fake_endpoint import KEY, FakeEndpoint, task_lines

Run = Callable[..., Ran]
DESIGN = bc.LoopDesign(batch=4, rounds=2, runs=3, contamination=0.5)


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.jsonl"
    path.write_text(task_lines(60), encoding="utf-8")
    return path


@pytest.fixture
def fake() -> Iterator[FakeEndpoint]:
    with FakeEndpoint(delay=0.004) as endpoint:
        yield endpoint


def journal_of(log: Path) -> list[dict[str, object]]:
    """The attempts of a journal."""
    lines = log.with_suffix(".journal.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines[1:]]


def answer_seed(record: dict[str, object]) -> int:
    """The seed of the request that asked for the answer of a journaled attempt."""
    return request_seed(0, record["run"], record["round"], record["index"], "answer")


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


def test_a_kill_loses_and_repeats_nothing(tasks: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments; then the log is that of a run that nobody ended."""
    whole, log = tmp_path / "whole.csv", tmp_path / "killed.csv"
    with FakeEndpoint(delay=0.06) as fake:
        command = [
            *(sys.executable, "-c", "from boostcalc.cli import main; main()", "run", str(tasks), "--model", "m"),
            *("--url", fake.url, "--batch", "4", "--rounds", "4", "--runs", "3", "--contamination", "0.5"),
            *("--context", "window:size=6", "-o", str(log)),
        ]
        design = bc.LoopDesign(batch=4, rounds=4, runs=3, contamination=0.5, context=bc.Window(size=6))
        bc.run_loop(tasks, whole, bc.Endpoint("m", fake.url), design, bc.Manner(concurrency=2))
        fake.asked.clear()
        journal, draw = log.with_suffix(".journal.jsonl"), random.Random(0)  # noqa: S311  # moments, no secrets
        kept = 0
        for _ in range(3):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                more, patience = kept + draw.randint(5, 20), time.monotonic() + 120
                while process.poll() is None and time.monotonic() < patience:
                    if journal.exists() and journal.read_bytes().count(b"\n") - 1 >= more:
                        os.kill(process.pid, signal.SIGKILL)
                        break
                    time.sleep(0.005)
                assert process.wait() == -signal.SIGKILL
            time.sleep(0.2)  # what the dead one asked for is answered, to nobody
            completed = {answer_seed(record) for record in journal_of(log)}
            assert len(completed) >= more
            kept, before = len(completed), len(fake.asked)
            assert not log.exists()
            # a torn line, as a kill within a write leaves it
            with open(journal, "ab") as file:
                file.write(b'{"run": "loop-0-0", "round": 0, "ind')
        after = subprocess.run(command, capture_output=True, text=True, check=True)
        again = {seed for seed, judging in fake.asked[before:] if not judging}
        assert not again & completed
    assert log.read_bytes() == whole.read_bytes()
    places = [(record["run"], record["round"], record["index"]) for record in journal_of(log)]
    assert len(set(places)) == len(places) == len(pd.read_csv(log))
    assert "written: " in after.stderr


def test_a_finished_run_asks_nobody_and_more_rounds_go_on(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    log, endpoint = tmp_path / "runs.csv", bc.Endpoint("m", fake.url)
    first = bc.run_loop(tasks, log, endpoint, DESIGN)
    asked = len(fake.asked)
    assert bc.run_loop(tasks, log, endpoint, DESIGN).attempts == first.attempts
    assert len(fake.asked) == asked
    longer = replace(DESIGN, rounds=3, runs=4)
    more = bc.run_loop(tasks, log, endpoint, longer)
    assert len(fake.asked) - asked == 2 * (more.attempts - first.attempts)
    fresh = bc.run_loop(tasks, tmp_path / "fresh.csv", endpoint, longer)
    assert (tmp_path / "fresh.csv").read_bytes() == log.read_bytes()
    assert fresh.attempts == more.attempts


def test_a_budget_is_never_passed_and_goes_on_with_more(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    log, endpoint = tmp_path / "runs.csv", bc.Endpoint("m", fake.url)
    for calls in (7, 20, 21):
        result = bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=calls)))
        assert len(fake.asked) == result.spent.calls == calls // 2 * 2
        assert "budget ended it" in result.status
    tokens = bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(tokens=600), concurrency=4))
    assert 600 - 24 <= tokens.spent.tokens <= 600
    money = bc.Budget(money=0.01, price_in=10, price_out=40)
    paid = bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=money, concurrency=3))
    assert 0.01 - 360e-6 <= paid.cost <= 0.01
    assert paid.cost == pytest.approx((paid.spent.tokens_in * 10 + paid.spent.tokens_out * 40) / 1e6)
    bc.run_loop(tasks, log, endpoint, DESIGN)
    bc.run_loop(tasks, tmp_path / "whole.csv", endpoint, DESIGN)
    assert log.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    with pytest.raises(DataError, match="allows no attempt"):
        bc.run_loop(tasks, tmp_path / "none.csv", endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=1)))


def test_an_endpoint_that_counts_no_tokens_is_told(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    fake.usage = False
    manner = bc.Manner(budget=bc.Budget(tokens=10**6))
    result = bc.run_loop(tasks, tmp_path / "runs.csv", bc.Endpoint("m", fake.url), DESIGN, manner)
    assert "does not count tokens" in result.status


def test_another_question_does_not_go_on_with_a_journal(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    log, endpoint = tmp_path / "runs.csv", bc.Endpoint("m", fake.url)
    bc.run_loop(tasks, log, endpoint, replace(DESIGN, rounds=0))
    with pytest.raises(UsageError, match=r"endpoint.temperature = 1.0, now 0.5"):
        bc.run_loop(tasks, log, replace(endpoint, temperature=0.5), DESIGN)
    with pytest.raises(UsageError, match=r"design.batch = 4, now 5"):
        bc.run_loop(tasks, log, endpoint, replace(DESIGN, batch=5))
    tasks.write_text(task_lines(61), encoding="utf-8")
    with pytest.raises(UsageError, match=r"\(tasks = "):
        bc.run_loop(tasks, log, endpoint, DESIGN)


def test_two_processes_do_not_write_one_journal(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "j.jsonl", {"x": 1})
    with pytest.raises(UsageError, match="another process"):
        Journal.open(tmp_path / "j.jsonl", {"x": 1})
    journal.close()
    Journal.open(tmp_path / "j.jsonl", {"x": 1}).close()


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_only_the_last_line_of_a_journal_may_be_torn(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j.jsonl"
    outcome = Outcome("q\u2028\ud800", "an\nswer", True, None, 0.1, 1, 1, "sampled")
    journal = Journal.open(path, {"x": (1, 2)})
    for index in range(3):
        journal.add("r", 0, index, outcome, Spent(1, 2, 3))
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = Journal.open(path, {"x": [1, 2]})
    assert again.recorded == {("r", 0): {0: outcome, 1: outcome}}
    assert again.spent == Spent(2, 4, 6)
    again.add("r", 0, 2, outcome, Spent(1, 2, 3))
    again.close()
    head, first, *rest = path.read_bytes().splitlines(keepends=True)
    assert len(rest) == 2
    path.write_bytes(b"".join([head, first[:20] + b"\n", *rest]))
    with pytest.raises(DataError, match="line 2 is broken"):
        Journal.open(path, {"x": [1, 2]})


def fails(tasks: Path, log: Path, fake: FakeEndpoint, **fields: object) -> str:
    """What is said when a run fails; with the key in the environment."""
    endpoint = replace(bc.Endpoint("m", fake.url, retries=1, timeout=0.4, key_env="TEST_KEY"), **fields)  # type: ignore[arg-type]
    with pytest.raises((UsageError, EndpointError)) as failure:
        bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(concurrency=2))
    said = f"{type(failure.value).__name__}: {failure.value}"
    assert KEY not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "UsageError: .* refuses the key in TEST_KEY"),
        (403, "UsageError: .* refuses the key in TEST_KEY"),
        (404, "UsageError: .* has no model 'm'"),
        (400, "UsageError: .* refuses the request"),
        (429, "EndpointError: .* no more requests .* asked 2 times"),
        (500, "EndpointError: .* failed .status 500., asked 2 times"),
    ],
)
def test_a_refusal_is_a_sentence_without_the_key(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    fake.status = status
    told = fails(tasks, tmp_path / "runs.csv", fake)
    assert re.match(said, told), told
    assert set(fake.headers) == {f"Bearer {KEY}"}
    assert not any(KEY in path.read_text(encoding="utf-8") for path in tmp_path.iterdir())


def test_what_passes_is_tried_again(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    bc.run_loop(tasks, tmp_path / "whole.csv", bc.Endpoint("m", fake.url), DESIGN)
    fake.status, fake.failing = 429, len(fake.seen) + 3
    bc.run_loop(tasks, tmp_path / "runs.csv", bc.Endpoint("m", fake.url), DESIGN)
    assert (tmp_path / "runs.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_an_endpoint_that_fails_midway_keeps_what_was_done(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    endpoint = bc.Endpoint("m", fake.url)
    bc.run_loop(tasks, tmp_path / "whole.csv", endpoint, DESIGN)
    log = tmp_path / "runs.csv"
    bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=12)))
    fake.status = 500
    said = fails(tasks, log, fake)
    assert "(6 attempts are kept: the same command goes on from there)" in said
    fake.status = 200
    bc.run_loop(tasks, log, endpoint, DESIGN)
    assert log.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_who_does_not_answer_and_who_is_not_there(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    fake.delay = 30.0
    assert "did not answer within 0.4 seconds" in fails(tasks, tmp_path / "a.csv", fake)
    assert "no connection to http://127.0.0.1:9/v1" in fails(
        tasks, tmp_path / "b.csv", fake, url="http://user:secret@127.0.0.1:9/v1?key=secret"
    )
    assert "secret" not in fails(tasks, tmp_path / "b.csv", fake, url="http://user:secret@127.0.0.1:9/v1?key=secret")


@pytest.mark.parametrize(
    "body",
    [
        (b"<html>hello</html>", "text/html"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"choices": []}', "application/json"),
        (b'{"choices": null}', "application/json"),
        (b'{"choices": [{"message": {"content": 5}}]}', "application/json"),
    ],
)
def test_a_malformed_reply_is_a_sentence(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, body: tuple[bytes, str]
) -> None:
    fake.body = body
    assert "not as a chat endpoint does" in fails(tasks, tmp_path / "runs.csv", fake)


@pytest.mark.parametrize("logprobs", ["missing", "refused"])
def test_without_token_probabilities_verdicts_are_what_is_said(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, logprobs: str
) -> None:
    fake.logprobs = logprobs
    endpoint, manner = bc.Endpoint("m", fake.url), bc.Manner(evaluation=bc.Evaluation(votes=3))
    result = bc.run_loop(tasks, tmp_path / "runs.csv", endpoint, DESIGN, manner)
    assert "gives no token probabilities" in result.status
    frame = pd.read_csv(tmp_path / "runs.csv")
    assert set(frame["votes"]) == {3}
    assert set(frame["votes_for"]) == {0, 1, 2, 3}
    assert ((frame["votes_for"] >= 2) == frame["accepted"]).all()
    assert np.allclose(frame["score"] * 3, frame["votes_for"])
    assert result.spent.calls == 4 * result.attempts
    strict = bc.Manner(evaluation=bc.Evaluation(reading="probabilities"))
    with pytest.raises(EndpointError, match="no token probabilities"):
        bc.run_loop(tasks, tmp_path / "strict.csv", endpoint, DESIGN, strict)


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
