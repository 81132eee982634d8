"""README's console blocks, run as typed: what they print is what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from boostcalc.theory import derive
from boostcalc.version import __version__
from tests.conftest import Ran

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


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__
