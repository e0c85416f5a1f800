# Two commands do everything, set-up included:  make run  and  make test.
# On Windows: in Git Bash, with  make PYTHON=python.
PYTHON ?= python3
CATALOGUE ?= sample
CORES ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")
# Where the jobs of make paper run (params/profiles/), and in how many shares the audio features are extracted.
ON ?= local
PARTS ?= 1
# Further words for Snakemake, such as  OPTIONS='--set-threads image=8'.
OPTIONS ?=
# Folder of a knowledge base for make paper (docs/linking.md); without one the rows with vsm_sem are left out.
KNOWLEDGE ?=
# Of 04 and 06 in make paper: auto takes bfloat16 where it is the faster; without a word the paper's float32.
PRECISION ?=
# Names and options for make slurm.
TRIALS ?=
# Of make endurance.
ROUNDS ?= 10
BIN := .venv/bin
SNAKEMAKE = $(WITH_PATH) snakemake --workflow-profile params/profiles/$(ON) $(if $(filter local,$(ON)),--cores $(CORES)) --quiet $(if $(filter local,$(ON)),rules )host reason $(OPTIONS)

.PHONY: help run paper whole features pretrained test lint unit stored slurm endurance site lab notebooks coverage mutants audit lock clean
.DEFAULT_GOAL := help

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
endif
# The tools of the environment first, for what tests and kernels start.
WITH_PATH = PATH="$$PWD/$(BIN):$$PATH"
# A file's tests share what is costly to make, so that they stay in one process; each takes some 2 GB. Files in the order
# of tests/conftest.py, the slowest first: by the number of their tests, the slowest would come last.
SPREAD = -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Python 3.11, 3.12 or 3.13 is needed; try  make PYTHON=python3.12') if not (3, 11) <= sys.version_info < (3, 14) else None"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

run: .venv/.installed  ## the whole series on the embedded sample, ending in Table 2
	$(SNAKEMAKE) --config catalogue=sample profile=sample
	$(BIN)/python -m mumu_lib.runs sample
	@$(BIN)/python -c "from mumu_lib import encoders; print(encoders.hint())"

# If a row fails (3), the others still run, then the fusions of what is there, then 08; and make fails in the end. What was
# refused before the first job would be refused again.
PAPER = $(SNAKEMAKE) --keep-going --config "catalogue=$(CATALOGUE)" $(if $(KNOWLEDGE),"knowledge=$(KNOWLEDGE)") $(if $(PRECISION),precision=$(PRECISION)) profile=paper parts=$(PARTS)
paper: .venv/.installed  ## every row of Table 2 with the paper's parameters: make paper CATALOGUE=... [KNOWLEDGE=FOLDER] [PRECISION=auto] [ON=slurm PARTS=64]
	$(BIN)/python -m mumu_lib.series "$(CATALOGUE)" $(if $(KNOWLEDGE),--knowledge "$(KNOWLEDGE)") $(if $(PRECISION),--precision $(PRECISION))
	$(PAPER) || { test $$? = 3 || exit 1; $(PAPER) rest=fusions; $(PAPER) rest=results; $(BIN)/python -m mumu_lib.runs "$$(basename "$(CATALOGUE)")"; echo "Some rows failed; the end of their logs stands above the tables." >&2; exit 1; }
	$(BIN)/python -m mumu_lib.runs "$$(basename "$(CATALOGUE)")"

# Six rows need a GPU at the paper's size: here they have few epochs, and ResNet-101 starts from random weights. In a home
# of its own, since 08 would choose between these runs and those of  make run .
whole: .venv/.installed  ## all 26 rows of Table 2 on the sample in few epochs, ResNet-101 from random weights: seconds, memory, AUC
	MUMU_HOME="$$PWD/.whole" $(BIN)/python -m mumu_lib rehearse --sample

features: .venv/.installed  ## the audio features of a catalogue: make features CATALOGUE=...
	$(BIN)/python -m mumu_lib.patches "$(CATALOGUE)"

pretrained: .venv/.installed  ## networks that others have trained, fetched once (113 MB; their licences are printed first)
	$(BIN)/python -m mumu_lib pretrained

test: lint unit stored  ## style, types, unit tests, and every notebook against its stored outputs

lint: .venv/.installed  ## style, types, and how densely the library is written
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/house/density.py

unit: .venv/.installed  ## unit tests
	$(WITH_PATH) $(BIN)/python -m pytest tests $(SPREAD)

# In a home of its own: what it draws would else replace the figures that git keeps. Every network is trained anew, since
# a finished training says nothing about the library as it is now. Two notebooks at a time, the longest first; then those
# that need the runs of others.
NBVAL = MUMU_HOME="$$PWD/.stored" $(WITH_PATH) $(BIN)/python -m pytest --nbval-lax --nbval-current-env -p no:cacheprovider
stored: .venv/.installed  ## every notebook against its stored outputs
	rm -rf .stored/runs
	$(NBVAL) -n 2 --dist loadfile --no-loadscope-reorder notebooks/04* notebooks/06* notebooks/05* notebooks/03* notebooks/01* notebooks/02*
	$(NBVAL) notebooks/07* notebooks/08* notebooks/09*

# Each trial submits jobs and spoils something; it needs Debian's packages for SLURM and MariaDB, and takes an hour.
slurm: .venv/.installed  ## the series on a real SLURM of one node, outside make test: make slurm [TRIALS="cancelled --accounting no"]
	$(WITH_PATH) $(BIN)/python tests/cluster/trials.py $(TRIALS)

# Each round interrupts a notebook five times; ten rounds of all jobs take an hour or two.
endurance: .venv/.installed  ## notebooks killed at any moment and on full disks, many times, outside make test: make endurance [ROUNDS=10]
	$(WITH_PATH) $(BIN)/python tests/robustness/endurance.py --rounds $(ROUNDS)

lab: .venv/.installed  ## open the series in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks

notebooks: .venv/.installed  ## run every notebook and store its outputs
	$(BIN)/python notebooks/store_outputs.py

site: .venv/.installed  ## README, docs and notebooks as a site in build/site
	$(BIN)/sphinx-build -q -W --keep-going -c docs . build/site
	@echo "Open build/site/index.html"

coverage: .venv/.installed  ## lines and branches of the library that the unit tests reach: at least 92 %
	$(BIN)/coverage erase
	$(WITH_PATH) $(BIN)/coverage run -m pytest tests $(SPREAD)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: .venv/.installed  ## break the library on purpose and list what no test notices (not on Windows)
	$(BIN)/python tests/mutation/mutants.py

audit:  ## known weaknesses of the pinned dependencies: a report, it never fails
	@$(PYTHON) -m venv .audit
	@.audit/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check pip-audit && \
	  { .audit/$(notdir $(BIN))/pip-audit --requirement requirements.lock --no-deps --disable-pip --progress-spinner off --output .audit/report || test -f .audit/report; } \
	  || echo "No audit was possible: pip-audit or the list of weaknesses could not be reached."
	@cat .audit/report 2>/dev/null || true
	@rm -rf .audit

lock: .venv/.installed  ## pin the newest versions that fit pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --extra cluster --extra explore --extra pretrained --extra site --universal --python-version 3.11 --no-annotate --no-emit-index-url --upgrade -o requirements.lock

clean:  ## remove everything that was made, the environment included
	rm -rf .venv .audit .stored .whole build data runs .snakemake
