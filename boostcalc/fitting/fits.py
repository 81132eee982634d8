"""Fits side by side: one for each model, task or whatever else tells groups of a log apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.errors import DataError, UsageError, did_you_mean
from boostcalc.fitting.documents import read_document
from boostcalc.fitting.fit import Fit
from boostcalc.results import Estimate, Result, aligned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["SHOWN", "Fits", "Group", "read_fits", "status_of"]

SHOWN = (0.0, 0.5, 1.0)
"""Contaminations at which the error of each group is told."""

RATES = {"tpr": "TP", "fpr": "FP", "likelihood_ratio": "TP/FP"}
"""Figures of the evaluator, and how a table heads them."""


@dataclass(frozen=True, eq=False)
class Group:
    """One group: the values that it has in common, and its fit, or the reason why there is none.

    `key` has its values by column; None where the column is missing in these rows.
    """

    key: dict[str, str | None]
    n_attempts: int | None
    fit: Fit | None
    reason: str = ""

    @property
    def name(self) -> str:
        """`task=sst2, model=small`."""
        return ", ".join(f"{column}={_shown(value)}" for column, value in self.key.items())

    @cached_property
    def errors(self) -> dict[str, Estimate]:
        """The error under the contaminations `SHOWN` (realised shares), at the usual context size."""
        if self.fit is None or not self.fit.responses:
            return {f"error at c = {share:g}": Estimate(None) for share in SHOWN}
        found = self.fit.predict(np.array(SHOWN), realised=True)[["error", "low", "high"]]
        return {
            f"error at c = {share:g}": Estimate(float(row[0]), float(row[1]), float(row[2]), self.fit.level)
            for share, row in zip(SHOWN, found.to_numpy(float), strict=True)
        }

    @property
    def rates(self) -> dict[str, Estimate]:
        """The evaluator's rates and their ratio; value None where not known."""
        return dict.fromkeys(RATES, Estimate(None)) if self.fit is None else self.fit.rates()

    @property
    def family(self) -> str:
        """The chosen response family; empty without one."""
        return self.fit.chosen.family if self.fit is not None and self.fit.responses else ""

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {
            "key": self.key,
            "n_attempts": self.n_attempts,
            "fit": None if self.fit is None else self.fit.to_dict(),
            "reason": self.reason,
        }


