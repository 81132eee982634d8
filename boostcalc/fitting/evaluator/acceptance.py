r"""What acceptance alone says of a loop: rates and start error from $a_n = t - (t-f)\varepsilon_n$ over the rounds.

Under an assumed response the curve identifies them once it bends, but only up to a mirror: (t, f, ε₀) and
(f, t, 1 − ε₀) with the mirrored response accept alike in every round (theorem `mirror`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc import plotting
from boostcalc.dynamics import Loop
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.evaluator.profile import Bound, Curve, profile_interval
from boostcalc.odds import Array, Counts, expit
from boostcalc.responses import Perfect, Response
from boostcalc.results import Estimate, Result, aligned, provenance
from boostcalc.runs import Runs, read_runs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["AcceptanceFit", "Reading", "fit_acceptance"]

FEWEST_ROUNDS = 3
"""Rounds that three unknowns need."""

FARTHEST = 12.0
"""Log-odds up to which rates and errors are looked for."""

OPEN = 0.9
"""An interval of the start error that is wider than this leaves it open."""

NAMES = ("tpr", "fpr", "error")


@dataclass(frozen=True)
class Reading:
    """One of the two loops that accept so: its rates, the error of round 0, its response, and what labels say of it.

    `log_likelihood` is that of the labels, None without them.
    """

    estimates: dict[str, Estimate]
    response: Response
    log_likelihood: float | None

    def mirror(self, log_likelihood: float | None) -> Reading:
        """The other one: right and wrong exchanged."""
        start = self.estimates["error"]
        value, low, high = (None if x is None else 1 - x for x in (start.value, start.high, start.low))
        turned = Estimate(value, low, high, start.level)
        estimates = {"tpr": self.estimates["fpr"], "fpr": self.estimates["tpr"], "error": turned}
        return Reading(estimates, self.response.mirrored(), log_likelihood)

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        numbers = {name: found.to_dict() for name, found in self.estimates.items()}
        return {**numbers, "response": self.response.to_dict(), "log_likelihood": self.log_likelihood}


@dataclass(frozen=True, eq=False)
class AcceptanceFit(Result):
    """The two readings of a curve of acceptance.

    Attributes
    ----------
    identified : whether the curve bends enough to determine a reading.
    readings : the one with t > f and its mirror; that which labels prefer first.
    settled : whether labels choose between them; else t > f is an assumption.
    seen, fitted : accepted of judged by round, and the fitted share.
    dispersion : deviance over spare rounds, at least 1; 1 where no round is spare.
    """

    kind = "acceptance fit"

    status: str
    identified: bool
    readings: tuple[Reading, Reading]
    settled: bool
    seen: tuple[Counts, ...]
    fitted: Array
    dispersion: float
    provenance: dict[str, Any]

    def summary(self) -> str:
        rows = [["", *NAMES]]
        rows += [
            [f"reading {i + 1}", *(str(one.estimates[name]) for name in NAMES)] for i, one in enumerate(self.readings)
        ]
        return f"{self.status}\n{aligned(rows, left=True)}"

    def to_frame(self) -> pd.DataFrame:
        """One row a reading and figure: `reading`, `name`, `value`, `low`, `high`, `level`."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"reading": i + 1, "name": name, **found.to_dict()}
                for i, one in enumerate(self.readings)
                for name, found in one.estimates.items()
            ]
        )

    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "identified": self.identified,
            "settled": self.settled,
            "readings": [one.to_dict() for one in self.readings],
            "rounds": [
                {"round": n, "accepted": c.successes, "judged": c.trials, "fitted": float(self.fitted[n])}
                for n, c in enumerate(self.seen)
            ],
            "dispersion": self.dispersion,
            "provenance": self.provenance,
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Acceptance by round, as fitted and as seen."""
        drawn = plotting.trajectory(self.fitted, ax=ax)
        drawn.plot(range(len(self.seen)), [c.rate for c in self.seen], "x", color="black")
        drawn.set_ylabel("share accepted")
        return drawn


def fit_acceptance(
    accepted: Any,
    *,
    response: Response | None = None,
    labelled: Mapping[int, Counts] | None = None,
    level: float = 0.9,
) -> AcceptanceFit:
    """Rates and start error of a loop from how much it accepts in each round, under an assumed response.

    Parameters
    ----------
    accepted : sequence of Counts, or Runs, path or dataframe
        Accepted of judged answers in rounds 0, 1, …; of a log, its verdicts by `round`.
    response : Response, optional
        What the model is assumed to be; perfect adaptation by default. The context is replaced every round.
    labelled : mapping of round → Counts(wrong, labelled), optional
        A few truths, which choose between the two readings.
    level : float in (0, 1)
        Of the profile likelihood intervals, widened by overdispersion where there are more than three rounds.

    Raises
    ------
    UsageError
        If `level` or a labelled round is out of range.
    DataError
        If there are fewer than three rounds, or a round has no verdicts.

    Examples
    --------
    >>> import boostcalc as bc
    >>> shares = bc.Loop(tpr=0.8, fpr=0.2).trajectory(error=0.6, rounds=5).acceptance
    >>> found = bc.fit_acceptance([bc.Counts(round(10_000 * a), 10_000) for a in shares])
    >>> [round(found.readings[0].estimates[name].value, 2) for name in ("tpr", "fpr", "error")]
    [0.8, 0.2, 0.6]
    """
    if not 0 < level < 1:
        raise UsageError(f"level = {level} is out of range: an interval's level lies in (0, 1)")
    seen = tuple(accepted) if _counts(accepted) else _by_round(accepted)
    if len(seen) < FEWEST_ROUNDS:
        raise DataError(f"{len(seen)} rounds cannot tell three unknowns: log the acceptance of three rounds or more")
    for n, counts in (labelled or {}).items():
        if not 0 <= n < len(seen) or counts.successes > counts.trials:
            raise UsageError(f"labelled round {n} is out of range: rounds 0 to {len(seen) - 1} have verdicts")
    learner = Perfect() if response is None else response
    curve = Curve(
        successes=np.array([c.successes for c in seen]),
        trials=np.array([c.trials for c in seen]),
        model=lambda theta: _acceptance(theta, learner, len(seen) - 1),
        farthest=FARTHEST,
    )
    best = curve.best()
    bounds = {name: profile_interval(curve, best, i, level) for i, name in enumerate(NAMES)}
    why = _unidentified(curve, best.deviance, bounds["error"], level)
    estimates = {name: _estimate(bound, level, known=why is None) for name, bound in bounds.items()}
    errors = _errors(best.theta, learner, len(seen) - 1)
    told = [_label_likelihood(labelled, e) for e in (errors, 1 - errors)]
    first = Reading(estimates, learner, told[0])
    readings = (first, first.mirror(told[1]))
    if told[0] is not None and told[1] is not None and told[1] > told[0]:
        readings = (readings[1], readings[0])
    return AcceptanceFit(
        status=_status(readings, why, learner),
        identified=why is None,
        readings=readings,
        settled=told[0] is not None and told[0] != told[1],
        seen=seen,
        fitted=curve.model(best.theta),
        dispersion=curve.dispersion(best.deviance),
        provenance=provenance(response=learner.to_dict(), level=level),
    )


def _counts(accepted: Any) -> bool:
    return isinstance(accepted, Sequence) and not isinstance(accepted, str) and all(
        isinstance(one, Counts) for one in accepted
    )  # fmt: skip


def _by_round(runs: Any) -> tuple[Counts, ...]:
    log = runs if isinstance(runs, Runs) else read_runs(runs)
    if "round" not in log.cells:
        raise DataError("rounds are not logged: acceptance alone tells something only as it changes by round")
    rounds = log.cells[log.cells["n_judged"] > 0].groupby("round")[["n_accepted", "n_judged"]].sum()
    if list(rounds.index) != list(range(len(rounds))):
        raise DataError("a round has no verdicts: the acceptance of every round from 0 on is needed")
    return tuple(Counts(float(k), float(n)) for k, n in rounds.to_numpy(float))


def _loop(theta: Array, response: Response) -> tuple[Loop, Array]:
    """The loop of (logit t, logit f, logit ε₀), each an array."""
    t, f, error = expit(theta)
    return Loop(tpr=t, fpr=f, response=response), error


def _acceptance(theta: Array, response: Response, rounds: int) -> Array:
    loop, error = _loop(theta, response)
    return loop.trajectory(error=error, rounds=rounds).acceptance


def _errors(theta: Array, response: Response, rounds: int) -> Array:
    loop, error = _loop(theta, response)
    return expit(loop.trajectory(error=error, rounds=rounds).logit_error)


def _estimate(bound: Bound, level: float, *, known: bool) -> Estimate:
    """Log-odds as a rate; an end that was not reached is the end of the range."""
    low = 0.0 if bound.low is None else float(expit(bound.low))
    high = 1.0 if bound.high is None else float(expit(bound.high))
    return Estimate(float(expit(bound.value)) if known else None, low, high, level)


def _unidentified(curve: Curve, deviance: float, error: Bound, level: float) -> str | None:
    """Why the curve determines no reading; None if it does."""
    from scipy.stats import chi2

    if curve.flat() - deviance < chi2.ppf(level, 2) * curve.dispersion(deviance):
        return "acceptance changes by round no more than by chance, and a flat curve tells one number of three"
    low, high = (
        0.0 if error.low is None else float(expit(error.low)),
        1.0 if error.high is None else float(expit(error.high)),
    )
    if error.low is None or error.high is None or high - low > OPEN:
        return f"the curve does not bend enough: start errors from {low:.2g} to {high:.2g} fit it as well"
    return None


def _label_likelihood(labelled: Mapping[int, Counts] | None, errors: Array) -> float | None:
    from scipy.special import xlog1py, xlogy

    if not labelled:
        return None
    terms = [xlogy(c.successes, errors[n]) + xlog1py(c.trials - c.successes, -errors[n]) for n, c in labelled.items()]
    return float(np.sum(terms))


def _status(readings: tuple[Reading, Reading], why: str | None, response: Response) -> str:
    if why is not None:
        return f"Not identified: {why}."
    said = "; ".join(
        "tpr {tpr} and fpr {fpr} from an error of {error}".format(**{k: str(e) for k, e in one.estimates.items()})
        for one in readings
    )
    start = f"Under the {response.family} response (assumed) two loops accept like this: {said}"
    first, second = (one.log_likelihood for one in readings)
    if first is None or second is None:
        return (
            f"{start}. Acceptance cannot tell them apart: that t > f, the first, is an assumption, or label an answer."
        )
    if first == second:
        return f"{start}. The labels do not tell them apart."
    odds = np.exp(min(first - second, 700.0))
    return f"{start}. The labels prefer the first, {odds:.3g} to 1."
