"""Response families g(c, k): one file each, one line each in the registry."""

from boostcalc.parts import Registry
from boostcalc.responses.affine import Affine
from boostcalc.responses.averaging import realised
from boostcalc.responses.base import Curve, Response
from boostcalc.responses.counted_evidence import CountedEvidence
from boostcalc.responses.evidence import Evidence
from boostcalc.responses.monotone import Monotone
from boostcalc.responses.odds_power import OddsPower
from boostcalc.responses.perfect import Perfect
from boostcalc.responses.shrinkage import Shrinkage
from boostcalc.responses.sigmoid import Sigmoid
from boostcalc.responses.sized_evidence import SizedEvidence

__all__ = [
    "RESPONSES",
    "Affine",
    "CountedEvidence",
    "Curve",
    "Evidence",
    "Monotone",
    "OddsPower",
    "Perfect",
    "Response",
    "Shrinkage",
    "Sigmoid",
    "SizedEvidence",
    "realised",
]

RESPONSES: Registry[Response] = Registry(
    "response",
    Perfect,
    Affine,
    Evidence,
    SizedEvidence,
    CountedEvidence,
    OddsPower,
    Shrinkage,
    Sigmoid,
    Monotone,
)
