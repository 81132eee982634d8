from .loops import cobweb, fan, phase_line, response, rounds, trajectory
from .style import save, svg
from .types import types

__all__ = ["cobweb", "fan", "phase_line", "response", "rounds", "save", "svg", "trajectory", "types"]
