"""Rows that cannot be read are counted, named by their place, and left out; `strict` refuses them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import boostcalc as bc
from boostcalc.errors import SchemaError
from boostcalc.runs.unread import SHOWN
from tests.conftest import Ran

FAULTS = [
    ("correct,context_size,context_wrong", "1,4,5", "context_wrong", "exceeds context_size"),
    ("correct,context_contamination", "1,1.5", "context_contamination", "0 to 1"),
    ("correct,context_contamination", "1,-0.5", "context_contamination", "0 to 1"),
    ("correct,context_size", "1,-1", "context_size", "0 or more"),
    ("correct,context_size", "1,10.5", "context_size", "whole"),
    ("correct,context_size", "1,x", "context_size", "a number|whole"),
    ("correct,context_size", "1,1_000", "context_size", "whole"),
    ("correct,context_size", "1,1e400", "context_size", "whole"),
    ("correct,score", "1,high", "score", "a number"),
    ("correct,score", "1,inf", "score", "a number"),
    ("correct", "maybe", "correct", "true or false"),
    ("correct", "2", "correct", "true or false"),
    ("accepted", "0.5", "accepted", "true or false"),
    ("n,n_wrong", "10,12", "n_wrong", "exceeds n"),
    ("n_wrong", "2", "n_wrong", "exceeds n"),
    ("n,error", "10,1.3", "error", "0 to 1"),
    ("n,n_wrong", "-1,", "n", "0 or more"),
    ("n,n_wrong", "NA,0", "n", "without it"),
    ("correct,votes,votes_for", "1,3,4", "votes_for", "exceeds votes"),
    ("correct,votes", "1,0", "votes", "1 or more"),
    ("correct,context_size,context_judged_wrong", "1,3,4", "context_judged_wrong", "exceeds context_size"),
    ("correct,context_wrong_position", "1,1.5", "context_wrong_position", "0 to 1"),
]
"""Header, impossible row, the column that is to blame, and a part of the reason."""

GOOD = {
    "correct": "1", "accepted": "0", "context_size": "4", "context_wrong": "1", "context_contamination": "0.5",
    "context_judged_wrong": "2", "context_wrong_position": "0.5", "votes": "3", "votes_for": "2", "n": "10",
    "n_wrong": "1", "error": "0.1", "score": "0.5",
}  # fmt: skip
"""A value of each column that is fine."""


def as_csv(header: str, rows: list[str], folder: Path) -> Any:
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


def as_jsonl(header: str, rows: list[str], folder: Path) -> Any:
    path = folder / "log.jsonl"
    names = header.split(",")
    listed = [
        {name: value if value not in ("", "NA") else None for name, value in zip(names, row.split(","), strict=True)}
        for row in rows
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in listed))
    return path


def as_columns(header: str, rows: list[str]) -> dict[str, list[Any]]:
    """Typed as a program would: numbers where the whole column is numbers."""

    def typed(values: list[str]) -> list[Any]:
        try:
            return [None if value in ("", "NA") else float(value.replace("_", "!")) for value in values]
        except ValueError:
            return [None if value in ("", "NA") else value for value in values]

    names = header.split(",")
    columns = zip(*(row.split(",") for row in rows), strict=True)
    return {name: typed(list(column)) for name, column in zip(names, columns, strict=True)}


def as_pandas(header: str, rows: list[str], folder: Path) -> Any:
    return pd.DataFrame(as_columns(header, rows))


def as_polars(header: str, rows: list[str], folder: Path) -> Any:
    return pl.DataFrame(as_columns(header, rows))


def as_duckdb(header: str, rows: list[str], folder: Path) -> Any:
    return duckdb.from_df(pd.DataFrame(as_columns(header, rows)))


def as_parquet(header: str, rows: list[str], folder: Path) -> Any:
    path = folder / "log.parquet"
    duckdb.from_df(pd.DataFrame(as_columns(header, rows))).write_parquet(str(path))
    return path


FORMS = {"csv": 2, "jsonl": 1, "pandas": 1, "polars": 1, "duckdb": 1, "parquet": 1}
"""Each form of a table, and what its first row is numbered by."""


def made(form: str, header: str, rows: list[str], folder: Path) -> Any:
    maker: Callable[..., Any] = globals()[f"as_{form}"]
    return maker(header, rows, folder)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("header", "row", "column", "why"), FAULTS)
def test_a_row_that_cannot_be_is_counted_and_named(
    form: str, header: str, row: str, column: str, why: str, tmp_path: Path
) -> None:
    good = ",".join(GOOD[name] for name in header.split(","))
    clean = bc.read_runs(made(form, header, [good] * 5, tmp_path))
    source = made(form, header, [good, good, row, good, good, good], tmp_path)
    runs = bc.read_runs(source)
    pd.testing.assert_frame_equal(runs.cells, clean.cells)
    assert runs.unread.count == 1
    (named,) = runs.unread.rows
    assert named.column == column
    assert named.place == f"{'line' if form in ('csv', 'jsonl') else 'row'} {FORMS[form] + 2}"
    assert re.search(why, named.why)
    assert str(named) in runs.status
    with pytest.raises(SchemaError, match=f"{named.place}: {column} = "):
        bc.read_runs(source, strict=True)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_without_a_readable_row_is_no_log(form: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"nothing of .* can be read: 2 rows"):
        bc.read_runs(made(form, "correct", ["maybe", "perhaps"], tmp_path))


def test_broken_lines_of_csv_are_named_by_the_line_they_begin_in(tmp_path: Path) -> None:
    """Rows over several lines, empty lines and a mark at the start of the file do not shift the count."""
    text = (
        '\ufeffcorrect,comment\r\n1,fine\r\n0,"two\r\nlines"\r\n\r\n1\r\n1,2,3\r\n"x"y,3\r\nno,"a ""quote"""\r\n?,\r\n'
    )
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode())
    runs = bc.read_runs(path)
    assert [row.place for row in runs.unread.rows] == ["line 6", "line 7", "line 8", "line 10"]
    assert runs.unread.count == 4
    assert runs.n_attempts == 3
    assert "1 field, where the header has 2" in runs.status
    assert "3 fields, where the header has 2" in runs.status


