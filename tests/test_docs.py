"""What README and the pages of docs/ show, run as typed: it prints what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import boostcalc as bc
from boostcalc.theory import derive
from boostcalc.version import __version__
from tests.conftest import Ran
from tests.fake_endpoint import FakeEndpoint, task_lines

ROOT = Path(__file__).parents[1]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sessions() -> list[tuple[str, str]]:
    """Each `$ boostcalc …` of the README, and the output below it."""
    found = []
    for block in CONSOLE.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), sessions())
def test_a_console_block_prints_what_it_shows(command: str, output: str, cli: Callable[..., Ran]) -> None:
    program, *arguments = shlex.split(command)
    assert program == "boostcalc"
    assert cli(*arguments).out.strip() == output.strip()


def test_there_are_console_blocks() -> None:
    assert sessions()


def test_the_book_of_theorems_is_what_is_derived() -> None:
    """A formula that changes has to be meant: write it by `boostcalc derive --format markdown -o docs/theorems.md`."""
    book = (ROOT / "docs" / "theorems.md").read_text(encoding="utf-8")
    assert derive().to_markdown().strip() == book.strip()


SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SMALLER = {"2000": "240", "--rounds 5 --runs 4": "--rounds 2 --runs 1"}
"""So that what a user asks in an hour is asked in seconds."""


def test_collecting_works_as_its_page_says(
    cli: Callable[..., Ran], fake: FakeEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands, in order, as typed: but that they ask an endpoint on this machine, and less of it."""
    monkeypatch.chdir(tmp_path)
    Path("tasks.jsonl").write_text(task_lines(120), encoding="utf-8")
    page = (ROOT / "docs" / "collecting.md").read_text(encoding="utf-8")
    commands = [line for block in SHELL.findall(page) for line in block.splitlines() if line.startswith("boostcalc ")]
    assert {command.split()[1] for command in commands} == {"sweep", "fit", "forecast", "run", "doctor"}
    for command in commands:
        for typed, less in SMALLER.items():
            command = command.replace(typed, less)
        arguments = shlex.split(command, comments=True)[1:]
        if "--model" in arguments:
            arguments += ["--url", fake.url]
        ran = cli(*arguments)
        assert ran.status == 0, (command, ran.err)
    example = re.search(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert example is not None
    Path("example.jsonl").write_text(example[1], encoding="utf-8")
    assert len(bc.read_tasks("example.jsonl")) == 2


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__
