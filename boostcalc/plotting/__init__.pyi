from .evaluators import roc
from .loops import cobweb, fan, phase_line, response, rounds, trajectory
from .style import save, svg

__all__ = ["cobweb", "fan", "phase_line", "response", "roc", "rounds", "save", "svg", "trajectory"]
