"""Is the right family chosen? How often the family that made the data is, by attempts: a confusion table.

`python -m verification.families [WORD…]` writes `reports/families.csv`, a block (truth, design) at a time; blocks in
the table are left as they are (`--anew`: run again), words choose blocks. All take about 10 minutes of one core.

A row is a true member, a design and a number of attempts. `best` lists how often each fitted family had the best
held-out score, `weight` its mean weight (both in per cent), `true_best` and `true_weight` are those of the truth's own
family. `loss` is what the choice costs where it counts: the RMSE of the chosen family's curve at the contexts of the
design, and `loss_true` that of the truth's own family fitted to the same data. A family that contains the truth's own
(sigmoid holds evidence) is not wrong when it wins, only larger. The standard error of a share near one half is 0.09
with 30 replicates, 0.13 with the 16 of several sizes.
"""

from __future__ import annotations

from functools import partial

import numpy as np

import boostcalc as bc
from boostcalc.errors import DataError
from boostcalc.fitting import Fit
from boostcalc.odds import Array
from boostcalc.responses import (
    Affine,
    CountedEvidence,
    Evidence,
    OddsPower,
    Response,
    Shrinkage,
    Sigmoid,
    SizedEvidence,
)
from verification.designs import Design, answers, expected, rates, runs
from verification.tables import Row, block_rng, grow

ATTEMPTS = (1_000, 10_000, 100_000)
REPLICATES = 30
REPLICATES_SIZED = 16
PUBLISHED = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)

ONE_SIZE = runs("40 runs, one size: 16", 40, (16,))
RATES = rates("7 rates, one size: 39", PUBLISHED, (39,))
SIZES = runs("60 runs, sizes 0 to 32", 60, (0, 1, 4, 8, 16, 32))
FILLED = runs("60 runs, sizes 2 to 32", 60, (2, 4, 8, 16, 32))

PLAIN: tuple[Response, ...] = (
    Affine(mu=0.1, nu=0.2),
    Evidence(a=-4.0, b=6.0),
    Evidence(a=-1.5, b=2.5),  # nearly straight
    OddsPower(alpha=-1.0, beta=1.5),
    Sigmoid(low=0.05, high=0.8, a=-4.0, b=9.0),
)
SIZED: tuple[Response, ...] = (
    SizedEvidence(a=-4.0, b=6.0, prior=-0.5, half=4.0),
    CountedEvidence(prior=-0.5, shift=-1.5, half=4.0, wrong=0.15, right=0.03),
    Shrinkage(strength=6.0, prior=0.3),
)
BLOCKS = [
    *[(truth, design) for truth in PLAIN for design in (ONE_SIZE, RATES)],
    *[(truth, SIZES) for truth in SIZED],
    (Evidence(a=-4.0, b=6.0), FILLED),
]


def errors(truth: Response, design: Design) -> tuple[Array, Array, Array]:
    """Size, share and true error of each row of a design."""
    size = design.contexts["context_size"].to_numpy(float)
    realised = "context_wrong" in design.contexts
    if realised:
        share = design.contexts["context_wrong"].to_numpy(float) / np.maximum(size, 1)
    else:
        share = design.contexts["context_contamination"].to_numpy(float)
    return size, share, expected(truth, size, share, realised)


def measured(truth: Response, design: Design) -> list[Row]:
    several = design.contexts["context_size"].nunique() > 1
    size, share, error = errors(truth, design)
    filled, realised = size > 0, "context_wrong" in design.contexts

    def miss(one: Response) -> float:
        off = expected(one, size[filled], share[filled], realised) - error[filled]
        return float(np.sqrt(np.mean(off**2)))

    rows: list[Row] = []
    for attempts in ATTEMPTS:
        rng = block_rng(str(truth), design.name, str(attempts))
        table, fits, failed = design.table(attempts), [], 0
        replicates = REPLICATES_SIZED if several else REPLICATES
        for _ in range(replicates):
            try:
                fits.append(bc.fit(table.assign(n_wrong=answers(rng, error, table["n"].to_numpy(), 0.0))))
            except DataError:
                failed += 1

        own = [next((one for one in fit.responses if one.family == truth.family), None) for fit in fits]
        rows.append(
            {
                "truth": str(truth),
                "family": truth.family,
                "design": design.name,
                "attempts": attempts,
                "replicates": replicates,
                "no_answer": round(failed / replicates, 3),
                "true_best": round(float(np.mean([fit.chosen.family == truth.family for fit in fits])), 3),
                "true_weight": round(float(np.mean([one.weight if one else 0.0 for one in own])), 3),
                "best": listed(fits, chosen=True),
                "weight": listed(fits, chosen=False),
                "loss": float(f"{np.mean([miss(fit.response) for fit in fits]):.3g}"),
                "loss_true": float(f"{np.mean([miss(one.response) for one in own if one]):.3g}"),
            }
        )
    return rows


def listed(fits: list[Fit], *, chosen: bool) -> str:
    """How often each family is the best, or its mean weight, in per cent, greatest first."""
    total: dict[str, float] = {}
    for fit in fits:
        for one in fit.responses:
            total[one.family] = total.get(one.family, 0.0) + (float(one is fit.chosen) if chosen else one.weight)
    shares = sorted(((100 * value / len(fits), name) for name, value in total.items()), reverse=True)
    return ", ".join(f"{name} {share:.0f}" for share, name in shares if share >= 0.5)


def main() -> None:
    listed_blocks = [((str(truth), design.name), partial(measured, truth, design)) for truth, design in BLOCKS]
    grow(__doc__, "families.csv", ("truth", "design"), listed_blocks)


if __name__ == "__main__":
    main()
