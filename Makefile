# Every target does its own set-up: all that is needed is Python 3.11 or later and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TIEOUT := $(BIN)/tieout
TESTS ?= tests
# the world that `make worlds` and `make soak` read; SCORE is the program that scores a snapshot
DIR ?= tests/golden/worlds
SCORE ?=
TIEOUT_HOME ?= .tieout

.DEFAULT_GOAL := help
.PHONY: help install test check fast format bench worlds combinations soak demo screenshot dagster lock clean

help:  ## these lines
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: $(READY)  ## an environment in .venv with the `tieout` command

# The lock holds every package with its hashes; the project itself is linked, not copied. Where the packages come from
# is the installer's own setting. A half-made environment has no stamp and is completed by the next call.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

test: $(READY)  ## all tests, on two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 15 $(TESTS)

check: $(READY)  ## lint, types, imports, fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not browser" tests

format: $(READY)  ## puts the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## times a run
	$(BIN)/python -m tests.bench

worlds: $(READY)  ## runs and scores every world in DIR=… with the program SCORE=…
	$(BIN)/python -m tests.worlds --dir "$(DIR)" --score "$(SCORE)"

combinations: $(READY)  ## two and three faults on one customer, 240 times: each found once, with its figures
	TIEOUT_COMBINATIONS=240 $(BIN)/python -m pytest -q tests/simulator/test_faults_are_found.py

soak: $(READY)  ## any order, ten portions, twice, ten kills: the same rows
	$(BIN)/python -m tests.soak

demo: $(READY)  ## a company's worth of data, the whole run, the dashboard
	$(TIEOUT) demo

screenshot: $(READY)  ## the README's picture of the dashboard
	$(BIN)/python -m tests.dashboard.screenshot

dagster: $(READY)  ## the web server on TIEOUT_HOME (or .tieout)
	mkdir -p "$(TIEOUT_HOME)/dagster"
	cp dagster_project/dagster.yaml "$(TIEOUT_HOME)/dagster/dagster.yaml"
	TIEOUT_HOME="$(abspath $(TIEOUT_HOME))" DAGSTER_HOME="$(abspath $(TIEOUT_HOME))/dagster" \
		$(BIN)/dagster dev -m dagster_project.definitions

lock: $(READY)  ## resolves requirements.lock anew from pyproject.toml
	test -x .venv/lock/bin/uv || ($(PYTHON) -m venv .venv/lock && .venv/lock/bin/python -m pip install --quiet uv)
	.venv/lock/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
		--extra dev --universal --python-version 3.11 pyproject.toml -o requirements.lock

clean:  ## removes everything that can be made again, but for homes
	rm -rf .venv build dist *.egg-info dbt/target dbt/logs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
