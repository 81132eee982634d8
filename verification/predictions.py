"""Do the intervals of `Fit.predict` hold what they promise? Known truths, and 16 measured curves of GPT-J.

`python -m verification.predictions [WORD…]` writes `reports/predictions.csv`, a block (truth, design) at a time;
blocks in the table are left as they are (`--anew`: run again), words choose blocks. All take about 15 minutes of
one core; `GPT-J` alone two.

**Simulated.** A sweep up to a contamination of one half is drawn from a known learner and fitted; then the fit is
asked at contexts between the measured ones (`inside`), at larger contaminations (`beyond c`) and at a larger size
(`beyond size`). `response` is the error of the learner under that context, `share of 200` what 200 answers there will
show. `true family` says whether the truth is among the fitted families. Learners of the kind "offsets" have an offset
of each context size (normal, sd in log-odds as named), those that "scatter" one of each context.

**GPT-J.** `error` and intervals against the observed shares, by the mixture of families (`all`), by each family alone,
and by what one would do without: perfect adaptation (the error is the rate), and at one context size alone an affine
and an evidence fit and a straight line through the logits. `rmse` is the mean over the 16 data sets.

Standard errors are those between replicates (or data sets), whose points are not independent of each other.
"""

from __future__ import annotations

from functools import partial

from verification.prediction_curves import CURVES
from verification.prediction_truths import SETTINGS, simulated
from verification.tables import Block, grow


def main() -> None:
    blocks: list[Block] = [((one.truth.name, one.design.name), partial(simulated, one)) for one in SETTINGS]
    blocks += [(("GPT-J", name), run) for name, run in CURVES.items()]
    grow(__doc__, "predictions.csv", ("truth", "design"), blocks)


if __name__ == "__main__":
    main()
