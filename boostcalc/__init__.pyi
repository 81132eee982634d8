from .datasets import load_table
from .dynamics import Append, Drifting, Evaluator, Loop, PhaseDiagram, Prediction, Replace, Window, phase
from .fitting import Fit, fit, read_fit
from .forecasting import Forecast, forecast, read_forecast
from .odds import Counts
from .reporting import report
from .responses import Affine, Evidence, Monotone, OddsPower, Perfect, Shrinkage, Sigmoid, SizedEvidence
from .runs import Runs, read_runs
from .selection import Types
from .theory import Derivation, derive

__version__: str

__all__ = [
    "Affine",
    "Append",
    "Counts",
    "Derivation",
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
    "Runs",
    "Shrinkage",
    "Sigmoid",
    "SizedEvidence",
    "Types",
    "Window",
    "derive",
    "fit",
    "forecast",
    "load_table",
    "phase",
    "read_fit",
    "read_forecast",
    "read_runs",
    "report",
]
