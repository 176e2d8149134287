# `make check` judges a homework, `make test` tests the suite; both set up .venv first.
PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
CANDIDATE ?=
FILES ?=
EXAMPLE = candidates/examples/three_mistakes.py
JOBS ?= 2
MINUTES ?= 120
PAIR ?= smoke-torch26
BIN = $(VENV)/bin

.PHONY: check test lint smoke kill hunt mutants bench clean

check: $(VENV)/installed
ifeq ($(CANDIDATE),)
	@$(BIN)/layerproof check $(EXAMPLE); status=$$?; \
	echo; \
	echo "This example is meant to fail: it has three classic mistakes. Judge your own file with"; \
	echo "    make check CANDIDATE=path/to/layers.py"; \
	test $$status -eq 1
else
	@$(BIN)/layerproof check $(CANDIDATE)
endif

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Every operator, a few examples each, on another pair of torch and torchvision (see tox.ini).
smoke: $(VENV)/installed-versions
	$(BIN)/tox run -e $(PAIR)

# The kill matrix: every mistake, and after how many examples each property catches it.
kill: $(VENV)/installed
	$(BIN)/python -m properties.kill

# Disagreement between PyTorch and both references, for MINUTES; what is found goes to hunt.jsonl.
hunt: $(VENV)/installed
	$(BIN)/python -m properties.hunt --minutes $(MINUTES)

# Small changes of the references, one at a time: each must die. Takes an hour on two cores.
mutants: $(VENV)/installed-mutants
	$(BIN)/python -m tests.mutants $(FILES)

# Naive, vectorized and torch side by side on one thread.
bench: $(VENV)/installed
	$(BIN)/python -m pytest benchmarks --benchmark-only

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[terminal]'
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[test]'
	touch $@

$(VENV)/installed-lint: $(VENV)/installed
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[terminal,lint]'
	touch $@

$(VENV)/installed-versions: $(VENV)/installed
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[terminal,versions]'
	touch $@

$(VENV)/installed-mutants: $(VENV)/installed
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[terminal,mutants]'
	touch $@

clean:
	rm -rf $(VENV) .tox .hypothesis .pytest_cache .mypy_cache .ruff_cache *.egg-info
