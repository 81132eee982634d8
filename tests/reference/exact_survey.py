"""Slow twins of what a survey reckons: sums over all pairs of answers, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["area_of_pairs", "variance_of_area"]


def wins(right: float, wrong: float) -> Fraction:
    """1 where the correct answer outscores the wrong one, ½ where they tie."""
    return Fraction(int(right > wrong) * 2 + int(right == wrong), 2)


def area_of_pairs(right: Sequence[float], wrong: Sequence[float]) -> Fraction:
    """The share of pairs in which the correct answer outscores the wrong one."""
    return sum((wins(x, y) for x in right for y in wrong), Fraction(0)) / (len(right) * len(wrong))


def variance_of_area(
    right: Sequence[float], wrong: Sequence[float], right_cluster: Sequence[int], wrong_cluster: Sequence[int]
) -> Fraction:
    """Obuchowski (1997, Biometrics 53, 567), p. 570, written out: S10/M + S01/N + 2 S11/(MN).

    With each answer a cluster of its own it is DeLong, DeLong, Clarke-Pearson (1988), equations 4 to 6.
    """
    m, n, area = len(right), len(wrong), area_of_pairs(right, wrong)
    v10 = [sum((wins(x, y) for y in wrong), Fraction(0)) / n for x in right]
    v01 = [sum((wins(x, y) for x in right), Fraction(0)) / m for y in wrong]
    clusters = sorted({*right_cluster, *wrong_cluster})
    with_right = [c for c in clusters if c in right_cluster]
    with_wrong = [c for c in clusters if c in wrong_cluster]

    def sums(c: int) -> tuple[Fraction, Fraction]:
        mine = [v - area for v, k in zip(v10, right_cluster, strict=True) if k == c]
        theirs = [v - area for v, k in zip(v01, wrong_cluster, strict=True) if k == c]
        return sum(mine, Fraction(0)), sum(theirs, Fraction(0))

    def few(count: int) -> Fraction:
        return Fraction(count, count - 1)

    s10 = few(len(with_right)) / m * sum((sums(c)[0] ** 2 for c in with_right), Fraction(0))
    s01 = few(len(with_wrong)) / n * sum((sums(c)[1] ** 2 for c in with_wrong), Fraction(0))
    s11 = few(len(clusters)) * sum((sums(c)[0] * sums(c)[1] for c in clusters), Fraction(0))
    return s10 / m + s01 / n + 2 * s11 / (m * n)
