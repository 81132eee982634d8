r"""How much runs differ beyond chance: the correlation of two answers of one run, given their context and round.

Runs are compared within strata that are alike in all that is known of the context. With $y_i$ wrong of $n_i$ answers of
a run in a stratum of error $p$, moments of $\operatorname{Var}(y_i) = n_i p(1-p)(1 + (n_i - 1)\rho)$ give
$\rho = (\chi^2/\nu - 1)/(\bar n - 1)$ with Pearson's χ² on ν = cells − strata degrees of freedom and $\bar n$ the mean
of the $n_i$ (Williams 1982, Applied Statistics 31(2)).
"""

from __future__ import annotations

import numpy as np

from boostcalc.fitting.doctor.seen import Seen, plural
from boostcalc.fitting.uncertainty import ENOUGH_CLUSTERS
from boostcalc.results import Estimate

__all__ = ["between_runs", "inflation"]

ALIKE = ("round", "model", "task", "context_size", "context_wrong", "context_contamination", "context_judged_wrong")
"""What runs are compared within."""


def inflation(rho: float, answers: float) -> float:
    """By how much an interval widens when so many answers of a cluster are alike by ρ (Kish 1965, Survey Sampling)."""
    return float(np.sqrt(1 + (answers - 1) * rho))


def between_runs(seen: Seen) -> tuple[str, str, Estimate | None]:
    """Whether runs differ beyond what their contexts explain."""
    from scipy.stats import chi2 as law

    unit = next((name for name in ("run", "block") if seen.distinct(name) > 1), None)
    if unit is None:
        return "no", "one run, or runs are not told apart: log `run`", None
    cells = seen.cells[(seen.cells["n_known"] > 0) & seen.cells[unit].notna()]
    keys = [name for name in ALIKE if name in cells and cells[name].notna().any()]
    if not len(cells):
        return "no", "no answer of a named run has a known truth", None
    summed = cells.groupby([*keys, unit], dropna=False)[["n_known", "n_wrong"]].sum().reset_index()
    if keys:
        strata = summed.groupby(keys, dropna=False)
        stratum, size = strata.ngroup().to_numpy(), strata["n_known"].transform("size").to_numpy()
    else:
        stratum, size = np.zeros(len(summed), dtype=int), np.full(len(summed), len(summed))
    compared = size > 1
    n, y = (summed[name].to_numpy(float)[compared] for name in ("n_known", "n_wrong"))
    _, place = np.unique(stratum[compared], return_inverse=True)
    p = (np.bincount(place, y) / np.bincount(place, n))[place] if n.size else n
    told = (p > 0) & (p < 1)
    units = int(summed[unit][compared][told].nunique())
    if units < ENOUGH_CLUSTERS:
        few = plural(units, unit) if units else f"no {unit}"
        return "no", f"{few} can be compared with others in like contexts: {ENOUGH_CLUSTERS} are needed", None
    n, y, p, place = n[told], y[told], p[told], place[told]
    df = n.size - np.unique(place).size
    chi2 = float(((y - n * p) ** 2 / (n * p * (1 - p))).sum())
    mean = float(n.mean())
    if mean <= 1:
        return "no", f"{plural(units, unit)} have one answer each under a context: log several", None
    rho = float(np.clip((chi2 / df - 1) / (mean - 1), 0, 1))
    p_value = float(law.sf(chi2, df))
    differ = "differ" if p_value < 0.05 else "are not seen to differ"
    said = (
        f"{plural(units, unit)} {differ} beyond chance (p = {p_value:.2g}): answers of one are alike by ρ = {rho:.2g}"
    )
    return "yes", f"{said}, given context and round", None