@dataclass(frozen=True, eq=False)
class Fits(Result):
    """One fit for each group of a log.

    Attributes
    ----------
    by : the columns that tell groups apart.
    groups : in the order of their values; those that cannot be fitted are among them, with the reason.
    level : of the intervals.
    warnings : sentences on what was left out.
    """

    kind = "fits"

    status: str
    by: tuple[str, ...]
    groups: tuple[Group, ...]
    level: float
    warnings: tuple[str, ...]
    provenance: dict[str, Any]

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def fitted(self) -> tuple[Group, ...]:
        """The groups that have a fit."""
        return tuple(group for group in self.groups if group.fit is not None)

    def where(self, **values: Any) -> Fit:
        """The fit of the one group that has these values.

        Raises
        ------
        UsageError
            If a column is not among `by`, or the values do not leave one group.
        DataError
            If that group could not be fitted.
        """
        for column in values:
            if column not in self.by:
                raise UsageError(f"the fits are not by {column!r}{did_you_mean(column, self.by)}, but by {self.named}")
        asked = {column: str(value).lower() for column, value in values.items()}
        found = [g for g in self.groups if all(_shown(g.key[c]).lower() == value for c, value in asked.items())]
        said = ", ".join(f"{column}={value}" for column, value in values.items()) or "no value"
        if len(found) != 1:
            among = [g.name for g in found or self.groups]
            listed = "; ".join(among[:10]) + (f"; and {len(among) - 10} more" if len(among) > 10 else "")
            raise UsageError(f"{said} leaves {len(found)} groups; name one of: {listed}")
        if found[0].fit is None:
            raise DataError(f"{found[0].name} could not be fitted: {found[0].reason}")
        return found[0].fit

    @property
    def named(self) -> str:
        """The columns, in words."""
        return " and ".join(self.by)

    def summary(self) -> str:
        lines = [self.status]
        fitted = self.fitted
        if fitted:
            rows = [[*map(_shown, g.key.values()), f"{g.n_attempts:,}"] for g in fitted]
            head = [*self.by, "attempts"]
            for name, cells in self._columns(fitted).items():
                if any(cells):
                    head.append(name)
                    rows = [[*row, cell or "—"] for row, cell in zip(rows, cells, strict=True)]
            lines += ["", aligned([head, *rows], left=True)]
        unfitted = [g for g in self.groups if g.fit is None]
        if unfitted:
            lines += ["", "Not fitted:", *(f"{g.name}: {g.reason}" for g in unfitted)]
        if any(g.family for g in fitted):
            lines += [
                "",
                f"Intervals hold {self.level:.0%}. Error at c: under a context of which the share c is wrong, at the "
                "size measured most; what the fitted families say together.",
            ]
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def _columns(self, fitted: tuple[Group, ...]) -> dict[str, list[str]]:
        """Cells of the table by column, "" where there is nothing."""
        found = {"family": [g.family for g in fitted]}
        for name in fitted[0].errors:
            found[name] = [_told(g.errors[name]) for g in fitted]
        for name, head in RATES.items():
            found[head] = [_told(g.rates[name]) for g in fitted]
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a group: `by`, `attempts`, `family`, each figure with `_low` and `_high`, and `status`."""
        import pandas as pd

        rows = []
        for g in self.groups:
            row: dict[str, Any] = {**g.key, "attempts": g.n_attempts, "family": g.family or None}
            figures = {f"error_{share:g}": e for share, e in zip(SHOWN, g.errors.values(), strict=True)} | g.rates
            for name, e in figures.items():
                row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
            rows.append(row | {"status": g.reason if g.fit is None else g.fit.status})
        return pd.DataFrame(rows)

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "by": list(self.by),
            "level": self.level,
            "groups": [group.to_dict() for group in self.groups],
            "warnings": list(self.warnings),
            "provenance": self.provenance,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Fits:
        """The fits whose `to_dict` gave this record.

        Raises
        ------
        DataError
            If the record holds none.
        """
        try:
            groups = [
                Group(
                    dict(item["key"]),
                    item["n_attempts"],
                    None if item["fit"] is None else Fit.from_dict(item["fit"]),
                    item["reason"],
                )
                for item in record["groups"]
            ]
            return cls(
                status=record["status"],
                by=tuple(record["by"]),
                groups=tuple(groups),
                level=record["level"],
                warnings=tuple(record["warnings"]),
                provenance=record["provenance"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"these are no saved fits: {error} is missing or malformed") from None

    def plot(self, ax: Axes | None = None) -> Axes:
        """The chosen response of each group that has one."""
        grid = np.linspace(0, 1, 101)
        curves = {g.name: g.fit.response(grid, g.fit.chosen.size) for g in self.fitted if g.fit and g.fit.responses}
        if not curves:
            raise DataError("no group has a fitted response to draw")
        return plotting.curves(grid, curves, ax=ax)


def status_of(groups: tuple[Group, ...], by: tuple[str, ...]) -> str:
    """How many groups were fitted, and which families were chosen."""
    named, fitted = " and ".join(by), [group for group in groups if group.fit is not None]
    said = f"{len(groups)} group{'s' if len(groups) != 1 else ''} by {named}, {len(fitted)} of them fitted"
    families = Counter(group.family for group in fitted if group.family)
    if families:
        told = ", ".join(f"{family} in {count}" for family, count in families.most_common())
        said += f"; the response that predicts held-out data best: {told}"
    return f"{said}."


def read_fits(path: str | Path) -> Fits:
    """Fits saved as JSON (`Fits.to_json`, `boostcalc fit --by … -o`).

    Raises
    ------
    UsageError
        If there is no such file.
    DataError
        If it does not hold saved fits.
    """
    return Fits.from_dict(read_document(path, "fits"))


def _shown(value: str | None) -> str:
    return "(missing)" if value is None else value


def _told(estimate: Estimate) -> str:
    return "" if estimate.value is None and estimate.low is None else estimate.text(3)
