"""Simulated coverage of the intervals: how often a nominal 90% interval holds the truth that made the data.

`python -m verification.coverage [SECTION…]` writes `reports/coverage.csv`: all of it, or the rows of some sections
(`counts`, `clustered`, `responses`, `loops`), which then replace those in the table. All takes about 40 minutes on one
core; `responses`, also at a nominal 95%, about 12.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import boostcalc as bc
from boostcalc.dynamics import Evaluator, Start
from boostcalc.dynamics.finite import sample_trajectory
from boostcalc.errors import DataError
from boostcalc.fitting.likelihood import maximise
from boostcalc.fitting.observations import Observations, observe
from boostcalc.fitting.rates import effective_counts
from boostcalc.fitting.uncertainty import laddered, spread_of
from boostcalc.odds import expit
from boostcalc.responses import Affine, CountedEvidence, Curve, Evidence, Response, Shrinkage, SizedEvidence
from boostcalc.results import Estimate
from verification.designs import answers, of_cells, rates, runs

LEVEL = 0.9
LEVELS = (0.9, 0.95)
RATES = 2_000
FITS = 600
FORECASTS = 300
DRAWS = 4_000
TABLE = Path(__file__).parents[1] / "reports" / "coverage.csv"


def row(what: str, setting: str, hits: list[bool], failed: int = 0, level: float = LEVEL) -> dict[str, Any]:
    share = float(np.mean(hits))
    error = np.sqrt(level * (1 - level) / len(hits))
    return {
        "interval": what,
        "setting": setting,
        "nominal": level,
        "coverage": round(share, 4),
        "standard_error": round(float(error), 4),
        "replicates": len(hits),
        "no_answer": failed,
    }


def holds(estimate: Estimate, truth: float) -> bool:
    low = -np.inf if estimate.low is None else estimate.low
    high = np.inf if estimate.high is None else estimate.high
    return bool(low <= truth <= high)


def counts(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Figures of `predict` from counts: the likelihood ratio, and the error after three rounds."""
    for n in (30, 100, 300):
        for t, f in ((0.8, 0.1), (0.9, 0.5), (0.6, 0.55), (0.97, 0.02)):
            ratio, error = [], []
            for _ in range(RATES):
                judge = Evaluator(bc.Counts(rng.binomial(n, t), n), bc.Counts(rng.binomial(n, f), n))
                drawn = judge.sample(rng, DRAWS)
                with np.errstate(divide="ignore"):
                    plug = float(np.exp(judge.log_lr)) if judge.rates.f > 0 else np.inf
                ratio.append(holds(Estimate.from_draws(plug, np.exp(drawn.log_lr), LEVEL), t / f))
                last = expit(-3 * judge.log_lr) if np.isfinite(judge.log_lr) else 0.0
                error.append(
                    holds(
                        Estimate.from_draws(float(last), expit(-3 * drawn.log_lr), LEVEL),
                        float(expit(-3 * np.log(t / f))),
                    )
                )
            setting = f"{n} correct and {n} wrong judged, tpr {t}, fpr {f}"
            yield row("likelihood ratio from counts", setting, ratio)
            yield row("error after 3 rounds from counts", setting, error)


def clustered(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """A rate from clustered verdicts (beta-binomial), through effective counts."""
    for count in (5, 10, 40):
        for correlation in (0.0, 0.1, 0.3):
            for rate in (0.1, 0.5, 0.8):
                hits = []
                for _ in range(RATES):
                    size = (1 - correlation) / correlation if correlation else 0.0
                    own = rng.beta(rate * size, (1 - rate) * size, count) if correlation else np.full(count, rate)
                    accepted = rng.binomial(20, own).astype(float)
                    found = effective_counts(accepted, np.full(count, 20.0), np.arange(count))
                    assert found is not None  # noqa: S101  # something was judged
                    hits.append(holds(Estimate.from_draws(found.rate, found.draw(rng, DRAWS), LEVEL), rate))
                yield row(
                    "rate from clustered verdicts",
                    f"{count} clusters of 20, correlation {correlation}, rate {rate}",
                    hits,
                )


def sweep(rng: np.random.Generator, truth: Curve, runs: int, correlation: float) -> pd.DataFrame:
    """Error counts of runs, each with one context of 16 pairs; beta-binomial between attempts of a run."""
    wrong = rng.integers(0, 17, runs)
    mean = truth(wrong / 16)
    size = (1 - correlation) / correlation if correlation else 0.0
    own = rng.beta(mean * size, (1 - mean) * size) if correlation else mean
    return pd.DataFrame(
        {
            "run": [f"r{i}" for i in range(runs)],
            "context_size": 16,
            "context_wrong": wrong,
            "n": 40,
            "n_wrong": rng.binomial(40, own),
        }
    )


def cells(rng: np.random.Generator, truth: Curve, correlation: float) -> pd.DataFrame:
    """A published curve: seven cells of 500 attempts, without runs, contexts known by their rate."""
    rate = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0])
    wrong = rng.binomial(39, rate[:, None], (7, 500))
    error = truth(wrong / 39).mean(axis=1)
    size = (1 - correlation) / correlation if correlation else 0.0
    own = rng.beta(error * size, (1 - error) * size) if correlation else error
    return pd.DataFrame(
        {"context_size": 39, "context_contamination": rate, "n": 500, "n_wrong": rng.binomial(500, own)}
    )


