from .chance import law, runs, shares
from .loops import cobweb, fan, phase_line, response, rounds, trajectory
from .style import save, svg

__all__ = ["cobweb", "fan", "law", "phase_line", "response", "rounds", "runs", "save", "shares", "svg", "trajectory"]
