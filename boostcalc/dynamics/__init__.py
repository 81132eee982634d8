"""What a loop does, in NumPy and log-odds: evaluator, context policies, trajectories, fixed points, rounds.

Each name loads when it is asked for. Phase diagrams (`phase`, `diagram`) and whole batches (`finite`) are imported
from their own modules.
"""

import lazy_loader as lazy

# at once, since its module has the same name and would stand for it once that is loaded
from boostcalc.dynamics.fixed_points import fixed_points as fixed_points

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
