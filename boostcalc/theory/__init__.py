"""What is proved: theorems whose every step SymPy checks.

A new theorem is one function in a family's file and one line in the registry below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from boostcalc.errors import UsageError, did_you_mean
from boostcalc.theory.affine import affine_floor
from boostcalc.theory.attempts import attempts_per_round
from boostcalc.theory.batches import attempts_law, batch_law, stopping_bias
from boostcalc.theory.context import append_power_law, window_multiplier
from boostcalc.theory.derivation import Derivation
from boostcalc.theory.drift import tipping_point
from boostcalc.theory.evidence import evidence_fixed_points, evidence_window
from boostcalc.theory.filter import acceptance_condition, contamination_law, odds_form
from boostcalc.theory.fixation import fixation
from boostcalc.theory.general import monotone_orbits
from boostcalc.theory.invariant import append_invariant, head_start
from boostcalc.theory.labels import mirror, rogan_gladen
from boostcalc.theory.odds_power import odds_power
from boostcalc.theory.perfect import closed_form, fixed_points, rounds_to_target
from boostcalc.theory.shrinkage import shrinkage_limit
from boostcalc.theory.theorem import Theorem
from boostcalc.theory.threshold import eigen_threshold
from boostcalc.theory.types import pooled_lr_decay, undetectable_floor
from boostcalc.theory.urn import polya_urn
from boostcalc.theory.votes import correlated_votes, majority_of_three, unanimous_votes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THEOREMS", "Derivation", "Theorem", "derive", "topics"]

THEOREMS: tuple[Callable[[], Theorem], ...] = (
    contamination_law,
    odds_form,
    acceptance_condition,
    closed_form,
    fixed_points,
    rounds_to_target,
    attempts_per_round,
    monotone_orbits,
    affine_floor,
    eigen_threshold,
    evidence_fixed_points,
    evidence_window,
    odds_power,
    shrinkage_limit,
    append_power_law,
    append_invariant,
    head_start,
    window_multiplier,
    tipping_point,
    undetectable_floor,
    pooled_lr_decay,
    unanimous_votes,
    majority_of_three,
    correlated_votes,
    batch_law,
    attempts_law,
    stopping_bias,
    fixation,
    polya_urn,
    mirror,
    rogan_gladen,
)


def topics() -> list[dict[str, str]]:
    """What can be derived: records `family`, `name`, `title`, one a theorem, in order; nothing is checked."""
    made = (make() for make in THEOREMS)
    return [{"family": theorem.family, "name": theorem.name, "title": theorem.title} for theorem in made]


def derive(topic: str | None = None) -> Derivation:
    """The theorems, each with its derivation, checked when asked.

    Parameters
    ----------
    topic : str, optional
        The name of one theorem or of a family; all theorems without it.

    Raises
    ------
    UsageError
        If there is no such theorem or family.

    Examples
    --------
    >>> print(derive("odds-form").status)
    1 theorem, 4 steps, all verified
    """
    theorems = tuple(make() for make in THEOREMS)
    if topic is None:
        return Derivation(theorems)
    chosen = tuple(theorem for theorem in theorems if topic in (theorem.name, theorem.family))
    if chosen:
        return Derivation(chosen)
    known = list(dict.fromkeys([*(theorem.family for theorem in theorems), *(theorem.name for theorem in theorems)]))
    raise UsageError(f"nothing is derived under {topic!r}{did_you_mean(topic, known)}; known are: {', '.join(known)}")
