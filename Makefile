# Jiangyuan: what can be done here. `make help` lists it.
# Needs Python 3.11, Node 20 with npm, and make. Whatever is up to date is not done twice.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# two pips in one environment spoil it
.NOTPARALLEL:

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# the lock names everything, so nothing is left to resolve
LOCKED := install --require-hashes --no-deps --no-compile
LOCK := pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal --python-version 3.11
VENDOR := src/jiangyuan/ui/static/vendor
FONTS := src/jiangyuan/ui/fonts
# what the vendored icons and styles are chosen by
WORDS := $(shell find src/jiangyuan -not -path '$(VENDOR)/*' \( -name '*.py' -o -name '*.html' -o -name '*.js' -o -name '*.css' \))
CATALOGUE := $(wildcard src/jiangyuan/locale/*/LC_MESSAGES/*.po)
# tests: how many processes, what runs after the quick ones, what runs when the outcomes of all are known
PROCESSES ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
LATE := tests/browser tests/faults tests/journeys
CLAIMS := tests/test_capabilities.py
OUTCOMES := build/outcomes.json
# a check may not depend on, or leave behind, anything of a platform that runs here
ALONE := JIANGYUAN_HOME=$(CURDIR)/build/check JIANGYUAN_SECRET_KEY=check DJANGO_SETTINGS_MODULE=jiangyuan.settings

.PHONY: help setup demo test check bench messages lock clean

help: ## List what can be done
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(STAMPS)/dev $(STAMPS)/vendor $(STAMPS)/fonts $(STAMPS)/messages ## Make the environment for working on it: packages, front-end files, message catalogues

demo: $(STAMPS)/base $(STAMPS)/vendor $(STAMPS)/fonts $(STAMPS)/messages ## Bring up a province in small and play the story (ARGS=--once: then end)
	$(BIN)/jiangyuan demo $(ARGS)

# what brings up a platform or a browser measures time: nothing runs beside it
test: setup ## Run the tests (ARGS="-k name", ARGS="-m 'not slow'" ...)
ifneq ($(strip $(ARGS)),)
	$(BIN)/python -m pytest $(ARGS)
else
	@rm -f $(OUTCOMES); failed=0; export JIANGYUAN_TEST_OUTCOMES=$(OUTCOMES); set -x; \
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --durations=40 $(addprefix --ignore=,$(LATE) $(CLAIMS)) || failed=1; \
	$(BIN)/python -m pytest --durations=20 $(LATE) || failed=1; \
	$(BIN)/python -m pytest $(CLAIMS) || failed=1; \
	exit $$failed
endif

check: setup ## Check style, types, import contracts, migrations and message catalogues
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --level error
	$(BIN)/lint-imports
	$(ALONE) $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
	$(BIN)/python tools/messages.py check

bench: setup ## Measure one figure that the README quotes: NAME=commit_to_delivery (no NAME: list them)
	@if [ -z "$(NAME)" ]; then ls benchmarks | sed -n 's/^\([a-z][a-z_]*\)\.py$$/  make bench NAME=\1/p'; \
	else $(BIN)/python benchmarks/$(NAME).py $(ARGS); fi

messages: $(STAMPS)/dev ## Bring the English catalogue up to the source; then translate what is empty
	$(BIN)/python tools/messages.py update

lock: ## Renew the locks from pyproject.toml and package.json (needs uv)
	uv $(LOCK) pyproject.toml requirements/build.in -o requirements/base.txt
	uv $(LOCK) --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt
	npm install --package-lock-only

clean: ## Remove what was built; data in var/ stays
	rm -rf $(VENV) node_modules $(VENDOR) $(FONTS) build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src -name '*.mo' -delete
	find src tests benchmarks tools -name __pycache__ -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/base: $(STAMPS)/venv requirements/base.txt pyproject.toml
	$(PIP) $(LOCKED) -r requirements/base.txt
	$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $@

# the development lock holds everything of the base lock
$(STAMPS)/dev: $(STAMPS)/venv requirements/dev.txt requirements/base.txt pyproject.toml
	$(PIP) $(LOCKED) -r requirements/dev.txt
	$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $(STAMPS)/base $@

$(STAMPS)/vendor: $(STAMPS)/venv package.json package-lock.json tools/vendor.mjs tools/echarts.mjs $(WORDS)
	@[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent
	npm run --silent vendor
	@touch $@

$(STAMPS)/fonts: package-lock.json tools/fonts.py tools/slices.mjs | $(STAMPS)/base $(STAMPS)/vendor
	$(BIN)/python tools/fonts.py
	@touch $@

$(STAMPS)/messages: $(STAMPS)/venv $(CATALOGUE) tools/messages.py | $(STAMPS)/base
	$(BIN)/python tools/messages.py compile
	@touch $@
