"""Simulated coverage of what is said of an evaluator: rates, ratios, differences, drift, and errors behind verdicts.

`python -m verification.evaluator [PART…]` writes `reports/evaluator_coverage.csv` (some ten minutes on two
cores) and prints, for each interval and size, the mean over the truths and the worst cell. Where all outcomes can be
listed the coverage is exact (`replicates` is then "all"); elsewhere it is simulated. Parts: counts, clustered, errors,
drift.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binom

from boostcalc.errors import DataError
from boostcalc.fitting.evaluator.corrections import METHODS, Corrected
from boostcalc.fitting.evaluator.design import Source, design_effect
from boostcalc.fitting.evaluator.drift import trend
from boostcalc.fitting.evaluator.intervals import difference_interval, rate_interval, ratio_interval
from boostcalc.fitting.evaluator.verdicts import Verdicts
from boostcalc.odds import Array, expit, logit
from boostcalc.runs import Runs

LEVELS = (0.9, 0.95)
CHEAP, DEAR, PAIRED, FITS = 10_000, 4_000, 2_000, 1_000
"""Replicates of what has a closed form, of what solves for its ends, of the same from clusters, and of fits."""

RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
PAIRS = ((0.8, 0.1), (0.9, 0.5), (0.6, 0.55), (0.95, 0.05), (0.97, 0.02))
TABLE = Path(__file__).parents[1] / "reports" / "evaluator_coverage.csv"

Row = dict[str, Any]


def row(
    interval: str, size: str, truth: str, level: float, covered: float, replicates: int | str, none: float, width: float
) -> Row:
    error = "" if isinstance(replicates, str) else f"{np.sqrt(level * (1 - level) / replicates):.4f}"
    return {
        "interval": interval,
        "size": size,
        "truth": truth,
        "nominal": level,
        "coverage": f"{covered:.4f}",
        "standard_error": error,
        "replicates": replicates,
        "no_answer": f"{none:.4f}",
        "median_width": f"{width:.4g}",
    }


def held(low: Array, high: Array, truth: float) -> Array:
    return np.asarray((low <= truth) & (truth <= high))


def source(successes: ArrayLike, trials: ArrayLike) -> Source:
    return Source(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))


def one_rate(rng: np.random.Generator, n: int) -> Iterator[Row]:
    """Exact: all outcomes of n trials."""
    k = np.arange(n + 1.0)
    for level, p in itertools.product(LEVELS, RATES):
        low, high = rate_interval(k, n, level)
        mass = binom.pmf(k, n, p)
        width = float((high - low)[int(binom.ppf(0.5, n, p))])
        yield row("rate", f"{n} verdicts", f"rate {p}", level, float(mass[held(low, high, p)].sum()), "all", 0, width)


def two_rates(rng: np.random.Generator, n: int) -> Iterator[Row]:
    """Ratio and difference of n and n verdicts: exact up to 100, simulated beyond."""
    size = f"{n} correct and {n} wrong answers"
    if n <= 100:
        k = np.stack([grid.ravel() for grid in np.meshgrid(*[np.arange(n + 1.0)] * 2, indexing="ij")])
    for level in LEVELS:
        if n <= 100:
            found = {"likelihood ratio": ratio_interval(k, n, level), "difference": difference_interval(k, n, level)}
        for t, f in PAIRS:
            mass, replicates = np.full(CHEAP, 1 / CHEAP), CHEAP
            if n <= 100:
                mass = binom.pmf(k[0], n, t) * binom.pmf(k[1], n, f)
            else:
                k = np.stack([rng.binomial(n, t, CHEAP), rng.binomial(n, f, CHEAP)]).astype(float)
                found = {
                    "likelihood ratio": ratio_interval(k, n, level),
                    "difference": difference_interval(k, n, level),
                }
            for name, truth in (("likelihood ratio", t / f), ("difference", t - f)):
                low, high = found[name]
                order = np.argsort(high - low)
                width = (high - low)[order][np.searchsorted(np.cumsum(mass[order]), 0.5)]
                covered = float(mass[held(low, high, truth)].sum())
                count = "all" if n <= 100 else replicates
                yield row(name, size, f"tpr {t}, fpr {f}", level, covered, count, 0, float(width))


def share(rng: np.random.Generator, mean: float, rho: float, shape: tuple[int, int]) -> Array:
    """Rates of clusters of this mean, beta distributed, whose verdicts then have the correlation rho."""
    if rho == 0:
        return np.full(shape, mean)
    return rng.beta(mean * (1 - rho) / rho, (1 - mean) * (1 - rho) / rho, shape)


def clustered(rng: np.random.Generator, count: int, rho: float, equal: bool) -> Iterator[Row]:
    """Clusters of 20 correct and 20 wrong answers, or of geometric sizes with that mean."""
    size = f"{count} clusters of {'20' if equal else 'geometric size, mean 20,'} and 20, correlation {rho}"
    size = size.replace("mean 20, and 20", "mean 20 and 20")
    for t, f in PAIRS[:4]:
        shape = (count, CHEAP)
        n = [np.full(shape, 20) if equal else rng.geometric(1 / 20, shape) for _ in range(2)]
        both = [source(rng.binomial(m, share(rng, p, rho, shape)), m) for m, p in zip(n, (t, f), strict=True)]
        part = [source(one.successes[:, :PAIRED], one.trials[:, :PAIRED]) for one in both]
        told = [one.told.rate for one in part]
        cases: tuple[tuple[str, Any, list[Source], list[Any], float, str], ...] = (
            ("rate", rate_interval, both[:1], [np.ones(())], t, f"rate {t}"),
            ("rate", rate_interval, both[1:], [np.ones(())], f, f"rate {f}"),
            ("likelihood ratio", ratio_interval, part, [1 / told[0], -1 / told[1]], t / f, f"tpr {t}, fpr {f}"),
            ("difference", difference_interval, part, [np.ones(()), -np.ones(())], t - f, f"tpr {t}, fpr {f}"),
        )
        for level, (name, interval, used, slopes, truth, said) in itertools.product(LEVELS, cases):
            trials = np.stack([one.total for one in used]) / design_effect(used, slopes, level)
            k = np.stack([one.rate for one in used]) * trials
            low, high = interval(k[0], trials[0], level) if len(used) == 1 else interval(k, trials, level)
            covered, width = float(held(low, high, truth).mean()), float(np.median(high - low))
            yield row(f"{name}, clustered", size, said, level, covered, low.size, 0, width)


def labelled(
    rng: np.random.Generator, shape: tuple[int, int], n: int, big: int, rates: tuple[float, float, float], rho: float
) -> Verdicts:
    """n labelled and `big` unlabelled answers a cluster, of the same error."""
    t, f, error = (share(rng, p, rho, shape) for p in rates)
    wrong, other = rng.binomial(n, error), rng.binomial(big, error)
    accepted = rng.binomial(big - other, t) + rng.binomial(other, f)
    return Verdicts(
        source(rng.binomial(n - wrong, t), n - wrong),
        source(rng.binomial(wrong, f), wrong),
        source(accepted, np.full(shape, big)),
        "cell" if shape[0] == 1 else "run",
    )


def errors(rng: np.random.Generator, count: int, n: int, big: int, t: float, f: float, rho: float) -> Iterator[Row]:
    """Errors behind verdicts; samples without a correct or a wrong label, which have no rates, are drawn again."""
    size = f"{n} labels, {big} verdicts" + (f" in each of {count} clusters, correlation {rho}" if count > 1 else "")
    for error in (0.1, 0.3, 0.5, 0.7):
        seen = labelled(rng, (count, int(1.2 * CHEAP)), n, big, (t, f, error), rho)
        fine = np.flatnonzero((seen.correct.total > 0) & (seen.wrong.total > 0))[:CHEAP]
        for level, (name, method) in itertools.product(LEVELS, METHODS.items()):
            kept = fine[: DEAR if name == "score" else CHEAP]
            some = Verdicts(_taken(seen.correct, kept), _taken(seen.wrong, kept), _taken(seen.unknown, kept), seen.by)
            with np.errstate(divide="ignore", invalid="ignore"):
                found: Corrected = method(some, level)
            none = np.isnan(found.value)
            covered, width = float(held(found.low, found.high, error).mean()), float(np.median(found.high - found.low))
            truth = f"tpr {t}, fpr {f}, error {error}"
            yield row(f"error by {name}", size, truth, level, covered, kept.size, float(none.mean()), width)


def _taken(one: Source, kept: Any) -> Source:
    return source(one.successes[:, kept], one.trials[:, kept])


def drift(rng: np.random.Generator, runs: int, attempts: int, spread: float) -> Iterator[Row]:
    """Slopes of log-odds from runs with one context each; and how often a steady evaluator seems to drift."""
    size = f"{runs} runs of {attempts} correct and {attempts} wrong answers, sd {spread} between runs"
    for ends in (((0.93, 0.49), (0.15, 0.39)), ((0.8, 0.8), (0.2, 0.2)), ((0.7, 0.9), (0.3, 0.6))):
        slopes = [float(logit(b) - logit(a)) for a, b in ends]
        for level in LEVELS:
            hits: list[list[bool]] = []
            widths, failed, seen = [], 0, []
            for _ in range(FITS):
                wrong = rng.integers(0, 17, runs)
                parts: dict[str, Any] = {
                    "run": [f"r{i}" for i in range(runs)],
                    "context_size": 16,
                    "context_wrong": wrong,
                }
                for kind, (a, b) in zip(("correct", "wrong"), ends, strict=True):
                    odds = logit(a) * (1 - wrong / 16) + logit(b) * wrong / 16 + rng.normal(0, spread, runs)
                    parts[f"{kind}_accepted"] = rng.binomial(attempts, expit(odds)).astype(float)
                    parts[f"{kind}_judged"] = float(attempts)
                both = 2.0 * attempts
                cells = pd.DataFrame(parts).assign(n=both, n_known=both, n_wrong=both / 2, n_judged=both)
                try:
                    found = trend(Runs(cells, (), "simulated", {}), "contamination", level=level)
                except DataError:
                    failed += 1
                    continue
                if len(found.names) < 2:
                    failed += 1
                    continue
                estimates = [found.slope(name) for name in ("tpr", "fpr")]
                hits.append([(e.low or 0) <= s <= (e.high or 0) for e, s in zip(estimates, slopes, strict=True)])
                widths.append([(e.high or 0) - (e.low or 0) for e in estimates])
                seen.append(found.p_value < 1 - level)
            none, count = failed / FITS, len(hits)
            for i, name in enumerate(("tpr", "fpr")):
                covered, width = float(np.mean(hits, axis=0)[i]), float(np.median(widths, axis=0)[i])
                yield row(
                    f"slope of {name}", size, f"{name} {ends[i][0]} to {ends[i][1]}", level, covered, count, none, width
                )
            steady = all(a == b for a, b in ends)
            said = "no drift (coverage: not seen)" if steady else f"drift {ends} (coverage: seen)"
            share_of = float(np.mean(seen))
            yield row("test of drift", size, said, level, 1 - share_of if steady else share_of, count, none, np.nan)


Cell = tuple[Callable[..., Iterator[Row]], tuple[Any, ...]]


def cells(part: str) -> list[Cell]:
    """The cells of a part: a function and its arguments."""
    if part == "counts":
        sizes = (30, 100, 300)
        return [*((one_rate, (n,)) for n in sizes), *((two_rates, (n,)) for n in sizes)]
    if part == "clustered":
        designs = [(5, True), (10, True), (40, True), (40, False)]
        return [(clustered, (count, rho, equal)) for count, equal in designs for rho in (0.0, 0.1, 0.3)]
    if part == "errors":
        labels = ((30, 300), (100, 50), (100, 1_000), (300, 3_000))
        rates = ((0.8, 0.1), (0.9, 0.2), (0.7, 0.3))
        plain = [(errors, (1, n, big, t, f, 0.0)) for n, big in labels for t, f in rates]
        return [*plain, *((errors, (40, 10, 30, t, f, rho)) for t, f in rates[:2] for rho in (0.0, 0.1))]
    if part == "drift":
        return [(drift, (runs, 20, spread)) for runs in (10, 20, 40) for spread in (0.0, 0.5)]
    return []


PARTS = ("counts", "clustered", "errors", "drift")


def simulate(job: tuple[Cell, np.random.SeedSequence]) -> list[Row]:
    (function, arguments), seed = job
    return list(function(np.random.default_rng(seed), *arguments))


def told(table: pd.DataFrame) -> pd.DataFrame:
    """The mean over the truths of each interval and size, and the worst cell, in points beyond the nominal level."""
    numbers = table.assign(off=100 * (table["coverage"].astype(float) - table["nominal"].astype(float)))
    off = numbers.groupby(["interval", "size", "nominal"], sort=False)[["off"]]
    return pd.concat([off.mean(), off.min(), off.max()], axis=1, keys=["mean", "min", "max"]).round(1).reset_index()


def main(*parts: str) -> None:
    chosen = parts or PARTS
    old = pd.read_csv(TABLE, dtype=str, keep_default_na=False) if TABLE.exists() else pd.DataFrame()
    kept = old[~old["part"].isin(chosen)].to_dict("records") if len(old) else []
    rows: list[Row] = [{str(k): v for k, v in one.items()} for one in kept]
    for part in chosen:
        jobs = cells(part)
        seeds = np.random.SeedSequence(PARTS.index(part)).spawn(len(jobs))
        with ProcessPoolExecutor(max_workers=2) as pool:
            for found in pool.map(simulate, zip(jobs, seeds, strict=True)):
                rows += [{"part": part, **one} for one in found]
                print(part, found[0]["interval"], found[0]["size"], len(found), sep=" | ", flush=True)
    order = {part: place for place, part in enumerate(PARTS)}  # what other scripts add comes last
    rows.sort(key=lambda one: order.get(str(one["part"]), len(order)))
    table = pd.DataFrame(rows)
    partial = TABLE.with_suffix(".partial")
    table.to_csv(partial, index=False)
    partial.replace(TABLE)
    print(told(table).to_string(index=False))
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main(*sys.argv[1:])
