# Everything a newcomer needs: make run, make test. Both need Python 3.11 or newer, and nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test clients client-tools attack check format bench docs upgrade-dependencies clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: $(VENV)/.run ## Serve the API with its documentation; needs nothing but Python
	@exec $(BIN)/eventapi serve

test: $(VENV)/.dev ## Run all tests, on a PostgreSQL that they start themselves
	$(BIN)/pytest

clients: $(VENV)/.dev client-tools ## Test clients that are generated from the OpenAPI document
	$(BIN)/pytest tests/integration/test_generated_clients.py

# Without them, the tests use the generated Python client only, and say so.
TYPESCRIPT := tests/integration/clients/typescript
client-tools: ## Install what the test of the generated TypeScript client needs, where there is Node
	@if command -v npm > /dev/null; \
	    then npm ci --prefix $(TYPESCRIPT) --no-audit --no-fund; \
	    else echo 'There is no Node: the generated TypeScript client is not tested.'; fi

# EXAMPLES random requests to each operation as each role. The command that is shown has the
# SEED; with the same one the requests are the same.
EXAMPLES ?= 100
SEED ?= $(shell $(PYTHON) -c 'import random; print(random.randrange(10**9))')
attack: $(VENV)/.dev ## Attack the API by its OpenAPI document for ten minutes, each time anew
	$(BIN)/pytest tests/integration/test_attacked.py --attack-examples $(EXAMPLES) --attack-seed $(SEED)

check: $(VENV)/.dev ## Lint, format, types, dependency rule, OpenAPI document
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/eventapi openapi | diff docs/openapi.json - \
	    || { echo 'docs/openapi.json is out of date: run make docs'; exit 1; }
	$(BIN)/python -m openapi_spec_validator docs/openapi.json

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## Write docs/openapi.json and docs/settings.md anew
	$(BIN)/eventapi openapi > docs/openapi.json
	$(BIN)/python -m tools.settings_page > docs/settings.md

bench: $(VENV)/.dev ## Measure how fast tickets are sold
	$(BIN)/python -m benchmarks

upgrade-dependencies: $(VENV)/.dev ## Pin the newest versions of all libraries
	$(BIN)/pip-compile --quiet --upgrade --extra dev --strip-extras --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --output-file constraints.txt pyproject.toml
	touch pyproject.toml

clean: ## Remove what was installed and all data
	rm -rf $(VENV) var $(TYPESCRIPT)/node_modules

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'EventAPI needs Python 3.11 or newer; name one with make PYTHON=...'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.run
