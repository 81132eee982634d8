"""The loop in exact rational arithmetic: slow, and obviously the definition."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

Respond = Callable[[Fraction], Fraction]


def contamination(error: Fraction, tpr: Fraction, fpr: Fraction) -> Fraction:
    """Share of wrong answers among those accepted, by counting: wrong and accepted over accepted."""
    wrong, right = error * fpr, (1 - error) * tpr
    return wrong / (wrong + right)


def affine(mu: Fraction, nu: Fraction) -> Respond:
    """The affine response: correct answers slip with μ, wrong ones are repaired with ν."""
    return lambda c: (1 - c) * mu + c * (1 - nu)


def replace_orbit(error: Fraction, tpr: Fraction, fpr: Fraction, respond: Respond, rounds: int) -> list[Fraction]:
    """Errors of rounds 0…`rounds`; each batch is the next context."""
    errors = [error]
    for _ in range(rounds):
        errors.append(respond(contamination(errors[-1], tpr, fpr)))
    return errors


def append_orbit(
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
    """Errors of rounds 0…`rounds`; each batch joins the pairs so far, counted as wrong and right pairs."""
    errors, wrong, pairs = [error], context * size, Fraction(size)
    for _ in range(rounds):
        wrong += batch * contamination(errors[-1], tpr, fpr)
        pairs += batch
        errors.append(respond(wrong / pairs))
    return errors


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
    """Errors of rounds 0…`rounds`; the context is the last `size` pairs, held as (pairs, wrong share) of each batch."""
    errors, held = [error], [(Fraction(size), context)]
    for _ in range(rounds):
        room, kept = Fraction(size), []
        for pairs, share in [(Fraction(batch), contamination(errors[-1], tpr, fpr)), *held]:
            kept.append((min(pairs, room), share))
            room -= kept[-1][0]
        held = kept
        errors.append(respond(sum((pairs * share for pairs, share in held), Fraction(0)) / size))
    return errors
