r"""Whether the evaluator's rates drift with the contamination that it reads, or from round to round.

Log-odds of t and f in a straight line: with the contamination that is `boostcalc.dynamics.Drifting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc.dynamics import Drifting
from boostcalc.errors import DataError
from boostcalc.fitting.evaluator.logistic import LineData, fit_line, spread_of
from boostcalc.fitting.evaluator.verdicts import verdict_clusters
from boostcalc.fitting.normal import normal_draws
from boostcalc.odds import Array, expit
from boostcalc.responses import realised
from boostcalc.results import Estimate, finite

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from boostcalc.runs import Runs

__all__ = ["DRIFTS", "NO_DRIFT", "UNTOLD", "Trend", "trend"]

DRIFTS, NO_DRIFT, UNTOLD = "drifts", "no drift seen", "cannot be told"
"""What the data may say."""

FAR = 3.0
"""A change in log-odds (odds twentyfold) over the whole range that has to be excluded before "no drift" is said."""

NAMES = {"tpr": "correct", "fpr": "wrong"}


@dataclass(frozen=True, eq=False)
class Trend:
    """Straight lines of the log-odds of t and f, their uncertainty, and what it says of drift.

    Attributes
    ----------
    variable : "contamination" or "round".
    names : the rates that have a line, of "tpr" and "fpr".
    center, covariance : arrays, shapes (2·lines,) and (2·lines, 2·lines)
        Log-odds at 0 and slope of each in turn.
    df : Student's degrees of freedom.
    seen : least and largest value of the variable.
    p_value : of the test that no line has a slope.
    by, count : what is taken as independent, and how many.
    level : of the intervals.
    found : "drifts", "no drift seen" or "cannot be told".
    note : how contexts known only by the rate they were drawn at are taken; empty without them.
    """

    variable: str
    names: tuple[str, ...]
    center: Array
    covariance: Array
    df: float
    seen: tuple[float, float]
    p_value: float
    by: str
    count: int
    level: float
    found: str
    note: str = ""

    @property
    def evaluator(self) -> Drifting | None:
        """The drifting evaluator; None in rounds, or where only one of its rates has a line."""
        return self._drifting(self.center) if self._whole else None

    def draw(self, rng: np.random.Generator, size: int) -> Drifting:
        """Draws of the drifting evaluator from what the data leave open: one of arrays of shape `(size,)`.

        Raises
        ------
        DataError
            If there is none.
        """
        if not self._whole:
            raise DataError("no drifting evaluator was fitted: it needs verdicts on correct and on wrong answers")
        return self._drifting(self._draws(rng, size).T)

    def slope(self, name: str) -> Estimate:
        """Change of the rate's log-odds by 1 of the variable (from a clean to a wholly wrong context, or a round)."""
        i = 2 * self.names.index(name) + 1
        half = self._quantile() * np.sqrt(self.covariance[i, i])
        return Estimate(float(self.center[i]), float(self.center[i] - half), float(self.center[i] + half), self.level)

    def at(self, name: str, x: float) -> Estimate:
        """The rate at one value of the variable."""
        i = 2 * self.names.index(name)
        along = np.array([1.0, x])
        middle = float(along @ self.center[i : i + 2])
        half = self._quantile() * float(np.sqrt(along @ self.covariance[i : i + 2, i : i + 2] @ along))
        value, low, high = (float(expit(v)) for v in (middle, middle - half, middle + half))
        return Estimate(value, low, high, self.level)

    def likelihood_ratio(self, x: float, rng: np.random.Generator, draws: int = 10_000) -> Estimate:
        """t/f at one value of the variable, its interval from draws."""
        if len(self.names) < 2:
            return Estimate(None)
        drawn = self._draws(rng, draws)
        t, f = (expit(drawn[:, i] + x * drawn[:, i + 1]) for i in (0, 2))
        value = float(expit(self.center[0] + x * self.center[1]) / expit(self.center[2] + x * self.center[3]))
        with np.errstate(divide="ignore"):
            return Estimate.from_draws(value, t / f, self.level)

    @property
    def excluded(self) -> dict[str, float]:
        """The slope beyond which either sign is excluded, by rate."""
        found = {name: self.slope(name) for name in self.names}
        return {name: max(abs(e.low or 0.0), abs(e.high or 0.0)) for name, e in found.items()}

    @property
    def verdict(self) -> str:
        """What the data say, in words."""
        over = "the contamination of its context" if self.variable == "contamination" else "the round"
        unit = "log-odds from a clean to a wholly wrong context" if self.variable == "contamination" else (
            "log-odds a round"
        )  # fmt: skip
        p = f"p = {self.p_value:.2g}"
        note = f" ({self.note})" if self.note else ""
        if self.found == DRIFTS:
            moves = " and ".join(
                f"{name} goes from {self.at(name, self._ends[0])} to {self.at(name, self._ends[1])}"
                for name in self.names
            )
            way = "from a clean to a wholly wrong one" if self.variable == "contamination" else (
                f"from round {self.seen[0]:g} to round {self.seen[1]:g}"
            )  # fmt: skip
            return f"the evaluator drifts with {over}: {way} {moves} ({p}){note}"
        limits = " and ".join(f"±{value:.2g} of {name}" for name, value in self.excluded.items())
        if self.found == NO_DRIFT:
            return f"no drift with {over} is seen ({p}); slopes beyond {limits} ({unit}) are excluded{note}"
        return f"whether the evaluator drifts with {over} cannot be told: only slopes beyond {limits} ({unit}) are "\
            f"excluded{note}"  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        ends = {
            name: {"slope": self.slope(name).to_dict(), "ends": [self.at(name, x).to_dict() for x in self._ends]}
            for name in self.names
        }
        return {
            "found": self.found,
            "verdict": self.verdict,
            "p_value": finite(self.p_value),
            "rates": ends,
            "at": list(self._ends),
            "seen": list(self.seen),
            "center": self.center.tolist(),
            "covariance": self.covariance.tolist(),
            "df": finite(self.df),
            "clusters": {"by": self.by, "count": self.count},
            "level": self.level,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, variable: str, record: Mapping[str, Any]) -> Trend:
        """The trend whose `to_dict` gave this record."""
        return cls(
            variable=variable,
            names=tuple(record["rates"]),
            center=np.array(record["center"], dtype=np.float64),
            covariance=np.array(record["covariance"], dtype=np.float64),
            df=np.inf if record["df"] is None else record["df"],
            seen=(record["seen"][0], record["seen"][1]),
            p_value=np.nan if record["p_value"] is None else record["p_value"],
            by=record["clusters"]["by"],
            count=record["clusters"]["count"],
            level=record["level"],
            found=record["found"],
            note=record["note"],
        )

    @property
    def _whole(self) -> bool:
        return self.variable == "contamination" and len(self.names) == 2

    @property
    def _ends(self) -> tuple[float, float]:
        return (0.0, 1.0) if self.variable == "contamination" else self.seen

    def _drifting(self, theta: Array) -> Drifting:
        t0, t1, f0, f1 = theta
        # a line so steep that an end rounds to 0 or 1 has no log-odds there: the next double has
        low, high = np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)
        t, f, t_wrong, f_wrong = (np.clip(expit(x), low, high) for x in (t0, f0, t0 + t1, f0 + f1))
        return Drifting(t, f, t_wrong, f_wrong)  # type: ignore[arg-type]  # arrays where drawn: parts broadcast

    def _draws(self, rng: np.random.Generator, size: int) -> Array:
        normal = normal_draws(rng, np.zeros(self.center.size), self.covariance, size)
        if np.isfinite(self.df):
            normal /= np.sqrt(rng.chisquare(self.df, size) / self.df)[:, None]
        return np.asarray(self.center + normal)

    def _quantile(self) -> float:
        from scipy.special import stdtrit

        return float(stdtrit(self.df if np.isfinite(self.df) else 1e12, (1 + self.level) / 2))


