from .affine import Affine
from .averaging import realised
from .base import Curve, Response
from .counted_evidence import CountedEvidence
from .evidence import Evidence
from .families import RESPONSES
from .monotone import Monotone
from .odds_power import OddsPower
from .perfect import Perfect
from .shrinkage import Shrinkage
from .sigmoid import Sigmoid
from .sized_evidence import SizedEvidence

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
