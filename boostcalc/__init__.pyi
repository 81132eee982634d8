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
from .fitting import Fit, Fits, fit, fit_by, read_fit, read_fits
from .fitting.doctor import Diagnosis, doctor
from .fitting.evaluator import (
    AcceptanceFit,
    CorrectedError,
    EvaluatorFit,
    Labelled,
    VoteCorrelation,
    corrected_error,
    estimate_evaluator,
    fit_acceptance,
    vote_correlation,
)
from .fitting.survey import Survey, read_survey, survey
from .forecasting import Forecast, forecast, read_forecast
from .odds import Counts
from .reporting import report
from .responses import (
    Affine,
    CountedEvidence,
    Evidence,
    Monotone,
    OddsPower,
    Perfect,
    Shrinkage,
    Sigmoid,
    SizedEvidence,
)
from .runs import Runs, read_runs, simulated_log, write_log
from .selection import Types
from .theory import Derivation, derive

__version__: str

__all__ = [
    "AcceptanceFit",
    "Affine",
    "Append",
    "Binormal",
    "CorrectedError",
    "CountedEvidence",
    "Counts",
    "Derivation",
    "Diagnosis",
    "Distribution",
    "Drifting",
    "Evaluator",
    "EvaluatorFit",
    "Evidence",
    "Fit",
    "Fits",
    "Forecast",
    "Labelled",
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
    "VoteCorrelation",
    "Votes",
    "Window",
    "corrected_error",
    "derive",
    "distribution",
    "doctor",
    "estimate_evaluator",
    "fit",
    "fit_acceptance",
    "fit_by",
    "forecast",
    "load_table",
    "phase",
    "read_fit",
    "read_fits",
    "read_forecast",
    "read_runs",
    "read_survey",
    "report",
    "roc",
    "simulate",
    "simulated_log",
    "survey",
    "urn_limits",
    "vote_correlation",
    "write_log",
]
