"""What the tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

import boostcalc as bc
from boostcalc.cli import invoke
from boostcalc.runs import Runs
from tests.fake_endpoint import FakeEndpoint, task_lines

# a busy machine is no failure; a gate has to give the same answer twice
settings.register_profile("here", deadline=None)
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "here")

collect_ignore = ["files"]
"""Logs, and what wrote them with tools that are not always there."""


@dataclass(frozen=True)
class Ran:
    """How a command line ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `boostcalc …` in this process."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = invoke(list(arguments))
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def gptj() -> Runs:
    """GPT-J on `unnatural` at 39 demonstrations (arXiv 2307.09476)."""
    return bc.read_runs(bc.load_table("gptj_contamination"), where={"task": "unnatural", "context_size": 39})


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """A file of sixty sums."""
    path = tmp_path / "tasks.jsonl"
    path.write_text(task_lines(60), encoding="utf-8")
    return path


@pytest.fixture
def fake() -> Iterator[FakeEndpoint]:
    """An endpoint that adds, and errs."""
    with FakeEndpoint(delay=0.004) as endpoint:
        yield endpoint
