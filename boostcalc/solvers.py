"""SciPy's elementwise solvers, asked for the last digit: one problem an element, all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["minimum_between", "root_between"]

Function = Callable[..., NDArray[np.float64]]


def root_between(function: Function, low: ArrayLike, high: ArrayLike, *arguments: ArrayLike) -> NDArray[np.float64]:
    """The root of `function(x, *arguments)` between two arrays of shape (m,) at which its signs differ."""
    from scipy.optimize import elementwise

    find: Any = elementwise.find_root  # its stubs know no arguments beside x
    exact = {"xatol": 0.0, "xrtol": 4e-16, "fatol": 0.0, "frtol": 0.0}
    with np.errstate(invalid="ignore", divide="ignore", over="ignore", under="ignore"):  # its own guesses on the way
        return np.asarray(find(function, (low, high), args=arguments, tolerances=exact).x, dtype=np.float64)


def minimum_between(
    function: Function, low: ArrayLike, middle: ArrayLike, high: ArrayLike, *arguments: ArrayLike
) -> NDArray[np.float64]:
    """Where `function(x, *arguments)` is least between two arrays of shape (m,), it being lower at `middle`."""
    from scipy.optimize import elementwise

    find: Any = elementwise.find_minimum  # as above
    return np.asarray(find(function, (low, middle, high), args=arguments).x, dtype=np.float64)
