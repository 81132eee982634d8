"""What logged values mean: distinct raw values to numbers, truths and names, and which of them are impossible."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boostcalc.odds import Array
from boostcalc.runs.schema import COLUMNS, PARTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NULLS", "TRUTHS", "Fault", "Values", "interpret", "rounded"]

NULLS = ("", "NA", "NaN", "nan", "null", "None", "<NA>")
"""What stands for a missing value in a text."""

TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
TRUTHS = TRUE + FALSE
"""Words for yes and no."""

DIGITS = 3
"""Significant digits that are kept of scores too many to be counted one by one."""

COMMA = re.compile(r"[+-]?\d*,\d+")
"""A number with a decimal comma."""


@dataclass(frozen=True)
class Fault:
    """A value that cannot be: its column, the value as logged, and why."""

    column: str
    value: str
    why: str


@dataclass(frozen=True, eq=False)
class Values:
    """A table of raw values, understood.

    Attributes
    ----------
    columns : schema column → array, one entry a row: float with `nan` where missing, or names (object, None).
    bad : bool array; rows with a value that cannot be.
    fault : from a row's number to what is wrong with it.
    """

    columns: dict[str, NDArray[Any]]
    bad: NDArray[np.bool_]
    fault: Callable[[int], Fault]


def interpret(raw: pd.DataFrame, *, decimal_comma: bool = False) -> Values:
    """The meaning of raw values, column by column, and the rows that make no sense.

    Parameters
    ----------
    raw : DataFrame
        Columns of the schema; values of any type: numbers, truths, text, missing.
    decimal_comma : bool
        Whether `0,5` in a text is a half.
    """
    columns: dict[str, NDArray[Any]] = {}
    masks: list[tuple[str, NDArray[np.bool_], str]] = []
    for name in (name for name in COLUMNS if name in raw):
        column = COLUMNS[name]
        if column.text:
            columns[name] = _names(raw[name])
            continue
        values, unread = _numbers(raw[name], truth=column.role == "truth", decimal_comma=decimal_comma)
        columns[name] = values
        masks.append((name, unread | _outside(name, values), f"it is {column.should}"))
        if name == "n":
            masks.append((name, np.isnan(values) & ~unread, "a row without it stands for no number of attempts"))
    for part, whole in PARTS.items():
        if part in columns:
            most = columns[whole] if whole in columns else np.ones(len(raw)) if whole == "n" else None
            if most is not None:
                masks.append((part, columns[part] > most, f"it exceeds {whole}: it is {COLUMNS[part].meaning}"))
    bad = np.zeros(len(raw), dtype=bool)
    for _, mask, _ in masks:
        bad |= mask

    def fault(row: int) -> Fault:
        name, why = next((name, why) for name, mask, why in masks if mask[row])
        return Fault(name, _shown(raw[name].iloc[row]), why)

    return Values(columns, bad, fault)


def rounded(scores: Array) -> Array:
    """Scores to three significant digits, in order: of the score, or between ½ and 1 of what it lacks to 1."""
    mirrored = (scores > 0.5) & (scores < 1)
    size = np.where(mirrored, 1 - scores, np.abs(scores))
    with np.errstate(divide="ignore"):
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.where(size > 0, size, 1.0))))
    near = np.floor(size * scale + 0.5) / scale
    return np.where(mirrored, 1 - near, np.copysign(near, scores))


def _outside(name: str, values: Array) -> NDArray[np.bool_]:
    column = COLUMNS[name]
    outside = np.isinf(values)
    if column.role == "truth":
        outside |= ~np.isnan(values) & (values != 0) & (values != 1)
    if column.low is not None:
        outside |= values < column.low
    if column.high is not None:
        outside |= values > column.high
    if column.whole:
        outside |= values > np.floor(values)
    return outside


def _numbers(raw: pd.Series[Any], *, truth: bool, decimal_comma: bool) -> tuple[Array, NDArray[np.bool_]]:
    """Floats (`nan` where missing), and where there is something that is no number."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(raw.dtype) or is_bool_dtype(raw.dtype):
        return raw.to_numpy(dtype=float, na_value=np.nan), np.zeros(len(raw), dtype=bool)
    codes, distinct = _distinct(raw)
    read = [_number(value, truth=truth, decimal_comma=decimal_comma) for value in distinct]
    values = np.array([math.nan if value is None else value for value in read] + [math.nan], dtype=float)
    odd = np.array([value is None for value in read] + [False], dtype=bool)
    return values[codes], odd[codes]  # a missing value has code −1: the last entry


def _number(value: Any, *, truth: bool, decimal_comma: bool) -> float | None:
    """A logged value as a float, `nan` where it says that it is missing; None where it is no number."""
    if not isinstance(value, str):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return None
    text = value.strip()
    if text in NULLS:
        return math.nan
    if truth and text.lower() in TRUTHS:
        return float(text.lower() in TRUE)
    if decimal_comma and COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text) if "_" not in text else None  # Python's own grouping of digits is not meant in a log
    except ValueError:
        return None


def _names(raw: pd.Series[Any]) -> NDArray[Any]:
    """Names as text, None where missing; whole numbers without a point, whatever type an engine gave them."""
    codes, distinct = _distinct(raw)
    names = [_name(value) for value in distinct]
    return np.array([*names, None], dtype=object)[codes]


def _name(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _distinct(raw: pd.Series[Any]) -> tuple[NDArray[np.intp], Sequence[Any]]:
    """A code for each row (−1 where missing) and the values that the codes stand for."""
    import pandas as pd

    try:
        codes, distinct = pd.factorize(raw)
    except TypeError:  # lists and the like: by their text
        codes, distinct = pd.factorize(raw.map(_shown, na_action="ignore"))
    return codes, list(distinct)


def _shown(value: Any) -> str:
    """A value as a message shows it: short, in one line."""
    if isinstance(value, dict | list):
        value = json.dumps(value, default=str)
    if isinstance(value, float | np.floating):
        value = f"{value:g}"
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
