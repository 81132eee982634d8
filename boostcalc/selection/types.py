r"""Many types of answer: several ways of being right and wrong, accepted each at its own rate."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.errors import UsageError
from boostcalc.odds import Array, as_rate
from boostcalc.selection.checks import checked_mutation, checked_names, chosen, vector, whole
from boostcalc.selection.evolution import Evolution
from boostcalc.selection.kernels import after, dominance, log_matrix, log_sum, normalised, step

__all__ = ["Types"]

FOREVER = 2**60
"""Rounds after which whatever settles has settled."""

SETTLED = 1e-9
"""A share that a round moves by less has settled."""


@dataclass(frozen=True, init=False, eq=False)
class Types:
    r"""K types of answer and how the evaluator takes each: $x' = QWx / 1^{\top}Wx$, so $x_n \propto (QW)^n x_0$.

    A share $x_i$ of a round's answers is of type i and accepted with probability $w_i$. What is accepted is the
    context of the next round, whose answers have types by $Q$. Two types are the loop with an affine response;
    more of them tell apart errors that a pooled rate mixes. The response is linear: of others, which act on the
    shares after $W$, nothing is said here.

    Parameters
    ----------
    names : sequence of K str
        A name for each type.
    shares : array of shape (K,)
        Shares of the types among the answers of round 0, ≥ 0; they add up to 1.
    acceptance : array of shape (K,)
        $w_i$ in [0, 1]: P(accept | type i).
    correct : str or collection of str
        The names of the types that are correct; the others are wrong.
    mutation : array of shape (K, K) or mapping, optional
        $Q_{ij}$ = P(answer of type i | context pair of type j), columns that add up to 1; or only the slips, as
        `{(from, to): probability}`. Without it the answers have the types of their context: perfect adaptation.

    Raises
    ------
    UsageError
        If shapes, names or sums do not fit.
    RateError
        If an acceptance, a share or an entry of the mutation is no probability.

    References
    ----------
    Eigen 1971, Naturwissenschaften 58, 465: the quasispecies. Selection alone is Fisher's (1930, ch. 2).

    Examples
    --------
    Errors that the evaluator cannot see are a floor: of what it does not sort out they keep their share.

    >>> seen = Types(
    ...     ["correct", "detectable", "undetectable"], [0.5, 0.3, 0.2], acceptance=[0.8, 0.1, 0.8], correct="correct"
    ... )
    >>> seen.error(rounds=[0, 1, 2, 1000]).round(4)
    array([0.5   , 0.322 , 0.2905, 0.2857])
    >>> seen.pooled().error(rounds=[0, 1, 2, 1000]).round(4)  # what the two pooled rates of round 0 promise
    array([0.5   , 0.322 , 0.1841, 0.    ])

    Slips are a mutation. These two are the loop with the response `Affine(mu=0.05, nu=0.2)`:

    >>> slips = {("right", "wrong"): 0.05, ("wrong", "right"): 0.2}
    >>> slipping = Types(["right", "wrong"], [0.5, 0.5], acceptance=[0.8, 0.1], correct="right", mutation=slips)
    >>> slipping.limit().round(7), round(slipping.multiplier, 6)
    (array([0.9445349, 0.0554651]), 0.103558)

    Graded answers are types too, whatever counts as correct:

    >>> grades = Types(["A", "B", "C", "D"], [0.1, 0.4, 0.3, 0.2], acceptance=[0.9, 0.8, 0.5, 0.1], correct=["A", "B"])
    >>> grades.shares(rounds=5).round(3)
    array([0.296, 0.657, 0.047, 0.   ])

    So are strata: of easy and hard queries the share stays, and the model slips at 2% of the easy and 20% of the
    hard ones (a column of `mutation` for each type of context pair; here a wrong pair is copied as a wrong answer).

    >>> right, wrong = [0.5 * 0.98, 0.5 * 0.02, 0.5 * 0.8, 0.5 * 0.2], [0, 0.5, 0, 0.5]
    >>> strata = Types(
    ...     ["easy right", "easy wrong", "hard right", "hard wrong"],
    ...     [0.4, 0.1, 0.2, 0.3],
    ...     acceptance=[0.9, 0.1, 0.7, 0.4],
    ...     correct=["easy right", "hard right"],
    ...     mutation=np.transpose([right, wrong, right, wrong]),
    ... )
    >>> strata.limit().round(4)
    array([0.4508, 0.0492, 0.368 , 0.132 ])
    """

    names: tuple[str, ...]
    start: Array
    acceptance: Array
    correct: NDArray[np.bool_]
    mutation: Array | None

    def __init__(
        self,
        names: Sequence[str],
        shares: ArrayLike,
        acceptance: ArrayLike,
        correct: str | Collection[str],
        mutation: ArrayLike | Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        called = checked_names(names)
        start, rates = (vector(v, len(called), name) for v, name in ((shares, "shares"), (acceptance, "acceptance")))
        object.__setattr__(self, "names", called)
        object.__setattr__(self, "start", whole(start, "the shares of round 0"))
        object.__setattr__(self, "acceptance", rates)
        object.__setattr__(self, "correct", chosen(called, correct))
        object.__setattr__(self, "mutation", None if mutation is None else checked_mutation(mutation, called))

    @classmethod
    def undetectable(cls, error: float, share: float, *, tpr: float, fpr: float) -> Types:
        r"""Correct answers and two kinds of error, of which the evaluator sees one.

        With $c_0$ correct and $u_0$ undetectable the error falls to $u_0/(u_0 + c_0)$ and no further
        (theorem `undetectable-floor`).

        Parameters
        ----------
        error : float in [0, 1]
            Error rate of round 0.
        share : float in [0, 1]
            Share of its wrong answers that are accepted like correct ones.
        tpr, fpr : float in [0, 1]
            Rates at which correct (and undetectable) answers are accepted, and detectable wrong ones.

        Examples
        --------
        >>> print(Types.undetectable(error=0.5, share=0.4, tpr=0.8, fpr=0.1).predict(rounds=3).status)
        It gets better: the error falls from 0.5 towards 0.2857; of the wrong answers there stay: undetectable; the
        pooled rates of round 0 promise 0.
        """
        wrong, hidden = float(as_rate(error, "error")), float(as_rate(share, "share"))  # type: ignore[arg-type]  # no counts
        shares = [1 - wrong, wrong * (1 - hidden), wrong * hidden]
        return cls(("correct", "detectable", "undetectable"), shares, [tpr, fpr, tpr], "correct")

    @property
    def matrix(self) -> Array:
        """ln(QW) up to a common factor, shape (K, K)."""
        return log_matrix(np.eye(len(self.names)) if self.mutation is None else self.mutation, self.acceptance)

    def log_shares(self, rounds: ArrayLike = 0) -> Array:
        """Log shares after so many rounds (whole numbers, shape (…)): shape (…, K), `-inf` for absent types.

        Under perfect adaptation exact to rounding at any number of rounds; with a mutation see
        `boostcalc.selection.kernels.after`.
        """
        asked = np.asarray(rounds)
        if (asked < 0).any() or (asked != np.floor(asked)).any():
            raise UsageError(f"rounds = {rounds!r} is not a number of rounds: give a whole number, 0 or more")
        with np.errstate(divide="ignore"):
            start = np.log(self.start)
        found = np.stack([after(start, self.matrix, int(n)) for n in asked.ravel()])
        return found.reshape(*asked.shape, -1)

    def shares(self, rounds: ArrayLike = 0) -> Array:
        """Shares of the types after so many rounds, shape (…, K)."""
        return np.asarray(np.exp(self.log_shares(rounds)))

    def logit_error(self, rounds: ArrayLike = 0) -> Array:
        """Log-odds of the error rate after so many rounds, shape (…)."""
        return self.log_odds(self.log_shares(rounds))

    def error(self, rounds: ArrayLike = 0) -> Array:
        """Error rate after so many rounds, shape (…)."""
        return np.asarray(np.exp(log_sum(self.log_shares(rounds)[..., ~self.correct])))

    def log_odds(self, log_shares: Array) -> Array:
        """Log-odds of being wrong in a mix of types, shape (…), from log shares (…, K)."""
        with np.errstate(invalid="ignore"):
            return log_sum(log_shares[..., ~self.correct]) - log_sum(log_shares[..., self.correct])

    def log_limit(self) -> Array:
        """Log shares that the types tend to, shape (K,); `nan` where they go on taking turns.

        Under perfect adaptation the types of largest acceptance among those present share all, in the proportions
        of round 0; else it is the Perron vector of QW that the start leads to. (Where two closed groups of types
        grow equally fast, rounding decides between them.)
        """
        late, later = self.log_shares([FOREVER, 2 * FOREVER])
        moved = np.abs(np.exp(step(late, self.matrix)) - np.exp(late))
        if not (moved < SETTLED).all():
            return np.full_like(late, np.nan)
        with np.errstate(invalid="ignore"):
            falling = later < late - 0.5  # what vanishes, be it only as 1/n, falls by ln 2 or more
        return normalised(np.where(falling, -np.inf, late))

    def limit(self) -> Array:
        """Shares that the types tend to, shape (K,); `nan` where they go on taking turns."""
        return np.asarray(np.exp(self.log_limit()))

    @property
    def multiplier(self) -> float:
        r"""The factor a round by which what is left to go shrinks in the end, $|\lambda_2|/\lambda_1$ of QW."""
        return dominance(self.log_shares(), self.matrix)

    def rate(self, chosen: NDArray[np.bool_], log_shares: Array) -> Array:
        """Pooled acceptance of the chosen types in a mix, shape (…); `nan` where none of them is there."""
        with np.errstate(divide="ignore", invalid="ignore"):
            log_rates = np.log(self.acceptance[chosen])
        there = log_shares[..., chosen]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.exp(log_sum(there + log_rates) - log_sum(there)))

    def pooled(self) -> Types:
        """What two rates can tell of round 0: the types `correct` and `wrong`, with pooled acceptances and slips.

        For one round it is exact. Without a mutation it is the loop of `tpr` and `fpr` under perfect adaptation,
        with one the loop of an affine response whose slips are those of round 0.

        Raises
        ------
        UsageError
            If round 0 has no correct answer, or no wrong one: its rates are then not to be seen.
        """
        mix = self.log_shares()
        tpr, fpr = (float(self.rate(chosen, mix)) for chosen in (self.correct, ~self.correct))
        if math.isnan(tpr + fpr):
            raise UsageError("round 0 has not both correct and wrong answers, so it has no pooled rates of both")
        wrong = float(np.exp(log_sum(mix[~self.correct])))
        right = float(np.exp(log_sum(mix[self.correct])))
        slips = None if self.mutation is None else self._slips(self.mutation)
        return Types(("correct", "wrong"), [right, wrong], [tpr, fpr], "correct", slips)

    def _slips(self, mutation: Array) -> list[list[float]]:
        """Answers to correct and to wrong pairs of the first batch (columns), by correct and wrong (rows)."""
        columns = []
        for group, copied in ((self.correct, 0.0), (~self.correct, 1.0)):
            pairs = (self.acceptance * self.start)[group]
            wrong = mutation[np.ix_(~self.correct, group)].sum(axis=0)
            share = float(wrong @ pairs / pairs.sum()) if pairs.sum() else copied  # no such pair is ever accepted
            columns.append([1 - share, share])
        return np.transpose(columns).tolist()  # type: ignore[no-any-return]  # a table of floats

    def predict(self, *, rounds: int = 10, batch: float = 16) -> Evolution:
        """Rounds 0…`rounds`, the limit, and beside both what the pooled rates of round 0 promise.

        Parameters
        ----------
        rounds : int ≥ 0
        batch : float ≥ 1
            Accepted pairs that fill the buffer: what attempts are counted for.

        Raises
        ------
        UsageError
            If an input is out of range.
        """
        return Evolution.of(self, rounds, batch)
