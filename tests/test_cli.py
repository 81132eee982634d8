"""The command line, as a stranger types it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import boostcalc as bc
from boostcalc.cli import VERBS
from boostcalc.datasets import table_path
from boostcalc.dynamics import EVALUATORS
from boostcalc.responses import RESPONSES
from tests.conftest import Ran

Run = Callable[..., Ran]

HEAVY = ("sympy", "scipy", "pandas", "statsmodels", "matplotlib", "duckdb", "narwhals", "typst")


def test_predict_prints_verdict_table_and_assumptions(cli: Run) -> None:
    ran = cli("predict", "--fp", "0.1", "--tp", "0.8")
    assert ran.status == 0
    assert ran.err == ""
    assert ran.out.startswith(
        "It gets better: the error falls from 0.5 towards 0; it reaches the target 0.01 in 3 rounds."
    )
    assert re.search(r"^ +3 +0\.001949 ", ran.out, re.MULTILINE)
    assert "Assumed: perfect adaptation, start error 0.5" in ran.out
    assert "boostcalc fit RUNS" in ran.out


def test_json_is_one_document_and_nothing_else(cli: Run) -> None:
    ran = cli("predict", "--fpr", "0.1", "--tpr", "0.8", "--json")
    assert json.loads(ran.out)["kind"] == "prediction"
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tp", "1.2", "--fp", "0.1"), "outside [0, 1]"),
        (("--tp", "x", "--fp", "0.1"), "not a rate"),
        (("--tp", "5/3", "--fp", "0.1"), "successes <= trials"),
        (("--tp", "nan", "--fp", "0.1"), "nan"),
        (("--tp", "0.8"), "Missing option '--fp'"),
        (("--tp", "0.8", "--fp", "0.1", "--response", "evidnce:a=1,b=2"), "did you mean 'evidence'"),
        (("--tp", "0.8", "--fp", "0.1", "--response", "evidence:a=1,q=2"), "no parameter 'q'"),
        (("--tp", "0.8", "--fp", "0.1", "--context", "append"), "append needs size"),
        (("--tp", "0.8", "--fp", "0.1", "--targt", "0.1"), "--target"),
        (("--tp", "0.8", "--fp", "0.1", "--target", "2"), "error rate in (0, 1)"),
        (("--tp", "0.8", "--fp", "0.1", "--plot", "x.docx"), "docx"),
        (("--tp", "0.8", "--fp", "0.1", "-o", "/dev/null/x.json"), "/dev/null"),
    ],
)
def test_bad_usage_is_a_sentence_and_two(cli: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("predict", *arguments, "--json")
    assert ran.status == 2
    assert ran.out == ""
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("rates", [("0.1", "0.8"), ("0.8", "0"), ("0.5", "0.5"), ("0", "0"), ("143/150", "78/150")])
def test_bad_news_is_an_answer(cli: Run, rates: tuple[str, str]) -> None:
    ran = cli("predict", "--tp", rates[0], "--fp", rates[1])
    assert ran.status == 0
    assert ran.out.strip()


def test_counts_give_intervals(cli: Run) -> None:
    document = json.loads(cli("predict", "--tp", "143/150", "--fp", "78/150", "--json").out)
    assert document["likelihood_ratio"]["level"] == 0.9
    assert document["likelihood_ratio"]["low"] < 143 / 78 < document["likelihood_ratio"]["high"]


def test_output_and_plot_are_written(cli: Run, tmp_path: Path) -> None:
    document, picture = tmp_path / "new" / "p.json", tmp_path / "p.svg"
    ran = cli("predict", "--tp", "0.8", "--fp", "0.1", "-o", str(document), "--plot", str(picture))
    assert ran.status == 0
    assert json.loads(document.read_text())["kind"] == "prediction"
    assert picture.read_text().startswith("<?xml")
    assert ran.err == f"written: {picture}\nwritten: {document}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "p.svg"]


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_help_is_there(cli: Run, verb: str | None) -> None:
    ran = cli(*([verb] if verb else []), "--help")
    assert ran.status == 0
    assert "Usage: boostcalc" in ran.out


def test_an_unknown_verb_is_bad_usage(cli: Run) -> None:
    ran = cli("predct")
    assert ran.status == 2
    assert "did you mean 'predict'" in ran.err


def test_a_fault_of_ours_is_three_and_one_sentence(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import boostcalc.cli.predict as verb

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the sky fell")

    monkeypatch.setattr(verb, "Loop", broken)
    ran = cli("predict", "--tp", "0.8", "--fp", "0.1")
    assert ran.status == 3
    assert "the sky fell" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in cli("predict", "--tp", "0.8", "--fp", "0.1", "--debug").err


def loaded(code: str, among: tuple[str, ...] = HEAVY) -> set[str]:
    """Those of these modules that a fresh interpreter has loaded after running this code."""
    code = f"import sys; {code}; print(*[m for m in {among!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import boostcalc",
        "import boostcalc.cli as c; c.invoke(['--help'])",
        "import boostcalc.cli as c; c.invoke(['predict', '--tp', '0.8', '--fp', '0.1'])",
        "import boostcalc.cli as c; c.invoke(['predict', '--tp', '0.8', '--fp', '0.1', '--json'])",
        "import boostcalc.cli as c; c.invoke(['predict', '--tp', '80/100', '--fp', '10/100'])",
        "import boostcalc.cli as c; c.invoke(['predict', '--tp', '1', '--fp', '.1', '--response', 'affine:mu=0,nu=0'])",
        "import boostcalc.cli as c; c.invoke(['predict', '--tp', '.8', '--fp', '.1', '--votes', '5'])",
    ],
)
def test_the_fast_path_loads_nothing_heavy(code: str) -> None:
    assert loaded(code) == set()


@pytest.mark.parametrize(
    ("asked", "families"),
    [
        ([], set()),
        (["--response", "affine:mu=0.1,nu=0"], {"responses.affine"}),
        (["--votes", "3"], {"dynamics.evaluators.votes"}),
    ],
    ids=["plain", "response", "votes"],
)
def test_only_the_families_that_are_asked_for_load(asked: list[str], families: set[str]) -> None:
    registered = {family.__module__ for registry in (RESPONSES, EVALUATORS) for family in registry}
    late = registered | {bc.Votes.__module__, bc.Roc.__module__}
    ran = f"import boostcalc.cli as c; c.invoke({['predict', '--tp', '.8', '--fp', '.1', *asked]!r})"
    ours = {f"boostcalc.{name}" for name in families | {"responses.perfect"}}  # which a loop takes if not told
    assert loaded(ran, tuple(late)) == ours


def test_an_answer_is_never_written_over_its_input(cli: Run, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("correct,accepted\n1,1\n0,0\n")
    ran = cli("fit", str(log), "-o", str(log))
    assert ran.status == 2
    assert "is the input" in ran.err
    assert log.read_text().startswith("correct")


def test_a_link_is_followed_and_a_device_is_not_replaced(cli: Run, tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    assert cli("predict", "--tp", "0.8", "--fp", "0.1", "-o", str(link)).status == 0
    assert link.is_symlink()
    assert json.loads(real.read_text())["kind"] == "prediction"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)
    assert cli("predict", "--tp", "0.8", "--fp", "0.1", "-o", str(pipe)).status == 0
    assert json.loads(reader.communicate(timeout=30)[0])["kind"] == "prediction"
    assert pipe.is_fifo()


def test_the_whole_way_from_a_log_to_a_report(cli: Run, tmp_path: Path) -> None:
    fit, forecast, pdf = (str(tmp_path / name) for name in ("fit.json", "forecast.json", "out.pdf"))
    chosen = ("--where", "task=unnatural", "--where", "context_size=39")
    ran = cli("fit", str(table_path("gptj_contamination")), *chosen, "-o", fit, "--plot", str(tmp_path / "fit.png"))
    assert ran.status == 0
    assert "a = -5.904" in ran.out
    assert "wholly above 1" in ran.out
    assert cli("forecast", fit, "--tp", "25/30", "--fp", "101/130", "-o", forecast).status == 0
    done = cli("report", forecast, "-o", pdf, "--json")
    assert json.loads(done.out)["file"] == pdf
    assert Path(pdf).read_bytes().startswith(b"%PDF")
    alone = json.loads(cli("forecast", fit, "--tp", "0.8", "--fp", "0.1", "--family", "affine", "--json").out)
    assert alone["inputs"]["response"]["family"] == "affine"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("fit", "LOG"), 1, "nothing can be fitted"),
        (("fit", "LOG", "--where", "rnu=1"), 2, "no column 'rnu'"),
        (("fit", "LOG", "--where", "run"), 2, "COLUMN=VALUE"),
        (("fit", "nowhere.csv"), 2, "does not exist"),
        (("forecast", "LOG"), 1, "not JSON"),
        (("report", "LOG"), 1, "not JSON"),
        (("derive", "closed-from"), 2, "did you mean 'closed-form'"),
    ],
)
def test_what_cannot_be_answered_is_said(
    cli: Run, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("correct,round\n1,0\n0,1\n")
    ran = cli(*(str(log) if word == "LOG" else word for word in arguments), "--json")
    assert ran.status == status
    assert ran.out == ""
    assert said in ran.err


@pytest.mark.parametrize("form", ["text", "latex", "markdown"])
def test_derive_shows_each_theorem(cli: Run, form: str) -> None:
    out = cli("derive", "acceptance-condition", "--format", form).out
    assert "The acceptance condition" in out


@pytest.mark.parametrize("verb", ["nope", "predicts"])
def test_a_verb_that_there_is_not(verb: str, cli: Run) -> None:
    ran = cli(verb)
    assert ran.status == 2
    assert f"no verb '{verb}'" in ran.err
    assert "predict" in ran.err
    assert "No such option" in cli("--nope").err


def test_the_package_is_the_command_too(cli: Run) -> None:
    asked = ["predict", "--fp", "0.1", "--tp", "0.8"]
    done = subprocess.run([sys.executable, "-m", "boostcalc", *asked], capture_output=True, text=True, check=True)
    assert done.stdout == cli(*asked).out


def test_derive_lists_its_topics(cli: Run) -> None:
    listed = cli("derive", "--list").out
    known = json.loads(cli("derive", "--list", "--json").out)["topics"]
    assert [line.split()[0] for line in listed.splitlines()] == [topic["name"] for topic in known]
    assert {"filter", "fixation", "mirror"} <= {topic["name"] for topic in known}
    assert cli("derive", "filter", "--list").status == 2


def test_derive_has_a_document(cli: Run) -> None:
    document = json.loads(cli("derive", "--json").out)
    assert document["kind"] == "derivation"
    assert all(theorem["verified"] for theorem in document["theorems"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_is_130_and_quiet() -> None:
    code = (
        "import signal, sys, time, boostcalc.cli as c, boostcalc.cli.predict as p\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background shell has children ignore it
        "p.Loop = lambda **_: (print('ready', flush=True), time.sleep(60))\n"
        "sys.exit(c.invoke(['predict', '--tp', '0.8', '--fp', '0.1']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_the_evaluator_of_a_log(cli: Callable[..., Ran], tmp_path: Path) -> None:
    """Rates; the error behind verdicts; and, without truths, rates and errors from the acceptance by round."""
    log = tmp_path / "log.csv"
    log.write_text(
        "correct,accepted,n\ntrue,true,80\ntrue,false,20\nfalse,true,10\nfalse,false,90\n,true,600\n,false,400\n"
    )
    document = json.loads(cli("evaluator", str(log), "--json").out)
    assert document["tpr"]["value"] == 0.8
    assert document["fpr"]["value"] == 0.1
    corrected = json.loads(cli("evaluator", str(log), "--errors", "--json").out)
    assert corrected["estimates"]["score"]["value"] == pytest.approx((0.8 - 0.6) / (0.8 - 0.1))
    shares = bc.Loop(tpr=0.8, fpr=0.2).trajectory(error=0.6, rounds=5).acceptance
    rounds = tmp_path / "rounds.csv"
    rows = [f"{n},{verdict},{round(10_000 * a)}" for n, x in enumerate(shares) for verdict, a in ((1, x), (0, 1 - x))]
    rounds.write_text("\n".join(["round,accepted,n", *rows]))
    alone = json.loads(cli("evaluator", str(rounds), "--acceptance", "--json").out)
    assert alone["readings"][0]["tpr"]["value"] == pytest.approx(0.8, abs=0.02)
    both = cli("evaluator", str(log), "--errors", "--acceptance")
    assert (both.status, both.out) == (2, "")
