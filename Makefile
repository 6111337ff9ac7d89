# Every target sets up what it needs, given Python >= 3.11 and nothing else. `make help` lists them.

SHELL := /bin/sh
.NOTPARALLEL:
.DELETE_ON_ERROR:

# Byte code makes start-up two to four times faster, so an environment that turns it off is not followed.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport VIRTUAL_ENV
# Trust what the machine trusts, as pip does: uv by itself trusts only the certificates that it brings.
export UV_SYSTEM_CERTS ?= 1

# The oldest Python supported comes first, since that is what code must run on.
PYTHON ?= $(shell scripts/find-python 3.11 3.12 3.13 3.14)
OTHER_PYTHONS := 3.12 3.13

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROJECTS := core/pyproject.toml $(wildcard plugins/*/pyproject.toml)
DISTRIBUTIONS := $(patsubst %/pyproject.toml,%,$(PROJECTS))
SOURCES := $(wildcard $(addsuffix /src,$(DISTRIBUTIONS)))
SETUP := scripts/setup-venv pyproject.toml constraints.txt $(PROJECTS)
UNIT := -m 'not slow and not integration'
# How many processes share the tests.
WORKERS ?= 2
# What is handed on to the program that a target runs: make demo ARGS=--once, make test ARGS='tests/core -x'.
ARGS ?=

say = @printf '\n\033[1m==> %s\033[0m\n' "$(1)"

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nARGS=... is handed on: make demo ARGS=--help, make test ARGS="tests/core", make bench ARGS=--help\n'

.PHONY: demo
demo: $(READY) ## see a daemon at work on real data as it arrives
	@$(BIN)/mainspring demo $(ARGS)

.PHONY: test
test: $(READY) ## run the tests
	$(call say,tests on $(VENV))
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

.PHONY: check
check: lint types imports changes docs test-others test ## run everything that CI runs

.PHONY: format
format: $(READY) ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: lint
lint: $(READY) ## check format and lint
	$(call say,format and lint)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

.PHONY: types
types: $(READY) ## check types, strictly
	$(call say,types)
	@$(BIN)/mypy $(SOURCES) conftest.py scripts tests

.PHONY: imports
imports: $(READY) ## check the import contracts
	$(call say,import contracts)
	@$(BIN)/lint-imports --no-logo

.PHONY: changes
changes: $(READY) ## check the changelog fragments of each distribution
	$(call say,changelog fragments)
	@$(BIN)/python scripts/check_changes.py $(DISTRIBUTIONS)

.PHONY: docs
docs: $(READY) ## build the documentation; a warning is an error
	$(call say,documentation)
	@$(BIN)/python -m sphinx -W --keep-going --quiet -b html -d docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

.PHONY: bench
bench: $(READY) ## measure Mainspring beside its peers
	@$(BIN)/python -m tests.benchmarks $(ARGS)

# How many processes are killed at random moments on each of the databases, at about one a second: an hour and more for
# the two of them. CRASH_SEED repeats a history.
CRASH_KILLS ?= 2000

.PHONY: crash
crash: $(READY) ## kill two thousand processes on each database, at random and at each point (over an hour)
	@CRASH_KILLS=$(CRASH_KILLS) $(BIN)/python -m pytest -q tests/crash/test_kill_location.py tests/crash/test_kill_daemon.py \
	    tests/crash/test_stop_daemon.py -o faulthandler_timeout=7200 $(ARGS)

.PHONY: soak
soak: $(READY) ## let a daemon work for ten minutes, or ARGS=60 for an hour: nothing may grow, no tick be late
	@$(BIN)/python -m tests.soak $(ARGS)

.PHONY: zones
zones: $(READY) ## compare schedules with cronsim in every time zone, over ten years
	@$(BIN)/python -m tests.zones $(ARGS)

# The other supported Pythons run the unit suite, where they can be found.
.PHONY: test-others
test-others: $(addprefix test-,$(OTHER_PYTHONS)) ## run the unit tests on the other Pythons that are here

.PHONY: $(addprefix test-,$(OTHER_PYTHONS))
$(addprefix test-,$(OTHER_PYTHONS)): test-%:
	@python=$$(scripts/find-python $*) || { printf '\n==> no Python %s here: its unit tests are left out\n' '$*'; exit 0; }; \
	    $(MAKE) --no-print-directory PYTHON="$$python" .venv-$*/.ready && \
	    printf '\n\033[1m==> unit tests on Python %s\033[0m\n' '$*' && \
	    .venv-$*/bin/python -m pytest -n $(WORKERS) $(UNIT) -q -p no:cacheprovider

$(READY): $(SETUP)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name one with make PYTHON=/path/to/python" >&2; exit 1; }
	@scripts/setup-venv $(VENV) "$(PYTHON)" dev
	@touch $@

.venv-%/.ready: $(SETUP)
	@scripts/setup-venv .venv-$* "$(PYTHON)" test
	@touch $@

.PHONY: constraints
constraints: $(READY) ## pin the newest versions of everything that is installed
	@$(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --quiet \
	    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --no-emit-package mainspring \
	    --group pyproject.toml:dev --group pyproject.toml:build $(PROJECTS) --extra demo --extra postgres --output-file constraints.txt
	@git diff --stat -- constraints.txt

.PHONY: clean
clean: ## remove all that these targets made
	rm -rf .venv .venv-* __pycache__ .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks \
	    docs/_build docs/reference/generated build dist mainspring-demo
	find $(DISTRIBUTIONS) tests scripts docs -name __pycache__ -type d -prune -exec rm -rf {} +