def trend(runs: Runs, variable: str, *, level: float) -> Trend:
    """The drift of t and f with `variable`, "contamination" or "round".

    Contexts known only by the rate c that they were drawn at are averaged over Bin(k, c) where their size k is known.

    Raises
    ------
    DataError
        If the runs cannot tell; the message says why.
    """
    cells = runs.contexts().dropna(subset="share") if variable == "contamination" else runs.cells
    if variable == "round":
        if "round" not in cells:
            raise DataError("rounds are not logged")
        cells = cells[cells["round"].notna()].assign(share=lambda table: table["round"], exact=True, context_size=0.0)
    cells = cells[(cells["correct_judged"] > 0) | (cells["wrong_judged"] > 0)].reset_index(drop=True)
    if not len(cells):
        raise DataError(f"no verdict on an answer of known truth has a known {variable}")
    cluster, by = verdict_clusters(cells)
    x, weights, note = _values(cells)
    lines, names, reasons = [], [], []
    for name, truth in NAMES.items():
        k, n = (cells[f"{truth}_{what}"].to_numpy(float) for what in ("accepted", "judged"))
        rows = np.flatnonzero(n > 0)
        try:
            lines.append(fit_line(LineData(k[rows], n[rows], x, weights[rows], cluster[rows]), name))
            names.append(name)
        except DataError as error:
            reasons.append(str(error))
    if not lines:
        raise DataError("; ".join(reasons))
    spread = spread_of(lines, by)
    center = np.concatenate([line.theta for line in lines])
    share = cells["share"].to_numpy(float)
    p_value = _no_slope(center, spread.covariance, spread.df)
    made = Trend(
        variable=variable,
        names=tuple(names),
        center=center,
        covariance=spread.covariance,
        df=spread.df,
        seen=(float(share.min()), float(share.max())),
        p_value=p_value,
        by=spread.by,
        count=spread.count,
        level=level,
        found=DRIFTS,
        note=note,
    )
    return made if p_value < 1 - level else _without_drift(made)


