"""Draws from a normal law whose scales may lie far apart."""

from __future__ import annotations

import numpy as np

from boostcalc.odds import Array

__all__ = ["normal_draws"]


def normal_draws(rng: np.random.Generator, mean: Array, covariance: Array, size: int) -> Array:
    """Draws of shape `(size, p)`.

    By the eigenvectors of the correlations, so that parameters in different units do not swamp each other;
    what rounding has made negative of a variance is 0.
    """
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    unit = np.where(scale > 0, scale, 1.0)
    correlation = covariance / unit[:, None] / unit
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    factor = unit[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mean + rng.standard_normal((size, scale.size)) @ factor.T)
