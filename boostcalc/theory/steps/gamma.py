r"""Limits of ratios of Gamma functions, by Stirling's formula."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from boostcalc.theory.steps.limit import Limit

__all__ = ["GammaLimit"]


@dataclass(frozen=True, eq=False, kw_only=True)
class GammaLimit(Limit):
    r"""The limit at infinity of a product of powers of n and of $\Gamma(n + \text{constant})$.

    By Stirling $\ln\Gamma(n+z) = (n + z - \frac12)\ln n - n + \frac12\ln 2\pi + O(1/n)$ (DLMF 5.11.8), so the product
    tends to its constant factors if the powers of the Gamma functions sum to 0 and those of n to 0 as well.
    """

    def _check(self) -> bool:
        n = self.variable
        product = sympy.expand_power_base(self._ranged(self._full(self.expression)))
        gammas, power, constant = sympy.Integer(0), sympy.Integer(0), sympy.Integer(1)
        for factor in sympy.Mul.make_args(product):
            base, exponent = factor.as_base_exp()
            if not factor.has(n):
                constant *= factor
            elif base == n and not exponent.has(n):
                power += exponent
            elif isinstance(base, sympy.gamma) and not exponent.has(n) and not (base.args[0] - n).has(n):
                gammas += exponent
                power += exponent * (base.args[0] - n)
            else:
                return False
        tends = gammas == 0 and sympy.simplify(power) == 0 and self.point == sympy.oo
        return bool(tends and sympy.simplify(constant - self._ranged(self._full(self.value))) == 0)
