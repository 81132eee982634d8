"""Surveys: draws of rates, bands, thresholds for a loop; and how they are told, saved and drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, kstest, norm
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

import boostcalc as bc
from boostcalc.datasets import table_path
from boostcalc.dynamics import BaseEvaluator
from boostcalc.errors import DataError, UsageError
from boostcalc.fitting.survey.choice import Outlook, choices, drawn_responses, outlook
from boostcalc.fitting.survey.draws import draw_rates, simultaneous_level
from boostcalc.fitting.survey.thresholds import MOST, jeffreys
from boostcalc.odds import Array, Counts
from boostcalc.plotting.evaluators import between_corners
from boostcalc.responses import Perfect, Response
from boostcalc.runs import Runs
from tests.conftest import Ran

SIZE = 4_000


def counts(accepted: Any, total: int) -> list[Counts]:
    return [Counts(float(k), total) for k in accepted]


def table(steps: list[tuple[int, int]]) -> pd.DataFrame:
    """Correct and wrong answers at the scores m, m − 1, …, 1."""
    scores = range(len(steps), 0, -1)
    rows = [(s, kind) for s, pair in zip(scores, steps, strict=True) for kind, n in enumerate(pair) for _ in range(n)]
    return pd.DataFrame({"score": [s for s, _ in rows], "correct": [kind == 0 for _, kind in rows]})


@pytest.fixture(scope="module")
def game24() -> bc.Survey:
    """GPT-4's own values of states in the game of 24."""
    return bc.survey(bc.load_table("game24_selfeval"))


# draws and bands


def test_rates_at_every_threshold_have_jeffreys_posterior_and_rise() -> None:
    right, wrong = np.array([[3.0, 20.0, 0.0, 17.0]]), np.array([[0.0, 1.0, 9.0, 50.0]])
    worth = tuple(counts(np.cumsum(one[0]), int(one.sum())) for one in (right, wrong))
    t, f = draw_rates((right, wrong), (worth[0], worth[1]), np.random.default_rng(1), SIZE, clustered=False)
    for drawn, own in zip((t, f), worth, strict=True):
        assert (np.diff(drawn, axis=1) >= 0).all()
        for j, one in enumerate(own):
            k, n = one.successes, one.trials
            # a one-in-a-million miss by Kolmogorov's bound is allowed for each of eight
            assert kstest(drawn[:, j], beta(k + 0.5, n - k + 0.5).cdf).pvalue > 1e-6


@pytest.mark.parametrize("clusters", [8, 30, 200])
def test_clusters_that_agree_within_themselves_count_once(clusters: int) -> None:
    """Ten copies of an answer in each cluster: the rate varies as that of so many answers, by the t of as few."""
    half = clusters // 2
    passed = np.repeat([10.0, 0.0], [half, clusters - half])
    both = np.stack([passed, 10 - passed], axis=1)
    k, n = float(half), float(clusters)
    worth = [Counts(k, n), Counts(n, n)]
    t, _ = draw_rates((both, both), (worth, worth), np.random.default_rng(2), SIZE, clustered=True)
    wide = student.ppf(0.95, clusters - 1) / norm.ppf(0.95)
    wanted = wide * math.sqrt(k * (n - k) / n**2 / (n - 1))
    # the standard error of a standard deviation of SIZE draws, and the error of a ratio's variance of order 1/n
    assert t[:, 0].std() == pytest.approx(wanted, rel=4 / math.sqrt(2 * SIZE) + 1.5 / clusters)


def test_the_band_holds_the_draws_of_all_thresholds_at_once_at_its_level() -> None:
    rng = np.random.default_rng(3)
    right, wrong = rng.multinomial(60, np.full(12, 1 / 12)), rng.multinomial(90, np.full(12, 1 / 12))
    tables = (right[None].astype(float), wrong[None].astype(float))
    worth = (counts(np.cumsum(right), 60), counts(np.cumsum(wrong), 90))
    drawn = draw_rates(tables, worth, rng, SIZE, clustered=False)
    wide = simultaneous_level(drawn, 0.9)
    assert 0.9 < wide < 1 - 0.1 / 24  # wider than pointwise, narrower than Bonferroni's for 24 rates
    fresh = draw_rates(tables, worth, rng, SIZE, clustered=False)
    held = np.ones(SIZE, dtype=bool)
    for one, own in zip(fresh, worth, strict=True):
        k, n = (np.array([getattr(c, name) for c in own]) for name in ("successes", "trials"))
        low, high = beta.ppf((1 - wide) / 2, k + 0.5, n - k + 0.5), beta.ppf((1 + wide) / 2, k + 0.5, n - k + 0.5)
        held &= ((one >= low) & (one <= high)).all(axis=1)
    assert held.mean() == pytest.approx(0.9, abs=4 * math.sqrt(2 * 0.09 / SIZE))


