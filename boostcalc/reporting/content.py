"""What a report says: every word and number of it, as one plain document for the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boostcalc.forecasting import QUANTILES
from boostcalc.reporting.typst_math import typst
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
            f"{forecast.fit.level:.0%} interval, and the observed errors (larger: more attempts).",
            "cobweb": "The update map F at the estimated values. "
            + (
                "Where old pairs stay in the context, a round moves the error only part of the way to the curve."
                if forecast.loop().context.keeps
                else "A round goes from an error rate on the horizontal axis to the curve, which is the next one."
            )
            + " Where the curve crosses the diagonal the loop stands still.",
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
    chosen = [theory[name] for name in THEOREMS]
    stated = [relation for theorem in chosen for relation in theorem.statement]
    letters = dict.fromkeys(d for theorem in chosen for d in theorem.definitions if d.lhs.is_Symbol and d not in stated)
    return {
        "intro": (
            "With error rate ε, TP = t and FP = f, the accepted batch has contamination c. Each of the following is "
            "derived and checked step by step in SymPy (boostcalc derive)."
        ),
        "theorems": [
            {
                "title": theorem.title,
                "says": theorem.says + ("" if theorem.verified else " (Not verified.)"),
                "formulas": [typst(relation) for relation in theorem.statement],
            }
            for theorem in chosen
        ],
        "definitions": [typst(definition) for definition in letters],
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
            f"The {chosen.family} response describes a model that {chosen.response.learner}. Its error rate under a "
            f"context of which a share c is wrong is g(c).{compared}"
        ),
        "formulas": [typst(general)],
        "parameters": [[name, number.text()] for name, number in chosen.conf_int(forecast.fit.level).items()],
        "window": chosen.window(forecast.fit.level).meaning,
    }


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
    fit = "; ".join(f"{name}: {_plain(value)}" for name, value in record["fit"].items() if name != "versions")
    return [f"Fit: {fit}", f"Forecast: {record['draws']} draws, seed {record['seed']}", f"Made with {versions}"]


def _plain(value: Any) -> str:
    """A recorded input as text: lists and mappings without their brackets."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {item}" for name, item in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _bands() -> str:
    widths = [f"{QUANTILES[-1 - i] - QUANTILES[i]:.0%}" for i in range(len(QUANTILES) // 2)]
    return " and ".join(widths)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
