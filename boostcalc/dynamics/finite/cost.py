"""What a loop costs: the exact law of the attempts of a round, and of all rounds together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.dynamics.finite.chain import Chain, work
from boostcalc.errors import UsageError
from boostcalc.odds import Array

__all__ = ["Attempts", "Cost", "cost"]

WIDEST = 2**20
"""The most numbers of attempts over which a law is tabulated."""

MOST_WORK = 3e9
"""Complex multiplications behind such a table, at most."""

BLOCK = 2**21
"""Numbers that are held at once while it is made."""

DAMPING = 1e-8
"""Weight of what lies past the end of the table, and so the error of a probability (Abate and Whitt 1992)."""


@dataclass(frozen=True, eq=False)
class Attempts:
    """The attempts of one round: a mixture of B + NegBin(B, a) over the states that the round may be in.

    Attributes
    ----------
    batch : pairs to be accepted.
    weight, acceptance : of each state, shape `(m,)`; a = 0 where the batch is never full.
    """

    batch: int
    weight: Array
    acceptance: Array

    @property
    def mean(self) -> float:
        """Expected attempts; `inf` where the batch may never be full."""
        with np.errstate(divide="ignore"):
            return float(np.sum(self.weight * (self.batch / self.acceptance)))

    @property
    def variance(self) -> float:
        """Their variance: within the states, and between them; `nan` where the mean is infinite."""
        a, mean = self.acceptance, self.mean
        if not math.isfinite(mean):
            return math.nan
        return float(np.sum(self.weight * (self.batch * (1 - a) / a**2 + (self.batch / a - mean) ** 2)))

    def pmf(self, attempts: ArrayLike) -> Array:
        """P(so many attempts), in the shape of `attempts`."""
        from scipy.stats import nbinom

        return np.asarray(nbinom.pmf(*self._arguments(attempts)) @ self.weight)

    def cdf(self, attempts: ArrayLike) -> Array:
        """P(at most so many attempts), in the shape of `attempts`."""
        from scipy.stats import nbinom

        return np.asarray(nbinom.cdf(*self._arguments(attempts)) @ self.weight)

    def quantile(self, level: float) -> float:
        """The least number of attempts that is enough with this probability; `inf` where none is."""
        low, high = self.batch - 1, self.batch
        while self.cdf(high) < level:
            if high > 2**60:
                return math.inf
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.cdf(middle) < level else (low, middle)
        return float(high)

    def _arguments(self, attempts: ArrayLike) -> tuple[Array, int, Array]:
        rejected = np.asarray(attempts, dtype=np.float64)[..., None] - self.batch
        fills = self.acceptance > 0  # scipy has no law for a = 0; no number of attempts is enough there
        return np.where(fills, rejected, -1.0), self.batch, np.where(fills, self.acceptance, 1.0)


@dataclass(frozen=True, eq=False)
class Cost:
    """The attempts of all rounds together.

    Attributes
    ----------
    rounds : the last round that is counted.
    mean, variance : exact; `inf` and `nan` where a batch may never be full.
    least : attempts that it takes at least, B a round.
    """

    rounds: int
    mean: float
    variance: float
    least: int
    chain: Chain

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.variance)

    def pmf(self, most: int) -> Array:
        r"""P(m attempts) for m = 0…`most`, shape `(most + 1,)`, to about 1e-8.

        By inversion of the generating function, $z^{A}$ carried along the chain, on a circle a little inside the unit
        one, so that what lies past the end of the table counts little.

        Raises
        ------
        UsageError
            If the table would be too long, or take too much work.
        """
        if not math.isfinite(self.mean):
            raise UsageError("the cost has no law to tabulate: a batch may never be full")
        beyond = max(1, most + 1 - self.least)  # the law of what is beyond the least
        length = 2 ** math.ceil(math.log2(beyond))
        chain = self.chain
        states = [chain.count(n) for n in range(self.rounds + 1)]
        if length > WIDEST or length / 2 * (work(chain, self.rounds) + sum(states)) > MOST_WORK:
            raise UsageError(f"the law of the cost is too long to tabulate ({length:,} numbers): simulate instead")
        radius = DAMPING ** (1 / length)
        z = radius * np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
        block = max(1, BLOCK // max(states))
        values = np.concatenate([self._generating(z[i : i + block]) for i in range(0, len(z), block)])
        mass = np.fft.irfft(values, length) / radius ** np.arange(length)
        table = np.zeros(most + 1)
        kept = mass[: max(0, most + 1 - self.least)]
        table[self.least : self.least + len(kept)] = kept
        return table

    def quantiles(self, levels: ArrayLike) -> Array:
        """The least numbers of attempts that are enough with these probabilities, in the shape of `levels`.

        Raises
        ------
        UsageError
            As `pmf`; and if a level is not between 0 and 1 − 1e-6.
        """
        wanted = np.asarray(levels, dtype=np.float64)
        if not ((wanted > 0) & (wanted <= 1 - 1e-6)).all():
            raise UsageError(f"levels = {levels!r}: they lie between 0 and 1 − 1e-6")
        if not math.isfinite(self.mean):
            raise UsageError("the cost has no law to tabulate: a batch may never be full")
        top = float(wanted.max())
        most = math.ceil(self.mean + self.sd * math.sqrt(top / (1 - top))) + 1  # Cantelli's inequality
        total = np.cumsum(self.pmf(max(most, self.least + 1)))
        return np.asarray(np.searchsorted(total, wanted - DAMPING), dtype=np.float64)

    def _generating(self, z: NDArray[Any]) -> NDArray[Any]:
        """E[z^(A − least)], shape of z."""
        mass: NDArray[Any] = np.broadcast_to(self.chain.first(), (len(z), self.chain.count(0)))
        for n in range(self.rounds + 1):
            a = self.chain.chances(n).acceptance
            mass = mass * (a / (1 - (1 - a) * z[:, None])) ** self.chain.batch
            if n < self.rounds:
                mass = self.chain.push(n, mass)
        return np.asarray(mass.sum(axis=-1))


def cost(chain: Chain, rounds: int) -> Cost:
    """The cost of rounds 0…`rounds`.

    Mean and variance by the first two moments of what has been spent, carried along with the law of the state:
    given the state, attempts and next state are independent (theorem `batch-law`).
    """
    law = chain.first()
    spent, squared = np.zeros_like(law), np.zeros_like(law)
    endless = False
    for n in range(rounds + 1):
        a = np.broadcast_to(chain.chances(n).acceptance, law.shape)
        endless = endless or bool((law[a == 0] > 0).any())
        usable = np.where(a > 0, a, 1.0)
        mean, variance = chain.batch / usable, chain.batch * (1 - usable) / usable**2
        squared = squared + 2 * mean * spent + law * (variance + mean**2)
        spent = spent + law * mean
        if n < rounds:
            law, spent, squared = chain.push(n, np.stack([law, spent, squared]))
    total = math.inf if endless else float(spent.sum())
    scatter = math.nan if endless else max(0.0, float(squared.sum()) - total**2)
    return Cost(rounds, total, scatter, (rounds + 1) * chain.batch, chain)
