"""A small language model in loops of its own, beside what was forecast of it: `python -m verification.study`.

Reads `data/tiny-lm/` (see its README), fits the sweep, forecasts each setting of the loops, and writes
`reports/study.csv` and the figures of `docs/study.md` (`figures`: these alone). About five minutes on one core.

For a setting and a round: the mean error of its runs, each counted once (runs that go badly give more answers); what
the textbook says from the judge's rates in round 0, what the mean field of the fitted parts says, what a forecast says
(median, 90%), and how many runs lie in its interval. That is widened by the chance of the answers that a run gave in
the round, since its error is seen through them. `own` is the same for a forecast from the first rounds of one half of
the setting's runs, held against the other half.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

import boostcalc as bc
from boostcalc.errors import BoostcalcError
from boostcalc.fitting import Fit
from boostcalc.forecasting import QUANTILES, Forecast

ROOT = Path(__file__).parents[1]
DATA, TABLE, FIGURES = ROOT / "data" / "tiny-lm", ROOT / "reports" / "study.csv", ROOT / "docs" / "figures"

POLICIES = {"replace": (bc.Replace(), 32), "append": (bc.Append(size=24), 7), "window": (bc.Window(size=48), 16)}
ROUNDS, TOLD, EARLY = 10, (1, 3, 10), 3
"""The last round; the rounds in the table; the last one that `own` forecasts have seen."""

ACCEPTED = {"sample": "accepted", "threshold": "score > 0", "survey": "grade >= 4"}
"""By which column or condition of the sweep each kind of acceptance accepts."""

NAMES = {"run": str, "block": str, "query": str}
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"


class Setting:
    """One setting of the loops, by its name: POLICY-ACCEPTANCE-START, with `-agreeing`."""

    def __init__(self, name: str) -> None:
        self.name = name
        policy, self.acceptance, start = name.split("-")[:3]
        self.context, self.batch = POLICIES[policy]
        self.start = float(start)
        self.kind = "agreeing" if name.endswith("agreeing") else "uniform"

    @property
    def rates(self) -> dict[str, float]:
        """Of a loop without a filter; else the fit's own."""
        return {"tpr": 1.0, "fpr": 1.0} if self.acceptance == "none" else {}

    def forecast(self, fit: Fit) -> Forecast:
        return fit.forecast(
            contamination=self.start, context=self.context, batch=self.batch, rounds=ROUNDS, **self.rates
        )

    def fitted_map(self, fit: Fit) -> Any:
        loop = fit.loop(context=self.context, batch=self.batch, **self.rates)
        return loop.trajectory(contamination=self.start, rounds=ROUNDS).error

    def textbook(self, tpr: float, fpr: float) -> Any:
        loop = bc.Loop(tpr=tpr, fpr=fpr, context=self.context, batch=self.batch)
        return loop.trajectory(contamination=self.start, rounds=ROUNDS).error


def query(text: str, *values: str) -> pd.DataFrame:
    return duckdb.execute(text, [*values]).df()


@cache
def sweep_fit(kind: str, acceptance: str) -> Fit:
    """The fit of the sweep with wrong answers of one kind, judged as the loop judges."""
    verdict = ACCEPTED.get(acceptance, "accepted")
    log = query(
        f"select run, block, query, context_size, context_wrong, correct, {verdict} as accepted from read_parquet($1) "  # noqa: S608  # a constant
        "where setting = $2",
        str(DATA / "sweep.parquet"),
        f"sweep-{kind}",
    )
    return bc.fit(log.astype(NAMES))


@cache
def runs() -> pd.DataFrame:
    """Attempts, wrong ones and acceptances of each run in each round.

    But for the last attempt of a round: it filled the batch, so it was accepted whatever the rates are.
    """
    return query(
        "select setting, run, round, count(*) - 1 as n, any_value(context_size) as size, "
        "sum((not correct)::int) - arg_max((not correct)::int, file_row_number) as wrong, "
        "any_value(context_wrong) / any_value(context_size) as contamination, "
        "sum((correct and accepted)::int) - arg_max(correct::int, file_row_number) as correct_accepted, "
        "sum((not correct and accepted)::int) - arg_max((not correct)::int, file_row_number) as wrong_accepted "
        "from read_parquet($1, file_row_number = true) group by all order by setting, run, round",
        str(DATA / "loops.parquet"),
    ).assign(error=lambda table: table["wrong"] / table["n"])


