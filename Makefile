# make demo   the main job on example posts, delivered over real SMTP to an inbox on this machine
# make test   every test        make check   format, lint, types, import contracts
# Each target installs what it needs into .venv, once; a second run starts at once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One more than there are cores: much of the time a test waits for a socket or a browser.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports cover golden pictures bench soak format requirements clean

help:  ## the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "digest needs Python 3.11 or newer; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.ok: requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt $(VENV)/run.ok
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/run.ok  ## the main job: example posts, three subscribers, real SMTP to a local inbox
	@$(BIN)/digest demo

test: $(VENV)/dev.ok  ## every test (real SMTP on loopback, real database, Chromium where it is installed)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not soak" -q $(ARGS)

check: lint types imports  ## what a change must pass besides the tests

lint: $(VENV)/dev.ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev.ok
	$(BIN)/mypy

imports: $(VENV)/dev.ok
	$(BIN)/lint-imports --no-cache

ROOMS = $(addprefix tests/,posts render lint audience deliver store web contracts) \
        $(addprefix tests/test_,language.py pace.py rehearse.py after_run.py)

cover: $(VENV)/dev.ok  ## branch coverage of the rooms
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n $(WORKERS) -q -m "not soak and not crash and not browser" $(ROOMS) $(ARGS)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=99 --include='digest/posts/*,digest/render/*,digest/lint/*,digest/audience/*,digest/deliver/*,digest/store/*,digest/web/*'

format: $(VENV)/dev.ok  ## ruff formats; nobody argues
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(VENV)/dev.ok  ## rewrite tests/golden (read the diff)
	$(BIN)/python -m tests.golden

pictures: $(VENV)/dev.ok  ## draw docs/pictures anew: every theme, phone and desktop, light and dark (look at them)
	$(BIN)/python -m tests.pictures

bench: $(VENV)/dev.ok  ## speed and memory, as ratios against named references in the same run
	$(BIN)/python -m bench

soak: $(VENV)/dev.ok  ## long runs: thousands of kill points, a million recipients
	$(BIN)/python -m pytest -m soak -q $(ARGS)

requirements:  ## pin again, with hashes and without index addresses (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --upgrade pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --upgrade pyproject.toml requirements/build.in requirements/dev.in -o requirements/dev.txt

clean:  ## everything that was made here, the virtual environment included
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
