"""Coverage of `Fit.predict` where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import boostcalc as bc
from boostcalc.errors import DataError
from boostcalc.odds import Array, expit, logit
from boostcalc.responses import Affine, Evidence, Sigmoid, SizedEvidence
from verification.designs import Design, answers, rates, runs
from verification.tables import Row, block_rng

__all__ = ["LEVELS", "SETTINGS", "Setting", "simulated", "summed"]

LEVELS = (0.9, 0.95)
REPLICATES = 60
REPLICATES_SIZED = 40
ASKED_N = 200
"""Answers of a share that is asked for."""


@dataclass(frozen=True)
class Truth:
    """A learner: its error by (share, size), and how far sizes and contexts lie off, in log-odds."""

    name: str
    error: Callable[[Array, Array], Array]
    known: bool = True
    families: tuple[str, ...] | None = None
    offset: float = 0.0
    scatter: float = 0.0


@dataclass(frozen=True)
class Setting:
    """A truth, a design, attempts of a row, and what is asked: (where, size, share)."""

    truth: Truth
    design: Design
    each: int
    asked: tuple[tuple[str, int, float], ...]


ONE_SIZE = (
    Truth("evidence:a=-4,b=6", Evidence(a=-4, b=6)),
    Truth("affine:mu=0.1,nu=0.2", Affine(mu=0.1, nu=0.2)),
    Truth(
        "sigmoid:low=0.1,high=0.85,a=-4,b=9; without sigmoid",
        Sigmoid(low=0.1, high=0.85, a=-4, b=9),
        known=False,
        families=("affine", "evidence", "odds-power"),
    ),
    Truth(
        "mixture of evidence:a=-6,b=9 (0.7) and affine:mu=0.2,nu=0.4 (0.3)",
        lambda share, size: 0.7 * Evidence(a=-6, b=9)(share) + 0.3 * Affine(mu=0.2, nu=0.4)(share),
        known=False,
    ),
    Truth("evidence:a=-3,b=5; contexts scatter by 0.2", Evidence(a=-3, b=5), scatter=0.2),
)
SIZED = (
    Truth("sized-evidence:a=-4,b=6,prior=-0.5,half=4", SizedEvidence(a=-4, b=6, prior=-0.5, half=4)),
    Truth(
        "sized-evidence:a=-4,b=6,prior=-0.5,half=4; offsets 0.3",
        SizedEvidence(a=-4, b=6, prior=-0.5, half=4),
        known=False,
        offset=0.3,
    ),
    Truth(
        "mixture of sized-evidence:a=-6,b=9,prior=-0.5,half=6 (0.7) and affine:mu=0.2,nu=0.4 (0.3)",
        lambda share, size: (
            0.7 * SizedEvidence(a=-6, b=9, prior=-0.5, half=6)(share, size) + 0.3 * Affine(mu=0.2, nu=0.4)(share)
        ),
        known=False,
    ),
)

CELLS_7 = rates("7 cells of 500: rates 0 to .5 at size 39", (0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5), (39,))
CELLS_20 = rates("20 cells of 500: 5 rates 0 to .5 at sizes 4 to 39", (0.0, 0.2, 0.3, 0.4, 0.5), (4, 9, 19, 39))
CELLS_36 = rates(
    "36 cells of 500: 6 rates 0 to .5 at sizes 2 to 39", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), (2, 4, 9, 14, 24, 39)
)
RUNS = [runs(f"{count} runs of 40: shares 0 to .5 at size 16", count, (16,), most=0.5) for count in (20, 40)]


def at(size: int) -> tuple[tuple[str, int, float], ...]:
    """Contexts of one size, inside and beyond."""
    inside = (("inside", size, share) for share in (0.125, 0.25, 0.375))
    return (*inside, *(("beyond c", size, share) for share in (0.6875, 0.8125, 1.0)))


SEVERAL = (*at(39), ("inside", 9, 0.25), ("between sizes", 29, 0.25), ("beyond size", 78, 0.25))
SETTINGS = [
    *[Setting(truth, CELLS_7, 500, at(39)) for truth in ONE_SIZE],
    *[Setting(truth, design, 40, at(16)) for truth in ONE_SIZE for design in RUNS],
    *[Setting(truth, design, 500, SEVERAL) for truth in SIZED for design in (CELLS_20, CELLS_36)],
]


def mean_errors(truth: Truth, size: Array, share: Array, offset: Array, scatter: Array, *, realised: bool) -> Array:
    """Error under each context, its size's offset and its own scatter in; by rate, the mean over what is drawn."""
    found = []
    for k, c, off in zip(size, share, offset + scatter, strict=True):
        # a context drawn at a rate: a mean over Bin(k, c), as `Response.averaged` does for families
        shares = np.array([c]) if realised else np.arange(k + 1) / k
        mass = np.ones(1) if realised else _binomial(int(k), float(c))
        found.append(mass @ expit(logit(truth.error(shares, np.full(shares.shape, k))) + off))
    return np.array(found)


