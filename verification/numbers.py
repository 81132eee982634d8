"""The accuracy of every closed form: our doubles against 60-digit arithmetic, at random points and at the corners.

`python -m verification.numbers [NAME…]` writes `reports/accuracy.csv`: minutes with gmpy2, which mpmath uses where it
is installed, several times as long without. The rule is a relative error of at most 1e-12 in the smaller of ε and
1 − ε, over ε from 1e-300 to 1 − 2⁻⁵³, |ln LR| from 1e-12 to 27 and n up to 1e9, wherever the answer is a normal
double. Where an answer magnifies the rounding of its inputs, or of the terms it adds, eight roundings times that
condition number κ are allowed: max(1e-12, 8·2⁻⁵³·κ). Points at which nothing is left of sixteen digits (a bound over
0.1) are not counted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from verification.accuracy import KERNELS, Kernel, Measured, measure

POINTS, WANTED = 120_000, 100_000
ITERATED = 10_000
SLOW = (" under ", "monotone", "fixed points")
"""What has no closed form and takes long in exact arithmetic: iterated maps, curves through points, searched roots."""

TABLE = Path(__file__).parents[1] / "reports" / "accuracy.csv"


def row(kernel: Kernel, found: Measured) -> dict[str, Any]:
    i = found.worst
    return {
        "kernel": kernel.name,
        "points": int(found.counted.sum()),
        "worst_relative_error": f"{found.worst_well_conditioned:.2g}",
        "bound": "1e-12" if kernel.condition is None else "max(1e-12, 8·2⁻⁵³·κ)",
        "worst_over_bound": f"{found.error[i] / found.allowed[i]:.2g}",
        "where": "; ".join(f"{name}={float(values[i])!r}" for name, values in found.points.items()),
        "condition": kernel.condition_text,
        "share_within_1e-12": f"{found.within_rule:.6f}",
        "share_within_bound": f"{found.within_bound:.6f}",
    }


def sized(kernel: Kernel, seed: int) -> Measured:
    """The kernel at enough points; those whose answer is no normal double are made up for."""
    slow = any(name in kernel.name for name in SLOW)
    size = ITERATED if slow else POINTS
    found = measure(kernel, np.random.default_rng(seed), size)
    counted = int(found.counted.sum())
    if slow or counted >= WANTED:
        return found
    return measure(kernel, np.random.default_rng(seed), int(1.05 * size * WANTED / max(1, counted)))


def main(*names: str) -> None:
    """Measures the kernels whose name contains one of `names` (all without any), and puts their rows in the table."""
    rows: dict[str, Any] = {}
    if names and TABLE.exists():
        rows = {r["kernel"]: r for r in pd.read_csv(TABLE, dtype=str).fillna("").to_dict("records")}
    for seed, kernel in enumerate(KERNELS):
        if names and not any(name in kernel.name for name in names):
            continue
        started = time.perf_counter()
        rows[kernel.name] = row(kernel, sized(kernel, seed))
        print(*rows[kernel.name].values(), f"{time.perf_counter() - started:.1f} s", sep=" | ", flush=True)
        listed = [rows[k.name] for k in KERNELS if k.name in rows]
        partial = TABLE.with_suffix(".partial")
        pd.DataFrame(listed).to_csv(partial, index=False)
        partial.replace(TABLE)
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main(*sys.argv[1:])
