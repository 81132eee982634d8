"""A fit for each group of a log: one tally, split by its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from boostcalc.errors import DataError, UsageError, did_you_mean
from boostcalc.fitting.estimate import fit
from boostcalc.fitting.fit import Fit
from boostcalc.fitting.fits import Fits, Group, status_of
from boostcalc.results import provenance
from boostcalc.runs import COUNTS, Runs, read_runs
from boostcalc.runs.unread import Unread
from boostcalc.runs.untallied import distinct_values, untallied

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_GROUPS", "fit_by"]

MOST_GROUPS = 1_000
"""Groups that are fitted one by one: more are likely the values of a column that tells attempts apart."""

CLUSTERS = ("block", "run")
"""What a tally takes for independent before it asks which queries are."""

Values = tuple[str | None, ...]


def fit_by(
    runs: Any,
    by: str | Sequence[str],
    *,
    families: str | Sequence[str] | None = None,
    averaged: bool = True,
    context_judge: tuple[float, float] | None = None,
    level: float = 0.9,
    **reading: Any,
) -> Fits:
    """A fit of its own for each combination of values that the columns `by` have.

    The log is read once and its tally split, unless a column is not the schema's, or independent attempts are told
    apart by `query` within a group alone: such groups are read one by one.

    Parameters
    ----------
    runs : Runs, path or dataframe
        As `read_runs` takes it.
    by : name or names of columns
        Of the schema (`model`, `task`, `context_size`, …) or, where `runs` is not tallied yet, of the table.
    families, averaged, context_judge, level : as in `fit`.
    **reading : as in `read_runs`, where `runs` is not tallied yet.

    Returns
    -------
    Fits
        Groups that cannot be fitted are among them, with the reason.

    Raises
    ------
    UsageError
        If a column is unknown or has more than 1,000 combinations of values; else as `fit` and `read_runs` do.
    DataError
        If no group can be fitted.
    SchemaError
        As `read_runs` does.

    Examples
    --------
    >>> import boostcalc as bc
    >>> verdicts = bc.load_table("realmistake_verdicts")
    >>> fits = bc.fit_by(verdicts, "judge")
    >>> [(group.key["judge"], group.rates["likelihood_ratio"].text(2)) for group in fits.groups][:2]
    [('Llama-2-70b-chat-hf', '1.2 [0.89, 1.5]'), ('Mistral-7B-Instruct-v0.1', '0.95 [0.76, 1.1]')]
    """
    names = tuple(dict.fromkeys([by] if isinstance(by, str) else by))
    if not names:
        raise UsageError("by names no column to tell groups apart")
    if isinstance(runs, Runs) and reading:
        raise UsageError(f"{', '.join(reading)}: these runs have been read already")
    whole = runs if isinstance(runs, Runs) else read_runs(runs, **reading)
    options: dict[str, Any] = {
        "families": families, "averaged": averaged, "context_judge": context_judge, "level": level
    }  # fmt: skip
    groups = tuple(_fitted(values, log, options) for values, log in _groups(runs, whole, names, reading))
    if not any(group.fit for group in groups):
        listed = "; ".join(f"{group.name}: {group.reason}" for group in groups[:3])
        raise DataError(f"none of {len(groups)} groups by {' and '.join(names)} can be fitted: {listed}")
    return Fits(
        status=status_of(groups, names),
        by=names,
        groups=groups,
        level=level,
        warnings=(whole.unread.said(whole.source),) if whole.unread else (),
        provenance=provenance(source=whole.source, where=whole.where, by=list(names), averaged=averaged, level=level),
    )


def _groups(
    source: Any, whole: Runs, names: tuple[str, ...], reading: dict[str, Any]
) -> Iterator[tuple[dict[str, str | None], Callable[[], Runs]]]:
    """The values of each group, and its runs when they are asked for."""
    there = [name for name in whole.cells.columns if name not in COUNTS]
    if isinstance(source, Runs):
        for name in names:
            if name not in there:
                raise UsageError(f"these runs are not tallied by {name!r}{did_you_mean(name, there)}")
    elif not set(names) <= set(there):
        for values in _few(distinct_values(source, names, **_of_source(reading)), names):
            yield values, partial(_read, source, values, reading)
        return
    by_query = not isinstance(source, Runs) and "query" not in there and _has_queries(source, reading)
    parts = {tuple(map(_text, keys)): part for keys, part in whole.cells.groupby(list(names), dropna=False, sort=True)}
    for values in _few(list(parts), names):
        cells = parts[tuple(values.values())]
        told_apart = any(name in cells and cells[name].nunique() > 1 for name in CLUSTERS)
        if by_query and not told_apart and None not in values.values():
            yield values, partial(_read, source, values, reading)
        else:
            yield values, partial(_part, whole, values, cells)


def _fitted(values: dict[str, str | None], log: Callable[[], Runs], options: dict[str, Any]) -> Group:
    attempts: int | None = None
    found: Fit | None = None
    reason = ""
    try:
        part = log()
        attempts = part.n_attempts
        found = fit(part, **options)
    except DataError as error:
        reason = str(error)
    return Group(values, attempts, found, reason)


def _few(found: list[Values], names: tuple[str, ...]) -> list[dict[str, str | None]]:
    if len(found) > MOST_GROUPS:
        raise UsageError(
            f"{' and '.join(names)} have {len(found):,} combinations of values: more than {MOST_GROUPS:,} are not "
            "fitted one by one; name columns with fewer"
        )
    return [dict(zip(names, values, strict=True)) for values in found]


def _part(whole: Runs, values: dict[str, str | None], cells: pd.DataFrame) -> Runs:
    """The runs of one group out of the tally of all."""
    named = {column: "" if value is None else value for column, value in values.items()}
    return replace(
        whole, cells=cells.reset_index(drop=True), scores=None, unread=Unread(), where={**whole.where, **named}
    )


def _read(source: Any, values: dict[str, str | None], reading: dict[str, Any]) -> Runs:
    if missing := [column for column, value in values.items() if value is None]:
        raise DataError(f"{' and '.join(missing)} missing: such rows cannot be selected")
    return read_runs(source, **{**reading, "where": {**(reading.get("where") or {}), **values}})


def _has_queries(source: Any, reading: dict[str, Any]) -> bool:
    return "query" in untallied(source, **_of_source(reading)).columns


def _of_source(reading: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reading.items() if name != "strict"}


def _text(value: Any) -> str | None:
    """A key of the tally as text; None where missing."""
    if isinstance(value, str):
        return value
    return None if value is None or value != value else f"{value:.12g}"
