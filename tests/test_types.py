"""Many types of answer: against exact rational arithmetic, the loop of two types, and what the mathematics says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import boostcalc as bc
from boostcalc.errors import UsageError
from boostcalc.selection import Evolution
from tests.conftest import Ran
from tests.reference.exact_types import next_shares, orbit, pooled

Run = Callable[..., Ran]
RATE = st.fractions(Fraction(1, 50), Fraction(1), max_denominator=50)
NAMES = ("a", "b", "c", "d")
RIGHT = (True, False, True, False)
WRONG = tuple(not kind for kind in RIGHT)


def parts(count: int) -> st.SearchStrategy[list[Fraction]]:
    """Positive shares of a whole."""
    weights = st.lists(st.integers(1, 30), min_size=count, max_size=count)
    return weights.map(lambda some: [Fraction(w, sum(some)) for w in some])


def acceptances(count: int) -> st.SearchStrategy[list[Fraction]]:
    return st.lists(RATE, min_size=count, max_size=count)


def floats(table: Any) -> Any:
    return np.array(table, dtype=np.float64)


def made(shares: Any, acceptance: Any, mutation: Any = None) -> bc.Types:
    """Four types, of which the first and the third are correct."""
    right = [name for name, kind in zip(NAMES, RIGHT, strict=True) if kind]
    return bc.Types(NAMES, floats(shares), floats(acceptance), right, None if mutation is None else floats(mutation))


# ------------------------------------------------------------------- the orbit


@given(parts(4), acceptances(4))
def test_selection_is_the_exact_orbit(shares: list[Fraction], acceptance: list[Fraction]) -> None:
    types, exact = made(shares, acceptance), orbit(shares, acceptance, 7)
    np.testing.assert_allclose(types.shares(np.arange(8)), floats(exact), rtol=1e-12)
    seen = types.predict(rounds=7)
    np.testing.assert_allclose(seen.error, floats([row[1] + row[3] for row in exact]), rtol=1e-12)
    np.testing.assert_allclose(seen.correct, floats([row[0] + row[2] for row in exact]), rtol=1e-12)
    wrong, correct = (floats([pooled(row, acceptance, kind) for row in exact]) for kind in (WRONG, RIGHT))
    np.testing.assert_allclose(seen.fpr, wrong, rtol=1e-12)
    np.testing.assert_allclose(seen.tpr, correct, rtol=1e-12)
    np.testing.assert_allclose(seen.likelihood_ratio, correct / wrong, rtol=1e-12)
    total = floats([sum(x * w for x, w in zip(row, acceptance, strict=True)) for row in exact])
    np.testing.assert_allclose(seen.acceptance, total, rtol=1e-12)
    np.testing.assert_allclose(seen.attempts, 16 / total, rtol=1e-12)
    after = [next_shares(row, acceptance) for row in exact]  # under perfect adaptation what is accepted comes next
    np.testing.assert_allclose(seen.contamination, floats([row[1] + row[3] for row in after]), rtol=1e-12)


@given(parts(4), acceptances(4), st.lists(parts(4), min_size=4, max_size=4), st.integers(5, 40))
def test_mutation_is_the_exact_orbit_stepped_and_squared(
    shares: list[Fraction], acceptance: list[Fraction], columns: list[list[Fraction]], rounds: int
) -> None:
    matrix = [[column[i] for column in columns] for i in range(4)]
    types, exact = made(shares, acceptance, matrix), orbit(shares, acceptance, rounds, matrix)
    np.testing.assert_allclose(types.predict(rounds=rounds).shares, floats(exact), rtol=1e-12)
    np.testing.assert_allclose(types.shares(rounds), floats(exact[-1]), rtol=1e-12)


@given(parts(4), acceptances(4), st.permutations(range(4)))
def test_relabelling_the_types_relabels_the_answer(
    shares: list[Fraction], acceptance: list[Fraction], order: list[int]
) -> None:
    plain, turned = (
        made([shares[i] for i in some], [acceptance[i] for i in some]).shares(9) for some in (range(4), order)
    )
    np.testing.assert_allclose(turned, plain[order], rtol=1e-13)


@pytest.mark.parametrize("rounds", [10**3, 10**6, 10**9])
def test_a_billion_rounds_of_selection_keep_twelve_digits(rounds: int) -> None:
    """Acceptances so close that something is left of each type, against 60-digit arithmetic."""
    gap = 30 / rounds
    acceptance = [0.5, 0.5 * (1 + gap), 0.5 * (1 - gap), 0.5 * (1 + gap / 3)]
    shares = [0.1, 0.2, 0.3, 0.4]
    with mpmath.workdps(60):
        mass = [mpmath.mpf(x) * mpmath.mpf(w) ** rounds for x, w in zip(shares, acceptance, strict=True)]
        wanted = [float(m / sum(mass)) for m in mass]
    np.testing.assert_allclose(made(shares, acceptance).shares(rounds), wanted, rtol=1e-12)


@pytest.mark.parametrize("rounds", [10**3, 10**6, 10**9])
def test_a_billion_rounds_with_mutation_are_the_exact_power(rounds: int) -> None:
    rng = np.random.default_rng(5)
    matrix = rng.dirichlet(np.ones(4), size=4).T * 1e-3 + np.eye(4) * (1 - 1e-3)
    shares, acceptance = rng.dirichlet(np.ones(4)), rng.uniform(0.2, 0.9, 4)
    types = made(shares, acceptance, matrix)
    with mpmath.workdps(60):
        step = mpmath.matrix(matrix.tolist()) * mpmath.diag(acceptance.tolist())
        power = step ** int(rounds) * mpmath.matrix(shares.tolist())
        wanted = [float(m / mpmath.fsum(power)) for m in power]
    np.testing.assert_allclose(types.shares(rounds), wanted, rtol=1e-11)
    if rounds > 10**5:
        np.testing.assert_allclose(types.limit(), wanted, rtol=1e-11)


def test_what_underflows_beside_an_absent_type_is_kept() -> None:
    """The fittest type never occurs; the others' shares are decided among themselves."""
    types = bc.Types(["x", "y", "z"], [0.0, 0.5, 0.5], [1.0, 1e-3, 0.5e-3], "y")
    np.testing.assert_allclose(types.shares(500)[2], 0.5**500, rtol=1e-12)
    slips = bc.Types(["x", "y", "z"], [0.0, 0.5, 0.5], [1.0, 1e-3, 0.5e-3], "y", {("z", "y"): 0.5})
    np.testing.assert_allclose(slips.shares(500)[2], 0.25**500 * 2 / 3 * 1.5 / (1 + 1 / 3), rtol=1e-10)


