# Everything happens in an environment of its own, .venv, made on first use from the pinned versions in constraints.txt.
#   make demo    predictions of the bundled model for the bundled photos, as pictures in demo-output/
#   make test    formatting, lint, types and tests
#   make wheel   the wheel and the source distribution, in dist/
# PYTHON=/path/to/python picks the interpreter that .venv is made with; CONSTRAINTS=file takes other pins.

# The first that runs and is new enough; failing that python3, for the message below.
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
CONSTRAINTS ?= constraints.txt
DEMO_TASKS ?= denoising deraining edge_detection
DEMO_OUTPUT ?= demo-output

VENV := .venv
BIN := $(VENV)/bin
# The environment is made anew when the pins or the dependencies change, not when the code does.
STAMP := $(VENV)/.made-from-$(shell cat $(CONSTRAINTS) pyproject.toml 2>/dev/null | cksum | tr ' ' '-')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint wheel environment clean

help:
	@sed -n 's/^#   //p' Makefile

environment: $(STAMP)

$(STAMP): $(CONSTRAINTS) pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) here; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $(PYTHON) is older than Python 3.11; name a newer one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) has no ensurepip or venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	rm -f $(VENV)/.made-from-*
	$(PYTHON) -m venv $(VENV)
	# PyTorch first: it is most of the download, and pip then builds nothing against another version of it.
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) torch
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	@mkdir -p $(DEMO_OUTPUT)
	@set -e; for task in $(DEMO_TASKS); do \
		echo "$$task: the bundled photos, made into the task's queries, and the model's answers"; \
		$(BIN)/lavin predict lavincli/bundled/photos --task $$task --prepare --overwrite \
			-o $(DEMO_OUTPUT)/$$task --sheet $(DEMO_OUTPUT)/$$task.png > $(DEMO_OUTPUT)/$$task.txt; \
	done
	@echo "predictions, and a contact sheet a task, are in $(CURDIR)/$(DEMO_OUTPUT):"
	@for task in $(DEMO_TASKS); do echo "  $(CURDIR)/$(DEMO_OUTPUT)/$$task.png"; done

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest

wheel: $(STAMP)
	$(BIN)/python -m build --outdir dist .

clean:
	rm -rf $(VENV) $(DEMO_OUTPUT) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
