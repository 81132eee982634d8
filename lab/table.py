"""Attempts as rows of a Parquet file, in the schema of logged runs and with columns of our own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lab.task import NAMES, QUERY, RULES

__all__ = ["SCHEMA", "rows", "write"]

QUERY_NAMES = pa.array([name for name in NAMES[QUERY:] if name.startswith("q")])
RULE_NAMES = pa.array([f"rule-{i}" for i in range(RULES)])

_name = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    {
        "run": _name,
        "block": _name,
        "setting": _name,
        "model": _name,
        "task": _name,
        "round": pa.int32(),
        "query": _name,
        "context_size": pa.int32(),
        "context_wrong": pa.int32(),
        "context_contamination": pa.float64(),
        "correct": pa.bool_(),
        "accepted": pa.bool_(),
        "score": pa.float32(),
        "grade": pa.int8(),
    }
)


def _constant(value: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([value]))


def _coded(code: int | np.ndarray, names: pa.Array, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.broadcast_to(np.asarray(code, np.int32), size)), names)


def rows(
    *,
    run: str,
    setting: str,
    rule: int,
    query: np.ndarray,
    size: int,
    wrong: int,
    rate: float | None,
    columns: dict[str, np.ndarray],
    round_: int | None = None,
) -> pa.Table:
    """The attempts of one run in one round. `columns` has `correct`, `accepted`, `score` and `grade`.

    Scores are kept to two decimals (of a log-odds or a grade): a tenth of the size, and finer than any use of them.
    """
    m = len(query)
    fixed: dict[str, pa.Array] = {
        "run": _constant(run, m),
        "block": _constant(run, m),
        "setting": _constant(setting, m),
        "model": _constant("tiny-lm", m),
        "task": _coded(rule, RULE_NAMES, m),
        "round": pa.array(np.full(m, round_, np.int32)) if round_ is not None else pa.nulls(m, pa.int32()),
        "query": _coded(query, QUERY_NAMES, m),
        "context_size": pa.array(np.full(m, size, np.int32)),
        "context_wrong": pa.array(np.full(m, wrong, np.int32)),
        "context_contamination": pa.nulls(m, pa.float64()) if rate is None else pa.array(np.full(m, rate)),
    }
    measured = {name: pa.array(values) for name, values in columns.items()} | {
        "score": pa.array(columns["score"].round(2).astype(np.float32)),
        "grade": pa.array(columns["grade"].astype(np.int8)),
    }
    every = fixed | measured
    return pa.table([every[name] for name in SCHEMA.names], schema=SCHEMA)


def write(tables: list[pa.Table], path: Path) -> None:
    """Write to a temporary name and move."""
    part = path.with_suffix(".part")
    whole = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    kept = [name for name in whole.column_names if whole[name].null_count < len(whole)]
    pq.write_table(whole.select(kept), part, compression="zstd", compression_level=19)
    part.replace(path)