def held(fan: tuple[float, ...], seen: pd.DataFrame, rng: np.random.Generator) -> float:
    """Share of runs whose wrong answers lie in the 90% interval of their number.

    The forecast's quantiles are joined by straight lines in normal scores and log-odds, and go on beyond the outermost.
    A number of wrong answers takes up the part from P(Y < y) to P(Y ≤ y) of the unit interval, and is held as far as
    that lies between 0.05 and 0.95: 90% on average where the forecast is right, however few the answers are (Czado,
    Gneiting, Held 2009, Biometrics 65, 1254, the non-randomised PIT).
    """
    z, odds = np.asarray(norm.ppf(QUANTILES)), np.asarray(logit(fan))
    drawn = rng.normal(size=4_000)
    slopes = np.diff(odds) / np.diff(z)
    error = np.interp(drawn, z, odds)
    error = np.where(drawn < z[0], odds[0] + (drawn - z[0]) * slopes[0], error)
    error = expit(np.where(drawn > z[-1], odds[-1] + (drawn - z[-1]) * slopes[-1], error))
    hits = []
    for n, wrong in zip(seen["n"], seen["wrong"], strict=True):
        drawn_wrong = rng.binomial(int(n), error)
        below, equal = (drawn_wrong < wrong).mean(), (drawn_wrong == wrong).mean()
        if equal > 0:
            hits.append(max(0.0, min(below + equal, 0.95) - max(below, 0.05)) / equal)
        else:
            hits.append(float(0.05 <= below <= 0.95))
    return float(np.mean(hits))


def own_fit(setting: Setting) -> Fit | None:
    """A fit of the first rounds of the setting's even runs; None where they allow none."""
    log = query(
        "select run, block, query, round, context_size, context_wrong, correct, accepted from read_parquet($1) "
        "where setting = $2 and round <= 3",
        str(DATA / "loops.parquet"),
        setting.name,
    )
    kept = log[log["run"].astype(str).str.rpartition("/")[2].astype(int) % 2 == 0]
    try:
        return bc.fit(kept.astype(NAMES))
    except BoostcalcError:
        return None


