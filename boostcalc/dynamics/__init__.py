"""What a loop does, in NumPy and log-odds: evaluator, context policies, trajectories, fixed points, rounds."""

from boostcalc.dynamics.diagram import PhaseDiagram
from boostcalc.dynamics.evaluators import BaseEvaluator, Drifting, Evaluator, Rates
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.phase import phase
from boostcalc.dynamics.policies import POLICIES, Append, Context, ContextPolicy, Replace, Window
from boostcalc.dynamics.prediction import FixedPoint, Prediction, Round
from boostcalc.dynamics.propagation import Outcomes, check_question, first_passage, propagate
from boostcalc.dynamics.rounds import Rounds
from boostcalc.dynamics.start import Start, State
from boostcalc.dynamics.trajectory import Trajectory

__all__ = [
    "POLICIES",
    "Append",
    "BaseEvaluator",
    "Context",
    "ContextPolicy",
    "Drifting",
    "Evaluator",
    "FixedPoint",
    "FixedPoints",
    "Loop",
    "Outcomes",
    "PhaseDiagram",
    "Prediction",
    "Rates",
    "Replace",
    "Round",
    "Rounds",
    "Start",
    "State",
    "Trajectory",
    "Window",
    "check_question",
    "first_passage",
    "fixed_points",
    "phase",
    "propagate",
]
