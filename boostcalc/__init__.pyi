from .datasets import load_table
from .dynamics import Append, Evaluator, Loop, Prediction, Replace
from .fitting import Fit, fit, read_fit
from .forecasting import Forecast, forecast, read_forecast
from .odds import Counts
from .reporting import report
from .responses import Affine, Evidence, Perfect
from .runs import Runs, read_runs
from .theory import Derivation, derive

__version__: str

__all__ = [
    "Affine",
    "Append",
    "Counts",
    "Derivation",
    "Evaluator",
    "Evidence",
    "Fit",
    "Forecast",
    "Loop",
    "Perfect",
    "Prediction",
    "Replace",
    "Runs",
    "derive",
    "fit",
    "forecast",
    "load_table",
    "read_fit",
    "read_forecast",
    "read_runs",
    "report",
]
