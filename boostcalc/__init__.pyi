from .datasets import load_table
from .dynamics import (
    Append,
    Binormal,
    Drifting,
    Evaluator,
    Loop,
    Prediction,
    Replace,
    Roc,
    Votes,
    Window,
    roc,
)
from .dynamics.diagram import PhaseDiagram
from .dynamics.finite import Distribution, Simulation, UrnLimits, distribution, simulate, urn_limits
from .dynamics.phase import phase
from .fitting import Fit, fit, read_fit
from .fitting.survey import Survey, read_survey, survey
from .forecasting import Forecast, forecast, read_forecast
from .odds import Counts
from .reporting import report
from .responses import Affine, Evidence, Monotone, OddsPower, Perfect, Shrinkage, Sigmoid, SizedEvidence
from .runs import Runs, read_runs, simulated_log, write_log
from .selection import Types
from .theory import Derivation, derive

__version__: str

__all__ = [
    "Affine",
    "Append",
    "Binormal",
    "Counts",
    "Derivation",
    "Distribution",
    "Drifting",
    "Evaluator",
    "Evidence",
    "Fit",
    "Forecast",
    "Loop",
    "Monotone",
    "OddsPower",
    "Perfect",
    "PhaseDiagram",
    "Prediction",
    "Replace",
    "Roc",
    "Runs",
    "Shrinkage",
    "Sigmoid",
    "Simulation",
    "SizedEvidence",
    "Survey",
    "Types",
    "UrnLimits",
    "Votes",
    "Window",
    "derive",
    "distribution",
    "fit",
    "forecast",
    "load_table",
    "phase",
    "read_fit",
    "read_forecast",
    "read_runs",
    "read_survey",
    "report",
    "roc",
    "simulate",
    "simulated_log",
    "survey",
    "urn_limits",
    "write_log",
]
