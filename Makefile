# The two commands a newcomer needs: `make audit` and `make test`. `make help` lists the others.
# Each builds the locked environment .venv when it is missing or out of date, and not otherwise.

# The Python to build .venv with; empty: the first candidate that runs and is new enough.
PYTHON ?=
CANDIDATES := python3.13 python3.12 python3.11 python3
PYTEST_ARGS ?= -n 2
AUDIT_ARGS ?=
UV_VERSION := 0.13.9

VENV := .venv
PY := $(VENV)/bin/python

# One BLAS thread: the order of floating-point sums, and so the printed digits, must not follow the core count.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# No display is needed to draw the figures.
export MPLBACKEND := Agg
# Nothing outside the locked environment may be imported.
unexport PYTHONPATH
unexport PYTHONHOME

# Says that no Python serves, and stops with exit code 2.
define find_python
python=; \
for candidate in $(if $(strip $(PYTHON)),"$(strip $(PYTHON))",$(CANDIDATES)); do \
  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    python=$$candidate; break; \
  fi; \
done; \
if [ -z "$$python" ]; then \
  echo "error: expected Python >= 3.11 with the modules venv and ensurepip; tried:" >&2; \
  for candidate in $(if $(strip $(PYTHON)),"$(strip $(PYTHON))",$(CANDIDATES)); do \
    found=$$("$$candidate" -c 'import sys; print("Python " + sys.version.split()[0])' 2>/dev/null) || found="does not run"; \
    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
      found="$$found, without venv or ensurepip"; \
    fi; \
    echo "  $$candidate: $$found" >&2; \
  done; \
  echo "Install one (on Debian: python3 and python3-venv), or name one: make PYTHON=/path/to/python3.11 ..." >&2; \
  exit 2; \
fi
endef

.PHONY: audit test experiments env lint types format lock clean distclean help FORCE
.DEFAULT_GOAL := help

audit: $(VENV)/.stamp ## run the audit and write reports/ (AUDIT_ARGS="..." goes to pytest)
	$(PY) -m pytest verify/ $(AUDIT_ARGS)

test: lint types ## lint, types, and all tests (PYTEST_ARGS="..." goes to pytest; now: -n 2)
	$(PY) -m pytest verify/ tests/ $(PYTEST_ARGS)

RUNS ?= runs
experiments: $(VENV)/.stamp ## train and judge everything of Section 5 (hours; resumable), draw the figures into reports/
	$(VENV)/bin/foanil table1 --profile full --runs 10 --folder $(RUNS) --output reports/experiments/table_1
	$(VENV)/bin/foanil simulate --all --folder $(RUNS) --output reports/experiments/variants
	$(VENV)/bin/foanil figures --table reports/experiments/table_1 --variants reports/experiments/variants \
	  --output reports/experiments/figures

env: $(VENV)/.stamp ## build the locked environment .venv if it is missing or out of date
	@echo "$(VENV) is ready: $$($(PY) --version)"

lint: $(VENV)/.stamp ## ruff: rules and formatting, changing nothing
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(VENV)/.stamp ## mypy --strict on src/ and proofs/
	$(PY) -m mypy

format: $(VENV)/.stamp ## ruff: sort imports, apply safe fixes, format
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

# uv writes the lock from an environment of its own, thrown away afterwards: nothing else needs uv.
# Versions already in the lock are kept where they still fit; `make lock LOCK_ARGS=--upgrade` takes new ones.
LOCK_ARGS ?=
lock: ## rewrite requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade takes new versions)
	@set -e; $(find_python); tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
	"$$python" -m venv "$$tool/venv"; \
	"$$tool/venv/bin/python" -m pip install --quiet uv==$(UV_VERSION); \
	"$$tool/venv/bin/uv" pip compile pyproject.toml --group dev --output-file requirements.lock --quiet \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" $(LOCK_ARGS)

clean: ## remove caches and build products, keep .venv
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./$(VENV) -prune -o -path ./.git -prune -o \
	  -type d \( -name __pycache__ -o -name .hypothesis \) -prune -exec rm -rf {} +

distclean: clean ## clean, and remove .venv
	rm -rf $(VENV)

help: ## list these commands
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1#\2/p' $(MAKEFILE_LIST) | awk -F'#' '{ printf "%-18s %s\n", $$1, $$2 }'

# A stamp is written only after its step has succeeded, and the first step removes both: an interrupted build
# never counts as ready. The stamp holds the folder it was built in, because an environment cannot be moved:
# in a moved or copied checkout, or when its Python has gone, it is built again.
READY := $(shell test "$$(cat $(VENV)/.stamp 2>/dev/null)" = "$(CURDIR)" && $(PY) -c '' 2>/dev/null && echo yes)

$(VENV)/.locked: requirements.lock $(if $(READY),,FORCE)
	@set -e; $(find_python); echo "building $(VENV) with $$python ($$("$$python" --version))"; \
	rm -rf $(VENV); "$$python" -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

# A change of pyproject.toml alone installs the checkout again (a second), not the locked packages.
$(VENV)/.stamp: $(VENV)/.locked pyproject.toml
	@rm -f $@
	$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
