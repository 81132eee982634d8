from .evaluators.base import BaseEvaluator, Rates
from .evaluators.constant import Evaluator
from .evaluators.drifting import Drifting
from .evaluators.families import EVALUATORS
from .evaluators.graded import Binormal
from .evaluators.reading import evaluator_from_dict
from .evaluators.roc import Roc, roc
from .evaluators.votes import Votes
from .fixed_points import FixedPoints, fixed_points
from .loop import Loop
from .policies import POLICIES, Append, Context, ContextPolicy, Replace, Window
from .prediction import FixedPoint, Prediction, Round
from .propagation import Outcomes, check_question, first_passage, propagate
from .rounds import Rounds
from .start import Start, State
from .trajectory import Trajectory

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
