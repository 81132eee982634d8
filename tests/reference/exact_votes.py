"""Votes by enumeration: every sequence of verdicts, its probability by Pólya's urn, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import product


def tail(rate: Fraction, m: int, needed: int, correlation: Fraction) -> Fraction:
    """P(at least `needed` of m votes accept): each vote agrees with an earlier one a little more often than by chance.

    Given j acceptances among i earlier votes, the next accepts with probability ((1 − ρ)p + jρ)/(1 − ρ + iρ), which
    makes ρ the correlation of any two.
    """
    total = Fraction(0)
    for verdicts in product((0, 1), repeat=m):
        chance, accepted = Fraction(1), 0
        for i, verdict in enumerate(verdicts):
            accept = ((1 - correlation) * rate + accepted * correlation) / (1 - correlation + i * correlation)
            chance *= accept if verdict else 1 - accept
            accepted += verdict
        total += chance if accepted >= needed else 0
    return total
