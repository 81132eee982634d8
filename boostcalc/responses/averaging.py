"""Contexts drawn at a rate: how many of their pairs are wrong, and with what probability."""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array

__all__ = ["realised"]


def realised(rate: float, size: int) -> tuple[Array, Array]:
    """The shares j/k that a context of k = `size` ≥ 1 pairs may have, and Bin(j; k, rate) of each.

    Shares of probability 0 are left out; both arrays have shape `(m,)`, m ≤ size + 1.
    """
    from scipy.stats import binom

    wrong = np.arange(size + 1)
    mass = binom.pmf(wrong, size, rate)
    seen = mass > 0
    return wrong[seen] / size, np.asarray(mass[seen])
