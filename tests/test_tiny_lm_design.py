"""The sweep and the loops of the tiny language model are designed, filled and continued as its card says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

import boostcalc as bc

DATA = Path(__file__).parents[1] / "data" / "tiny-lm"

if not (DATA / "loops.parquet").exists():
    pytest.skip("data/tiny-lm comes with a checkout only", allow_module_level=True)

SWEEP, LOOPS = (str(DATA / f"{name}.parquet") for name in ("sweep", "loops"))

AT_RANDOM = 1e-6
"""A chance test that fails once in a million times."""


def rows(query: str, *files: str) -> list[tuple[Any, ...]]:
    return duckdb.execute(query, list(files)).fetchall()


def one(query: str, *files: str) -> tuple[Any, ...]:
    (row,) = rows(query, *files)
    return row


def test_the_sweep_has_sizes_crossed_with_contaminations() -> None:
    cells = rows(
        """select setting, context_size, count(distinct context_contamination), count(distinct run), count(*)
        from read_parquet($1) where context_size > 0 group by all""",
        SWEEP,
    )
    for setting in ("sweep-uniform", "sweep-agreeing"):
        own = [row for row in cells if row[0] == setting]
        assert len(own) >= 7
        assert {row[2:] for row in own} == {(11, 11 * 80, 11 * 80 * 24)}


def test_a_designed_context_is_wrong_at_its_rate() -> None:
    """The wrong pairs over all contexts of a cell are Bin(n·k, c)."""
    from scipy.stats import binomtest

    cells = rows(
        """with contexts as (select distinct run, setting, context_size, context_contamination, context_wrong
            from read_parquet($1) where context_size > 0)
        select sum(context_wrong)::bigint, sum(context_size)::bigint, context_contamination
        from contexts group by setting, context_size, context_contamination""",
        SWEEP,
    )
    for wrong, pairs, rate in cells:
        assert binomtest(wrong, pairs, rate).pvalue > AT_RANDOM / len(cells)


def test_the_loops_have_settings_runs_and_rounds() -> None:
    settings = rows(
        """select setting, count(distinct run), count(distinct block), max(round), min(round)
        from read_parquet($1) group by all""",
        LOOPS,
    )
    assert len(settings) == 30
    assert {row[1:] for row in settings} == {(96, 96, 10, 0)}
    names = {row[0] for row in settings}
    assert {name.split("-")[0] for name in names} == {"replace", "append", "window"}
    assert {name.split("-")[1] for name in names} == {"sample", "threshold", "survey", "none"}
    assert {name.split("-")[2] for name in names} == {"0.1", "0.3", "0.5", "0.7"}
    assert one("select count(*), count(distinct (run, round)) from read_parquet($1)", LOOPS)[1] == 30 * 96 * 11


BATCH = {"replace": 32, "append": 7, "window": 16}


def test_every_round_ends_with_the_attempt_that_fills_its_batch() -> None:
    kinds = rows(
        """with counted as (select *, row_number() over () as place from read_parquet($1)),
        ended as (select setting, arg_max(accepted, place) as last, count(*) filter (accepted) as took
                  from counted group by setting, run, round)
        select distinct split_part(setting, '-', 1), last, took from ended""",
        LOOPS,
    )
    assert sorted(kinds) == sorted((policy, True, batch) for policy, batch in BATCH.items())


FOLLOWED = """
with rounds as (
    select run, round, split_part(setting, '-', 1) as policy, any_value(context_size) as size,
           any_value(context_wrong) as wrong, count(distinct (context_size, context_wrong)) as states,
           count(*) filter (accepted and not correct) as accepted_wrong
    from read_parquet($1) group by all)
select count(*), bool_and(a.states = 1 and b.states = 1 and ({holds}))
from rounds a join rounds b on a.run = b.run and b.round = a.round + 1 where a.policy = '{policy}'
"""


@pytest.mark.parametrize(
    ("policy", "settings", "holds"),
    [
        ("replace", 18, "b.size = 32 and b.wrong = a.accepted_wrong"),
        ("append", 6, "b.size = a.size + 7 and b.wrong = a.wrong + a.accepted_wrong"),
        ("window", 6, "b.size = 48 and b.wrong between a.accepted_wrong and a.accepted_wrong + a.wrong"),
    ],
)
def test_what_was_accepted_is_in_the_next_context(policy: str, settings: int, holds: str) -> None:
    count, all_hold = one(FOLLOWED.format(policy=policy, holds=holds), LOOPS)
    assert count == settings * 96 * 10
    assert all_hold


def test_a_block_is_one_run_of_one_setting() -> None:
    for path in (SWEEP, LOOPS):
        assert one(
            """select max(runs), max(settings), max(tasks) from (
                select count(distinct run) as runs, count(distinct setting) as settings, count(distinct task) as tasks
                from read_parquet($1) group by block)""",
            path,
        ) == (1, 1, 1)
    assert not rows(
        "select block from read_parquet($1) intersect select block from read_parquet($2)", SWEEP, LOOPS
    )  # and no block is in both


def test_no_two_runs_share_their_draws() -> None:
    """The first queries of two runs, were they drawn alike, would be the same: 64^16 sequences are possible."""
    for path in (SWEEP, LOOPS):
        runs, different = one(
            """with ranked as (
                select run, query, row_number() over (partition by run) as place from read_parquet($1)
                where coalesce(round, 0) = 0),
            first as (select run, list(query order by place) as queries from ranked where place <= 16 group by run)
            select count(*), count(distinct queries) from first where len(queries) = 16"""
            if path == LOOPS
            else """with ranked as (
                select run, query, row_number() over (partition by run) as place from read_parquet($1)),
            first as (select run, list(query order by place) as queries from ranked where place <= 16 group by run)
            select count(*), count(distinct queries) from first""",
            path,
        )
        assert runs > 1000
        assert different == runs


def test_settings_of_one_start_differ_by_chance_only() -> None:
    """Contexts of round 0 are Bin(k, start), whatever accepts later."""
    from scipy.stats import binomtest

    for setting, wrong, size in rows(
        """select setting, sum(context_wrong)::bigint, sum(context_size)::bigint from (
            select distinct run, setting, context_wrong, context_size from read_parquet($1) where round = 0)
        group by all""",
        LOOPS,
    ):
        assert binomtest(wrong, size, float(setting.split("-")[2])).pvalue > AT_RANDOM / 30, setting


@pytest.mark.parametrize(("name", "setting"), [("sweep", "sweep-agreeing"), ("loops", "window-survey-0.5")])
def test_boostcalc_reads_all_of_it(name: str, setting: str) -> None:
    path = DATA / f"{name}.parquet"
    runs = bc.read_runs(path, where={"setting": setting})
    told = one(
        """select count(*), count(*) filter (not correct), count(*) filter (accepted and correct),
                  count(*) filter (accepted and not correct) from read_parquet($1) where setting = $2""",
        str(path),
        setting,
    )
    cells = runs.cells
    columns = ("n_wrong", "correct_accepted", "wrong_accepted")
    assert (runs.n_attempts, *(int(cells[column].sum()) for column in columns)) == told
    assert runs.ignored == ("setting", "grade")
    assert runs.unread.count == 0
    assert [finding.name for finding in bc.doctor(runs).findings] == ["tasks pooled"]
