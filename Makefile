# Two commands do everything, set-up included:  make run  and  make test.
PYTHON ?= python3
CATALOGUE ?= sample
CORES ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")
# Where the jobs of make paper run (params/profiles/), and in how many shares the audio features are extracted.
ON ?= local
PARTS ?= 1
BIN := .venv/bin
SNAKEMAKE = PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --workflow-profile params/profiles/$(ON) $(if $(filter local,$(ON)),--cores $(CORES)) --quiet rules host reason

.PHONY: help run paper features test lint lab notebooks lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; try  make PYTHON=python3.12') if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

run: .venv/.installed  ## the whole series on the embedded sample, ending in Table 2
	$(SNAKEMAKE) --config catalogue=sample profile=sample
	$(BIN)/python -m mumu_lib.runs sample

paper: .venv/.installed  ## every row of Table 2 with the paper's parameters: make paper CATALOGUE=... [ON=slurm PARTS=64]
	$(BIN)/python -m mumu_lib.series $(CATALOGUE)
	$(SNAKEMAKE) --config catalogue=$(CATALOGUE) profile=paper parts=$(PARTS)
	$(BIN)/python -m mumu_lib.runs $(notdir $(CATALOGUE))

features: .venv/.installed  ## the audio features of a catalogue: make features CATALOGUE=...
	$(BIN)/python -m mumu_lib.patches $(CATALOGUE)

test: .venv/.installed  ## lint, types, unit tests, notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest tests
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --nbval-lax --nbval-current-env -p no:cacheprovider notebooks

lab: .venv/.installed  ## open the series in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks

notebooks: .venv/.installed  ## run every notebook and store its outputs
	$(BIN)/python notebooks/store_outputs.py

lock: .venv/.installed  ## pin the newest versions that fit pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --extra explore --universal --python-version 3.11 --no-annotate --no-emit-index-url --upgrade -o requirements.lock

clean:  ## remove everything that was made, the environment included
	rm -rf .venv data runs .snakemake
