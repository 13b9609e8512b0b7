# Everything a person does with this project. `make` alone prints the list.
#
# PYTHON   the interpreter the environment is made from (3.11 or newer, with pip)
# WORKERS  how many tests run at once
# ARGS     handed on, as in: make test ARGS="-k ledger -x"

PYTHON  ?= python3
WORKERS ?= 3
ARGS    ?=

BIN := .venv/bin
# The interpreter's own pip installs into the environment, so Debian's separate python3-venv is not needed.
INSTALL := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check install --quiet
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test check prove bench lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## make the environment .venv from the lock (the other targets do it by themselves)

demo: .venv/installed ## photos become videos on this machine, with everything that can go wrong; needs no account
	$(BIN)/neurocards demo $(ARGS)

test: .venv/installed ## run the tests, with the short forms of the long proofs
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/installed ## format, lint, types, who may import whom, layout
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/test_layout.py -q

prove: .venv/installed ## run the tests with the long forms of the proofs (hours, not minutes)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --prove --timeout 7200 $(ARGS)

bench: .venv/installed ## measure the speeds that docs/performance.md explains
	$(BIN)/python -m benchmarks $(ARGS)

lock: .venv/installed ## bring the lock files in line with pyproject.toml; ARGS=--upgrade also takes newer versions
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment, the caches and what was built; data in .data stays
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed lock makes the environment anew; a changed pyproject.toml only registers the project in it again.
.venv/locked: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear --without-pip .venv
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
