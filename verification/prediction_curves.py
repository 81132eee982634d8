"""GPT-J's 16 measured curves: fitted on a part, asked about the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd

import boostcalc as bc
from boostcalc.errors import BoostcalcError
from boostcalc.fitting import Fit
from boostcalc.odds import Array, expit, logit
from verification.prediction_truths import LEVELS, summed
from verification.tables import Row

__all__ = ["CURVES"]

LARGEST = 39
"""Demonstrations of the largest context."""

ALONE = ("affine", "evidence")
"""Families that are fitted to one context size alone, for comparison."""

Part = Callable[[pd.DataFrame], "pd.Series[bool]"]


def small(table: pd.DataFrame) -> pd.Series[bool]:
    return table["context_size"] <= 19


def clean(table: pd.DataFrame) -> pd.Series[bool]:
    return ~(table["context_contamination"] > 0.5)  # an empty context has none


def wrong(table: pd.DataFrame) -> pd.Series[bool]:
    return ~(table["context_contamination"] < 0.5)


def by_fit(fit: Fit, asked: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for level in LEVELS:
        found = fit.predict(asked["context_contamination"], asked["context_size"], n=asked["n"], level=level)
        yield found.assign(nominal=level)


def by_error(error: Array) -> pd.DataFrame:
    """A prediction without an interval."""
    return pd.DataFrame({"error": error, "low": np.nan, "high": np.nan, "nominal": np.nan})


def predictions(known: pd.DataFrame, asked: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """By whom or what, and the frame of `Fit.predict`."""
    fit = bc.fit(known.drop(columns=["model", "task", "block"]))
    for frame in by_fit(fit, asked):
        yield "all", frame
    for one in fit.responses:
        for frame in by_fit(fit.using(one.family), asked):
            yield one.family, frame
    share = asked["context_contamination"].to_numpy()
    yield "perfect adaptation", by_error(share)
    size = known["context_size"].max()
    at_one = known[known["context_size"] == size]
    alone = bc.fit(at_one.drop(columns=["model", "task", "block"]), families=ALONE)
    for family in ALONE:
        try:
            fitted = alone.using(family)
        except BoostcalcError:
            continue
        for frame in by_fit(fitted, asked.assign(context_size=size)):
            yield f"{family} at size {size} alone", frame
    line = np.polynomial.Polynomial.fit(at_one["context_contamination"], logit(at_one["error"].to_numpy()), 1)
    yield f"line through the logits at size {size} alone", by_error(expit(np.asarray(line(share))))


def curves(part: Part, at: tuple[int, ...]) -> list[Row]:
    """Rows of one split: what a data set's part leaves out at some sizes is asked for."""
    table = bc.load_table("gptj_contamination")
    points: dict[str, list[pd.DataFrame]] = {}
    for task, own in table.groupby("task"):
        known = part(own)
        asked = own[~known & own["context_size"].isin(at)]
        for by, frame in predictions(own[known], asked):
            noted = frame.assign(replicate=task, where="held back", quantity="observed share")
            points.setdefault(by, []).append(noted.assign(target=asked["error"].to_numpy()))
    return [
        {
            "truth": "GPT-J",
            "by": by,
            "true_family": "not known",
            **row,
            "no_answer": table["task"].nunique() - row["replicates"],
        }
        for by, frames in points.items()
        for row in summed(pd.concat(frames))
    ]


def split(name: str, part: Part, at: tuple[int, ...]) -> list[Row]:
    rows = curves(part, at)
    return [{"truth": row.pop("truth"), "design": name, **row} for row in rows]


CURVES: dict[str, Callable[[], list[Row]]] = {
    name: partial(split, name, part, at)
    for name, part, at in (
        ("fitted on c ≤ .5, asked .6, .8 and 1 at 39 demonstrations", clean, (LARGEST,)),
        ("fitted on c ≥ .5, asked 0, .2 and .4 at 39 demonstrations", wrong, (LARGEST,)),
        ("fitted on up to 19 demonstrations, asked at 29 and 39", small, (29, 39)),
    )
}
