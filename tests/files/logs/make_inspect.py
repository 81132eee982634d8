"""Writes the Inspect logs of this folder: `python make_inspect.py FOLDER`, where inspect_ai is installed.

Twelve queries in two epochs, answered by Inspect's `mockllm/model` (no network): the truth is `includes` against the
target, the verdict is a second scorer in which the model judges its own answer; sample metadata say where in the loop
an answer stands. Every third sum is wrong; verdicts go by the first summand modulo 4, their grades modulo 5.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import inspect_ai
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, Target, accuracy, includes, mean, scorer
from inspect_ai.solver import TaskState, generate

QUERIES, EPOCHS = 12, 2


@scorer(metrics=[accuracy()])
def self_judge() -> Any:
    """Accepts what the model calls right; says nothing where it says neither."""

    async def score(state: TaskState, target: Target) -> Score:
        asked = f"Is this right? {state.input_text} {state.output.completion}"
        verdict = await get_model().generate(asked)
        said = verdict.completion.strip().lower()
        if said not in ("yes", "no"):
            return Score.unscored(explanation=said)
        return Score(value="C" if said == "yes" else "I", explanation=said)

    return score


@scorer(metrics=[mean()])
def grade() -> Any:
    """The log-probability of the judge's answer."""

    async def score(state: TaskState, target: Target) -> Score:
        verdict = await get_model().generate(f"Grade: {state.input_text} {state.output.completion}")
        assert verdict.choices[0].logprobs is not None
        return Score(value=verdict.choices[0].logprobs.content[0].logprob)

    return score


def said(messages: list[Any], *_: Any) -> ModelOutput:
    """What the mock answers, by what it is asked: deterministic, whatever the order."""
    text = messages[-1].text
    left, right = map(int, re.findall(r"\d+", text)[:2])
    if text.startswith("Is this right?"):
        answer = ("yes", "no", "yes", "perhaps")[left % 4]
    elif text.startswith("Grade:"):
        answer = "ok"
    else:
        answer = str(left + right + (left % 3 == 0))
    # usage is stated, so that no tokenizer is fetched to reckon it
    usage = ModelUsage(input_tokens=8, output_tokens=1, total_tokens=9)
    choice = ChatCompletionChoice(
        message=ChatMessageAssistant(content=answer),
        logprobs=Logprobs(content=[Logprob(token=answer, logprob=-0.25 * (1 + left % 5))]),
    )
    return ModelOutput(model="mockllm/model", choices=[choice], usage=usage)


def main(folder: str) -> None:
    samples = [
        Sample(
            id=f"sum-{i}",
            input=f"{i}+{2 * i}=",
            target=str(3 * i),
            metadata={
                "run": f"loop-{i % 3}",
                "round": i // 3,
                "context_size": 4,
                "context_wrong": i % 5,
                "note": "kept out",
            },
        )
        for i in range(1, QUERIES + 1)
    ]
    for form, name, queries in (("eval", "sums", QUERIES), ("json", "three_sums", 3)):
        task = inspect_ai.Task(
            dataset=samples[:queries], solver=generate(), scorer=[includes(), self_judge(), grade()], name=name
        )
        inspect_ai.eval(
            task,
            model=get_model("mockllm/model", custom_outputs=said),
            epochs=EPOCHS,
            log_dir=folder,
            log_format=form,
            display="none",
            max_connections=1,
        )


if __name__ == "__main__":
    main(sys.argv[1])
