"""Simulated coverage of a survey's intervals: how often they hold the truth that made the graded answers.

`python -m verification.survey` writes `reports/survey_coverage.csv` (some minutes on two cores).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from boostcalc.errors import FitError
from boostcalc.fitting.survey.area import area
from boostcalc.fitting.survey.binormal import described
from boostcalc.fitting.survey.choice import Outlook, choices
from boostcalc.fitting.survey.draws import draw_rates, simultaneous_level
from boostcalc.fitting.survey.graded import Graded
from boostcalc.fitting.survey.likelihood import maximise
from boostcalc.fitting.survey.thresholds import bands, effective, jeffreys, kept_levels
from boostcalc.odds import Array
from boostcalc.results import Estimate

LEVELS = (0.9, 0.95)
REPLICATES = 400
BANDS = 150
"""Replicates in which thresholds are looked at as well, which takes longer."""

LOST = "binormal curve degenerates"

DRAWS = 2_000
TABLE = Path(__file__).parents[1] / "reports" / "survey_coverage.csv"
SCALES = {"continuous": None, "5 grades": (-0.5, 0.3, 0.9, 1.6), "3 grades": (0.0, 1.0)}
"""The cuts of a scale, in standard deviations of the wrong answers' scores."""


@dataclass(frozen=True)
class Setting:
    """A judge (the binormal truth), its scale, and how many answers of either kind there are, in how many clusters."""

    auc: float
    ratio: float
    scale: str
    correct: int
    wrong: int
    clusters: int = 0
    correlation: float = 0.0

    @property
    def separation(self) -> float:
        return float(norm.ppf(self.auc) * np.hypot(1, self.ratio))

    def rates(self, threshold: Array) -> tuple[Array, Array]:
        return norm.sf(threshold, self.separation / self.ratio, 1 / self.ratio), norm.sf(threshold)

    @property
    def area(self) -> float:
        """Of the curve on its scale: with grades, ties count half."""
        cuts = SCALES[self.scale]
        if cuts is None:
            return self.auc
        t, f = (np.concatenate([[0.0], rate, [1.0]]) for rate in self.rates(np.array(cuts[::-1])))
        return float(np.trapezoid(t, f))

    def draw(self, rng: np.random.Generator) -> Graded | None:
        """Graded answers: normal scores, those of one cluster correlated (of either kind alike)."""
        n = self.correct + self.wrong
        truth = np.repeat([True, False], [self.correct, self.wrong])
        cluster = rng.integers(0, self.clusters, n) if self.clusters else np.arange(n)
        shift = rng.standard_normal(max(self.clusters, 1))[cluster if self.clusters else np.zeros(n, dtype=int)]
        z = np.sqrt(1 - self.correlation) * rng.standard_normal(n) + np.sqrt(self.correlation) * shift
        score = np.where(truth, self.separation / self.ratio + z / self.ratio, z)
        cuts = SCALES[self.scale]
        if cuts is not None:
            grades = np.concatenate([[-np.inf], cuts])  # a grade is known by the least latent score that it takes
            score = grades[np.digitize(score, cuts)]
        levels, place = np.unique(-score, return_inverse=True)
        if levels.size < 2:
            return None
        number = np.unique(cluster, return_inverse=True)[1]
        by = "query" if self.clusters else "answer"
        return Graded(-levels, place, number, truth.astype(float), (~truth).astype(float), by)

    def __str__(self) -> str:
        grouped = f" in {self.clusters} clusters, correlation {self.correlation:g}" if self.clusters else ""
        judge = f"binormal of area {self.auc:g}, ratio {self.ratio:g}"
        return f"{self.correct} correct and {self.wrong} wrong{grouped}; {judge}; {self.scale}"


SETTINGS = [
    *(
        Setting(auc, 1.0, scale, *sizes)
        for sizes, auc, scale in product(((20, 20), (40, 40), (100, 100), (40, 200)), (0.6, 0.8, 0.95), SCALES)
    ),
    *(Setting(0.8, ratio, scale, 100, 100) for ratio in (0.6, 1.5) for scale in ("continuous", "5 grades")),
    *(Setting(0.8, 1.0, scale, 5 * k, 5 * k, k, 0.3) for k in (10, 20, 40, 100) for scale in SCALES),
    *(Setting(0.95, 1.0, scale, 200, 200, 40, 0.3) for scale in SCALES),
    *(Setting(0.7, 1.0, scale, 200, 200, 40, 0.6) for scale in SCALES),
]


def holds(ends: Array, truth: Array) -> bool:
    """Whether intervals, shape (2, m), hold the truths, shape (m,)."""
    return bool(((ends[0] <= truth) & (truth <= ends[1])).all())


def within(estimate: Estimate, truth: float) -> bool:
    low = -np.inf if estimate.low is None else estimate.low
    high = np.inf if estimate.high is None else estimate.high
    return low <= truth <= high


