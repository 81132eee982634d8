"""What is said of types, checked: names, shares and the mutation matrix."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boostcalc.errors import UsageError, did_you_mean
from boostcalc.odds import Array, as_rate

__all__ = ["checked_mutation", "checked_names", "chosen", "vector", "whole"]

WHOLE = 1e-9
"""How far shares that should add up to 1 may be off it: they are typed with so many digits."""


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each of them once."""
    called = tuple(names)
    if isinstance(names, str) or not called or len(set(called)) < len(called):
        raise UsageError(f"names = {names!r}: give each type a name, and each a different one")
    return called


def vector(values: ArrayLike, count: int, name: str) -> Array:
    """One rate for each type."""
    rates = np.asarray(as_rate(values, name))
    if rates.shape != (count,):
        raise UsageError(f"{name} has shape {rates.shape}: give one number for each of the {count} types")
    return rates


def whole(shares: Array, what: str) -> Array:
    """Shares of a whole, the last digits of their sum put right."""
    total = math.fsum(shares)
    if abs(total - 1) > WHOLE:
        raise UsageError(f"{what} add up to {total:.9g}: they are shares of a whole, so it should be 1")
    return shares / total


def chosen(names: tuple[str, ...], correct: str | Collection[str]) -> NDArray[np.bool_]:
    """Which types are correct."""
    right = {correct} if isinstance(correct, str) else set(correct)
    places = {_place(names, name) for name in sorted(right)}
    return np.array([i in places for i in range(len(names))])


def checked_mutation(mutation: ArrayLike | Mapping[tuple[str, str], float], names: tuple[str, ...]) -> Array:
    """Q, shape (K, K), from the matrix itself or from its slips."""
    if isinstance(mutation, Mapping):
        return _slipping(mutation, names)
    matrix, count = np.asarray(as_rate(mutation, "mutation")), len(names)
    if matrix.shape != (count, count):
        raise UsageError(f"mutation has shape {matrix.shape}: it is a matrix of {count} × {count}, a column a type")
    columns = zip(names, matrix.T, strict=True)
    return np.stack([whole(column, f"the answers to pairs of type {name!r}") for name, column in columns], axis=1)


def _slipping(slips: Mapping[tuple[str, str], float], names: tuple[str, ...]) -> Array:
    matrix = np.zeros((len(names), len(names)))
    for (old, new), chance in slips.items():
        if old == new:
            raise UsageError(f"a slip from {old!r} to itself is none: what does not slip stays")
        matrix[_place(names, new), _place(names, old)] = np.asarray(
            as_rate(chance, f"the slip from {old!r} to {new!r}")
        )
    for column, (name, leaving) in enumerate(zip(names, matrix.sum(axis=0), strict=True)):
        if leaving > 1 + WHOLE:
            raise UsageError(f"the slips from {name!r} add up to {leaving:.9g}: they are probabilities, so 1 at most")
        matrix[column, column] = max(0.0, 1 - leaving)
    return matrix


def _place(names: tuple[str, ...], name: str) -> int:
    if name in names:
        return names.index(name)
    raise UsageError(f"there is no type {name!r}{did_you_mean(name, names)}; the types are: {', '.join(names)}")
