# Both commands work from a bare Python 3.11+: each makes its own virtual environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo live test test-all lint clean

demo: $(READY) ## predict; then fit, forecast and report on real data
	$(BIN)/boostcalc predict --fp 0.1 --tp 0.8
	@echo
	$(BIN)/boostcalc fit data/published/gptj_contamination.csv --where task=unnatural --where context_size=39 -o reports/fit.json
	@echo
	$(BIN)/boostcalc forecast reports/fit.json --tp 25/30 --fp 101/130 --error 0.5 -o reports/forecast.json
	@echo
	$(BIN)/boostcalc report reports/forecast.json -o reports/forecast.pdf \
	  --title "GPT-J's response under a lenient self-judge" \
	  --note "Illustrative composite of two models: no such loop ran. The response is GPT-J-6B's on the data set 'unnatural' with 39 demonstrations (Halawi, Denain, Steinhardt, arXiv 2307.09476); the evaluator's counts are Llama-2-70b judging its own answers, answerability classification, prompt 2 (Kamoi et al., ReaLMistake, arXiv 2404.03602)."

live: $(READY) ## serve a small language model, sweep it, forecast its loop and run it: a minute or two
	$(BIN)/python -m lab.live

test: $(READY) lint ## everything that has to hold, in minutes
	$(BIN)/pytest -n 2 -m "not heavy"

test-all: $(READY) .venv/extras lint ## and what takes longer, with what is no dependency (Inspect AI, Dask, PySpark)
	$(BIN)/pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "boostcalc needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@$(BIN)/python -m compileall -q boostcalc # a checkout is not compiled on installation; starting up would pay for it
	@touch $@

.venv/extras: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,inspect,engines]"
	@touch $@

clean:
	rm -rf .venv
