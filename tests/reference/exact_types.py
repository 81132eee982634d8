"""Many types of answer in exact rational arithmetic: accept, then answer by the mutation matrix."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Vector = Sequence[Fraction]


def next_shares(shares: Vector, acceptance: Vector, mutation: Sequence[Vector] | None = None) -> list[Fraction]:
    """Shares of the next round; `mutation[i][j]` is P(answer of type i | context pair of type j)."""
    accepted = [x * w for x, w in zip(shares, acceptance, strict=True)]
    if not sum(accepted):
        return list(shares)
    context = [mass / sum(accepted) for mass in accepted]
    if mutation is None:
        return context
    return [sum((q * c for q, c in zip(row, context, strict=True)), Fraction(0)) for row in mutation]


def orbit(
    shares: Vector, acceptance: Vector, rounds: int, mutation: Sequence[Vector] | None = None
) -> list[list[Fraction]]:
    """Shares of rounds 0…`rounds`."""
    path = [list(shares)]
    for _ in range(rounds):
        path.append(next_shares(path[-1], acceptance, mutation))
    return path


def pooled(shares: Vector, acceptance: Vector, chosen: Sequence[bool]) -> Fraction:
    """E[w] over the chosen types."""
    pairs = [(x, w) for x, w, of_them in zip(shares, acceptance, chosen, strict=True) if of_them]
    return sum((x * w for x, w in pairs), Fraction(0)) / sum((x for x, _ in pairs), Fraction(0))
