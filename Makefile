# Every target makes its own .venv with python3 alone; nothing else is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= demo

.PHONY: help install demo test lint browser postgresql bench weights clean

help:
	@echo "make demo    a small simulated survey, from images to a report (OUT=demo)"
	@echo "make test    the tests"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make browser the report and the explorer in a real browser (installs Debian's chromium if there is none)"
	@echo "make postgresql the label store under a crowd, in a real server (installs Debian's if there is none)"
	@echo "make bench   slow checks and speed ratios"
	@echo "make weights trains again the weights that ship (REALSKY=folder of real images)"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,lint,survey]'
	@touch $@

demo: $(STAMP)
	$(BIN)/strandline demo --out $(OUT)
	@echo "Open $(OUT)/report.html in a browser."

test: $(STAMP)
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: $(STAMP)
	command -v chromium || command -v chromium-browser \
	  || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "There is no chromium and apt-get cannot install it: these tests will be skipped."
	$(BIN)/python -m pytest -m slow tests/report/test_browser.py tests/app/test_browser.py

postgresql: $(STAMP)
	command -v initdb || ls /usr/lib/postgresql/*/bin/initdb \
	  || { apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; } \
	  || echo "There is no PostgreSQL and apt-get cannot install it: these tests will be skipped."
	$(BIN)/python -m pytest -m slow tests/labels/test_crowd.py

bench: $(STAMP)
	$(BIN)/python -m pytest -m slow
	$(BIN)/python -m benchmarks

weights: $(STAMP)
	$(BIN)/python scripts/make_weights.py --realsky "$(REALSKY)"

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
