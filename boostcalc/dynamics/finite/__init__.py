"""Loops with batches of finite size: whole pairs, drawn or with their exact law."""

from boostcalc.dynamics.finite.batches import Batches, fill, sample_trajectory
from boostcalc.dynamics.finite.distribution import Distribution
from boostcalc.dynamics.finite.exact import distribution
from boostcalc.dynamics.finite.runs import simulate
from boostcalc.dynamics.finite.simulation import Simulation
from boostcalc.dynamics.finite.stopping import diffusion_fixation, naive_error
from boostcalc.dynamics.finite.urn import UrnLimits, urn_limits

__all__ = [
    "Batches",
    "Distribution",
    "Simulation",
    "UrnLimits",
    "diffusion_fixation",
    "distribution",
    "fill",
    "naive_error",
    "sample_trajectory",
    "simulate",
    "urn_limits",
]