def curves(setting: Setting, data: Graded) -> Iterator[tuple[str, float, bool]]:
    """The area and the binormal curve of one simulated survey: (interval, level, whether it holds the truth)."""
    curve = data.curve()
    kept = kept_levels(curve)
    found, tables = area(data, curve), data.tables(np.searchsorted(kept, np.arange(curve.threshold.size)))
    for level in LEVELS:
        yield "area under the curve", level, within(found.interval(level), setting.area)
    yield from binormal(setting, curve.threshold[kept], tables, clustered=data.clustered)


def thresholds(setting: Setting, data: Graded, rng: np.random.Generator) -> Iterator[tuple[str, float, bool]]:
    """The rates of one threshold, of all at once, and of the chosen one."""
    curve = data.curve()
    kept = kept_levels(curve)
    score = curve.threshold[kept]
    t, f = setting.rates(score)
    tables = data.tables(np.searchsorted(kept, np.arange(curve.threshold.size)))
    worth = effective(data, curve, kept)
    drawn = draw_rates(tables, worth, rng, DRAWS, clustered=data.clustered)
    one = int(np.argmin(np.abs(f - 0.3)))
    plain, ratios = float(curve.likelihood_ratio[kept][one]), (drawn[0] / drawn[1])[:, one]
    evidence = np.log(drawn[0] / drawn[1])
    seen = Outlook(evidence, np.ones_like(evidence), np.ones_like(evidence))
    # the lowest of a scale of grades takes all answers, which is no rate to be known
    known = slice(None, -1) if np.isinf(score[-1]) else slice(None)
    for level in LEVELS:
        ends = [np.stack(jeffreys(counts, level)) for counts in worth]
        yield "tpr of a threshold", level, holds(ends[0][:, [one]], t[[one]])
        yield "fpr of a threshold", level, holds(ends[1][:, [one]], f[[one]])
        yield (
            "likelihood ratio of a threshold",
            level,
            within(Estimate.from_draws(plain, ratios, level), t[one] / f[one]),
        )
        wide = bands(data, curve, kept, worth, simultaneous_level(drawn, level))
        both = holds(wide[0][:, known], t[known]) and holds(wide[1][:, known], f[known])
        yield "tpr and fpr of all thresholds at once", level, both
        yield from chosen(score, seen, t, f, level)


def chosen(score: Array, seen: Outlook, t: Array, f: Array, level: float) -> Iterator[tuple[str, float, bool]]:
    """The outcome of the threshold that was chosen for it, which is what luck would flatter."""
    best, _ = choices(score, seen, level)
    if best[0].threshold is not None:
        j = int(np.flatnonzero(score == best[0].threshold)[0])
        yield "evidence of the threshold chosen as fastest", level, within(best[0].outcome, float(np.log(t[j] / f[j])))


def binormal(
    setting: Setting, score: Array, tables: tuple[Array, Array], *, clustered: bool
) -> Iterator[tuple[str, float, bool]]:
    """The parameters of the curve, and its test of fit."""
    try:
        best = maximise(*(table.sum(axis=0) for table in tables), start=setting.separation)
    except FitError:
        yield from ((LOST, level, True) for level in LEVELS)
        return
    for level in LEVELS:
        fitted = described(best, score, *tables, clustered=clustered, level=level)
        yield "binormal separation", level, within(fitted.separation, setting.separation)
        if best.free:
            yield "binormal ratio", level, within(fitted.ratio, setting.ratio)
            yield "binormal area", level, within(fitted.area, setting.auc)
        if fitted.misfit.p is not None:
            yield "binormal curve not called a misfit", level, fitted.misfit.p >= 1 - level


def rows(number: int) -> list[dict[str, Any]]:
    """Coverage in one setting."""
    setting, rng = SETTINGS[number], np.random.default_rng(1_000 + number)
    hits: dict[tuple[str, float], list[bool]] = defaultdict(list)
    with np.errstate(divide="ignore"):
        for replicate in range(REPLICATES):
            data = setting.draw(rng)
            if data is None:  # all scores tie
                continue
            for what, level, held in curves(setting, data):
                hits[what, level].append(held)
            if replicate < BANDS:
                for what, level, held in thresholds(setting, data, rng):
                    hits[what, level].append(held)
    return [
        {
            "interval": what,
            "setting": str(setting),
            "nominal": level,
            "coverage": round(float(np.mean(held)), 4),
            "standard_error": round(float(np.sqrt(level * (1 - level) / len(held))), 4),
            "replicates": len(held),
            "no_answer": len(hits.get((LOST, level), ())) if what.startswith("binormal") else 0,
        }
        for (what, level), held in sorted(hits.items())
        if what != LOST
    ]


def main() -> None:
    table: list[dict[str, Any]] = []
    with ProcessPoolExecutor(2) as pool:
        for number, found in enumerate(pool.map(rows, range(len(SETTINGS)))):
            table += found
            pd.DataFrame(table).to_csv(TABLE, index=False)
            said = " ".join(f"{row['coverage']:.3f}" for row in found if row["nominal"] == LEVELS[0])
            print(f"{number + 1}/{len(SETTINGS)} {SETTINGS[number]}: {said}", flush=True)
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