def test_intervals_of_rates_are_those_of_statsmodels() -> None:
    low, high = jeffreys([Counts(0, 20), Counts(7, 20), Counts(20, 20)], 0.9)
    ends = [proportion_confint(k, 20, alpha=0.1, method="jeffreys") for k in (0, 7, 20)]
    assert low == pytest.approx([0.0, ends[1][0], ends[2][0]])
    assert high == pytest.approx([ends[0][1], ends[1][1], 1.0])


def test_chords_between_points_of_two_rectangles_lie_in_the_band() -> None:
    rng = np.random.default_rng(4)
    middle = np.sort(rng.random((2, 5)), axis=1)
    across, up = (np.stack([np.maximum(m - 0.1, 0), np.minimum(m + 0.1, 1)], axis=1) for m in middle)
    x, y = between_corners(across, up)
    half = len(x) // 2
    for j in range(4):
        p, q = ((rng.uniform(*across[i]), rng.uniform(*up[i])) for i in (j, j + 1))
        for share in (0.2, 0.5, 0.8):
            u, v = ((1 - share) * a + share * b for a, b in zip(p, q, strict=True))
            assert v <= np.interp(u, x[:half], y[:half]) + 1e-12
            assert v >= np.interp(u, x[half:][::-1], y[half:][::-1]) - 1e-12


def test_a_threshold_at_the_score_of_one_answer_has_the_law_of_its_order_statistic() -> None:
    """The rate at the k-th highest of n scores is Beta(k, n − k + 1), that between two of them Jeffreys'."""
    found = bc.survey(pd.DataFrame({"score": [5.0, 4.0, 3.0, 2.0, 1.0], "correct": [True, False, True, True, False]}))
    tails = np.array([(1 - found.band_level) / 2, (1 + found.band_level) / 2])
    own, other = found.thresholds[2], found.thresholds[1]
    assert own.tpr_band == pytest.approx(beta.ppf(tails, 2, 2))
    assert own.fpr_band == pytest.approx(beta.ppf(tails, 1.5, 1.5))
    assert other.tpr_band == pytest.approx(beta.ppf(tails, 1.5, 2.5))
    assert other.fpr_band == pytest.approx(beta.ppf(tails, 1, 2))


def test_the_outcome_of_a_choice_allows_for_its_having_been_chosen(game24: bc.Survey) -> None:
    for choice, name in zip(game24.best, ("drop", "attempts", "floor"), strict=True):
        assert choice.threshold is not None
        plain = getattr(game24.at(choice.threshold), name)
        assert choice.outcome.value == plain.value
        assert choice.outcome.level == plain.level
        assert (choice.outcome.low or 0.0) <= plain.low
        assert (choice.outcome.high or 0.0) >= plain.high


# what a loop does with each threshold


@pytest.mark.parametrize(
    "response", [Perfect(), bc.Evidence(a=-4.0, b=6.0), bc.Affine(mu=0.02, nu=0.1), bc.SizedEvidence(-1, 4, 0, 8)]
)
def test_each_draw_is_followed_as_a_loop_of_its_own(response: Response) -> None:
    rng = np.random.default_rng(5)
    t, f = np.sort(rng.random((2, 6, 3)), axis=0)[::-1]
    t[0, 0], f[0, 0] = 0.3, 0.5  # one that prefers wrong answers
    error = rng.uniform(0.1, 0.7, (6, 1))
    seen = outlook((t, f), [(response, 6)], error, target=0.04, batch=10)
    for i in range(6):
        for j in range(3):
            loop = bc.Loop(tpr=t[i, j], fpr=f[i, j], response=response, batch=10)
            start = float(error[i, 0])
            path = loop.trajectory(error=start, rounds=200)
            reach = loop.rounds_to(0.04, error=start).value
            wanted = path.attempts[: int(reach)].sum() if reach <= 200 else math.inf
            assert seen.cheapest[i, j] == pytest.approx(wanted, rel=1e-9)
            assert seen.fastest[i, j] == pytest.approx(path.logit_error[0] - path.logit_error[1], rel=1e-9, abs=1e-12)
            limit = loop.limit(error=start)
            assert seen.lowest[i, j] == pytest.approx(1 / (1 + np.exp(-limit)), rel=1e-6, abs=1e-12)