def _without_drift(made: Trend) -> Trend:
    reach = 1.0 if made.variable == "contamination" else made.seen[1] - made.seen[0]
    known = all(slope * reach <= FAR for slope in made.excluded.values())
    return replace(made, found=NO_DRIFT if known else UNTOLD)


def _no_slope(center: Array, covariance: Array, df: float) -> float:
    """p-value of Wald's test that no line has a slope; Hotelling's correction for few degrees of freedom."""
    from scipy.stats import chi2, f

    slopes = np.arange(1, center.size, 2)
    q = slopes.size
    wald = float(center[slopes] @ np.linalg.solve(covariance[np.ix_(slopes, slopes)], center[slopes]))
    if not np.isfinite(df):
        return float(chi2.sf(wald, q))
    spare = max(df - q + 1, 1.0)
    return float(f.sf(wald * spare / (q * df), q, spare))


def _values(cells: pd.DataFrame) -> tuple[Array, csr_array, str]:
    """The values of x, each cell's law of them, and how they are known."""
    from scipy.sparse import csr_array

    share, size = cells["share"].to_numpy(float), cells["context_size"].to_numpy(float)
    exact = cells["exact"].to_numpy(bool)
    drawn = ~exact & np.isfinite(size) & (size >= 1)
    laws = [
        realised(float(c), int(k)) if average else (np.array([c]), np.ones(1))
        for c, k, average in zip(share, size, drawn, strict=True)
    ]
    values, column = np.unique(np.concatenate([law[0] for law in laws]), return_inverse=True)
    rows = np.repeat(np.arange(len(laws)), [len(law[0]) for law in laws])
    weights = csr_array((np.concatenate([law[1] for law in laws]), (rows, column)), shape=(len(laws), len(values)))
    if exact.all():
        return values, weights, ""
    how = "averaged over the contexts that may have been drawn" if (drawn | exact).all() else "taken as realised"
    return values, weights, f"contexts known by their rate are {how}"
