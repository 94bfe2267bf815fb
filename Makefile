# Everything that a developer or an operator types. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NMS_HOME ?= var
export NMS_HOME

.DEFAULT_GOAL := help
.PHONY: translations help setup run test check format bench faults system-packages pins clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | column -t -s '|'

setup: $(VENV)/.stamp ## Make the virtual environment with the pinned dependencies and the program `nms` in it

$(VENV)/.stamp: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed, this is " + sys.version.split()[0] + ": name another with PYTHON=python3.13" if sys.version_info < (3, 11) else 0)'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { .ci/system-packages python && $(PYTHON) -m venv --clear $(VENV); } || { rm -rf $(VENV); echo "Python's venv is needed; on Debian: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## Run one's own network (INVENTORY=file.csv loads it), else the demo; PORT=8080, NMS_HOME=./var
	$(BIN)/nms run $(if $(INVENTORY),--inventory $(INVENTORY))

test: system-packages setup ## Run every test but the long ones; installs the Debian packages of the real parts when it may
	$(BIN)/python -m pytest -q -m "not slow" -n 2 --dist loadfile

check: setup ## Lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

translations: setup ## Bring the French catalogue up to date; translate what it leaves empty, run it again
	$(BIN)/python -m tests.translations

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure speed side by side with peers; JSON under var/bench
	$(BIN)/python -m tests.bench

faults: setup ## The long tests: fuzzing, storms, soak
	$(BIN)/python -m pytest -q -m slow

system-packages: ## Install the Debian packages that the tests need (daemons kept from starting)
	@.ci/system-packages

pins: setup ## Compile the pinned requirement files anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q pyproject.toml --group dev -o requirements/dev.txt

clean: ## Remove what was built, not the state
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
