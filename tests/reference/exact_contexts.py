"""Context policies on lists of pairs, in exact arithmetic: slow, and obviously the definition."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tests.reference.exact_loop import contamination

Respond = Callable[[Fraction], Fraction]


def window_orbit(
    error: Fraction,
    tpr: Fraction,
    fpr: Fraction,
    respond: Respond,
    rounds: int,
    *,
    context: Fraction,
    size: int,
    batch: int,
) -> list[Fraction]:
    """Errors of rounds 0…`rounds`; the last `size` pairs are the context, each with its chance of being wrong."""
    errors, pairs = [error], [context] * size
    for _ in range(rounds):
        pairs = (pairs + [contamination(errors[-1], tpr, fpr)] * batch)[-size:]
        errors.append(respond(sum(pairs, Fraction(0)) / size))
    return errors
