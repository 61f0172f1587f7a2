# The two commands of the README. Each sets up .venv by itself when it is missing or out of date.
#   make plan                                    plans the first example
#   make plan FORECAST=f.csv ASSUMPTIONS=a.yaml  plans your own
#   make test                                    runs the tests
# And, for who changes the planner: make fuzz CASES=20000 SEED=1 hands it mutated inputs.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.14 python3 python "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do \
	command -v "$$python" >/dev/null 2>&1 && \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo "$$python"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FORECAST ?= inputs/research-team/forecast.csv
ASSUMPTIONS ?= $(if $(filter inputs/research-team/forecast.csv,$(FORECAST)),inputs/research-team/assumptions.yaml)
CASES ?= 20000
SEED ?= 1

DATA ?= ../shared/data

.PHONY: plan test test-all setup-all fuzz lint types docs site pictures worked-example sweep-example lock wheel clean

plan: $(READY)
	@$(BIN)/planner plan "$(FORECAST)" $(if $(ASSUMPTIONS),-a "$(ASSUMPTIONS)") --force

test: $(READY)
	$(BIN)/python -m pytest -n auto -m "not browser and not office"

test-all: $(READY)  ## with a real browser and LibreOffice; what is not installed is skipped, and says so
	$(BIN)/python -m pytest -n auto -rs

setup-all:  ## what test-all needs beside Python, on Debian (as root)
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium libreoffice-calc-nogui poppler-utils \
		fonts-dejavu fonts-noto-color-emoji

fuzz: $(READY)  ## mutated inputs of every kind; a slice of them is part of the tests
	$(BIN)/python tests/fuzz/run.py --cases $(CASES) --seed $(SEED)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)  ## the pages that are generated from the code
	$(BIN)/python -m planner.assumptions.reference
	$(BIN)/python -m planner.plan_schema
	$(BIN)/python -m planner.catalogue_page
	$(BIN)/python -m planner.cli.reference

site: $(READY)  ## docs/ as a site, in build/site; a link that leads nowhere is an error
	$(BIN)/zensical build --strict --clean

worked-example: $(READY)  ## docs/worked-example.md, from a folder of real data
	PYTHONPATH=docs $(BIN)/python -m worked_example "$(DATA)" docs/worked-example.md

sweep-example: $(READY)  ## docs/sweep-example.md, from a folder of real data: some minutes
	PYTHONPATH=docs $(BIN)/python -m sweep_example "$(DATA)" docs/sweep-example.md

pictures: $(READY)  ## the pictures in docs/, from the training lab's plan
	$(BIN)/python -m planner plan inputs/training-lab/forecast.csv -a inputs/training-lab/assumptions.yaml --report \
		-o build/training-lab --force
	mkdir -p docs/pictures
	cp build/training-lab/pictures/*.svg docs/pictures/

wheel: $(READY)
	$(BIN)/python -m build --no-isolation --outdir dist .

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --group dev --extra cbc --extra dask --universal --python-version 3.12 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --upgrade -o requirements.lock

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.12 or newer is needed: install it, or say make PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' || "$(PYTHON)" -m venv --clear $(VENV)
	@echo "setting up $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) dist build .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
