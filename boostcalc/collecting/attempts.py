"""One attempt: an answer, its grade, its verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boostcalc.collecting.budget import Spent
from boostcalc.collecting.contexts import generator, request_seed
from boostcalc.collecting.endpoint import Client
from boostcalc.collecting.evaluation import Evaluation
from boostcalc.collecting.grading import Grading
from boostcalc.collecting.prompts import Prompts
from boostcalc.collecting.stages import Outcome, Plan, Stage, query_of
from boostcalc.errors import EndpointError

__all__ = ["Attempting"]


@dataclass(frozen=True)
class Attempting:
    """How attempts are made: with which templates, evaluation and grading."""

    plan: Plan
    prompts: Prompts
    evaluation: Evaluation
    grading: Grading

    async def __call__(self, client: Client, stage: Stage, index: int) -> tuple[Outcome, Spent]:
        """Makes an attempt."""
        key = (self.plan.seed, stage.name, stage.round, index)
        task = query_of(self.plan, stage, index)
        reply = await client.answer(self.prompts.asking(stage.context.shown, task.query), request_seed(*key, "answer"))
        answer = reply.text.strip()
        read, spent = await self._read(client, stage, task.query, answer, key)
        verdict = self.evaluation.judge(read, generator(*key, "votes"))
        # whoever keeps everything accepts it in a loop; in a sweep nobody was asked
        accepted = verdict.accepted if self.evaluation.asked or stage.batch is not None else None
        outcome = Outcome(
            query=task.name,
            answer=answer,
            correct=self.grading.correct(answer, task.answers),
            accepted=accepted,
            score=verdict.score,
            votes=verdict.votes,
            votes_for=verdict.votes_for,
            by=verdict.by,
        )
        return outcome, reply.spent + spent

    async def _read(
        self, client: Client, stage: Stage, query: str, answer: str, key: tuple[int, str, int, int]
    ) -> tuple[list[NDArray[np.float64] | int | None], Spent]:
        """What the evaluator says: probabilities once for all votes, or a word for each."""
        evaluation, spent = self.evaluation, Spent()
        if not evaluation.asked:
            return [None], spent
        messages = self.prompts.judging(stage.context.shown if evaluation.context else [], query, answer)
        read: list[NDArray[np.float64] | int | None] = []
        for vote in range(evaluation.votes):
            wanted = vote == 0 and evaluation.reading != "sampled"
            reply = await client.verdict(messages, request_seed(*key, "verdict", vote), probabilities=wanted)
            spent += reply.spent
            if wanted and reply.tokens is not None:
                probabilities = evaluation.probabilities(reply.tokens)
                if probabilities is not None:
                    return [probabilities], spent
                if evaluation.reading == "probabilities":
                    return [None] * evaluation.votes, spent
            elif wanted and evaluation.reading == "probabilities":
                raise EndpointError(
                    f"{client.endpoint.address} gives no token probabilities: read verdicts from what is said "
                    "(reading auto or sampled)"
                )
            read.append(evaluation.said(reply.text))
        return read, spent
