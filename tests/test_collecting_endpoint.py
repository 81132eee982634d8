"""Each way in which an endpoint may fail is a sentence, and nothing is lost."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boostcalc as bc
from boostcalc.collecting import printed
from boostcalc.errors import EndpointError, UsageError
from tests.fake_endpoint import KEY, FakeEndpoint

DESIGN = bc.LoopDesign(batch=4, rounds=2, runs=3, contamination=0.5)


def fails(tasks: Path, log: Path, fake: FakeEndpoint, **fields: object) -> str:
    """What is said when a run fails; with the key in the environment."""
    endpoint = replace(bc.Endpoint("m", fake.url, retries=1, timeout=0.4, key_env="TEST_KEY"), **fields)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_KEY", KEY)
        with pytest.raises((UsageError, EndpointError)) as failure:
            bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(concurrency=2))
    said = f"{type(failure.value).__name__}: {failure.value}"
    assert KEY not in said
    assert "\n" not in said
    return said


def test_a_question_that_nothing_was_answered_to_may_be_corrected(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint
) -> None:
    fake.status, log = 404, tmp_path / "runs.csv"
    assert "no model 'mm'" in fails(tasks, log, fake, model="mm")
    fake.status = 200
    assert bc.run_loop(tasks, log, bc.Endpoint("m", fake.url), replace(DESIGN, rounds=0)).attempts >= 12


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
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, status: int, said: str
) -> None:
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


def test_an_endpoint_that_fails_midway_keeps_what_was_done(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    endpoint = bc.Endpoint("m", fake.url)
    bc.run_loop(tasks, tmp_path / "whole.csv", endpoint, DESIGN)
    log = tmp_path / "runs.csv"
    bc.run_loop(tasks, log, endpoint, DESIGN, bc.Manner(budget=bc.Budget(calls=12)))
    fake.status = 500
    said = fails(tasks, log, fake)
    assert "(6 attempts kept: once that is put right, the same command goes on from there)" in said
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


@pytest.mark.parametrize("logprobs", ["missing", "refused", "chatty"])
def test_without_token_probabilities_verdicts_are_what_is_said(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, logprobs: str
) -> None:
    fake.logprobs = logprobs
    endpoint, manner = bc.Endpoint("m", fake.url), bc.Manner(evaluation=bc.Evaluation(votes=3))
    screen = io.StringIO()
    result = bc.run_loop(tasks, tmp_path / "runs.csv", endpoint, DESIGN, manner, report=printed(screen))
    assert ">99% of the verdicts are what was said" in result.status
    assert result.notes[0] in (tmp_path / "runs.provenance.json").read_text(encoding="utf-8")
    assert screen.getvalue().count("verdicts are what is said") == 1
    frame = pd.read_csv(tmp_path / "runs.csv")
    assert set(frame["votes"]) == {3}
    assert set(frame["votes_for"]) == {0, 1, 2, 3}
    assert ((frame["votes_for"] >= 2) == frame["accepted"]).all()
    assert np.allclose(frame["score"] * 3, frame["votes_for"])
    assert result.spent.calls == 4 * result.attempts


@pytest.mark.parametrize("logprobs", ["missing", "refused"])
def test_who_insists_on_probabilities_is_told_that_there_are_none(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint, logprobs: str
) -> None:
    fake.logprobs, strict = logprobs, bc.Manner(evaluation=bc.Evaluation(reading="probabilities"))
    with pytest.raises(EndpointError, match="no token probabilities"):
        bc.run_loop(tasks, tmp_path / "strict.csv", bc.Endpoint("m", fake.url), DESIGN, strict)


def test_an_endpoint_that_gives_fewer_probabilities_is_asked_for_fewer(
    tasks: Path, tmp_path: Path, fake: FakeEndpoint
) -> None:
    for logprobs in ("given", "five"):
        fake.logprobs, begun = logprobs, len(fake.seen)
        bc.run_loop(tasks, tmp_path / f"{logprobs}.csv", bc.Endpoint("m", fake.url), DESIGN, bc.Manner(concurrency=3))
    asked = [request["top_logprobs"] for request in fake.seen[begun:] if "top_logprobs" in request]
    assert (tmp_path / "five.csv").read_bytes() == (tmp_path / "given.csv").read_bytes()
    assert 1 <= asked.count(20) <= 3  # by those that were under way at once
    assert set(asked) == {20, 5}


def test_empty_answers_are_told(tasks: Path, tmp_path: Path, fake: FakeEndpoint) -> None:
    fake.silent = True
    endpoint, design = bc.Endpoint("m", fake.url), replace(DESIGN, rounds=0, runs=1, most=8)
    result = bc.run_loop(tasks, tmp_path / "runs.csv", endpoint, design)
    assert ">99% of the answers are empty" in result.status


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://127.0.0.1:99999/v1", "http://", "ftp://a/v1", "htp://me:secret@127.0.0.1/v1?key=secret"],
)
def test_an_address_that_is_none_is_refused_without_what_may_be_a_key(url: str) -> None:
    with pytest.raises(UsageError, match="no address of an endpoint") as refusal:
        bc.Endpoint("m", url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("key", ["sk-caf\u00e9", "sk-one\nsk-two"])
def test_a_key_that_is_none_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("TEST_KEY", key)
    with pytest.raises(UsageError, match="what TEST_KEY holds is no key") as refusal:
        bc.Endpoint("m", key_env="TEST_KEY").key()
    assert "sk-" not in str(refusal.value)


def test_an_extra_field_does_not_set_what_an_option_sets() -> None:
    with pytest.raises(UsageError, match="temperature is no extra field"):
        bc.Endpoint("m", extra={"top_k": 0, "temperature": 0})
