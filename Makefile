# Python 3.11 to 3.13 and make are all that is needed. PYTHON picks another interpreter: make demo PYTHON=python3.12
PYTHON ?= $(firstword $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1 \
	&& echo $$p; done))
BIN := .venv/bin
export DAGSTER_HOME ?= $(CURDIR)/.dagster_home
export DO_NOT_TRACK := 1
# A test run starts dozens of processes; each would compile the modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test bench ui docs check parse clean

demo: .venv/installed
	$(BIN)/bookworth refresh

test: .venv/installed-dev parse
	$(BIN)/pytest -n 2 --dist loadgroup

bench: .venv/installed .venv-bench/installed
	$(BIN)/python -m bench.ingest
	BENCH_PYTHON=.venv-bench/bin/python $(BIN)/python -m bench.clv
	$(BIN)/python -m bench.marts

ui: .venv/installed parse
	$(BIN)/dagster dev --workspace workspace.yaml --host 127.0.0.1 --port 3000

# One page, nothing fetched: every model, column, test and the way between them.
docs: .venv/installed
	cd dbt && ../$(BIN)/dbt --quiet docs generate --static --empty-catalog --project-dir . --profiles-dir . --target-path target/docs
	@echo "open dbt/target/docs/static_index.html"

check: .venv/installed-dev parse
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd dbt && ../$(BIN)/sqlfluff lint --processes 2 models tests
	$(BIN)/dg check defs

parse: .venv/installed
	$(BIN)/dbt --quiet parse --project-dir dbt --profiles-dir dbt

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . -c constraints.txt
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,parity]' -c constraints.txt
	touch $@

# The libraries that the value models are measured against: PyMC-Marketing needs Python 3.12, and must not decide what
# the product itself is installed with. BENCH_PYTHON312 picks the interpreter; without one they are left out of the table.
BENCH_PYTHON312 ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.12*/bin/python) \
	$(shell command -v python3.12 2>/dev/null))

.venv-bench/installed: bench/clv-requirements.txt
	@if [ -z "$(BENCH_PYTHON312)" ]; then echo "no Python 3.12: PyMC-Marketing and lifetimes are left out"; \
	else $(BENCH_PYTHON312) -m venv .venv-bench && .venv-bench/bin/python -m pip install --quiet \
		--disable-pip-version-check -r bench/clv-requirements.txt && touch $@; fi

clean:
	rm -rf .venv .venv-bench warehouse dbt/target
