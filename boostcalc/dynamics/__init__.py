"""What a loop does, in NumPy and log-odds: evaluator, context policies, trajectories, fixed points, rounds."""

from boostcalc.dynamics.batches import simulate
from boostcalc.dynamics.evaluator import Evaluator
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.policies import POLICIES, Append, ContextPolicy, Replace
from boostcalc.dynamics.prediction import FixedPoint, Prediction, Round
from boostcalc.dynamics.propagation import Outcomes, check_question, first_passage, propagate
from boostcalc.dynamics.rounds import Rounds
from boostcalc.dynamics.start import Start, State
from boostcalc.dynamics.trajectory import Trajectory

__all__ = [
    "POLICIES",
    "Append",
    "ContextPolicy",
    "Evaluator",
    "FixedPoint",
    "FixedPoints",
    "Loop",
    "Outcomes",
    "Prediction",
    "Replace",
    "Round",
    "Rounds",
    "Start",
    "State",
    "Trajectory",
    "check_question",
    "first_passage",
    "fixed_points",
    "propagate",
    "simulate",
]
