# Two commands on a fresh machine with Python 3.11+ and make: `make demo` and `make test`. `make help` lists the others.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=

.PHONY: help setup setup-dev demo test check format lint types contracts bench docs lock screenshots clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 20

setup: $(VENV)/.setup  ## make .venv with everything that `make demo` needs
setup-dev: $(VENV)/.setup-dev  ## and what tests and checks need

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Plateward needs Python 3.11 or newer with its venv module." >&2; \
	  echo "Debian and Ubuntu: apt-get install python3-venv. macOS: the installer of python.org, or a package manager." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages (a minute the first time) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@sh tools/front-end.sh
	@touch $@

$(VENV)/.setup-dev: requirements-dev.lock $(VENV)/.setup
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@sh tools/front-end.sh --with-tests
	@touch $@

demo: setup  ## start the synthetic town; pass options on with ARGS='--port 8080 --no-browser --data DIR'
	@exec $(BIN)/plateward demo $(ARGS)

test: setup-dev  ## all tests, on every core; pass options on with ARGS='-k gate'
	@exec $(BIN)/python -m pytest -q -n auto --dist loadfile $(ARGS)

check: setup-dev lint types contracts docs test  ## format, lint, types, import contracts, documentation, tests

format: setup-dev  ## format the code
	@$(BIN)/ruff format src tests training tools
	@$(BIN)/ruff check --fix src tests training tools

lint: setup-dev
	@$(BIN)/ruff format --check src tests training tools
	@$(BIN)/ruff check src tests training tools

types: setup-dev
	@$(BIN)/mypy

contracts: setup-dev
	@$(BIN)/lint-imports

docs: setup-dev  ## write the generated parts of the documentation
	@$(BIN)/python -m pytest -q tests/docs

bench: setup  ## figures beside their baselines: make bench ARGS=ingest
	@exec $(BIN)/plateward bench $(ARGS)

screenshots: setup-dev  ## take the README's pictures again
	@PLATEWARD_SCREENSHOTS=1 $(BIN)/python -m pytest -q tests/web -k screenshot

lock:  ## resolve the dependencies anew (needs uv)
	@uv lock --quiet
	@uv export --quiet --frozen --no-emit-project --no-default-groups --all-extras --no-extra parquet --group build -o requirements.lock
	@uv export --quiet --frozen --no-emit-project --all-extras --group build --group dev -o requirements-dev.lock
	@uv export --quiet --frozen --no-emit-project --only-group node -o requirements-node.lock

clean:
	@rm -rf $(VENV) node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
