"""The loop itself: a pure step on a frozen state, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.evaluators import BaseEvaluator, Evaluator, Rates
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.limits import limit
from boostcalc.dynamics.policies import Context, ContextPolicy, Replace
from boostcalc.dynamics.prediction import Prediction
from boostcalc.dynamics.propagation import predict
from boostcalc.dynamics.rounds import Rounds, rounds_to
from boostcalc.dynamics.start import Start, State, first_state
from boostcalc.dynamics.trajectory import Trajectory
from boostcalc.errors import UsageError
from boostcalc.odds import Array, RateLike, as_rate, expit, logit
from boostcalc.responses import Curve, Perfect, Response

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
    evaluator : BaseEvaluator
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

    evaluator: BaseEvaluator
    response: Response
    context: ContextPolicy
    batch: float

    def __init__(
        self,
        *,
        tpr: RateLike | None = None,
        fpr: RateLike | None = None,
        evaluator: BaseEvaluator | None = None,
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

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape to which evaluator and response broadcast; `()` for one loop."""
        return np.broadcast_shapes(self.evaluator.shape, self.response.shape)

    @property
    def curve(self) -> Curve:
        """The response at the context size that the loop settles at."""
        return self.response.at(self.context.settled_size(self.batch))

    @property
    def monotone(self) -> bool:
        """Whether every orbit is monotone whose first error and context belong together, whatever its start.

        So it is with rates that stay and a response that stays (theorem `monotone-orbits`).
        """
        return not (self.evaluator.drifts or (self.response.sized and self.context.keeps))

    def sample(self, rng: np.random.Generator, size: int) -> Loop:
        """The same loop with known rates, drawn from what its counts allow: shape `(size,)`."""
        return self._with(self.evaluator.sample(rng, size), self.response)

    def take(self, chosen: NDArray[np.bool_]) -> Loop:
        """The chosen ones of a batch of loops whose arrays have shape `(size,)`."""
        return self._with(self.evaluator.take(chosen), self.response.take(chosen))

    def _with(self, evaluator: BaseEvaluator, response: Response) -> Loop:
        return Loop(evaluator=evaluator, response=response, context=self.context, batch=self.batch)

    def start(self, start: Start) -> State:
        """The state of round 0 (see `first_state`)."""
        return first_state(self, start)

    def update(self, error: ArrayLike) -> Array:
        """The update map F = g ∘ filter: the error of the next round if the batch replaces the context, shape (…).

        `nan` where nothing is accepted. An evaluator that drifts reads the context whose response gives `error`.
        """
        x = logit(np.asarray(as_rate(error, "error")))
        rates = self.evaluator.under(self.curve.inverse(x) if self.evaluator.drifts else np.nan)
        return expit(self.curve.logit_error(rates.filter(x)))

    def rates(self, state: State) -> Rates:
        """The evaluator's rates in this round; one that drifts takes an empty context for a clean one."""
        if not self.evaluator.drifts:
            return self.evaluator.under(np.nan)
        return self.evaluator.under(np.where(state.context.size == 0, -np.inf, state.context.logit_share))

    def step(self, state: State) -> State:
        """The next round's state. Where nothing is accepted no buffer fills, and the state stays as it is."""
        return self.after(state, self.rates(state).filter(state.logit_error))

    def after(self, state: State, logit_batch: Array) -> State:
        """The state after a batch with this log-odds of contamination has joined the context (`nan`: none has)."""
        context = self.context.join(state.context, self.batch, logit_batch)
        after = State(self.response.at(context.size).logit_error(context.logit_share), context)
        stalled = np.isnan(logit_batch)
        if not stalled.any():
            return after
        kept = (np.where(stalled, old, new) for old, new in zip(state.context, context, strict=True))
        return State(np.where(stalled, state.logit_error, after.logit_error), Context(*kept))

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
        begin = self.start(start or Start(error, contamination))
        return Trajectory.of(self, self._states(begin, int(rounds)), int(rounds))

    def _states(self, begin: State, rounds: int) -> Iterator[State]:
        """States of rounds 0…`rounds`; by the family's closed form where there is one, so that no rounding adds up."""
        log_lr = self.evaluator.under(np.nan).log_lr
        closed = isinstance(self.context, Replace) and not self.evaluator.drifts
        regular = np.isfinite(log_lr) & np.isfinite(begin.logit_error)
        state = begin
        yield state
        for n in range(1, rounds + 1):
            with np.errstate(invalid="ignore"):
                x = self.curve.orbit(begin.logit_error, log_lr, n) if closed else None
            if x is not None and regular.all():
                batch = self.rates(state).filter(state.logit_error)
                state = State(x, self.context.join(state.context, self.batch, batch))
            else:
                state = self.step(state)
                state = state if x is None else state._replace(logit_error=np.where(regular, x, state.logit_error))
            yield state

    def fixed_points(self) -> FixedPoints:
        """Every error rate at which the loop can stand still.

        The context policy does not change them (but says at which context size the response is taken), only how
        the loop closes in on them.
        """
        found = fixed_points(self.evaluator, self.curve)
        return replace(found, approach=self.context.approach(found.multiplier, self.batch), law=self.context.law)

    def limit(
        self,
        start: Start | None = None,
        *,
        error: RateLike | None = None,
        contamination: RateLike | None = None,
    ) -> Array:
        """Log-odds of the error that the loop tends to from this start, shape (…); `nan` where it tends to none."""
        begin = start or Start(error, contamination)
        return limit(self, self.start(begin), consistent=begin.consistent)

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
        head_start: float = 0,
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
        head_start : float ≥ 0
            Correct pairs put into the first context besides.
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
        start = Start(error, contamination, head_start)
        return predict(self, start, target=target, rounds=rounds, level=level, rng=rng)