# ---------------------------------------------------------------- two types are the loop


@given(RATE, RATE, RATE)
def test_two_types_are_the_loop_with_an_affine_response(error: Fraction, tpr: Fraction, fpr: Fraction) -> None:
    assume(error < 1)
    e, t, f = map(float, (error, tpr, fpr))
    slips = {("right", "wrong"): 0.05, ("wrong", "right"): 0.2}
    types = bc.Types(["right", "wrong"], [1 - e, e], [t, f], "right", slips)
    loop = bc.Loop(tpr=t, fpr=f, response=bc.Affine(mu=0.05, nu=0.2))
    seen, path = types.predict(rounds=8), loop.trajectory(error=e, rounds=8)
    np.testing.assert_allclose(seen.error, path.error, rtol=1e-12)
    np.testing.assert_allclose(seen.acceptance, path.acceptance, rtol=1e-12)
    np.testing.assert_allclose(seen.contamination, path.contamination, rtol=1e-12)
    assert seen.limit == pytest.approx(float(loop.fixed_points().error[0]), rel=1e-11)
    assert seen.multiplier == pytest.approx(float(loop.fixed_points().multiplier[0]), rel=1e-11)
    np.testing.assert_allclose(seen.promised, seen.error, rtol=1e-12)


def test_floor_and_multiplier_of_the_textbook_quasispecies() -> None:
    types = bc.Types(["right", "wrong"], [0.5, 0.5], [0.8, 0.1], "right", [[0.95, 0.2], [0.05, 0.8]])
    assert round(types.predict().limit, 7) == 0.0554651
    assert round(types.multiplier, 6) == 0.103558


