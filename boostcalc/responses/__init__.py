"""Response families g(c, k): one file each, one line each in the registry."""

from boostcalc.parts import Registry
from boostcalc.responses.affine import Affine
from boostcalc.responses.base import Response
from boostcalc.responses.evidence import Evidence
from boostcalc.responses.perfect import Perfect

__all__ = ["RESPONSES", "Affine", "Evidence", "Perfect", "Response"]

RESPONSES: Registry[Response] = Registry(
    "response",
    Perfect,
    Affine,
    Evidence,
)
