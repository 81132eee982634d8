"""What comes next: a fitted model's loop, with its uncertainty."""

from boostcalc.forecasting.draws import forecast
from boostcalc.forecasting.forecast import QUANTILES, Forecast, read_forecast

__all__ = ["QUANTILES", "Forecast", "forecast", "read_forecast"]