def _binomial(size: int, rate: float) -> Array:
    from scipy.stats import binom

    return np.asarray(binom.pmf(np.arange(size + 1), size, rate))


def simulated(setting: Setting) -> list[Row]:
    """Rows of one setting."""
    truth, design = setting.truth, setting.design
    rng = block_rng(truth.name, design.name)
    contexts = design.contexts
    realised = "context_wrong" in contexts
    size = contexts["context_size"].to_numpy(float)
    share = (
        contexts["context_wrong"].to_numpy(float) / size if realised else contexts["context_contamination"].to_numpy()
    )
    asked_size, asked_share = (np.array([one[i] for one in setting.asked], dtype=float) for i in (1, 2))
    points, failed = [], 0
    several = np.unique(size).size > 1
    for replicate in range(REPLICATES_SIZED if several else REPLICATES):
        offsets = {float(k): rng.normal(0, truth.offset) for k in np.union1d(size, asked_size)}
        own, theirs = (np.array([offsets[float(k)] for k in of]) for of in (size, asked_size))
        error = mean_errors(truth, size, share, own, rng.normal(0, truth.scatter, size.size), realised=realised)
        table = contexts.assign(n=setting.each, n_wrong=answers(rng, error, np.full(size.shape, setting.each), 0.0))
        exact = mean_errors(truth, asked_size, asked_share, theirs, np.zeros(asked_size.size), realised=realised)
        new = rng.normal(0, truth.scatter, asked_size.size)
        shown = mean_errors(truth, asked_size, asked_share, theirs, new, realised=realised)
        seen = answers(rng, shown, np.full(shown.shape, ASKED_N), 0.0) / ASKED_N
        try:
            fit = bc.fit(table, families=truth.families)
        except DataError:
            failed += 1
            continue
        for quantity, n, target in (("response", None, exact), (f"share of {ASKED_N}", ASKED_N, seen)):
            for level in LEVELS:
                found = fit.predict(asked_share, asked_size, n=n, level=level)
                points.append(
                    found.assign(
                        replicate=replicate,
                        where=[one[0] for one in setting.asked],
                        quantity=quantity,
                        nominal=level,
                        target=target,
                    )
                )
    named = {
        "truth": truth.name,
        "design": design.name,
        "by": "all",
        "true_family": "fitted" if truth.known else "not fitted",
    }
    return [named | row | {"no_answer": failed} for row in summed(pd.concat(points))]


def summed(points: pd.DataFrame) -> list[Row]:
    """Coverage, width and miss by where, quantity and level; columns `low, high, error, target, replicate` beside."""
    rows: list[Row] = []
    held = (points["low"] <= points["target"]) & (points["target"] <= points["high"])
    points = points.assign(
        held=held.where(points["low"].notna()).astype(float),
        width=points["high"] - points["low"],
        square=(points["error"] - points["target"]) ** 2,
    )
    for (where, quantity, nominal), some in points.groupby(["where", "quantity", "nominal"], sort=False, dropna=False):
        each = some.groupby("replicate")[["held", "width", "square"]].mean()
        rows.append(
            {
                "where": where,
                "quantity": quantity,
                "nominal": nominal,
                "coverage": round(float(each["held"].mean()), 4),
                "standard_error": round(float(each["held"].std(ddof=1) / np.sqrt(len(each))), 4),
                "mean_width": round(float(each["width"].mean()), 4),
                "rmse": round(float(np.sqrt(each["square"]).mean()), 4),
                "points": len(some),
                "replicates": len(each),
            }
        )
    return rows
