# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test bench lint docs torture clean

# The stamps carry the files that decide what is installed: a change of them installs again.
$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once, a minute or two) …"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed
	@$(BIN)/monitor demo

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/write.py

test: $(VENV)/.installed-dev
	sh tests/install.sh
	sh tests/install_bluesky.sh
	$(MAKE) lint
	$(BIN)/python docs/write.py --check
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench

torture: $(VENV)/.installed-dev
	MONITOR_TORTURE=1 $(BIN)/python -m pytest tests/days -k kill
	MONITOR_TORTURE=1 $(BIN)/python -m pytest -n 2 -m hypothesis
	$(BIN)/python -m tests.traffic
	$(BIN)/python -m tests.attention

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
