"""What attempts cost, and may cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boostcalc.errors import UsageError

__all__ = ["Budget", "Spent"]


@dataclass(frozen=True)
class Spent:
    """Requests that were answered, and their tokens: as far as the endpoint counts them."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out)

    @property
    def tokens(self) -> int:
        """Both ways together."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Budget:
    """Caps on requests, tokens and money; None for none.

    An attempt is begun only if what was spent, what is under way and itself stay within every cap: requests by their
    largest number, tokens by the mean of the attempts so far (so that the last few may pass the cap a little): where
    these are capped, the first attempt is made alone, to know what one takes.

    Attributes
    ----------
    calls : requests.
    tokens : tokens, both ways together.
    money : in the currency of the prices.
    price_in, price_out : of a million tokens sent and received.

    Raises
    ------
    UsageError
        If a value is out of range, or money is capped without a price.
    """

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "money", "price_in", "price_out"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"{name} = {value}: give a number, 0 or more")
        if self.money is not None and not self.price_in + self.price_out:
            raise UsageError("money is capped without a price: give the price of a million tokens sent and received")

    def cost(self, spent: Spent) -> float:
        """In money."""
        return (spent.tokens_in * self.price_in + spent.tokens_out * self.price_out) / 1e6

    def allows(self, spent: Spent, attempts: int, under_way: int, calls: int) -> bool:
        """Whether another attempt of at most so many calls may begin, `attempts` being done and others under way."""
        if not attempts and under_way and not (self.tokens is None and self.money is None):
            return False
        share = (under_way + 1) / attempts if attempts else 0.0
        return (
            (self.calls is None or spent.calls + (under_way + 1) * calls <= self.calls)
            and (self.tokens is None or spent.tokens * (1 + share) < self.tokens)
            and (self.money is None or self.cost(spent) * (1 + share) < self.money)
        )

    def held(self, spent: Spent) -> bool:
        """Whether the caps can be held: whether the endpoint counts tokens where they are capped."""
        return (self.tokens is None and self.money is None) or spent.calls == 0 or spent.tokens > 0

    def check(self, spent: Spent) -> None:
        """`UsageError` if no cap can be held: nothing would end what is spent."""
        if self.calls is None and not self.held(spent):
            raise UsageError(
                "the endpoint counts no tokens, so that a cap on them or on money is none: cap requests (--calls)"
            )
