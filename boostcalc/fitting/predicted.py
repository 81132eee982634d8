"""The error that a fit expects under a context, with what parameters, families and chance leave open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.fitted import FittedResponse
from boostcalc.fitting.likelihood import log_odds_and_slope
from boostcalc.fitting.observations import asked
from boostcalc.odds import Array, expit

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["predicted_error"]

DRAWS = 8_000
"""Draws of family, parameters, misfit and chance behind an interval."""


def predicted_error(
    responses: Sequence[FittedResponse],
    contamination: ArrayLike,
    size: ArrayLike,
    n: ArrayLike | None,
    *,
    averaged: bool,
    level: float,
) -> pd.DataFrame:
    """A frame `error, low, high`, one row for each context asked about; see `Fit.predict`."""
    import pandas as pd

    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    given = [np.asarray(value, dtype=np.float64) for value in (contamination, size, 1.0 if n is None else n)]
    try:
        share, pairs, count = (np.atleast_1d(value).ravel() for value in np.broadcast_arrays(*given))
    except ValueError:
        raise UsageError("contamination, context_size and n do not broadcast: give one of each for a context") from None
    _check(share, pairs, count, averaged)
    rng = np.random.default_rng(0)
    found = np.empty((3, share.size))
    for rows in (pairs != 0, pairs == 0):
        if rows.any():
            told = [one for one in responses if one.response.sized or pairs[rows][0] != 0]
            if not told:
                raise DataError("no fitted family knows of an empty context: ask for context_size 1 or more")
            drawn = _drawn(told, share[rows], pairs[rows], averaged, observed=n is not None, rng=rng)
            found[0, rows] = np.median(drawn, axis=0)
            if n is not None:
                drawn = rng.binomial(count[rows].astype(np.int64), drawn) / count[rows]
            found[1:, rows] = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame(dict(zip(("error", "low", "high"), found, strict=True)))


def _check(share: Array, size: Array, n: Array, averaged: bool) -> None:
    if not ((share >= 0) & (share <= 1)).all():
        raise UsageError("contamination is a share: it lies in [0, 1]")
    known = size[~np.isnan(size)]
    if (known < 0).any() or (averaged and (known % 1 != 0).any()):
        raise UsageError("context_size counts pairs: it is a whole number, 0 or more")
    if ((n < 1) | (n % 1 != 0)).any():
        raise UsageError("n counts answers: it is a whole number, 1 or more")


def _drawn(
    responses: Sequence[FittedResponse],
    share: Array,
    size: Array,
    averaged: bool,
    *,
    observed: bool,
    rng: np.random.Generator,
) -> Array:
    """Error rates under these contexts, shape (draws, contexts): each family as often as its weight says."""
    mixed = np.full(share.shape, averaged) & ~np.isnan(size)
    where = asked(share, size, mixed)
    weight = np.array([one.weight for one in responses])
    chances = weight / weight.sum() if weight.sum() > 0 else np.full(len(responses), 1 / len(responses))
    parts = []
    for one, draws in zip(responses, rng.multinomial(DRAWS, chances), strict=True):
        if not draws:
            continue
        center, slope = log_odds_and_slope(one.response, where)
        near, _ = log_odds_and_slope(one.response, asked(*one.misfit.nearest(share, size), mixed))
        with np.errstate(invalid="ignore"):  # where both are certain
            step = center - near
        parts.append(
            one.misfit.draw(
                center,
                slope,
                share,
                np.nan_to_num(size),
                step,
                observed=observed,
                rng=rng,
                draws=int(draws),
                robust=None if one.spread.by == "cell" else one.spread.covariance,
            )
        )
    return expit(np.concatenate(parts))