def test_two_types_without_slips_are_perfect_adaptation_far_out() -> None:
    types = bc.Types(["right", "wrong"], [0.4, 0.6], [0.8, 0.7], "right")
    orbit_of_loop = bc.Loop(tpr=0.8, fpr=0.7).trajectory(error=0.6, rounds=2000)
    np.testing.assert_allclose(types.logit_error([0, 7, 2000]), orbit_of_loop.logit_error[[0, 7, 2000]], rtol=1e-13)


# ---------------------------------------------------------------- what selection does


@given(parts(4), acceptances(4))
def test_the_pooled_rate_after_a_round_is_the_mean_square_over_the_mean(
    shares: list[Fraction], acceptance: list[Fraction]
) -> None:
    wrong = [(x, w) for x, w, right in zip(shares, acceptance, RIGHT, strict=True) if not right]
    whole = sum(x for x, _ in wrong)
    mean, square = (sum(x * w**k for x, w in wrong) / whole for k in (1, 2))
    after = pooled(next_shares(shares, acceptance), acceptance, WRONG)
    assert after == square / mean >= mean
    first, second = made(shares, acceptance).predict(rounds=1).fpr
    assert first == pytest.approx(float(mean), rel=1e-12)
    assert second == pytest.approx(float(square / mean), rel=1e-12)


@given(RATE, RATE, RATE, RATE)
def test_undetectable_errors_are_a_floor(error: Fraction, share: Fraction, high: Fraction, low: Fraction) -> None:
    assume(error < 1)
    assume(share < 1)
    assume(high > low)
    types = bc.Types.undetectable(float(error), float(share), tpr=float(high), fpr=float(low))
    seen = types.predict(rounds=6)
    hidden, correct = error * share, 1 - error
    assert seen.limit == pytest.approx(float(hidden / (hidden + correct)), rel=1e-12)
    assert (np.diff(seen.error) < 0).all()
    assert (seen.error > seen.limit).all()
    assert (np.diff(seen.fpr) > 0).all()
    assert seen.multiplier == pytest.approx(float(low / high), rel=1e-12)
    assert seen.promised_limit == 0.0


def test_the_promise_is_the_loop_with_the_pooled_rates() -> None:
    types = bc.Types.undetectable(0.5, 0.4, tpr=0.8, fpr=0.1)
    seen = types.predict(rounds=9)
    loop = bc.Loop(tpr=0.8, fpr=(0.3 * 0.1 + 0.2 * 0.8) / 0.5)
    np.testing.assert_allclose(seen.promised, loop.trajectory(error=0.5, rounds=9).error, rtol=1e-12)
    np.testing.assert_allclose(seen.promised[:2], seen.error[:2], rtol=1e-14)  # one round is exact
    assert (seen.promised[2:] < seen.error[2:]).all()
    assert "promise 0" in seen.status


@given(parts(4), acceptances(4), st.lists(parts(4), min_size=4, max_size=4))
def test_pooled_slips_make_the_first_round_exact(
    shares: list[Fraction], acceptance: list[Fraction], columns: list[list[Fraction]]
) -> None:
    types = made(shares, acceptance, np.transpose([floats(column) for column in columns]))
    seen = types.predict(rounds=1)
    np.testing.assert_allclose(seen.promised, seen.error, rtol=1e-12)


def test_the_fittest_share_all_and_ties_keep_their_proportions() -> None:
    types = bc.Types(["a", "b", "c", "gone"], [0.1, 0.3, 0.6, 0.0], [0.7, 0.7, 0.2, 0.9], ["a"])
    np.testing.assert_allclose(types.limit(), [0.25, 0.75, 0.0, 0.0], rtol=1e-14)
    assert types.limit()[2] == 0.0
    assert types.multiplier == pytest.approx(2 / 7, rel=1e-14)


@given(parts(4), acceptances(4), st.lists(parts(4), min_size=4, max_size=4))
def test_the_limit_stands_still(
    shares: list[Fraction], acceptance: list[Fraction], columns: list[list[Fraction]]
) -> None:
    matrix = np.transpose([floats(column) for column in columns])
    end = made(shares, acceptance, matrix).limit()
    np.testing.assert_allclose(made(end, acceptance, matrix).shares(1), end, rtol=1e-11)


