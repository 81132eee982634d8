"""The measured loops and sweeps of `data/tiny-lm/`, as the study takes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

import boostcalc as bc
from boostcalc.dynamics import ContextPolicy

__all__ = ["ROUNDS", "SETTINGS", "STARTS", "Measured", "Setting", "log", "measured", "sweep", "table"]

DATA = Path(__file__).parents[2] / "data" / "tiny-lm"

ROUNDS = 10
"""The last round of every run."""

ACCEPTED = {"sample": "accepted", "threshold": "score > 0", "survey": "grade >= 4", "none": "true"}
"""What accepts, from what was drawn or told of every answer."""

POLICIES: dict[str, tuple[ContextPolicy, int, int]] = {
    "replace": (bc.Replace(), 32, 32),
    "append": (bc.Append(size=24), 7, 24),
    "window": (bc.Window(size=48), 16, 48),
}
"""Context policy, pairs a batch, pairs at the start."""


@dataclass(frozen=True)
class Setting:
    """An experiment of 96 runs, as its name says: POLICY-ACCEPTANCE-START, and `-agreeing`."""

    name: str

    @property
    def policy(self) -> str:
        return self.name.split("-")[0]

    @property
    def acceptance(self) -> str:
        return self.name.split("-")[1]

    @property
    def start(self) -> float:
        """Rate of wrong pairs in the first context."""
        return float(self.name.split("-")[2])

    @property
    def kind(self) -> str:
        """How wrong answers of the first context are drawn."""
        return "agreeing" if self.name.endswith("agreeing") else "uniform"

    @property
    def context(self) -> ContextPolicy:
        return POLICIES[self.policy][0]

    @property
    def batch(self) -> int:
        return POLICIES[self.policy][1]

    @property
    def first(self) -> int:
        """Pairs in the context of round 0."""
        return POLICIES[self.policy][2]


STARTS = ("0.1", "0.3", "0.5", "0.7")
SETTINGS = tuple(
    Setting(name)
    for name in (
        *(f"{policy}-sample-{start}" for policy in POLICIES for start in STARTS),
        *(f"replace-{accepts}-{start}" for accepts in ("threshold", "survey") for start in STARTS),
        *(f"{policy}-{accepts}-0.5" for policy in ("append", "window") for accepts in ("threshold", "survey")),
        *(f"replace-sample-{start}-agreeing" for start in ("0.3", "0.5")),
        *(f"replace-none-{start}" for start in STARTS),
    )
)


@dataclass(frozen=True, eq=False)
class Measured:
    """The runs of a setting, round by round; arrays of shape `(ROUNDS + 1, runs)`.

    The attempt that fills a batch is always an accepted one. Without it, the share of wrong answers among the others
    is right on average: E[(B − 1)/(N − 1)] is the acceptance rate.

    Attributes
    ----------
    attempts, wrong : attempts but for the last, and how many of them were wrong.
    context : share of wrong pairs in the context.
    """

    attempts: np.ndarray
    wrong: np.ndarray
    context: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Share of wrong answers."""
        return np.asarray(self.wrong / self.attempts)


@cache
def measured(name: str) -> Measured:
    """What the runs of a setting did."""
    found = duckdb.execute(
        """
        with counted as (select *, row_number() over () as place from read_parquet($1) where setting = $2)
        select run, round, count(*) - 1 as attempts, any_value(context_wrong / context_size) as context,
               count(*) filter (not correct) - (not arg_max(correct, place))::int as wrong
        from counted group by all order by run, round
        """,
        [str(DATA / "loops.parquet"), name],
    ).df()
    shape = (-1, ROUNDS + 1)
    return Measured(*(found[column].to_numpy().reshape(shape).T for column in ("attempts", "wrong", "context")))


def log(setting: Setting, *, first: int = 0, last: int = ROUNDS) -> bc.Runs:
    """The log of a setting's loops, from one round to another."""
    return _runs("loops.parquet", f"round between {int(first)} and {int(last)}", setting.name, "accepted")


def sweep(kind: str, acceptance: str) -> bc.Runs:
    """The sweep over contexts whose wrong answers are of this kind, judged in this way."""
    return _runs("sweep.parquet", "true", f"sweep-{kind}", ACCEPTED[acceptance])


def _runs(file: str, which: str, setting: str, accepted: str) -> bc.Runs:
    frame = duckdb.execute(
        f"select * exclude (accepted, setting, grade), {accepted} as accepted from read_parquet($1) "
        f"where setting = $2 and {which}",
        [str(DATA / file), setting],
    ).df()
    return bc.read_runs(frame)


def table(query: str) -> pd.DataFrame:
    """A query over `loops` and `sweep`."""
    with duckdb.connect() as connection:
        for name in ("loops", "sweep"):
            connection.execute(f"create view {name} as select * from read_parquet('{DATA / name}.parquet')")
        return connection.execute(query).df()
