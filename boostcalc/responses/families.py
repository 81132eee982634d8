"""The response families by name: how they are read from a command line and from JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boostcalc.parts import Registry

if TYPE_CHECKING:
    from boostcalc.responses.base import Response

__all__ = ["RESPONSES"]

RESPONSES: Registry[Response] = Registry(
    "response",
    {
        "perfect": "boostcalc.responses.perfect:Perfect",
        "affine": "boostcalc.responses.affine:Affine",
        "evidence": "boostcalc.responses.evidence:Evidence",
        "sized-evidence": "boostcalc.responses.sized_evidence:SizedEvidence",
        "counted-evidence": "boostcalc.responses.counted_evidence:CountedEvidence",
        "odds-power": "boostcalc.responses.odds_power:OddsPower",
        "shrinkage": "boostcalc.responses.shrinkage:Shrinkage",
        "sigmoid": "boostcalc.responses.sigmoid:Sigmoid",
        "monotone": "boostcalc.responses.monotone:Monotone",
    },
)