def test_a_threshold_that_let_no_wrong_answer_pass_by_luck_does_not_win() -> None:
    """1 of 100 correct and 0 of 100 wrong: an infinite plain ratio, and nothing known."""
    found = bc.survey(table([(1, 0), (59, 10), (40, 90)]), error=0.5)
    lucky, sound, _ = found.thresholds
    assert lucky.likelihood_ratio.value is None
    assert lucky.likelihood_ratio.high is None
    assert found.best[0].threshold == sound.score
    assert 0 < lucky.wins["fastest"] < 1
    # with evidence enough the strict one is the best
    many = bc.survey(table([(30, 0), (30, 10), (40, 90)]), error=0.5)
    assert many.best[0].threshold == 3.0


def test_the_choice_is_the_best_unfavourable_outcome() -> None:
    rng = np.random.default_rng(6)
    draws = rng.normal([1.0, 1.2, 1.1], [0.1, 0.4, 0.05], (SIZE, 3))
    spent = np.stack([np.full(SIZE, 50.0), rng.uniform(10, 60, SIZE), np.where(rng.random(SIZE) < 0.2, np.inf, 5.0)], 1)
    floor = np.tile([0.25, 0.25, 0.3], (SIZE, 1))
    chosen, wins = choices(np.array([3.0, 2.0, 1.0]), Outlook(draws, spent, floor), 0.9)
    assert [one.threshold for one in chosen] == [1.0, 3.0, 3.0]  # of two alike floors the faster by its end
    assert wins["fastest"] == pytest.approx(np.bincount(draws.argmax(axis=1), minlength=3) / SIZE)
    assert wins["cheapest"] == pytest.approx(np.bincount(spent.argmin(axis=1), minlength=3) / SIZE)
    assert wins["lowest"] == pytest.approx([1 / 2, 1 / 2, 0])
    assert chosen[2].alike == 2


def test_where_no_threshold_surely_gets_there_the_likeliest_is_told_with_its_reason() -> None:
    spent = np.full((100, 2), np.inf)
    spent[:30, 0], spent[:60, 1] = 9.0, 99.0
    flat = np.zeros((100, 2))
    chosen = choices(np.array([2.0, 1.0]), Outlook(flat, spent, flat), 0.9)[0][1]
    assert chosen.threshold == 1.0
    assert "most often" in chosen.reason
    never = choices(np.array([2.0, 1.0]), Outlook(flat, np.full((100, 2), np.inf), flat), 0.9)[0][1]
    assert never.threshold is None
    assert "under no threshold" in never.reason
    stays = choices(np.array([2.0, 1.0]), Outlook(flat * np.nan, spent, flat + 1), 0.9)[0]
    assert [stays[0].threshold, stays[2].threshold] == [None, None]
    assert "0 or 1 stays" in stays[0].reason
    assert "error 1 under every threshold" in stays[2].reason
    already = choices(np.array([2.0, 1.0]), Outlook(flat, flat, flat), 0.9)[0][1]
    assert already.reason == "the error is at the target from the start"


def test_a_fit_brings_what_it_leaves_open(gptj: Any) -> None:
    fit = bc.fit(gptj)
    rng = np.random.default_rng(7)
    drawn = drawn_responses(fit, fit.response, rng, 200)
    assert sum(count for _, count in drawn) == 200
    assert all(np.shape(value) == (count, 1) for one, count in drawn for value in one.scalars.values())
    frame = bc.load_table("game24_selfeval")
    found, known = bc.survey(frame, error=0.5, fit=fit), bc.survey(frame, error=0.5, response=fit.response)
    assert found.batch == fit.usual_size == 39
    floor, sure = (one.at("fastest").floor for one in (found, known))
    assert floor.high is not None
    assert floor.low is not None
    assert sure.high is not None
    assert sure.low is not None
    assert floor.high - floor.low > sure.high - sure.low


