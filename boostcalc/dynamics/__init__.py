"""What a loop does, in NumPy and log-odds: evaluator, context policies, trajectories, fixed points, rounds.

Phase diagrams (`phase`, `diagram`) and whole batches (`finite`) are imported from their own modules, so that what
a prediction needs loads without them.
"""

from boostcalc.dynamics.evaluators import (
    EVALUATORS,
    BaseEvaluator,
    Binormal,
    Drifting,
    Evaluator,
    Rates,
    Roc,
    Votes,
    evaluator_from_dict,
    roc,
)
from boostcalc.dynamics.fixed_points import FixedPoints, fixed_points
from boostcalc.dynamics.loop import Loop
from boostcalc.dynamics.policies import POLICIES, Append, Context, ContextPolicy, Replace, Window
from boostcalc.dynamics.prediction import FixedPoint, Prediction, Round
from boostcalc.dynamics.propagation import Outcomes, check_question, first_passage, propagate
from boostcalc.dynamics.rounds import Rounds
from boostcalc.dynamics.start import Start, State
from boostcalc.dynamics.trajectory import Trajectory

__all__ = [
    "EVALUATORS",
    "POLICIES",
    "Append",
    "BaseEvaluator",
    "Binormal",
    "Context",
    "ContextPolicy",
    "Drifting",
    "Evaluator",
    "FixedPoint",
    "FixedPoints",
    "Loop",
    "Outcomes",
    "Prediction",
    "Rates",
    "Replace",
    "Roc",
    "Round",
    "Rounds",
    "Start",
    "State",
    "Trajectory",
    "Votes",
    "Window",
    "check_question",
    "evaluator_from_dict",
    "first_passage",
    "fixed_points",
    "propagate",
    "roc",
]