PLAIN: tuple[Curve, ...] = (
    Evidence(a=-3.0, b=5.0),
    Evidence(a=-0.5, b=1.0),
    Affine(mu=0.1, nu=0.2),
    Affine(mu=0.01, nu=0.3),
)
SIZED: tuple[Response, ...] = (
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0),
    CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.03),
    Shrinkage(strength=6.0, prior=0.3),
)


def responses(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Parameters of a response: clustered by run, and from the cells of a published curve; at several sizes too."""
    for truth in PLAIN:
        designs = [(f"{runs} runs of 40, correlation {rho}", runs, rho) for runs in (10, 20, 40) for rho in (0.0, 0.1)]
        designs += [(f"7 cells of 500, correlation {rho}", 0, rho) for rho in (0.0, 0.01)]
        for setting, count, rho in designs:
            tables = (sweep(rng, truth, count, rho) if count else cells(rng, truth, rho) for _ in range(FITS))
            yield from parameters(truth, setting, (laddered(observe(bc.read_runs(table))) for table in tables))
    several = (
        runs("60 runs of 40, sizes 0 to 32, correlation 0.0", 60, (0, 1, 4, 8, 16, 32)),
        runs("60 runs of 40, sizes 0 to 32, correlation 0.1", 60, (0, 1, 4, 8, 16, 32), correlation=0.1),
        rates("29 cells of 500, sizes 0 to 39", (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0), (0, 4, 9, 19, 39)),
    )
    for known in SIZED:
        for design in several:
            each = 40 if "run" in design.contexts else 500
            data = laddered(observe(bc.read_runs(design.table(each * len(design.contexts)))))
            error, rho = of_cells(known, data), design.correlation
            yield from parameters(
                known, design.name, (replace(data, n_wrong=answers(rng, error, data.n, rho)) for _ in range(FITS))
            )


def parameters(truth: Response, setting: str, logs: Iterable[Observations]) -> Iterator[dict[str, Any]]:
    """How often the intervals of a family's parameters hold the true ones, over logs."""
    hits: dict[tuple[str, float], list[bool]] = {(name, level): [] for level in LEVELS for name in truth.names()}
    failed = 0
    for data in logs:
        told = data.told_by(type(truth))
        try:
            best = maximise(type(truth), told)
            spread = spread_of(best, told)
        except DataError:
            failed += 1
            continue
        for level in LEVELS:
            found = spread.estimates(best.response, level)
            for name, value in truth.parameters.items():
                hits[name, level].append(holds(found[name], value))
    for (name, level), held in hits.items():
        yield row(f"{truth.family} {name}", f"{truth}; {setting}", held, failed, level)


def loops(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Forecasts from a log of runs, against one real loop of the same learner and judge each."""
    t, f, batch = 0.85, 0.3, 16
    for truth in (Evidence(a=-4.0, b=6.0), Evidence(a=-2.5, b=5.5), Affine(mu=0.05, nu=0.15)):
        hits: dict[int, list[bool]] = {1: [], 3: [], 6: []}
        for _ in range(FORECASTS):
            wrong = rng.integers(0, batch + 1, 40)
            n_wrong = rng.binomial(50, truth(wrong / batch))
            accepted = np.stack([rng.binomial(50 - n_wrong, t), rng.binomial(n_wrong, f)])
            table = pd.DataFrame(
                {
                    "run": np.tile([f"r{i}" for i in range(40)], 4),
                    "context_size": batch,
                    "context_wrong": np.tile(wrong, 4),
                    "correct": np.repeat([True, True, False, False], 40),
                    "accepted": np.repeat([True, False, True, False], 40),
                    "n": np.concatenate([accepted[0], 50 - n_wrong - accepted[0], accepted[1], n_wrong - accepted[1]]),
                }
            )
            found = bc.fit(table).forecast(error=0.4, rounds=6, rng=rng)
            loop = bc.Loop(tpr=t, fpr=f, response=truth, batch=batch)
            real = sample_trajectory(loop, loop.start(Start(error=0.4)), rounds=6, rng=rng).error
            for n, held in hits.items():
                held.append(holds(found.trajectory[n].error, float(real[n])))
        for n, held in hits.items():
            yield row("error of one loop, forecast", f"{truth}; fit to 40 runs of 50, round {n}", held)


SECTIONS: dict[str, Callable[[np.random.Generator], Iterator[dict[str, Any]]]] = {
    "counts": counts,
    "clustered": clustered,
    "responses": responses,
    "loops": loops,
}


def merged(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table with new rows, where the first one of the same interval, setting and level was; others stay."""

    def key(one: dict[str, Any]) -> tuple[str, str, float]:
        return str(one["interval"]), str(one["setting"]), float(one["nominal"])

    replaced = {key(one) for one in new}
    places = [i for i, one in enumerate(old) if key(one) in replaced]
    kept = [[one for one in part if key(one) not in replaced] for part in (old[: min(places, default=len(old))], old)]
    return [*kept[0], *new, *kept[1][len(kept[0]) :]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulated coverage of the intervals.")
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, "all"], default="all", help="default: all")
    asked = parser.parse_args().sections
    for seed, (name, section) in enumerate(SECTIONS.items(), start=1):
        if name not in asked and "all" not in asked:
            continue
        rows = []
        for one in section(np.random.default_rng(seed)):
            rows.append(one)
            print(*one.values(), sep=" | ", flush=True)
        seen = pd.read_csv(TABLE).to_dict("records") if TABLE.exists() else []
        old = [{str(key): value for key, value in one.items()} for one in seen]
        TABLE.parent.mkdir(exist_ok=True)
        pd.DataFrame(merged(old, rows)).to_csv(TABLE, index=False)
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
