"""The accuracy of every closed form: our doubles against 60-digit arithmetic, at random points and at the corners.

`python -m verification.numbers` writes `reports/accuracy.csv` (minutes with gmpy2, which mpmath uses where it is
installed; several times as long without). The rule is a relative error of at most 1e-12 in the smaller of ε and
1 − ε, over ε from 1e-300 to 1 − 2⁻⁵³, |ln LR| from 1e-12 to 27 and n up to 1e9, wherever the answer is a normal
double. Where an answer magnifies the rounding of its inputs, or of the terms it adds, eight roundings times that
condition number κ are allowed: max(1e-12, 8·2⁻⁵³·κ). Points at which nothing is left of sixteen digits (a bound over
0.1) are not counted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from verification.accuracy import KERNELS, Kernel, Measured, measure

POINTS = 120_000
ITERATED = 20_000
"""Points of what takes long in exact arithmetic: maps that are iterated, and curves through points."""

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


def main() -> None:
    rows = []
    for number, kernel in enumerate(KERNELS):
        slow = " under " in kernel.name or kernel.name.startswith("monotone")
        started, size = time.perf_counter(), ITERATED if slow else POINTS
        found = measure(kernel, np.random.default_rng(number), size)
        if not slow and found.counted.sum() < 100_000:  # points whose answer is no normal double are drawn again
            more = int(size * 105_000 / max(1, found.counted.sum()))
            found = measure(kernel, np.random.default_rng(number), more)
        rows.append(row(kernel, found))
        print(*rows[-1].values(), f"{time.perf_counter() - started:.1f} s", sep=" | ", flush=True)
    TABLE.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(TABLE, index=False)
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
