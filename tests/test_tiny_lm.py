"""The data of the small language model are what their README says."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import duckdb
import pytest

import boostcalc as bc

DATA = Path(__file__).parents[1] / "data" / "tiny-lm"
SWEEP, LOOPS = DATA / "sweep.parquet", DATA / "loops.parquet"


def told(query: str, path: Path) -> list[tuple[object, ...]]:
    return duckdb.execute(query, [str(path)]).fetchall()


def test_there_are_as_many_as_are_said() -> None:
    cells = told(
        "select setting, context_size, context_contamination, count(distinct run) from read_parquet($1) "
        "where context_size > 0 group by all",
        SWEEP,
    )
    for setting in ("sweep-uniform", "sweep-agreeing"):
        here = [row for row in cells if row[0] == setting]
        assert len({row[1] for row in here}) == 9
        assert len({row[2] for row in here}) == 11
        assert len(here) == 99
        assert {row[3] for row in here} == {80}
    settings = told("select setting, count(distinct run), max(round) from read_parquet($1) group by all", LOOPS)
    assert len(settings) == 30
    assert {row[1:] for row in settings} == {(96, 10)}
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 20e6


def test_the_card_names_these_files() -> None:
    card = (DATA / "README.md").read_text(encoding="utf-8")
    for name, digest in re.findall(r"`([\w.-]+)` \| `([0-9a-f]{64})`", card):
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest
    assert len(re.findall(r"[0-9a-f]{64}", card)) == 3
    last = json.loads((DATA / "tiny-lm.training.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert f"{last['step']:,.0f} steps" in card
    assert f"{last['answers']:.3f} nats" in card


def test_what_was_accepted_is_the_next_context() -> None:
    """Under replacement the wrong pairs of a context are those that the round before accepted."""
    odd = told(
        """
        with by_round as (
            select run, round, any_value(context_wrong) as wrong, count(distinct context_wrong) as kinds,
                   sum((accepted and not correct)::int) as passed, sum(accepted::int) as batch
            from read_parquet($1) where setting like 'replace-%' group by run, round
        )
        select count(*), sum((after.wrong <> before.passed)::int), sum((before.batch <> 32)::int), max(before.kinds)
        from by_round before join by_round after on before.run = after.run and after.round = before.round + 1
        """,
        LOOPS,
    )
    pairs, differing, unfilled, kinds = odd[0]
    assert pairs == 18 * 96 * 10
    assert (differing, unfilled, kinds) == (0, 0, 1)


def test_no_two_runs_share_their_draws() -> None:
    """Each run asks its own sequence of queries in each round, whatever its setting; and each is a block."""
    same = told(
        """
        with asked as (
            select setting, run, list(query::varchar)[:16] as queries from read_parquet($1) where round = 0 group by all
        )
        select count(*), count(distinct queries), count(distinct run) from asked
        """,
        LOOPS,
    )
    assert same[0] == (30 * 96, 30 * 96, 30 * 96)
    assert told("select count(*) from read_parquet($1) where block <> run", LOOPS) == [(0,)]
    assert told("select count(*) from read_parquet($1) where block <> run", SWEEP) == [(0,)]


@pytest.mark.parametrize(
    ("path", "where"), [(SWEEP, {"setting": "sweep-uniform"}), (LOOPS, {"setting": "window-survey-0.5"})]
)
def test_they_are_logs_in_the_schema(path: Path, where: dict[str, str]) -> None:
    runs = bc.read_runs(path, where=where)
    assert runs.unread.count == 0
    assert set(runs.ignored) == {"setting", "grade"}
    count = duckdb.execute(
        "select count(*) from read_parquet($1) where setting = $2", [str(path), where["setting"]]
    ).fetchall()
    assert runs.n_attempts == count[0][0]
