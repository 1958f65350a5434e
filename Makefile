# What can be done here. `make` lists it; each target makes what it needs first.

UV_VERSION := 0.13.8
TOOLS := .tools/uv-$(UV_VERSION)
UV := $(TOOLS)/bin/uv
BIN := .venv/bin
ARGS ?=

# The Python that is here, not one that uv would fetch. One that was built without its optimisations, as pyenv builds them
# unless it is told otherwise, runs all of this a tenth slower: then it is the system's own, if that is new enough.
export UV_PYTHON_DOWNLOADS := never
ifndef UV_PYTHON
OPTIMISED := import sys, sysconfig; sys.exit(sys.version_info < (3, 11) or sys.base_prefix != "/usr" \
	and "--enable-optimizations" not in (sysconfig.get_config_var("CONFIG_ARGS") or ""))
UV_PYTHON := $(shell for some in python3 /usr/bin/python3; do \
	"$$some" -c '$(OPTIMISED)' 2>/dev/null && echo "$$some" && exit; done; echo python3)
endif
export UV_PYTHON

.DEFAULT_GOAL := help
.PHONY: help serve test faults check format bench bench-large bench-queue bench-pages docs pictures

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

serve: .venv/.run ## a server with a demo organisation on http://127.0.0.1:8080
	@$(BIN)/fairlead serve --demo $(ARGS)

test: .venv/.dev ## all tests, on a real PostgreSQL that they start; ARGS='-k word' picks some
	@$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

faults: .venv/.dev ## kill servers, workers and the database for some minutes; nothing may be lost
	@$(BIN)/python tests/faults/storm.py $(ARGS)

check: .venv/.dev ## format, lint, types, imports, reference pages
	$(BIN)/ruff format --check --output-format concise
	$(BIN)/ruff check --output-format concise
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m fairlead.wire.describe --check
	$(BIN)/python tests/examples.py --check

format: .venv/.dev ## put the code into its form, and mend what can be mended
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv/.dev ## measure against the floors
	@$(BIN)/python bench/run.py $(ARGS)

bench-large: .venv/.dev ## measure where a million leads are stored, against ten thousand
	@$(BIN)/python bench/large.py $(ARGS)

bench-queue: .venv/.dev ## measure accepting and applying queued requests
	@$(BIN)/python bench/queued.py $(ARGS)

bench-pages: .venv/.dev ## measure the screens where a million leads are stored, and what the inspector costs
	@$(BIN)/python bench/pages.py $(ARGS)

docs: .venv/.dev ## write the reference pages anew
	$(BIN)/python -m fairlead.wire.describe
	$(BIN)/python tests/examples.py

pictures: .venv/.dev ## take the pictures of the README from a running console; needs Chromium
	@$(BIN)/python tests/browser/pictures.py $(ARGS)

# The packages of uv.lock: those the program needs, and those for working on it. They are compiled now, so that the
# first start need not do it, nor every start where Python is told to write no bytecode.
SYNC := $(UV) sync --quiet --locked --compile-bytecode
COMPILE := $(BIN)/python -m compileall -q src

.venv/.run: $(UV) pyproject.toml uv.lock
	@if [ ! -e .venv/.dev ]; then $(SYNC); else $(SYNC) --all-groups; fi
	@$(COMPILE)
	@touch $@

.venv/.dev: $(UV) pyproject.toml uv.lock
	@$(SYNC) --all-groups
	@$(COMPILE)
	@touch $@ .venv/.run

$(UV):
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Fairlead needs Python 3.11 or newer as python3.' >&2; exit 1; }
	@rm -rf .tools
	@python3 -m venv $(TOOLS) >/dev/null \
		|| { rm -rf .tools; echo 'python3 cannot make environments: apt-get install python3-venv' >&2; exit 1; }
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