# the result


def test_thresholds_are_what_they_accept(game24: bc.Survey) -> None:
    frame = bc.load_table("game24_selfeval")
    for one in game24.thresholds:
        passed = frame["score"] >= one.score
        assert one.accepted_correct == (passed & (frame["correct"] == 1)).sum()
        assert one.accepted_wrong == (passed & (frame["correct"] == 0)).sum()
        # design-corrected counts are worth no more, at the same rate
        assert one.tpr_counts.trials <= game24.n_correct
        assert one.tpr_counts.rate == pytest.approx(one.accepted_correct / game24.n_correct)
        assert one.tpr_band[0] <= (one.tpr.low or 0.0)
        assert one.fpr_band[1] >= (one.fpr.high or 0.0)
    error = game24.error.value
    assert error == pytest.approx(1 - frame["correct"].mean())
    one = game24.at(20.002)
    assert error is not None
    assert one.acceptance.value == pytest.approx(
        (1 - error) * one.tpr_counts.rate + error * one.fpr_counts.rate, rel=0.01
    )


def test_a_threshold_gives_an_evaluator_with_counts(game24: bc.Survey) -> None:
    judge = game24.evaluator(20.5)  # between two scores the higher one counts
    assert isinstance(judge, BaseEvaluator)
    assert isinstance(judge.tpr, Counts)
    assert judge.tpr.rate == pytest.approx(116 / 229)
    assert judge.fpr.rate == pytest.approx(3 / 692)  # type: ignore[union-attr]
    predicted = bc.Loop(evaluator=game24.evaluator("cheapest")).predict(error=0.7)
    assert predicted.rounds_to_target.level == 0.9
    with pytest.raises(UsageError, match="accepts no answer"):
        game24.evaluator(100)
    with pytest.raises(UsageError, match="nan"):
        game24.evaluator(math.nan)
    with pytest.raises(UsageError, match="fastest, cheapest, lowest"):
        game24.evaluator("best")


def test_the_binormal_judge_stands_where_the_threshold_does(game24: bc.Survey) -> None:
    assert game24.binormal is not None
    judge = game24.binormal.at(3.0)
    one = game24.at(3.0)
    rates = judge.under(np.nan)
    assert float(rates.t) == pytest.approx(one.tpr_counts.rate, abs=0.05)
    assert float(rates.f) == pytest.approx(one.fpr_counts.rate, abs=0.05)
    with pytest.raises(UsageError, match="accepts all answers"):
        game24.binormal.at(0.002)


def test_a_survey_is_the_same_for_the_same_seed_and_is_read_back(game24: bc.Survey, tmp_path: Path) -> None:
    again = bc.survey(bc.load_table("game24_selfeval"), rng=0)
    assert again.to_json() == game24.to_json()
    other = bc.survey(bc.load_table("game24_selfeval"), rng=1)
    assert other.auc == game24.auc
    assert other.thresholds[3].likelihood_ratio != game24.thresholds[3].likelihood_ratio
    path = tmp_path / "survey.json"
    path.write_text(game24.to_json(), encoding="utf-8")
    back = bc.read_survey(path)
    assert back.to_json() == game24.to_json()
    assert back.summary() == game24.summary()
    with pytest.raises(DataError, match="not a saved survey"):
        bc.Survey.from_dict({"kind": "survey", "inputs": {}, "thresholds": []})