def test_bytes_that_are_no_text_spoil_their_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"correct,run\n1,a\n0,\xff\n0,b\n")
    runs = bc.read_runs(path)
    assert runs.n_attempts == 2
    assert [str(row) for row in runs.unread.rows] == ["line 3: not UTF-8 text"]
    path.write_bytes("correct\n1\n".encode("utf-16"))
    with pytest.raises(SchemaError, match="UTF-16"):
        bc.read_runs(path)


def test_broken_lines_of_json_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"correct": true}\n{"correct":\n\n[1]\n7\n{"comment": 1}\n{"correct": {"a": 1}}\n{"correct": false}\n'
    )
    runs = bc.read_runs(path)
    assert [row.place for row in runs.unread.rows] == ["line 2", "line 4", "line 5", "line 7"]
    assert [row.why for row in runs.unread.rows][:3] == ["broken JSON", "not a JSON object", "not a JSON object"]
    assert runs.n_attempts == 3  # an object that says nothing of the answer is an attempt all the same
    assert runs.cells["n_known"].sum() == 2


def test_only_the_first_few_are_named_and_all_are_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    bad = rng.random(5_000) < 0.2
    rows = ["maybe,x" if odd else "1,x" for odd in bad]
    short = rng.random(5_000) < 0.2
    rows = [row.split(",")[0] if cut else row for row, cut in zip(rows, short, strict=True)]
    runs = bc.read_runs(as_csv("correct,run", rows, tmp_path))
    assert runs.unread.count == (bad | short).sum()
    assert [row.place for row in runs.unread.rows] == [f"line {i + 2}" for i in np.flatnonzero(bad | short)[:SHOWN]]
    assert runs.n_attempts == (~(bad | short)).sum()
    assert f"and {runs.unread.count - SHOWN:,} more" in runs.status


def test_more_broken_rows_than_are_remembered_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("boostcalc.runs.readers.delimited.MOST_REJECTS", 10)
    runs = bc.read_runs(as_csv("correct,run", ["1,a"] * 50 + ["1"] * 200, tmp_path))
    assert (runs.n_attempts, runs.unread.count) == (50, 200)


@pytest.mark.parametrize("form", FORMS)
def test_only_chosen_rows_are_judged(form: str, tmp_path: Path) -> None:
    source = made(form, "correct,round,run", ["maybe,0,a", "1,1,a", "0,1,b", "2,1,a"], tmp_path)
    runs = bc.read_runs(source, where={"round": 1})
    assert runs.n_attempts == 2
    assert [row.place.split()[1] for row in runs.unread.rows] == [str(FORMS[form] + 3)]


def test_what_is_left_out_is_in_the_document() -> None:
    document = bc.read_runs(pd.DataFrame({"correct": ["yes", "perhaps"]})).to_dict()
    assert document["unread"]["count"] == 1
    assert document["unread"]["rows"][0]["value"] == "perhaps"


def test_a_packed_file_is_read_like_an_open_one(tmp_path: Path) -> None:
    text = "correct,run\n1,a\nmaybe,b\n0,007\n"
    (tmp_path / "log.csv").write_text(text)
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = (bc.read_runs(tmp_path / name) for name in ("log.csv", "log.csv.gz"))
    pd.testing.assert_frame_equal(plain.cells, packed.cells)
    assert plain.unread == packed.unread
    assert list(plain.cells["run"]) == ["007", "a"]


@pytest.mark.parametrize("name", ["log.csv.gz", "log.jsonl.gz"])
def test_a_file_that_is_not_packed_as_its_name_says(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("correct\n1\n")
    with pytest.raises(SchemaError, match=f"{name} cannot be read: Not a gzipped file"):
        bc.read_runs(tmp_path / name)


def test_the_command_line_says_what_it_leaves_out(cli: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [f"{(i * 7) % 10 > i % 5:d},5,{i % 5},r{i % 8}" for i in range(200)]
    path = as_csv("is_ok,context_size,context_wrong,run", [*rows, "maybe,5,1,r1"], tmp_path)
    ran = cli("fit", str(path), "--map", "correct=is_ok")
    assert ran.status == 0
    assert "left out: 1 row of log.csv cannot be read: line 202: correct = maybe" in ran.err
    strict = cli("fit", str(path), "--map", "correct=is_ok", "--strict", "--json")
    assert (strict.status, strict.out) == (1, "")
    assert "line 202" in strict.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--map", "corect=is_ok"), "did you mean 'correct'"),
        (("--map", "correct=is_okay"), "did you mean 'is_ok'"),
        (("--map", "correct"), "write NAME=COLUMN"),
        (("--map", "correct=is_ok", "--map", "correct=run"), "given twice"),
        (("--map", "correct=is_ok", "--where", "rum=1"), "did you mean 'run'"),
        (("--truth", "acc"), "is not asked that"),
    ],
)
def test_slips_of_the_reading_options_are_named(
    cli: Callable[..., Ran], arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    ran = cli("fit", str(as_csv("is_ok,run", ["1,a"], tmp_path)), *arguments)
    assert ran.status == 2
    assert said in ran.err
