"""Phase diagrams: every border against its closed form, every limit and count of rounds against plain iteration."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import boostcalc as bc
from boostcalc import plotting
from boostcalc.dynamics.diagram import MEANINGS, REGIONS
from boostcalc.errors import UsageError
from boostcalc.odds import Array, expit, logit
from boostcalc.plotting.phase import LOOKS
from boostcalc.responses import Response
from tests.conftest import Ran

Run = Callable[..., Ran]
A, B = -5.07, 7.05
LEARNER = bc.Evidence(a=A, b=B)


def is_in(diagram: bc.PhaseDiagram, region: str) -> Any:
    return diagram.region == REGIONS.index(region)


def ratios(diagram: bc.PhaseDiagram) -> Array:
    """TP/FP of each cell."""
    if diagram.plane == "rates":
        return diagram.up[:, None] / diagram.across[None, :]
    return np.broadcast_to(diagram.across, diagram.region.shape)


def window() -> tuple[float, float]:
    """The likelihood ratios between which the evidence response has two ends: Λ(s) = a + bs − logit s at σ±."""
    plus, minus = ((1 + sign * math.sqrt(1 - 4 / B)) / 2 for sign in (1, -1))
    low, high = (math.exp(A + B * s - math.log(s / (1 - s))) for s in (plus, minus))
    return min(low, high), max(low, high)


# ---------------------------------------------------------------- perfect adaptation


@pytest.fixture(scope="module")
def perfect() -> bc.PhaseDiagram:
    return bc.phase("rates", error=0.3, target=0.019, grid=80)


def test_under_perfect_adaptation_the_border_is_the_diagonal(perfect: bc.PhaseDiagram) -> None:
    f, t = np.meshgrid(perfect.across, perfect.up)
    np.testing.assert_array_equal(is_in(perfect, "converges"), t > f)
    np.testing.assert_array_equal(is_in(perfect, "collapses"), t < f)
    np.testing.assert_array_equal(is_in(perfect, "stands still"), t == f)
    np.testing.assert_array_equal(perfect.limit, np.select([t > f, t < f], [0.0, 1.0], 0.3))
    assert perfect.bounds == {"FP = TP": 1.0}


def test_rounds_are_the_closed_form_of_perfect_adaptation(perfect: bc.PhaseDiagram) -> None:
    improves = ratios(perfect) > 1
    exact = (logit(0.3) - logit(0.019)) / np.log(np.where(improves, ratios(perfect), 2))
    assert (np.abs(exact - np.round(exact)) > 1e-9).all()  # no cell sits on a border
    counted = np.where(np.ceil(exact) > 200, np.nan, np.ceil(exact))
    counted[~improves] = np.inf
    assert np.isnan(counted).any()
    np.testing.assert_array_equal(perfect.rounds, counted)


def test_lines_of_equal_rounds_are_the_closed_form(perfect: bc.PhaseDiagram) -> None:
    """The error after n rounds equals the target where logit ε₀ − nΛ = logit ε*."""
    assert list(perfect.above) == [1, 2, 3, 5, 10, 20, 50, 100]
    for n, above in perfect.above.items():
        exact = logit(0.3) - n * np.log(ratios(perfect)) - logit(0.019)
        asked = np.isfinite(above)
        np.testing.assert_array_equal(asked, ratios(perfect) > 1)
        np.testing.assert_array_equal(above[asked] > 0, exact[asked] > 0)
        followed = asked & ~(perfect.rounds < n / 2)
        assert (exact[followed] < 0).any()
        np.testing.assert_allclose(above[followed], exact[followed], rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- evidence


@pytest.mark.parametrize("plane", ["rates", "start"])
def test_the_evidence_response_splits_exactly_in_its_window(plane: str) -> None:
    low, high = window()
    assert (round(1 / high, 4), round(1 / low, 4)) == (2.2347, 9.8345)
    ranges = {"likelihood_ratios": (0.05, 20)} if plane == "start" else {}
    diagram = bc.phase(plane, response=LEARNER, grid=90, **ranges)  # type: ignore[arg-type]  # a pair of numbers
    ratio = ratios(diagram)
    np.testing.assert_array_equal(is_in(diagram, "splits"), (ratio > low) & (ratio < high))
    assert diagram.bounds["splits from"] == pytest.approx(low, rel=1e-12)
    assert diagram.bounds["splits up to"] == pytest.approx(high, rel=1e-12)


def test_limits_and_rounds_are_those_of_plain_iteration() -> None:
    diagram = bc.phase("start", response=LEARNER, grid=50, likelihood_ratios=(0.05, 20))
    x = np.broadcast_to(logit(diagram.up)[:, None], diagram.region.shape)
    first, rounds = x, np.where(expit(x) <= 0.01, 0.0, np.inf)
    for n in range(1, 4001):
        x = A + B * expit(x - np.log(diagram.across))
        rounds = np.where(np.isinf(rounds) & (expit(x) <= 0.01), n, rounds)
    np.testing.assert_allclose(diagram.limit, expit(x), rtol=1e-6)
    assert (rounds[np.isfinite(rounds)] <= 200).all()
    np.testing.assert_array_equal(diagram.rounds, rounds)
    one_end = ~is_in(diagram, "splits")
    np.testing.assert_array_equal(is_in(diagram, "converges"), one_end & (x < first))
    np.testing.assert_array_equal(is_in(diagram, "collapses"), one_end & (x > first) & (x >= 0))
    np.testing.assert_array_equal(is_in(diagram, "rises"), one_end & (x > first) & (x < 0))
    upper = is_in(diagram, "splits") & (expit(x) > 0.3)  # the two ends lie on either side of it
    np.testing.assert_array_equal(diagram.letters == "^", upper)


def test_the_divide_is_where_an_unstable_fixed_point_is() -> None:
    ratio, error, unstable = bc.phase("start", response=LEARNER, grid=4).standing
    low, high = window()
    seen = (error > 1e-3) & (error < 1 - 1e-3) & (ratio > low * 1.001) & (ratio < high * 0.999)
    for k in np.flatnonzero(seen)[::100]:
        loop = bc.Loop(tpr=min(1.0, ratio[k]), fpr=min(1.0, 1 / ratio[k]), response=LEARNER)
        assert float(loop.update(error[k])) == pytest.approx(error[k], rel=1e-9)
        points = loop.fixed_points()
        nearest = int(np.argmin(np.abs(points.error - error[k])))
        assert bool(points.stable[nearest]) is not bool(unstable[k])
    divide = seen & unstable
    assert divide.sum() > 100
    assert (np.diff(error[divide]) > 0).all()
    assert (np.diff(ratio[divide]) > 0).all()  # the better the evidence, the worse a start may be


def test_the_start_that_stands_still_is_a_border_of_the_plane_of_rates() -> None:
    diagram = bc.phase("rates", response=LEARNER, grid=70)
    still = diagram.bounds["error 0.5 stands still"]
    assert float(bc.Loop(tpr=still, fpr=1, response=LEARNER).update(0.5)) == pytest.approx(0.5, rel=1e-12)
    split = is_in(diagram, "splits")
    np.testing.assert_array_equal(diagram.letters[split] == "v", ratios(diagram)[split] > still)


# ---------------------------------------------------------------- other families and policies


@pytest.mark.parametrize("mu", [0.05, 0.3, 0.7])
def test_eigens_threshold_bounds_the_collapse_to_one(mu: float) -> None:
    diagram = bc.phase("rates", response=bc.Affine(mu=mu, nu=0.0), error=0.6, grid=60)
    beyond = mu >= 1 - 1 / ratios(diagram)
    np.testing.assert_array_equal(diagram.limit == 1, beyond)
    floor = np.where(beyond, 1.0, mu / (1 - 1 / np.where(beyond, np.inf, ratios(diagram))))
    np.testing.assert_allclose(diagram.limit, floor, rtol=1e-11)
    np.testing.assert_array_equal(is_in(diagram, "collapses"), floor > 0.6)
    np.testing.assert_array_equal(is_in(diagram, "converges"), floor < 0.6)
    assert diagram.bounds["Eigen's error threshold"] == pytest.approx(1 / (1 - mu))
    assert diagram.bounds.get("error 0.6 stands still") == (pytest.approx(1 / (1 - mu / 0.6)) if mu < 0.6 else None)


def test_a_power_of_the_odds_above_one_splits_everywhere_at_its_tipping_point() -> None:
    alpha, beta = 0.4, 1.5
    diagram = bc.phase("start", response=bc.OddsPower(alpha=alpha, beta=beta), grid=41)
    assert diagram.shares == {"splits": 1.0}
    tip = (alpha - beta * np.log(diagram.across)) / (1 - beta)
    np.testing.assert_array_equal(diagram.letters == "v", logit(diagram.up)[:, None] < tip[None, :])


@pytest.mark.parametrize(
    "response",
    [bc.Affine(0.0, 1.0), bc.Affine(0.4, 0.6), bc.Evidence(0.4, 0.0), bc.Monotone((0.1, 0.5, 0.9), (0.2, 0.2, 0.4))],
    ids=str,
)
@pytest.mark.parametrize("plane", ["rates", "start"])
def test_a_response_that_hardly_responds_is_drawn_too(plane: str, response: Any) -> None:
    """Never an error, half of the contexts with one error, one error for all: one end for every loop."""
    diagram = bc.phase(plane, response=response, grid=12)
    assert set(diagram.shares) <= {"converges", "rises", "collapses"}
    assert diagram.limit.max() <= 0.6
    assert diagram.plot().get_legend() is not None


def test_a_size_that_matters_is_followed_along_the_orbit() -> None:
    response, context = bc.SizedEvidence(a=-5, b=9, prior=0.3, half=8), bc.Append(size=16)
    diagram = bc.phase("rates", response=response, context=context, error=0.4, grid=6)
    loop = bc.Loop(tpr=diagram.up[5], fpr=diagram.across[3], response=response, context=context)
    assert diagram.limit[5, 3] == pytest.approx(float(expit(loop.limit(error=0.4))), rel=1e-12)
    assert diagram.rounds[5, 3] == loop.rounds_to(0.01, error=0.4).value


@pytest.mark.parametrize("context", [bc.Append(size=16), bc.Append(size=0), bc.Window(size=40)])
def test_a_policy_changes_the_rounds_and_not_the_limits(context: Any) -> None:
    kept = bc.phase("start", response=LEARNER, context=context, grid=24)
    replaced = bc.phase("start", response=LEARNER, grid=24)
    reach = expit(np.array([A, A + B]))
    outside = (kept.up < reach[0]) | (kept.up > reach[1])
    if context.start(16) > 0:
        np.testing.assert_array_equal(is_in(kept, "undefined"), np.broadcast_to(outside[:, None], kept.region.shape))
    known = ~is_in(kept, "undefined")
    np.testing.assert_array_equal(kept.region[known], replaced.region[known])
    np.testing.assert_allclose(kept.limit[known], replaced.limit[known], rtol=1e-12)
    both = known & np.isfinite(kept.rounds) & np.isfinite(replaced.rounds)
    assert (kept.rounds[both] >= replaced.rounds[both]).all()
    assert (kept.rounds[both] > replaced.rounds[both]).any() or context == bc.Append(size=0)


@pytest.mark.parametrize(
    ("response", "context"),
    [
        (LEARNER, None),
        (bc.Affine(0.005, 0.3), None),
        (LEARNER, bc.Append(size=16)),
        (bc.Sigmoid(0.002, 0.9, -6, 9), None),
    ],
)
def test_a_cell_is_the_loop_of_its_rates(response: Any, context: Any) -> None:
    diagram = bc.phase("rates", response=response, context=context, error=0.4, grid=25)
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, 25, (12, 2)):
        loop = bc.Loop(tpr=diagram.up[row], fpr=diagram.across[column], response=response, context=context)
        found = loop.rounds_to(0.01, error=0.4)
        here = diagram.rounds[row, column]
        assert here == found.value or (np.isnan(here) and (found.value > 200 or np.isnan(found.value)))
        assert diagram.limit[row, column] == pytest.approx(float(found.limit), rel=1e-9)


# ---------------------------------------------------------------- the result


def test_document_frame_and_text_agree(perfect: bc.PhaseDiagram) -> None:
    document, frame = json.loads(perfect.to_json()), perfect.to_frame()
    assert document["kind"] == "phase"
    assert document["across"]["name"] == "fpr"
    assert len(frame) == 80 * 80
    cell = frame.iloc[80 * 5 + 9]
    assert (cell["tpr"], cell["fpr"]) == (perfect.up[5], perfect.across[9])
    assert document["map"][5][9] == "x"
    assert cell["region"] == "collapses"
    assert document["rounds"][5][9] is None
    assert document["limit"][5][9] == cell["limit"] == 1.0
    assert sum(document["shares"].values()) == pytest.approx(1)
    assert document["shares"]["stands still"] == 80 / 80**2
    assert perfect.status == (
        "From error 0.3 under perfect: 49% of the plane converges, 49% collapses, 1% stands still."
    )


def test_the_map_for_a_terminal_has_the_plane_the_right_way_up(perfect: bc.PhaseDiagram) -> None:
    lines = [line.split("|")[1] for line in perfect.map().splitlines() if "|" in line]
    assert (len(lines), len(lines[0])) == (24, 56)
    assert lines[0].startswith("+++")  # high TP, low FP
    assert lines[-1].endswith("xxx")
    assert "x  collapses" in perfect.summary()
    assert "TP/FP = 1: FP = TP" in perfect.summary()
    assert perfect.status in perfect._repr_html_()
    assert len(perfect._repr_html_()) < 3_000  # the map, not a row for each cell


def test_shades_tell_the_regions_apart_in_grey() -> None:
    """From what goes well to what goes ill each shade is darker by a step that a printer shows."""
    grey = [float(np.dot(to_rgb(LOOKS[letter][0]), (0.299, 0.587, 0.114))) for letter in "+v^x"]
    assert set(LOOKS) == set(MEANINGS)
    assert grey[0] - grey[1] > 0.1
    assert grey[2] - grey[3] > 0.1
    assert LOOKS["v"][1] != LOOKS["^"][1]  # these two differ by their hatching


@pytest.mark.parametrize("plane", ["rates", "start"])
def test_a_figure_names_what_is_in_it_and_no_more(plane: str) -> None:
    legend = bc.phase(plane, response=LEARNER, grid=60).plot().get_legend()
    assert legend is not None
    said = " ".join(text.get_text().replace("\n", " ") for text in legend.get_texts())
    assert "converges: one stable end" in said
    assert "undefined" not in said
    assert "splits up to: TP/FP = 0.4475" in said
    assert ("the divide" in said) is (plane == "start")


def test_the_same_plane_gives_the_same_bytes() -> None:
    one, other = (plotting.svg(bc.phase("start", response=LEARNER, grid=30).plot()) for _ in range(2))
    assert one == other


def test_a_line_of_rounds_is_drawn_where_the_closed_form_has_it() -> None:
    axes = bc.phase("start", grid=120, target=0.02).plot()
    [line] = [text for text in axes.texts if text.get_text() == "3"]
    ratio, error = line.get_position()
    assert logit(error) - 3 * np.log(ratio) == pytest.approx(float(logit(0.02)), abs=0.02)


@pytest.mark.parametrize("plane", ["rates", "start"])
@pytest.mark.parametrize("response", [LEARNER, bc.Affine(mu=0.05, nu=0.0), bc.SizedEvidence(-5, 7, -1, 8)])
def test_nothing_is_cut_off_at_the_figures_edge(plane: str, response: Response) -> None:
    axes: Any = bc.phase(plane, response=response, grid=40).plot()
    whole = axes.get_figure().bbox
    axes.get_figure().draw_without_rendering()
    for drawn in (axes.xaxis.label, axes.yaxis.label, *axes.get_legend().get_texts()):
        box = drawn.get_window_extent()
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, drawn.get_text()
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, drawn.get_text()


@pytest.mark.parametrize("grid", [2, 3, 4, 5, 12, 20, 200])
def test_the_labels_of_a_map_stay_apart(grid: int) -> None:
    diagram = bc.phase("rates", grid=grid)
    labels = diagram.map().splitlines()[-1].split()
    assert len(labels) in (2, 3)
    assert (labels[0], labels[-1]) == (f"{diagram.across[0]:.3g}", f"{diagram.across[-1]:.3g}")
    assert set(labels) <= {f"{value:.3g}" for value in diagram.across}


# ---------------------------------------------------------------- what does not fit is said, and the verb


@pytest.mark.parametrize(
    ("plane", "question", "said"),
    [
        ("rats", {}, "one of rates, start"),
        ("rates", {"grid": 1}, "grid = 1"),
        ("rates", {"grid": 2.5}, "grid = 2.5"),
        ("rates", {"target": 0}, "error rate in (0, 1)"),
        ("rates", {"error": 1.5}, "outside [0, 1]"),
        ("rates", {"error": 0.95, "response": LEARNER, "context": bc.Append(size=16)}, "no context gives"),
        ("start", {"error": 0.5}, "every start error"),
        ("rates", {"likelihood_ratios": (1, 2)}, "ranges are for the plane 'start'"),
        ("rates", {"errors": (0.1, 0.2)}, "ranges are for the plane 'start'"),
        ("start", {"likelihood_ratios": (2, 1)}, "likelihood_ratios = 2 to 1"),
        ("start", {"errors": (0, 0.5)}, "errors = 0 to 0.5"),
    ],
)
def test_what_does_not_fit_is_said(plane: str, question: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        bc.phase(plane, **question)


def test_the_verb_writes_map_table_and_picture(cli: Run, tmp_path: Path) -> None:
    picture, table, saved = (tmp_path / name for name in ("p.svg", "p.csv", "p.json"))
    files = ("--plot", str(picture), "--table", str(table), "-o", str(saved))
    ran = cli("phase", "rates", "--response", f"evidence:a={A},b={B}", "--grid", "30", *files)
    assert ran.status == 0
    assert "TP/FP = 0.44749: splits up to" in ran.out
    assert picture.read_text().startswith("<?xml")
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 900
    assert {row["region"] for row in rows} == {"converges", "splits", "collapses"}
    assert json.loads(saved.read_text())["plane"] == "rates"


@pytest.mark.parametrize("plane", ["rates", "start"])
def test_json_is_one_document(cli: Run, plane: str) -> None:
    ran = cli(
        "phase", plane, "--grid", "5", "--response", "affine:mu=.05,nu=.2", "--context", "append:size=4", "--json"
    )
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["plane"] == plane


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rats",), "'rates', 'start'"),
        (("--responce", "perfect"), "--response"),
        (("--response", "perfct"), "did you mean 'perfect'"),
        (("--grid", "1"), "grid = 1"),
        (("--error", "2"), "2.0 is not in the range"),
        (("start", "--error", "0.5"), "every start error"),
        (("start", "--ratios", "3", "2"), "3 to 2"),
        (("rates", "--errors", "0.1", "0.2"), "ranges are for the plane 'start'"),
        (("--grid", "4", "--table", "x.xlsx"), "its ending should be csv"),
        (("--grid", "4", "--plot", "x.docx"), "docx"),
        (("--grid", "4", "--table", "/dev/null/x.csv"), "/dev/null"),
    ],
)
def test_bad_usage_of_the_verb_is_a_sentence_and_two(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("phase", *arguments, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
