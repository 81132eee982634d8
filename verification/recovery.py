"""Do fits find the parameters that made the data? Every fittable family, from 10³ to 10⁷ attempts.

`python -m verification.recovery [WORD…]` writes `reports/recovery.csv`, a block (family, truth, design) at a time;
blocks in the table are left as they are (`--anew`: run again), words choose blocks. All take about 12 minutes of
one core. A log is drawn from a known member of the family and fitted as `boostcalc.fit` does, `REPLICATES` times.

Standard errors by simulation: of the bias as listed; of a coverage of 0.9 about 0.03 and of `rmse_over_se` about 7%
with 100 replicates. `open` is the share of fits whose `FittedResponse.open` names the parameter, `refusal` what most
of the fits that gave no answer said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import boostcalc as bc
from boostcalc.errors import DataError
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.observations import observe
from boostcalc.fitting.uncertainty import laddered, left_open, spread_of
from boostcalc.odds import Array
from boostcalc.responses import (
    Affine,
    CountedEvidence,
    Evidence,
    OddsPower,
    Response,
    Shrinkage,
    Sigmoid,
    SizedEvidence,
)
from verification.designs import Design, answers, of_cells, rates, runs
from verification.tables import Row, block_rng, grow

LEVEL = 0.9
REPLICATES = 100
ATTEMPTS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PUBLISHED = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)

ONE_SIZE = runs("40 runs, one size: 16", 40, (16,))
DIFFERING = runs("40 runs that differ (correlation 0.02), one size: 16", 40, (16,), correlation=0.02)
SIZES = runs("60 runs, sizes 0 to 32", 60, (0, 1, 4, 8, 16, 32))
RATES = rates("7 rates, one size: 39", PUBLISHED, (39,))
RATES_SIZES = rates("7 rates at sizes 4, 9, 19, 39, and 0", PUBLISHED, (0, 4, 9, 19, 39))

PLAIN: tuple[Response, ...] = (
    Affine(mu=0.1, nu=0.2),
    Affine(mu=0.0, nu=0.3),  # on a bound
    Affine(mu=0.45, nu=0.45),  # a weak slope
    Evidence(a=-4.0, b=6.0),
    Evidence(a=-0.5, b=0.4),  # a weak slope
    Evidence(a=-1.0, b=0.0),  # on a bound
    OddsPower(alpha=-1.0, beta=1.5),
    OddsPower(alpha=-0.5, beta=0.1),  # a weak slope
    OddsPower(alpha=-0.5, beta=0.0),  # on a bound
    Sigmoid(low=0.05, high=0.9, a=-4.0, b=8.0),
    Sigmoid(low=0.0, high=1.0, a=-3.0, b=6.0),  # on two bounds
    Sigmoid(low=0.1, high=0.7, a=-1.0, b=2.0),  # floor and ceiling never reached
)
SIZED: tuple[Response, ...] = (
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0),
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=0.0),  # on a bound
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=150.0),  # sizes never large enough
    CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.03),
    CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.0),  # on a bound
    CountedEvidence(prior=-0.5, shift=0.0, half=4.0, wrong=0.15, right=0.03),  # half of nothing
    Shrinkage(strength=6.0, prior=0.3),
    Shrinkage(strength=6.0, prior=0.0),  # on a bound
    Shrinkage(strength=400.0, prior=0.3),  # sizes never large enough
)


def blocks() -> list[tuple[Response, Design]]:
    first = {type(truth): truth for truth in reversed(PLAIN + SIZED)}.values()
    plain = [(truth, design) for truth in PLAIN for design in (ONE_SIZE, RATES)]
    sized = [(truth, design) for truth in SIZED for design in (SIZES, RATES_SIZES)]
    differing = [(truth, DIFFERING) for truth in first if not truth.sized]
    blind = [(truth, ONE_SIZE) for truth in first if truth.sized]
    return plain + differing + sized + blind


def fitted(truth: Response, design: Design, attempts: int, rng: np.random.Generator) -> tuple[list[Array], list[str]]:
    """Estimate, standard error, whether the interval holds and open, (4, p), of fits; and the refusals of others."""
    data = laddered(observe(bc.read_runs(design.table(attempts))))
    error, names = of_cells(truth, data), type(truth).names()
    found, refused = [], []
    for _ in range(REPLICATES):
        seen = replace(data, n_wrong=answers(rng, error, data.n, design.correlation))
        try:
            best = maximise(type(truth), seen)
            spread = spread_of(best, seen)
        except DataError as error_said:
            refused.append(str(error_said))
            continue
        estimates, unknown = spread.estimates(best.response, LEVEL), left_open(best)
        held = [bool(e.low <= truth.parameters[name] <= e.high) for name, e in estimates.items()]
        errors = np.sqrt(np.diag(spread.covariance))
        found.append(np.array([best.theta, errors, held, [name in unknown for name in names]]))
    return found, refused


def measured(truth: Response, design: Design) -> list[Row]:
    rows: list[Row] = []
    for attempts in ATTEMPTS:
        rng = block_rng(str(truth), design.name, str(attempts))
        found, refused = fitted(truth, design, attempts, rng)
        for i, name in enumerate(type(truth).names()):
            shown = {
                "family": truth.family,
                "truth": str(truth),
                "design": design.name,
                "attempts": attempts,
                "parameter": name,
                "true": truth.parameters[name],
                "replicates": REPLICATES,
                "no_answer": len(refused) / REPLICATES,
            }
            rows.append(shown | (figures(np.array([one[:, i] for one in found]), shown["true"]) if found else {}))
            rows[-1]["refusal"] = Counter(refused).most_common(1)[0][0] if refused else ""
    return [row | {"identified": said(row, rows, truth, design)} for row in rows]


def figures(found: Array, true: float) -> dict[str, Any]:
    """Figures of one parameter from fits, shape (fits, 4)."""
    estimate, error, held, unknown = found.T
    off = estimate - true
    rmse = float(np.sqrt(np.mean(off**2)))
    listed = {
        "mean": estimate.mean(),
        "median": np.median(estimate),
        "bias": off.mean(),
        "bias_error": off.std(ddof=1) / np.sqrt(off.size) if off.size > 1 else np.nan,
        "rmse": rmse,
        "rmse_over_se": rmse / error.mean() if error.mean() > 0 else np.nan,
        "coverage": held.mean(),
        "open": unknown.mean(),
    }
    return {name: float(f"{value:.4g}") for name, value in listed.items()}


FALLS = 3.0
"""From 10⁵ to 10⁷ attempts errors fall 10-fold by the √n law; a fall by less than this is called none."""

PULLED = 1.5
"""An error so many times its standard error is more than chance: that ratio is known to about 7%."""

NOTHING = 1e-9
"""An error that is rounding."""


def said(row: Row, rows: list[Row], truth: Response, design: Design) -> str:
    """Whether the parameter is identified, in words."""
    own = {one["attempts"]: one for one in rows if one["parameter"] == row["parameter"]}
    if row["no_answer"] > 0.5:
        return f"no: {row['no_answer']:.0%} of the fits give no answer (refusal)"
    if row["open"] > 0.5:
        return f"no: a weak prior holds it, as {row['open']:.0%} of the fits say (open)"
    few, many = own[ATTEMPTS[-3]], own[ATTEMPTS[-1]]
    if few["no_answer"] == 1 or many["no_answer"] == 1:
        return "yes, where fits answer"
    fall = few["rmse"] / many["rmse"] if many["rmse"] > NOTHING else np.inf
    if fall < FALLS:
        if design.correlation:
            return f"by runs, not attempts: the error falls {fall:.2g}-fold from 10^5 to 10^7 attempts, as runs differ"
        if many["rmse"] > 0.1 * max(1.0, abs(row["true"])):
            return f"no: the error falls only {fall:.2g}-fold from 10^5 to 10^7 attempts"
        return f"slowly: the error falls {fall:.2g}-fold from 10^5 to 10^7 attempts, not 10-fold"
    return doubt(row, many, truth) or "yes"


def doubt(row: Row, many: Row, truth: Response) -> str | None:
    """Why a parameter that is identified in the end is not yet at these attempts, if it is not."""
    lawful = many["rmse"] * np.sqrt(ATTEMPTS[-1] / row["attempts"])
    if many["rmse"] > NOTHING and row["rmse"] > FALLS * lawful:
        return f"not yet: the error is {row['rmse'] / lawful:.2g} times what the 1/√n law promises from 10^7 attempts"
    low, high = (bound[list(truth.names()).index(row["parameter"])] for bound in truth.bounds())
    if row["rmse"] > (high - low) / np.sqrt(12) / 2:  # half of the sd of a guess anywhere in the range
        return "not yet: hardly better than a guess in its range"
    if row["rmse_over_se"] > PULLED:
        why = "a prior pulls it" if truth.sized else "the fits promise too much"
        return f"not yet: the error is {row['rmse_over_se']:.2g} times its standard error ({why})"
    if row["rmse_over_se"] < 1 / FALLS and row["true"] not in (low, high):
        return f"not yet, as the fits say: their standard error is {1 / row['rmse_over_se']:.2g} times the error"
    return None


def main() -> None:
    listed = [((truth.family, str(truth), design.name), partial(measured, truth, design)) for truth, design in blocks()]
    grow(__doc__, "recovery.csv", ("family", "truth", "design"), listed)


if __name__ == "__main__":
    main()