def test_the_error_may_turn() -> None:
    """A judge that likes one kind of error best: detectable ones go first, so the error falls before it rises."""
    seen = bc.Types(["r", "plain", "sly"], [0.5, 0.4, 0.1], [0.8, 0.1, 0.9], "r").predict(rounds=30)
    assert seen.limit == 1.0
    least = int(np.argmin(seen.error))
    assert 0 < least < 30
    assert f"after falling to {seen.error[least]:.4g} in round {least}" in seen.status
    assert "there stay: sly" in seen.status


def test_types_that_take_turns_close_in_by_the_size_of_the_second_root() -> None:
    types = bc.Types(["a", "b"], [0.9, 0.1], [0.5, 0.5], "a", [[0.1, 0.9], [0.9, 0.1]])  # roots 1 and −0.8, times ½
    assert types.multiplier == pytest.approx(0.8, rel=1e-12)
    np.testing.assert_allclose(types.shares([0, 1, 2])[:, 0] - 0.5, [0.4, -0.32, 0.256], rtol=1e-12)
    assert types.limit()[0] == pytest.approx(0.5, rel=1e-12)


def test_what_vanishes_as_one_over_n_vanishes() -> None:
    """Equal acceptances with slips one way: odds of the rest fall by a factor, and by 1/n where growth ties."""
    types = bc.Types(["a", "b"], [0.5, 0.5], [0.8, 0.4], "a", {("a", "b"): 0.5})  # QW = [[.4, 0], [.4, .4]]
    odds = [float(x[0] / x[1]) for x in types.shares([0, 1, 5])]
    np.testing.assert_allclose(odds, [1, 1 / 2, 1 / 6], rtol=1e-13)
    assert types.limit().tolist() == [0.0, 1.0]


def test_taking_turns_is_no_limit_and_stopping_is_one() -> None:
    swap = [[0, 1], [1, 0]]
    turning = bc.Types(["a", "b"], [0.4, 0.6], [0.5, 0.5], "a", swap)
    assert np.isnan(turning.limit()).all()
    assert turning.predict().status.startswith("It does not settle")
    nothing = bc.Types(["a", "b"], [0.4, 0.6], [0.0, 0.0], "a", swap).predict()
    assert nothing.status.startswith("Nothing happens")
    assert (nothing.error == 0.6).all()
    assert np.isinf(nothing.attempts).all()
    once = bc.Types(["a", "b"], [1.0, 0.0], [0.5, 0.0], "a", swap)  # one round, and then nothing is accepted
    np.testing.assert_array_equal(once.shares([0, 1, 2, 50]), [[1, 0], [0, 1], [0, 1], [0, 1]])
    assert once.predict().limit == 1.0


def test_one_kind_of_answer_only() -> None:
    seen = bc.Types(["a", "b"], [1, 0], [0.5, 0.5], "a").predict(rounds=2)
    assert seen.status == "Nothing changes: the error stays at 0."
    assert np.isnan(seen.promised).all()
    document = json.loads(seen.to_json())
    assert document["promised"]["limit"]["value"] is None
    assert document["trajectory"][0]["fpr"]["value"] is None


# ---------------------------------------------------------------- what does not fit is said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": ["a", "a"]}, "a different one"),
        ({"shares": [0.5, 0.6]}, "add up to 1.1"),
        ({"shares": [0.5, 0.3, 0.2]}, "each of the 2 types"),
        ({"acceptance": [0.5, 1.2]}, "outside [0, 1]"),
        ({"correct": "rigt"}, "did you mean 'right'"),
        ({"mutation": [[0.5, 0.5], [0.4, 0.5]]}, "the answers to pairs of type 'right' add up to 0.9"),
        ({"mutation": [[1.0]]}, "2 × 2"),
        ({"mutation": {("right", "right"): 0.5}}, "to itself"),
        ({"mutation": {("right", "wrong"): 1.5}}, "outside [0, 1]"),
        ({"mutation": {("right", "wrng"): 0.5}}, "did you mean 'wrong'"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], said: str) -> None:
    fitting: dict[str, Any] = {
        "names": ["right", "wrong"],
        "shares": [0.5, 0.5],
        "acceptance": [0.8, 0.1],
        "correct": "right",
    }
    with pytest.raises(UsageError, match=re.escape(said)):
        bc.Types(**(fitting | changes))