def test_infinite_scores_are_scores_and_survive_json() -> None:
    right, wrong = np.array([20.0, 20.0, 5.0]), np.array([2.0, 10.0, 20.0])
    rows = {"score": [math.inf, 0.0, -math.inf], "n_correct": right, "n_wrong": wrong, "n_unknown": 0}
    found = bc.survey(Runs(pd.DataFrame(), (), "rows", {}, pd.DataFrame(rows)))
    assert [one.score for one in found.thresholds] == [math.inf, 0.0, -math.inf]
    text = found.to_json()
    assert "Infinity" not in text
    back = bc.Survey.from_dict(json.loads(text))
    assert [one.score for one in back.thresholds] == [math.inf, 0.0, -math.inf]
    assert back.best[0].threshold == found.best[0].threshold
    assert back.binormal is not None
    assert back.binormal.score.tolist() == [math.inf, 0.0, -math.inf]


def test_many_scores_are_looked_at_in_equal_parts() -> None:
    rng = np.random.default_rng(8)
    correct = rng.random(600) < 0.5
    found = bc.survey(pd.DataFrame({"score": rng.normal(correct * 1.0, 1), "correct": correct}))
    assert len(found.thresholds) == MOST
    accepted = np.array([one.accepted_correct + one.accepted_wrong for one in found.thresholds])
    assert np.diff(accepted, prepend=0).tolist() == [12] * MOST
    assert any("50 of 600 scores are looked at" in note for note in found.notes)
    frame = found.to_frame()
    assert frame.shape[0] == MOST
    assert frame["accepted_correct"].iloc[-1] == found.n_correct


def test_only_the_order_of_scores_matters() -> None:
    frame = bc.load_table("game24_selfeval")
    one = bc.survey(frame)
    other = bc.survey(frame.assign(score=np.log(frame["score"])))
    assert other.auc == one.auc
    assert [a.to_dict() | {"score": 0} for a in other.thresholds] == [
        b.to_dict() | {"score": 0} for b in one.thresholds
    ]


def test_clusters_are_named_and_matter() -> None:
    rng = np.random.default_rng(9)
    own = rng.normal(size=30)
    query = np.repeat(np.arange(30), 20)
    correct = np.tile([True, False], 300)
    score = np.round(own[query] * 2 + correct + 0.3 * rng.standard_normal(600))
    frame = pd.DataFrame({"score": score, "correct": correct, "query": query})
    clustered, plain = bc.survey(frame), bc.survey(frame.drop(columns="query"))
    assert clustered.clusters == {"by": "query", "count": 30}
    assert plain.clusters == {"by": "answer", "count": 600}
    assert clustered.auc.value == plain.auc.value
    middle = len(plain.thresholds) // 2
    wide, narrow = (one.thresholds[middle].tpr for one in (clustered, plain))
    assert (wide.high or 0) - (wide.low or 0) > 2 * ((narrow.high or 0) - (narrow.low or 0))


