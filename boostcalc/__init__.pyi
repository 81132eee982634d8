from .datasets import load_table
from .dynamics import Append, Binormal, Drifting, Evaluator, Loop, Prediction, Replace, Roc, Votes, Window, roc
from .fitting import Fit, fit, read_fit
from .forecasting import Forecast, forecast, read_forecast
from .odds import Counts
from .reporting import report
from .responses import Affine, Evidence, Monotone, OddsPower, Perfect, Shrinkage, Sigmoid, SizedEvidence
from .runs import Runs, read_runs
from .theory import Derivation, derive

__version__: str

__all__ = [
    "Affine",
    "Append",
    "Binormal",
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
    "Prediction",
    "Replace",
    "Roc",
    "Runs",
    "Shrinkage",
    "Sigmoid",
    "SizedEvidence",
    "Votes",
    "Window",
    "derive",
    "fit",
    "forecast",
    "load_table",
    "read_fit",
    "read_forecast",
    "read_runs",
    "report",
    "roc",
]
