"""The loop itself: a pure step on a frozen state, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.evaluator import Evaluator
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.policies import ContextPolicy, Replace
from boostcalc.dynamics.prediction import Prediction
from boostcalc.dynamics.propagation import predict
from boostcalc.dynamics.rounds import Rounds, rounds_to
from boostcalc.dynamics.start import Start, State
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.errors import UsageError
from boostcalc.odds import Array, RateLike, as_rate, expit, logit
from boostcalc.responses import Perfect, Response

__all__ = ["Loop"]

MOST_PAIRS = 1e15
"""The largest batch: beyond, not even whole numbers are told apart."""


@dataclass(frozen=True, init=False, eq=False)
class Loop:
    """A model run on its own filtered answers, as a mean field: expected shares, no sampling noise.

    Parameters
    ----------
    tpr, fpr : float, array or Counts
        The evaluator's rates; or give `evaluator`.
    evaluator : Evaluator
        Instead of `tpr` and `fpr`.
    response : Response
        How the error answers the context; perfect adaptation if not given.
    context : ContextPolicy
        How a batch joins the context; `Replace()` if not given.
    batch : float ≥ 1
        Accepted pairs that fill the buffer.

    Raises
    ------
    RateError, UsageError
        If a rate is none, if the evaluator is given twice or not at all, or if the batch is below 1.

    Examples
    --------
    >>> import boostcalc as bc
    >>> loop = bc.Loop(tpr=0.8, fpr=0.1, response=bc.Affine(mu=0.05, nu=0.2))
    >>> print(loop.rounds_to(0.01, error=0.5).status)
    never: the loop settles at error 0.05547, above the target 0.01
    >>> bc.Loop(tpr=0.8, fpr=[0.1, 0.4, 0.8]).rounds_to(0.01, error=0.5).value
    array([ 3.,  7., inf])
    """

    evaluator: Evaluator
    response: Response
    context: ContextPolicy
    batch: float

    def __init__(
        self,
        *,
        tpr: RateLike | None = None,
        fpr: RateLike | None = None,
        evaluator: Evaluator | None = None,
        response: Response | None = None,
        context: ContextPolicy | None = None,
        batch: float = 16,
    ) -> None:
        if evaluator is None:
            if tpr is None or fpr is None:
                raise UsageError("a loop needs an evaluator: give tpr and fpr, or evaluator=")
            evaluator = Evaluator(tpr, fpr)
        elif tpr is not None or fpr is not None:
            raise UsageError("the evaluator is given twice: give tpr and fpr, or evaluator=, not both")
        if not 1 <= batch <= MOST_PAIRS:
            raise UsageError(f"batch = {batch} is not a number of pairs: it must be from 1 to {MOST_PAIRS:.0e}")
        object.__setattr__(self, "evaluator", evaluator)
        object.__setattr__(self, "response", Perfect() if response is None else response)
        object.__setattr__(self, "context", Replace() if context is None else context)
        object.__setattr__(self, "batch", batch)

    def sample(self, rng: np.random.Generator, size: int) -> Loop:
        """The same loop with known rates, drawn from what its counts allow: shape `(size,)`."""
        return Loop(
            evaluator=self.evaluator.sample(rng, size), response=self.response, context=self.context, batch=self.batch
        )

    def take(self, chosen: NDArray[np.bool_]) -> Loop:
        """The chosen ones of a batch of loops whose arrays have shape `(size,)`."""
        rates = (rate if np.ndim(rate) == 0 else rate[chosen] for rate in (self.evaluator.t, self.evaluator.f))
        values = {k: v if np.ndim(v) == 0 else np.asarray(v)[chosen] for k, v in self.response.parameters.items()}
        response = type(self.response)(**values)
        return Loop(evaluator=Evaluator(*rates), response=response, context=self.context, batch=self.batch)

    def start(self, start: Start) -> State:
        """The state of round 0.

        Where only the error is stated, the context is the one whose response gives that error; where only the
        context's contamination is, the error is the response to it; where both are, both are taken as stated.

        Raises
        ------
        UsageError
            If the policy keeps the first context, and no context gives that error. (In a batch of loops such
            a one is `nan` throughout.)
        """
        x, context = start.logit_error, start.logit_context
        if x is None:
            x = self.response.logit_error(np.nan if context is None else context)  # a Start states one of them
        if context is None:
            context = self.response.inverse(x)
        size = self.context.start(self.batch)
        parameters = [np.shape(value) for value in self.response.parameters.values()]
        shape = np.broadcast_shapes(x.shape, context.shape, self.evaluator.log_lr.shape, *parameters)
        if self.context.keeps and size > 0 and np.isnan(context).any():
            if shape == ():
                low, high = expit(self.response.logit_error([-np.inf, np.inf]))
                raise UsageError(
                    f"no context gives the start error {expit(x):g}: this response lies in [{low:.4g}, {high:.4g}]; "
                    "state its contamination as well"
                )
            x = np.where(np.isnan(context), np.nan, x)
        full = (np.broadcast_to(value, shape) for value in (x, np.asarray(size, dtype=np.float64), context))
        return State(*full)

    def update(self, error: ArrayLike) -> Array:
        """The update map F = g ∘ filter: the error of the next round if the batch replaces the context, shape (…).

        `nan` where nothing is accepted.
        """
        x = logit(np.asarray(as_rate(error, "error")))
        return expit(self.response.logit_error(self.evaluator.filter(x)))

    def step(self, state: State) -> State:
        """The next round's state. Where nothing is accepted no buffer fills, and the state stays as it is."""
        return self.after(state, self.evaluator.filter(state.logit_error))

    def after(self, state: State, logit_batch: Array) -> State:
        """The state after a batch with this log-odds of contamination has joined the context."""
        size, context = self.context.join(state.context_size, state.logit_context, self.batch, logit_batch)
        after = (self.response.logit_error(context), size, context)
        stalled = self.evaluator.acceptance(state.logit_error) == 0
        return State(*(np.where(stalled, old, new) for old, new in zip(state, after, strict=True)))

    def trajectory(
        self,
        start: Start | None = None,
        *,
        error: RateLike | None = None,
        contamination: RateLike | None = None,
        rounds: int = 10,
    ) -> Trajectory:
        """Rounds 0…`rounds`; arrays of shape `(rounds + 1, …)` where … is the inputs' broadcast shape.

        `Counts` enter as k/n; `predict` adds what they leave open. The start is `start`, or what `error`
        and `contamination` state (see `Start`).

        Raises
        ------
        RateError, UsageError
            If an input is out of range.
        """
        if rounds < 0 or rounds != int(rounds):
            raise UsageError(f"rounds = {rounds} is not a number of rounds: give a whole number, 0 or more")
        states = [self.start(start or Start(error, contamination))]
        for n in range(1, int(rounds) + 1):
            states.append(self._closed(states[0], n, self.step(states[-1])))
        return self.tabulate(states)

    def tabulate(self, states: Sequence[State]) -> Trajectory:
        """Successive states as a trajectory, with what each round accepts and costs."""
        x, size, context = (np.stack(column) for column in zip(*states, strict=True))
        acceptance = self.evaluator.acceptance(x)
        with np.errstate(divide="ignore"):
            attempts = self.batch / acceptance
        return Trajectory(x, size, context, self.evaluator.filter(x), acceptance, attempts)

    def fixed_points(self) -> FixedPoints:
        """Every error rate at which the loop can stand still; the context policy does not change them."""
        return fixed_points(self.evaluator, self.response)

    def limit(
        self,
        start: Start | None = None,
        *,
        error: RateLike | None = None,
        contamination: RateLike | None = None,
    ) -> Array:
        """Log-odds of the error that the loop tends to from this start, shape (…)."""
        begin = start or Start(error, contamination)
        first = self.start(begin)
        second = self.step(first)
        if self.context.keeps and begin.contamination is not None:
            # the stated context need not fit the stated error; from round 1 on the orbit is consistent
            first, second = second, self.step(second)
        return self.fixed_points().limit(first.logit_error, second.logit_error)

    def rounds_to(
        self,
        target: ArrayLike,
        start: Start | None = None,
        *,
        error: RateLike | None = None,
        contamination: RateLike | None = None,
    ) -> Rounds:
        r"""Rounds until the error rate first falls to `target`.

        Under perfect adaptation each round subtracts $\Lambda = \ln(t/f)$ from the log-odds, so
        $n = \lceil (\operatorname{logit}\varepsilon_0 - \operatorname{logit}\varepsilon^*) / \Lambda \rceil$.

        Parameters
        ----------
        target : float or array in (0, 1)
            Wanted error rate; broadcasts with the other inputs.
        start, error, contamination
            The start, as in `trajectory`.

        Returns
        -------
        Rounds
            `value` is `inf` where the loop settles above `target`; `status` says where it settles.
        """
        begin = start or Start(error, contamination)
        return rounds_to(self, target, self.start(begin), self.limit(begin))

    def predict(
        self,
        *,
        error: RateLike | None = None,
        contamination: RateLike | None = None,
        target: float = 0.01,
        rounds: int | None = None,
        level: float = 0.9,
        rng: int | np.random.Generator = 0,
    ) -> Prediction:
        """What the loop will do: verdict, rounds, limit; with intervals where a rate is given as counts.

        Parameters
        ----------
        error, contamination : float or Counts
            The start, as in `Start`; one loop, no arrays.
        target : float in (0, 1)
            The wanted error rate.
        rounds : int, optional
            Rounds to list; by default as many as the target takes (at least 3; 10 where that is over 20). At most
            500 where a rate is given as counts.
        level : float in (0, 1)
            Of the intervals.
        rng : seed or Generator
            For the draws behind the intervals.

        Raises
        ------
        RateError, UsageError
            If an input is out of range or an array.
        """
        start = Start(error, contamination)
        return predict(self, start, target=target, rounds=rounds, level=level, rng=rng)

    def _closed(self, start: State, n: int, stepped: State) -> State:
        """The step's state, its error taken from the family's closed form where there is one (no rounding adds up)."""
        if not isinstance(self.context, Replace):
            return stepped
        log_lr = self.evaluator.log_lr
        with np.errstate(invalid="ignore"):
            x = self.response.orbit(start.logit_error, log_lr, n)
        if x is None:
            return stepped
        regular = np.isfinite(log_lr) & np.isfinite(start.logit_error)
        return stepped._replace(logit_error=np.where(regular, x, stepped.logit_error))
