"""Loops with batches of finite size: whole pairs, drawn or with their exact law."""

from boostcalc.dynamics.finite.batches import Batches, fill, sample_trajectory

__all__ = ["Batches", "fill", "sample_trajectory"]