def test_a_judge_that_prefers_wrong_answers_is_called_so() -> None:
    found = bc.survey(table([(10, 60), (20, 30), (70, 10)]))
    assert "prefer wrong answers" in found.status
    assert any(note.startswith("worse than chance: from every threshold") for note in found.notes)
    assert found.thresholds[0].worse > 0.99
    mild = bc.survey(table([(9, 10), (60, 20), (31, 70)]))
    assert any("no more than chance may make it" in note for note in mild.notes)
    unsure = bc.survey(table([(10, 9), (10, 11)]))
    assert "do not tell" in unsure.status


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"correct": [True, False], "accepted": [True, True]}), "no column `score`"),
        (table([(3, 0), (4, 0)]), "are correct"),
        (table([(0, 3), (0, 4)]), "are wrong"),
        (table([(5, 5)]), "tells nothing apart"),
        (pd.DataFrame({"score": [1.0, 2.0], "correct": [None, None], "accepted": [True, True]}), "known truth"),
        (pd.DataFrame({"score": [1.0, 2.0], "n": [3, 3], "error": [0.5, 0.5]}), "whole numbers"),
    ],
)
def test_what_data_do_not_allow(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(DataError, match=said):
        bc.survey(frame)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"fit": object(), "response": Perfect()}, "given twice"),
        ({"target": 0.0}, "target = 0.0"),
        ({"level": 0.99}, "level = 0.99"),
        ({"error": 1.2}, "outside"),
        ({"error": [0.1, 0.2]}, "one loop at a time"),
    ],
)
def test_malformed_questions(question: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bc.survey(table([(5, 2), (2, 5)]), **question)


def test_areas_that_disagree_are_explained(game24: bc.Survey) -> None:
    """Seven in ten answers share a score: there the observed curve is a line, well below the binormal one."""
    assert game24.binormal is not None
    assert game24.binormal.area.low is not None
    assert game24.auc.high is not None
    assert game24.binormal.area.low > game24.auc.high
    assert "Its area is the larger, as it bends" in game24.summary()
    assert "Its area" not in bc.survey(table([(5, 2), (3, 3), (4, 4), (2, 5)])).summary()


@pytest.mark.parametrize("scores", [1 - np.arange(1, 31) * 1e-9, np.linspace(0.1, 0.1000003, 30), np.arange(30) / 7])
def test_thresholds_are_written_so_that_they_accept_the_same(scores: Array) -> None:
    """Scores may lie nearer to each other, or to 1, than six digits tell."""
    survey = bc.survey(pd.DataFrame({"score": scores, "correct": np.arange(30) % 3 < scores.argsort() % 4}))
    lines = survey.summary().split("\n")
    where = lines.index(next(line for line in lines if line.lstrip().startswith("accept from")))
    listed = [line.split()[0] for line in lines[where + 1 : lines.index("", where) - 1]]
    listed += [line.split("accept from ")[1].split()[0] for line in lines if ": accept from " in line]
    listed.append(survey.status.split("accept from ")[1].split()[0])
    counts = {one.accepted_correct + one.accepted_wrong for one in survey.thresholds}
    accepted = [int((scores >= float(text)).sum()) for text in listed]
    assert len(listed) > 10
    assert set(accepted) <= counts
    assert accepted[:-4] == sorted(set(accepted[:-4]))


def test_the_plot_shows_band_curve_and_choices(game24: bc.Survey) -> None:
    axes = game24.plot()
    labels = [str(text.get_text()) for text in axes.get_legend().get_texts()]  # type: ignore[union-attr]
    assert labels == [
        "90% band (all thresholds at once)",
        "thresholds, observed",
        "binormal curve",
        "accept from 40.001: fastest, lowest",
        "accept from 20.002: cheapest",
    ]
    seen: Array = np.asarray(axes.lines[1].get_xydata())
    wanted = [[0.0, 0.0], *([one.fpr_counts.rate, one.tpr_counts.rate] for one in game24.thresholds)]
    assert seen == pytest.approx(np.array(wanted))


def test_on_the_command_line(cli: Callable[..., Ran], tmp_path: Path) -> None:
    source, saved, drawn = str(table_path("game24_selfeval")), tmp_path / "survey.json", tmp_path / "roc.png"
    ran = cli("survey", source, "--error", "0.6", "-o", str(saved), "--plot", str(drawn))
    assert ran.status == 0
    assert "Fastest rounds: accept from" in ran.out
    assert "clustered by query (100)" in ran.out
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert bc.read_survey(saved).error.value == 0.6
    ran = cli("survey", source, "--response", "evidence:a=-3,b=5.5", "--target", "0.06", "--json")
    assert json.loads(ran.out)["inputs"]["response"]["family"] == "evidence"
    fit = str(tmp_path / "fit.json")
    chosen = ("--where", "task=unnatural", "--where", "context_size=39")
    assert cli("fit", str(table_path("gptj_contamination")), *chosen, "-o", fit).status == 0
    assert cli("survey", source, "--fit", fit).status == 0
    assert cli("survey", source, "--fit", fit, "--response", "perfect").status == 2
    assert cli("survey", source, "--fit", fit, "-o", fit).status == 2
    assert cli("survey", str(table_path("realmistake_verdicts"))).status == 1


def test_a_column_of_another_name_is_told_of_and_can_be_mapped(cli: Callable[..., Ran], tmp_path: Path) -> None:
    path = str(tmp_path / "answers.csv")
    bc.load_table("game24_selfeval").rename(columns={"query": "problem"}).to_csv(path, index=False)
    ran = cli("survey", path)
    assert ran.status == 0
    assert "columns not read: problem" in ran.out
    assert "--map query=problem" in ran.out
    assert "Answers are taken as independent." in ran.out
    mapped = cli("survey", path, "--map", "query=problem")
    assert mapped.status == 0
    assert "clustered by query (100)" in mapped.out
