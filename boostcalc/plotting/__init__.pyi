from .chance import law, runs, shares
from .loops import cobweb, fan, phase_line, response, rounds, trajectory
from .phase import phase
from .style import save, svg
from .types import types

__all__ = [
    "cobweb",
    "fan",
    "law",
    "phase",
    "phase_line",
    "response",
    "rounds",
    "runs",
    "save",
    "shares",
    "svg",
    "trajectory",
    "types",
]
