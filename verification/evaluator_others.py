"""The same table for other packages, on the task that they share with us: an error from labels and verdicts.

`python -m verification.evaluator_others` adds the part "others" to `reports/evaluator_coverage.csv`. The packages are
optional (`pip install judgy truescore`): those that are not installed are left out. The labelled answers are a random
sample of the same answers, so that every method may be used; where a package refuses to answer the draw counts in
`no_answer` and not in the coverage.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from boostcalc.fitting.evaluator.corrections import APART, METHODS
from boostcalc.odds import Array
from verification.evaluator import TABLE, labelled, row

REPLICATES = 400
BOOTSTRAPS = 2_000
"""Of judgy, whose default is 20,000: its percentiles then have a sampling error of about half a point of level."""

CELLS = ((100, 50, 0.8, 0.1, 0.3), (100, 1_000, 0.8, 0.1, 0.3), (30, 300, 0.8, 0.1, 0.1), (50, 500, 0.7, 0.4, 0.3))

Interval = Callable[[Array, Array, Array, float], tuple[float, float]]


def judgy() -> dict[str, Interval]:
    found = importlib.import_module("judgy")

    def interval(truth: Array, verdict: Array, other: Array, level: float) -> tuple[float, float]:
        _, low, high = found.estimate_success_rate(truth, verdict, other, BOOTSTRAPS, level)
        return 1 - high, 1 - low

    return {"judgy (bootstrap)": interval}


def truescore() -> dict[str, Interval]:
    found = importlib.import_module("truescore.correct")

    def called(function: Any) -> Interval:
        def interval(truth: Array, verdict: Array, other: Array, level: float) -> tuple[float, float]:
            judge = np.concatenate([verdict, other])
            told = function(judge, truth, np.arange(truth.size), alpha=1 - level)
            return 1 - told.high, 1 - told.low

        return interval

    return {
        "truescore (Rogan-Gladen)": called(found.rogan_gladen_estimate),
        "truescore (PPI)": called(found.ppi_estimate),
    }


def cell(n: int, big: int, t: float, f: float, error: float, others: dict[str, Interval]) -> list[dict[str, Any]]:
    rows = []
    seen = labelled(np.random.default_rng(n + big), (1, REPLICATES), n, big, (t, f, error), 0.0)
    drawn = [one.successes[0].astype(int) for one in (seen.correct, seen.wrong, seen.unknown)]
    wrong = seen.wrong.trials[0].astype(int)
    for level in (0.9, 0.95):
        ends: dict[str, list[tuple[float, float]]] = {name: [] for name in others}
        for right_yes, wrong_yes, yes, bad in zip(*drawn, wrong, strict=True):
            truth = np.repeat([1, 0], [n - bad, bad])
            counts = [right_yes, n - bad - right_yes, wrong_yes, bad - wrong_yes]
            verdict = np.repeat([1, 0, 1, 0], counts)
            other = np.repeat([1, 0], [yes, big - yes])
            for name, interval in others.items():
                try:
                    ends[name].append(interval(truth, verdict, other, level))
                except (ValueError, RuntimeError):  # how they refuse
                    ends[name].append((np.nan, np.nan))
        bounds = {name: np.array(found).T for name, found in ends.items()}
        for name, method in METHODS.items():
            with np.errstate(divide="ignore", invalid="ignore"):
                found = method(seen, level)
            known = (seen.correct.total > 0) & (seen.wrong.total > 0) if name in APART else np.ones(REPLICATES, bool)
            bounds[f"ours ({name})"] = np.where(known, np.array([found.low, found.high]), np.nan)
        for name, (low, high) in bounds.items():
            told = np.isfinite(low)
            covered = float(np.mean((low <= error) & (error <= high), where=told))
            width = float(np.nanmedian(high - low))
            size, said = f"{n} labels, {big} verdicts", f"tpr {t}, fpr {f}, error {error}"
            rows.append(
                row(f"error by {name}", size, said, level, covered, int(told.sum()), float(1 - told.mean()), width)
            )
    return rows


def main() -> None:
    others: dict[str, Interval] = {}
    for package, made in (("judgy", judgy), ("truescore", truescore)):
        if importlib.util.find_spec(package) is None:
            print(f"{package} is not installed: left out")
        else:
            others |= made()
    np.random.seed(0)  # noqa: NPY002  # what judgy draws from
    rows = [{"part": "others", **one} for numbers in CELLS for one in cell(*numbers, others)]
    old = pd.read_csv(TABLE, dtype=str, keep_default_na=False)
    table = pd.concat([old[old["part"] != "others"], pd.DataFrame(rows)], ignore_index=True)
    partial = TABLE.with_suffix(".partial")
    table.to_csv(partial, index=False)
    partial.replace(TABLE)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
