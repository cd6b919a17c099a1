# Each target makes what it needs. PYTHON chooses the interpreter of a new environment, VENV its folder:
# make app PYTHON=python3.12 VENV=.venv312
# Tests and linters install PyTorch, for the networks; with DEEP= they do without, and skip what needs it.
PYTHON ?= python3
VENV ?= .venv
DEEP ?= requirements-deep.txt
BIN = $(VENV)/bin
PYTEST = $(BIN)/python -m pytest -n auto --dist loadfile
# What needs no browser and no minutes-long process.
QUICK = -m "not browser and not processes and not slow"

.PHONY: app test test-all coverage lint format clean

app: $(VENV)/app.done
	$(BIN)/python -m aec app

test: $(VENV)/dev.done
	$(PYTEST) $(QUICK) $(TESTS)

test-all: $(VENV)/dev.done
	$(PYTEST) $(TESTS)

coverage: $(VENV)/dev.done
	$(PYTEST) $(QUICK) --cov=aec --cov-report=term:skip-covered --cov-fail-under=85 $(TESTS)

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/dev.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/made.done:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/app.done: requirements.txt $(VENV)/made.done
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev.done: requirements.txt requirements-dev.txt $(DEEP) $(VENV)/made.done
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt $(addprefix -r ,$(DEEP))
	touch $@ $(VENV)/app.done
