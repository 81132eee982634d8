from .chance import law, runs, shares
from .evaluators import estimates, rates, roc
from .loops import cobweb, curves, fan, phase_line, response, rounds, trajectory
from .phase import phase
from .style import save, svg
from .types import types

__all__ = [
    "cobweb",
    "curves",
    "estimates",
    "fan",
    "law",
    "phase",
    "phase_line",
    "rates",
    "response",
    "rounds",
    "runs",
    "save",
    "shares",
    "svg",
    "trajectory",
    "types",
]
__all__ = [
    "cobweb",
    "curves",
    "estimates",
    "fan",
    "phase_line",
    "rates",
    "response",
    "roc",
    "rounds",
    "save",
    "svg",
    "trajectory",
]