@pytest.mark.parametrize("question", [{"rounds": -1}, {"rounds": 1.5}, {"batch": 0}])
def test_a_question_out_of_range_is_refused(question: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is not a number of"):
        bc.Types.undetectable(0.5, 0.4, tpr=0.8, fpr=0.1).predict(**question)


def test_no_pooled_rates_of_one_kind() -> None:
    with pytest.raises(UsageError, match="not both correct and wrong"):
        bc.Types(["a", "b"], [1, 0], [0.5, 0.5], "a").pooled()


# ---------------------------------------------------------------- the result, and the verb


@pytest.fixture(scope="module")
def seen() -> Evolution:
    return bc.Types.undetectable(0.5, 0.4, tpr=0.8, fpr=0.1).predict(rounds=4)


def test_document_frame_and_text_agree(seen: Evolution) -> None:
    document, frame = json.loads(seen.to_json()), seen.to_frame()
    assert document["kind"] == "types"
    assert [row["error"]["value"] for row in document["trajectory"]] == frame["error"].tolist()
    assert frame["share of undetectable"].tolist() == seen.shares[:, 2].tolist()
    assert document["limit"]["shares"]["undetectable"]["value"] == pytest.approx(2 / 7, rel=1e-13)
    assert re.search(r"^ +1 +0\.322 +0\.322 +0\.8 +0\.6895 +1\.16", seen.summary(), re.MULTILINE)


def test_a_name_is_drawn_as_it_is() -> None:
    types = bc.Types(["_right", "$x^{$"], [0.5, 0.5], [0.8, 0.1], "_right")
    legend = types.predict(rounds=3).plot().get_legend()
    assert legend is not None
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown[0].strip() == "_right"
    assert shown[1] == r"\$x^{\$ (wrong)"


TYPED = ("--type", "correct=0.5:0.8", "--type", "detectable=0.3:0.1", "--type", "undetectable=0.2:0.8")


def test_the_verb_tells_promise_and_truth(cli: Run, tmp_path: Path) -> None:
    picture, saved = tmp_path / "types.svg", tmp_path / "types.json"
    ran = cli("types", *TYPED, "--rounds", "4", "--plot", str(picture), "-o", str(saved))
    assert ran.status == 0
    assert "towards 0.2857" in ran.out.splitlines()[0]
    assert "promise 0" in ran.out.splitlines()[0]
    assert picture.read_text().startswith("<?xml")
    assert json.loads(saved.read_text())["kind"] == "types"


def test_the_verb_takes_slips_and_which_are_correct(cli: Run) -> None:
    slips = ("--slip", "right=wrong:0.05", "--slip", "wrong=right:0.2")
    ran = cli("types", "--type", "wrong=0.5:0.1", "--type", "right=0.5:0.8", *slips, "--correct", "right", "--json")
    document = json.loads(ran.out)
    assert ran.err == ""
    assert round(document["limit"]["error"]["value"], 7) == 0.0554651
    assert document["inputs"]["mutation"] == [[0.8, 0.05], [0.2, 0.95]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing option '--type'"),
        (("--type", "a=0.5"), "NAME=SHARE:ACCEPTANCE"),
        (("--type", "a=x:0.5"), "NAME=SHARE:ACCEPTANCE"),
        ((*TYPED, "--slip", "correct:0.5"), "FROM=TO:PROBABILITY"),
        ((*TYPED, "--slip", "correct=detectabel:0.5"), "did you mean 'detectable'"),
        ((*TYPED, "--slip", "correct=detectable:0.1", "--slip", "correct=detectable:0.2"), "given twice"),
        ((*TYPED, "--correct", "corect"), "did you mean 'correct'"),
        (("--type", "a=0.5:0.5"), "add up to 0.5"),
        (("--type", "a=1:2"), "outside [0, 1]"),
        ((*TYPED, "--plot", "x.docx"), "docx"),
        ((*TYPED, "--rouds", "4"), "--rounds"),
    ],
)
def test_bad_usage_of_the_verb_is_a_sentence_and_two(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("types", *arguments, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
