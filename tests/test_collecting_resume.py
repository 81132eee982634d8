"""Ended at any moment, a run goes on and ends as if nobody had ended it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.collecting.budget import Spent
from boostcalc.collecting.contexts import request_seed
from boostcalc.collecting.journal import Journal
from boostcalc.collecting.loop_design import LoopPlan
from boostcalc.collecting.progress import Tally
from boostcalc.collecting.scheduler import _Scheduler
from boostcalc.collecting.stages import Outcome, Stage
from boostcalc.errors import DataError, UsageError
from tests.fake_endpoint import FakeEndpoint, task_lines

DESIGN = bc.LoopDesign(batch=4, rounds=2, runs=3, contamination=0.5)


def journal_of(log: Path) -> list[dict[str, object]]:
    """The attempts of a journal."""
    lines = log.with_suffix(".journal.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines[1:]]


def answer_seed(record: dict[str, object]) -> int:
    """The seed of the request that asked for the answer of a journaled attempt."""
    return request_seed(0, record["run"], record["round"], record["index"], "answer")


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


def test_ctrl_c_is_told_and_loses_nothing(tasks: Path, tmp_path: Path) -> None:
    log = tmp_path / "runs.csv"
    with FakeEndpoint(delay=0.1) as fake:
        command = [
            *(sys.executable, "-c", "from boostcalc.cli import main; main()", "run", str(tasks), "--model", "m"),
            *("--url", fake.url, "-o", str(log), "--json", "--batch", "6"),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            journal, patience = log.with_suffix(".journal.jsonl"), time.monotonic() + 120
            while not (journal.exists() and journal.read_bytes().count(b"\n") > 3) and time.monotonic() < patience:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "goes on from there" in err
    assert "Traceback" not in err
    assert len(journal_of(log)) >= 3


NOTEBOOK = """
import asyncio, sys
import boostcalc as bc

async def cell():
    bc.run_loop(sys.argv[1], sys.argv[2], bc.Endpoint("m", sys.argv[3]), bc.LoopDesign(batch=6))

try:
    asyncio.new_event_loop().run_until_complete(cell())  # asyncio.run would keep the signal from it
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


def test_an_interrupt_reaches_a_run_that_a_notebook_began(tasks: Path, tmp_path: Path) -> None:
    """Where a loop of events runs already, the run is in a thread of its own, which no signal reaches."""
    log = tmp_path / "runs.csv"
    with FakeEndpoint(delay=0.5) as fake:
        command = [sys.executable, "-c", NOTEBOOK, str(tasks), str(log), fake.url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            journal, patience = log.with_suffix(".journal.jsonl"), time.monotonic() + 120
            while not (journal.exists() and journal.read_bytes().count(b"\n") > 2) and time.monotonic() < patience:
                time.sleep(0.01)
            interrupted = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert process.stderr.read().strip() == "interrupted"
        assert process.returncode == 1
        assert time.monotonic() - interrupted < 30  # the whole run takes minutes
        asked = len(fake.seen)
    assert len(journal_of(log)) >= 2
    assert asked < 60


def test_what_is_complete_when_it_is_cancelled_is_kept(tasks: Path, tmp_path: Path) -> None:
    """Two attempts are done at once, and the interrupt comes before either is journaled."""
    plan = LoopPlan(replace(DESIGN, runs=1), bc.read_tasks(tasks))
    outcome = Outcome("q0", "7", True, True, 1.0, 1, 1, "probabilities")

    class Attempting:
        evaluation = bc.Evaluation()

        def __init__(self) -> None:
            self.plan, self.made = plan, 0

        async def __call__(self, client: object, stage: Stage, index: int) -> tuple[Outcome, Spent]:
            self.made += 1
            if self.made > 2:  # the others hang
                await asyncio.sleep(3600)
            return outcome, Spent(2, 0, 0)

    journal = Journal.open(tmp_path / "j.jsonl", {})
    history = [[plan.begin(0)]]
    scheduler = _Scheduler(Attempting(), journal, bc.Budget(), 4, None, history, [0], Tally())  # type: ignore[arg-type]  # two attempts, without an endpoint

    async def interrupted() -> None:
        task = asyncio.create_task(scheduler.run(None))  # type: ignore[arg-type]  # nobody is asked
        await asyncio.sleep(0)  # it begins its attempts and waits
        await asyncio.sleep(0)  # two of them are done
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    journal.close()
    assert journal.recorded == {("loop-0-0", 0): {0: outcome, 1: outcome}}


@pytest.mark.parametrize("text", ["a note to myself", "{}\n", '{"journal": 99, "depends_on": {}}\n{}\n'])
def test_a_file_that_is_no_journal_of_ours_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "runs.journal.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="name another output"):
        Journal.open(path, {"x": 1})
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("length", range(40))
def test_a_head_that_a_kill_tore_is_written_anew(tmp_path: Path, length: int) -> None:
    path = tmp_path / "runs.journal.jsonl"
    Journal.open(path, {"x": 1}).close()
    whole = path.read_bytes()
    path.write_bytes(whole[: min(length, len(whole) - 1)])
    Journal.open(path, {"x": 1}).close()
    assert path.read_bytes() == whole


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
    few = bc.run_loop(tasks, tmp_path / "few.csv", endpoint, DESIGN, bc.Manner(budget=bc.Budget(tokens=1)))
    assert few.attempts == 1  # what an attempt takes is known from the first, which is made alone
    with pytest.raises(DataError, match="allows no attempt"):
        bc.run_loop(tasks, tmp_path / "none.csv", endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=1)))