def rows(setting: Setting, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """A row for each round that is told."""
    seen = runs()[runs()["setting"] == setting.name]
    first = seen[seen["round"] == 0]
    right = (first["n"] - first["wrong"]).sum()
    rates = first["correct_accepted"].sum() / right, first["wrong_accepted"].sum() / first["wrong"].sum()
    textbook = setting.textbook(*map(float, rates))
    fit, own = sweep_fit(setting.kind, setting.acceptance), own_fit(setting)
    forecast, fitted = setting.forecast(fit), setting.fitted_map(fit)
    again = None if own is None else setting.forecast(own)
    odd = seen[seen["run"].astype(str).str.rpartition("/")[2].astype(int) % 2 == 1]
    for number in TOLD:
        here = seen[seen["round"] == number]
        fan = forecast.fan[number]
        yield {
            "setting": setting.name,
            "round": number,
            "runs": len(here),
            "error": f"{here['error'].mean():.4f}",
            "median_run": f"{here['error'].median():.4f}",
            "above_half": f"{(here['error'] > 0.5).mean():.4f}",
            "textbook": f"{float(textbook[number]):.4f}",
            "fitted_map": f"{float(fitted[number]):.4f}",
            "low": f"{fan[0]:.4f}",
            "forecast": f"{fan[2]:.4f}",
            "high": f"{fan[-1]:.4f}",
            "held": f"{held(fan, here, rng):.4f}",
            "own_forecast": "" if again is None else f"{again.fan[number][2]:.4f}",
            "own_held": "" if again is None else f"{held(again.fan[number], odd[odd['round'] == number], rng):.4f}",
        }


def figures() -> None:
    """The figures of the study."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "study"})
    for name, draw in {"response": _response, "evaluator": _evaluator, "loops": _loops}.items():
        figure = draw()
        figure.savefig(FIGURES / f"study-{name}.svg", metadata={"Date": None}, bbox_inches="tight")
        plt.close(figure)


def _cells(kind: str) -> pd.DataFrame:
    return query(
        "select context_size as size, context_contamination as c, avg((not correct)::int) as error, "
        "avg(accepted::int) filter (correct) as tpr, avg(accepted::int) filter (not correct) as fpr "
        "from read_parquet($1) where setting = $2 group by all order by all",
        str(DATA / "sweep.parquet"),
        f"sweep-{kind}",
    )


def _response() -> Any:
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.1), sharey=True)
    grid = np.linspace(0, 1, 101)
    for axes, kind in zip(panels, ("uniform", "agreeing"), strict=True):
        cells, fit = _cells(kind), sweep_fit(kind, "sample")
        for size, colour in zip((1, 4, 16, 64), plt.get_cmap("viridis")(np.linspace(0.85, 0.05, 4)), strict=True):
            here, pairs = cells[cells["size"] == size], "1 pair" if size == 1 else f"{size} pairs"
            axes.plot(here["c"], here["error"], "o-", ms=3, lw=1, color=colour, label=pairs)
        axes.plot(grid, fit.response(grid, 64), "--", color=ORANGE, lw=1.2, label=f"{fit.response.family}, 64")
        axes.plot([0, 1], [0, 1], ":", color=GREY, lw=1)
        axes.set(xlabel="contamination: rate of wrong pairs", title=f"wrong answers {kind}")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    panels[0].set_ylabel("error rate of the answers")
    panels[0].legend(frameon=False, fontsize=7)
    return figure


def _evaluator() -> Any:
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 2.8), sharey=True)
    for axes, kind in zip(panels, ("uniform", "agreeing"), strict=True):
        cells, fit = _cells(kind), sweep_fit(kind, "sample")
        here, judge = cells[cells["size"] == 32], fit.judge_at(32)
        for name, colour in (("tpr", BLUE), ("fpr", ORANGE)):
            axes.plot(
                here["c"],
                here[name],
                "o",
                ms=4,
                color=colour,
                label={"tpr": "of correct answers", "fpr": "of wrong answers"}[name],
            )
            if judge is not None and "contamination" in judge.trends:
                grid = np.linspace(0, 1, 51)
                line = [judge.trends["contamination"].at(name, float(x)).value for x in grid]
                axes.plot(grid, line, "-", color=colour, lw=1)
        axes.set(xlabel="contamination", title=f"wrong answers {kind}, 32 pairs", ylim=(-0.02, 1.02))
    panels[0].set_ylabel("share accepted")
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def _loops() -> Any:
    shown = (
        *(f"replace-sample-{start}" for start in (0.1, 0.3, 0.5, 0.7)),
        *("append-sample-0.7", "window-sample-0.7", "replace-sample-0.5-agreeing", "replace-none-0.5"),
    )
    figure, panels = plt.subplots(2, 4, figsize=(9.6, 5.0), sharex=True, sharey=True)
    for axes, name in zip(panels.flat, shown, strict=True):
        setting, seen = Setting(name), runs()[runs()["setting"] == name]
        for _, one in seen.groupby("run", observed=True):
            axes.plot(one["round"], one["error"], color=GREY, lw=0.4, alpha=0.35)
        mean = seen.groupby("round")["error"].mean()
        fan = np.array(setting.forecast(sweep_fit(setting.kind, setting.acceptance)).fan)
        x = np.arange(ROUNDS + 1)
        axes.fill_between(x, fan[:, 0], fan[:, -1], color=BLUE, alpha=0.25, lw=0)
        axes.plot(x, fan[:, 2], color=BLUE, lw=1.5, label="forecast (90%)")
        axes.plot(mean.index, mean, color="black", lw=1.5, label="runs, and their mean")
        first = seen[seen["round"] == 0]
        rates = (
            first["correct_accepted"].sum() / (first["n"] - first["wrong"]).sum(),
            first["wrong_accepted"].sum() / first["wrong"].sum(),
        )
        axes.plot(x, setting.textbook(*rates), "--", color=ORANGE, lw=1.2, label="textbook")
        axes.set(title=name, ylim=(0, 1), xlim=(0, ROUNDS))
        axes.title.set_fontsize(8)
        axes.set_xticks([0, 5, 10])
    for axes in panels[1]:
        axes.set_xlabel("round")
    for axes in panels[:, 0]:
        axes.set_ylabel("error rate")
    panels[0, 0].legend(frameon=False, fontsize=7)
    return figure


def told(table: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute error of each way to say what comes, and how often intervals hold, by round and kind of loop."""
    numbers = table.assign(**{name: pd.to_numeric(table[name]) for name in table.columns if name != "setting"})
    away = pd.DataFrame(
        {name: (numbers[name] - numbers["error"]).abs() for name in ("textbook", "fitted_map", "forecast")}
    )
    start = numbers["setting"].str.extract(r"-(0\.\d)")[0].astype(float)
    kind = np.where(
        numbers["setting"].str.contains("none"), "no filter", np.where(start < 0.7, "start .1 to .5", "start .7")
    )
    kind = np.where(numbers["setting"].str.endswith("agreeing"), "wrong answers agree", kind)
    return (
        away.assign(held=numbers["held"], own_held=numbers["own_held"], kind=kind, round=numbers["round"])
        .groupby(["kind", "round"])
        .mean()
        .round(3)
    )


def lost(name: str = "replace-sample-0.7") -> str:
    """Of a setting: what its runs that stay bad are, and what a forecast of each rule alone says of it."""
    ends = query(
        "select run, any_value(task) as task, avg((not correct)::int) filter (round = 10) as error, "
        "count(*) filter (round >= 5 and correct) as correct, count(*) filter (round >= 5 and not correct) as wrong, "
        "count(*) filter (round >= 5 and correct and accepted) as correct_accepted, "
        "count(*) filter (round >= 5 and not correct and accepted) as wrong_accepted "
        "from read_parquet($1) where setting = $2 group by run",
        str(DATA / "loops.parquet"),
        name,
    )
    bad = ends[ends["error"] > 0.5]
    rates = [bad[f"{kind}_accepted"].sum() / bad[kind].sum() for kind in ("correct", "wrong")]
    lines = [f"{name}: {len(bad)} of {len(ends)} runs end above 1/2; there TP {rates[0]:.3f}, FP {rates[1]:.3f}"]
    for rule, here in ends.groupby("task", observed=True):
        log = query(
            "select run, block, query, context_size, context_wrong, correct, accepted from read_parquet($1) "
            "where setting = 'sweep-uniform' and task = $2",
            str(DATA / "sweep.parquet"),
            str(rule),
        )
        humps = Setting(name).forecast(bc.fit(log.astype(NAMES))).final_modes
        high = sum(hump["weight"] for hump in humps if hump["error"] > 0.5)
        lines.append(f"{rule}: {len(here)} runs, {(here['error'] > 0.5).mean():.2f} end above 1/2; forecast {high:.2f}")
    return "\n".join(lines)


def main() -> None:
    figures()
    if "figures" in sys.argv[1:]:
        return
    rng = np.random.default_rng(0)
    found = []
    for name in sorted(runs()["setting"].unique()):
        found += list(rows(Setting(name), rng))
        print(*found[-1].values(), sep=" | ", flush=True)
    table = pd.DataFrame(found)
    table.to_csv(TABLE, index=False)
    print(told(pd.read_csv(TABLE)).to_string())
    print(sweep_fit("uniform", "sample").summary(), lost(), sep="\n\n")
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
