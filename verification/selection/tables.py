"""The tables of `docs/selection.md`, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from verification.selection.forecasts import drawn, fitted
from verification.selection.logs import ROUNDS, SETTINGS, STARTS, Setting, measured, table
from verification.selection.measuring import MAIN, OTHER, STAGED
from verification.selection.scores import BAD, GOOD

__all__ = ["JUDGED", "all_tables", "judged"]

SHOWN = (0, 1, 2, 3, 5, 10)
"""Rounds that the tables show."""

JUDGED = (
    "sweep, uniform",
    "sweep, agreeing",
    "loops, round 0",
    "loops, rounds 1–2",
    "loops, rounds 3–10",
    "no filter, 3–10",
)
"""Where verdicts come from, under contexts of 32 pairs."""


def all_tables(scores: pd.DataFrame) -> dict[str, str]:
    """Each table by the name that marks its place in the text."""
    return {
        "response": response(),
        "judge": judge(),
        "ends": ends(scores),
        "rounds": by_round(scores),
        "settings": by_setting(scores),
        "sources": by_source(scores),
        "spread": spread(),
        "starts": by_start(scores),
        "policies": by_policy(scores),
        "watch": watch(),
    }


def response() -> str:
    """What was fitted to the two sweeps, and its error beside the counted one."""
    rows = []
    for kind, said in (("uniform", "uniform"), ("agreeing", "agreeing")):
        fit = fitted(kind, "sample")
        counted = table(
            f"""select context_contamination as c, avg((not correct)::int) as error from sweep
            where setting = 'sweep-{kind}' and context_size = 32 and c in (0, .1, .5, .9, 1) group by c order by c"""
        )
        told = fit.predict(counted["c"], 32, realised=False)["error"]
        both = (f"{a:.2f} / {b:.2f}" for a, b in zip(told, counted["error"], strict=True))
        weights = ", ".join(f"{one.family} {one.weight:.0%}" for one in fit.responses if one.weight >= 0.005)
        rows.append((said, weights, *both))
    return _markdown(("wrong pairs", "families by weight", *(f"c = {c:g}" for c in (0, 0.1, 0.5, 0.9, 1))), rows)


FEWEST = (30, 5)
"""Wrong answers, and runs that gave them, which a rate has to rest on: answers of one run are much alike."""


def judged() -> pd.DataFrame:
    """Error, TP and FP by where a context of 32 pairs comes from and by its contamination.

    Columns `source`, `upto` (contaminations in fifths: 0, up to .2, …), `share` (mean contamination), `error`, `tpr`,
    `fpr`. Verdicts are the drawn ones; without a filter, the chance of a yes. What has fewer wrong answers or runs than
    `FEWEST` is left out.
    """
    return table(
        f"""
        with seen as (
            select case setting when 'sweep-uniform' then '{JUDGED[0]}' else '{JUDGED[1]}' end as source,
                   context_wrong / context_size as share, run, correct, accepted::int as yes
            from sweep where context_size = 32
            union all
            select case when round = 0 then '{JUDGED[2]}' when round <= 2 then '{JUDGED[3]}' else '{JUDGED[4]}' end,
                   context_wrong / context_size, run, correct, accepted::int from loops
            where setting in ('replace-sample-0.1', 'replace-sample-0.3', 'replace-sample-0.5', 'replace-sample-0.7')
            union all
            select '{JUDGED[5]}', context_wrong / context_size, run, correct, 1 / (1 + exp(-score)) from loops
            where setting like 'replace-none-%' and round >= 3)
        select source, ceil(share * 5 - 1e-9) / 5 as upto, avg(share) as share, avg((not correct)::int) as error,
               avg(yes) filter (correct) as tpr, avg(yes) filter (not correct) as fpr
        from seen group by all
        having count(*) filter (not correct) >= {FEWEST[0]} and count(distinct run) >= {FEWEST[1]}
        order by source, upto
        """
    )


def judge() -> str:
    """FP and error by contamination, from each source."""
    found = judged()
    rows = []
    for name in ("error", "tpr", "fpr"):
        wide = found.pivot_table(index="upto", columns="source", values=name)
        for upto, row in wide.iterrows():
            least = float(upto) - 0.2  # type: ignore[arg-type]  # a number
            span = "0" if upto == 0 else f"{max(least, 0):.1f}–{upto:.1f}"
            label = {"error": "error", "tpr": "TP", "fpr": "FP"}[name]
            rows.append((label, span, *(_share(row.get(source, np.nan)) for source in JUDGED)))
    return _markdown(("", "contamination", *JUDGED), rows)


def ends(scores: pd.DataFrame) -> str:
    """By setting: the error as it went, how many runs ended well and badly, and what forecasts said of that."""
    last = scores[scores["round"] == ROUNDS].pivot_table(index="setting", columns="forecast", values="bad_said")
    shown = ("forecast", *OTHER[:2], "all its rounds", STAGED)
    rows = []
    for setting in SETTINGS:
        error = measured(setting.name).error
        quartiles = " / ".join(_share(q) for q in np.quantile(error[-1], [0.25, 0.5, 0.75]))
        counts = [_share((error[-1] < GOOD).mean()), _share((error[-1] > BAD).mean())]
        means = [_share(error[n].mean()) for n in (0, 1, 10)]
        said = [_share(last.loc[setting.name].get(name, np.nan)) for name in shown]
        rows.append((setting.name, *means, quartiles, *counts, *said))
    head = ("setting", "round 0", "1", "10", "quartiles, 10", "good", "bad", *(f"bad: {name}" for name in shown))
    return _markdown(head, rows)


def by_round(scores: pd.DataFrame) -> str:
    """Distances and coverage by round, over the filtered settings and over those without a filter."""
    rows = []
    for label, of in (("26 with a filter", _filtered(scores)), ("4 without", _unfiltered(scores))):
        for n in SHOWN:
            own = of[of["round"] == n].groupby("forecast")[["off", "apart", "held"]].mean()
            apart = [_fine(own.loc[name, column]) for column in ("off", "apart") for name in MAIN[:3]]
            rows.append((label, str(n), *apart, *(_percent(own.loc[name, "held"]) for name in MAIN[2:])))
    names = ("textbook", "map", "forecast")
    both = (*(f"mean: {name}" for name in names), *(f"run: {name}" for name in names))
    head = ("settings", "round", *both, "held", "held, scattered")
    return _markdown(head, rows)


def by_setting(scores: pd.DataFrame) -> str:
    """The same by setting, in rounds 1, 3 and 10."""
    rows = []
    for setting in SETTINGS:
        own = scores[scores["setting"] == setting.name].set_index(["forecast", "round"])
        cells = []
        for n in (1, 3, 10):
            cells += [_share(own.loc[(name, n), "apart"]) for name in MAIN[:3]]
            cells.append(_percent(own.loc[("forecast", n), "held"]))
        rows.append((setting.name, *cells))
    names = ("textbook", "map", "forecast", "held")
    return _markdown(("setting", *(f"{n}: {name}" for n in (1, 3, 10) for name in names)), rows)


def by_start(scores: pd.DataFrame) -> str:
    """Distances and coverage in rounds 1 to 10, by the contamination of the first context (wrong pairs uniform)."""
    rows = []
    for start in STARTS:
        ours = [s.name for s in SETTINGS if f"{s.start:g}" == start and s.acceptance != "none" and s.kind == "uniform"]
        own = scores[scores["setting"].isin(ours) & (scores["round"] > 0)]
        means = own.groupby("forecast")[["off", "apart", "held"]].mean()
        cells = [_fine(means.loc[name, column]) for column in ("off", "apart") for name in MAIN[:3]]
        rows.append((start, str(len(ours)), *cells, *(_percent(means.loc[name, "held"]) for name in MAIN[2:])))
    names = ("textbook", "map", "forecast")
    both = (*(f"mean: {name}" for name in names), *(f"run: {name}" for name in names))
    return _markdown(("start", "settings", *both, "held", "held, scattered"), rows)


def by_policy(scores: pd.DataFrame) -> str:
    """How far the forecast share of bad ends is off, and coverage in round 10, by context policy and by log."""
    rows, last = [], _filtered(scores[scores["round"] == ROUNDS])
    kinds = [(policy, policy, "uniform") for policy in ("replace", "window", "append")]
    for label, policy, kind in (*kinds, ("replace, first context agreeing", "replace", "agreeing")):
        own = last[last["setting"].isin([s.name for s in SETTINGS if (s.policy, s.kind) == (policy, kind)])]
        found = []
        for name in (MAIN[3], *OTHER[:2]):
            part = own[own["forecast"] == name]
            found += [_share((part["bad_said"] - part["bad"]).abs().mean()), _percent(part["held"].mean())]
        rows.append((label, str(own["setting"].nunique()), *found))
    names = ("sweep as in the setting", *OTHER[:2])
    return _markdown(("policy", "settings", *(f"{n}: {what}" for n in names for what in ("off", "held"))), rows)


def by_source(scores: pd.DataFrame) -> str:
    """Forecasts from other logs: rounds 4 to 10, beside the one from the sweep on the same settings."""
    rows, plain = [], MAIN[3]
    late = _filtered(scores[scores["round"] > 3])
    base = late[late["forecast"] == plain]
    for name in (plain, *OTHER):
        own = late[late["forecast"] == name]
        same = base[base["setting"].isin(own["setting"])]
        cells = [str(own["setting"].nunique())]
        for column in ("off", "apart", "held"):
            told = _fine if column != "held" else _percent
            cells.append(f"{told(own[column].mean())} ({told(same[column].mean())})")
        ends_ = [part[part["round"] == ROUNDS] for part in (own, same)]
        cells.append(" (".join(_fine((part["bad_said"] - part["bad"]).abs().mean()) for part in ends_) + ")")
        rows.append((name if name != plain else "sweep, wrong pairs as in the setting", *cells))
    return _markdown(("forecast from", "settings", "mean", "run", "held", "share that ends badly"), rows)


def watch() -> str:
    """What the error of an early round says of the end."""
    rows = []
    for policy in ("replace", "window", "append"):
        error = np.concatenate(
            [measured(s.name).error for s in SETTINGS if s.policy == policy and s.acceptance != "none"], axis=1
        )
        bad = error[-1] > BAD
        cells = []
        for n in (1, 2, 3):
            high = error[n] > BAD
            cells += [f"{bad[high].sum()} of {high.sum()}", f"{bad[~high].sum()} of {(~high).sum()}"]
        rows.append((policy, *cells))
    head = ("policy", *(f"round {n}: {said} one half" for n in (1, 2, 3) for said in ("above", "below")))
    return _markdown(head, rows)


def spread() -> str:
    """Contamination of the contexts after one round: its mean and standard deviation over runs, and over draws."""
    rows = []
    for start in STARTS:
        setting = Setting(f"replace-sample-{start}")
        said = drawn(fitted("uniform", "sample"), setting, scattered=True).context
        assert said is not None
        seen = measured(setting.name).context[1]
        rows.append(
            (setting.name, *(_share(value) for value in (seen.mean(), said[1].mean(), seen.std(), said[1].std())))
        )
    return _markdown(("setting", "mean: runs", "mean: forecast", "sd: runs", "sd: forecast"), rows)


def _filtered(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[~scores["setting"].str.contains("-none-")]


def _unfiltered(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["setting"].str.contains("-none-")]


def _share(value: Any) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def _percent(value: Any) -> str:
    return f"{value:.0%}"


def _fine(value: Any) -> str:
    return f"{value:.3f}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
