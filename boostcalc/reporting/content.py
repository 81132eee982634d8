"""What a report says: every word and number of it, as one plain document for the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boostcalc.forecasting import QUANTILES
from boostcalc.reporting.typst_math import typst
from boostcalc.responses import Evidence
from boostcalc.theory import derive

if TYPE_CHECKING:
    from boostcalc.forecasting import Forecast

__all__ = ["content"]

THEOREMS = ("filter", "odds-form", "acceptance-condition", "closed-form")
"""The theorems that a reader needs to follow the forecast."""


def content(forecast: Forecast, title: str, note: str | None) -> dict[str, Any]:
    """The template's `data.json`."""
    inputs = forecast.inputs
    return {
        "title": title,
        "note": note,
        "footer": f"boostcalc {forecast.provenance['versions']['boostcalc']}",
        "question": (
            "A model answers queries and an evaluator judges the answers; accepted pairs become the context of the "
            "next round. Does the error rate fall, how far, and how fast?"
        ),
        "inputs": _inputs(forecast),
        "verdict": forecast.status,
        "facts": [*forecast.facts(), _final(forecast)],
        "recurrence": _recurrence(),
        "response": _response(forecast),
        "rounds": _rounds(forecast),
        "assumptions": _assumptions(forecast),
        "warnings": [_sentence(warning) for warning in forecast.warnings],
        "provenance": _provenance(forecast),
        "alt": {
            "fan": "Quantiles of the error rate by round.",
            "response": "Fitted error rate against contamination, with observed points.",
            "cobweb": "Update map with the path of the rounds and the fixed points.",
        },
        "captions": {
            "fan": f"Error rate by round: median, and what {_bands()} of the evidence allows. "
            f"The target is {inputs['target']:g}.",
            "response": "The fitted response with its "
            f"{forecast.fit.level:.0%} interval, and the observed errors (area: number of attempts).",
            "cobweb": "The update map F at the estimated values: a round goes from an error rate on the horizontal "
            "axis to the curve, which is the next error rate. Where the curve crosses the diagonal the loop stands "
            "still.",
        },
    }


def _inputs(forecast: Forecast) -> list[list[str]]:
    inputs = forecast.inputs
    parameters = ", ".join(f"{name} = {value:g}" for name, value in inputs["context"]["parameters"].items())
    return [
        ["TP, P(accept | correct)", inputs["tpr"].text()],
        ["FP, P(accept | wrong)", inputs["fpr"].text()],
        ["error rate of round 0", inputs["error"].text()],
        ["target error rate", f"{inputs['target']:g}"],
        ["context policy", inputs["context"]["family"] + (f" ({parameters})" if parameters else "")],
        ["accepted pairs in a batch", f"{inputs['batch']:g}"],
    ]


def _final(forecast: Forecast) -> str:
    spread = ", ".join(f"{level:.0%}: {value:.3g}" for level, value in zip(QUANTILES, forecast.fan[-1], strict=True))
    last = f"Error after {forecast.inputs['rounds']} rounds, by probability: {spread}."
    if len(forecast.final_modes) < 2:
        return last
    humps = " and ".join(f"{mode['error']:.3g} ({mode['weight']:.0%})" for mode in forecast.final_modes)
    return f"{last} The evidence allows different ends: {humps}."


def _recurrence() -> dict[str, Any]:
    theory = derive()
    return {
        "intro": (
            "With error rate ε, TP = t and FP = f, the accepted batch has contamination c. Each of the following is "
            "derived and checked step by step in SymPy (boostcalc derive)."
        ),
        "theorems": [
            {
                "title": theory[name].title,
                "note": "" if theory[name].verified else "(not verified)",
                "formulas": [typst(relation) for relation in theory[name].statement],
            }
            for name in THEOREMS
        ],
    }


def _response(forecast: Forecast) -> dict[str, Any]:
    import sympy

    chosen = forecast.fit.chosen
    c = sympy.Symbol("c")
    general = sympy.Eq(sympy.Function("g")(c), chosen.response.symbolic(c), evaluate=False)
    others = [f"{other.family} (weight {other.weight:.2f})" for other in forecast.fit.responses[1:]]
    compared = f" It was compared on held-out data with {', '.join(others)}." if others else ""
    return {
        "intro": (
            f"The {chosen.family} response is a model that {chosen.response.learner}: its error rate under a context "
            f"of which a share c is wrong.{compared}"
        ),
        "formulas": [typst(general)],
        "parameters": [[name, number.text()] for name, number in chosen.conf_int(forecast.fit.level).items()],
        "window": _window(chosen.response),
    }


def _window(response: Any) -> str | None:
    """Between which FP/TP the loop has two stable ends, in words; None for a family without such a window."""
    if not isinstance(response, Evidence):
        return None
    low, high = (float(np.exp(-bound)) for bound in reversed(response.bistable_window()))
    if np.isnan(low):
        return "With b at most 4 this response has one fixed point, whatever the evaluator: the start does not matter."
    if low > 1:
        meaning = (
            "The window lies wholly above 1: such a learner denoises its own context, so it improves with any "
            "evaluator that prefers correct answers, from every start, and even with one that prefers wrong answers "
            f"up to {low:.3g}-fold. Inside the window the start decides; beyond it the loop collapses from everywhere."
        )
    elif high < 1:
        meaning = "The window lies wholly below 1: an evaluator has to prefer correct answers for either end to win."
    else:
        meaning = "The window contains 1: even a blind evaluator leaves two stable ends, and the start decides."
    return f"The loop has two stable ends for FP/TP between {low:.4g} and {high:.4g}. {meaning}"


def _rounds(forecast: Forecast) -> dict[str, Any]:
    rows = [
        [
            str(row.round),
            f"{row.context_size:g}",
            *(number.text(3) for number in (row.error, row.contamination, row.acceptance, row.attempts)),
        ]
        for row in forecast.trajectory
    ]
    return {"head": ["round", "context", "error", "contamination", "acceptance", "attempts"], "rows": rows}


def _assumptions(forecast: Forecast) -> list[str]:
    stated = [_sentence(f"{a['name']}: {a['verdict']}; {a['evidence']}") for a in forecast.fit.assumptions]
    clusters = forecast.fit.clusters
    ladder = f"Uncertainty of the fit is clustered by {clusters['by']} ({clusters['count']} of them)."
    return [forecast.assumptions, *stated, ladder]


def _provenance(forecast: Forecast) -> list[str]:
    record = forecast.provenance
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    fit = ", ".join(f"{name}: {value}" for name, value in record["fit"].items() if name != "versions")
    return [f"Fit from {fit}", f"Forecast from {record['draws']} draws, seed {record['seed']}", f"Made with {versions}"]


def _bands() -> str:
    widths = [f"{QUANTILES[-1 - i] - QUANTILES[i]:.0%}" for i in range(len(QUANTILES) // 2)]
    return " and ".join(widths)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
