# Everything a newcomer needs. `make run` and `make test` work on a bare machine; see README.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || echo python3)
PORT ?= 8000
ARGS ?=
CMD ?= help
# One address for every recipe: `python` of the virtual environment.
PY := .venv/bin/python
LAUNCHER := $(PY) -m move.launcher

.DEFAULT_GOAL := help
.PHONY: help setup browser run test test-long bench quality manage lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## virtual environment and locked dependencies (the others call it)
	@$(PYTHON) tools/bootstrap.py setup

browser: setup
	@$(PYTHON) tools/bootstrap.py browser

run: setup ## everything on http://localhost:8000 (PORT=…), Ctrl-C stops it
	@PORT=$(PORT) $(LAUNCHER) run

test: browser ## tests on engines of their own (ARGS="tests/x -k name"; all, two at a time, without)
	@$(LAUNCHER) test -- $(if $(ARGS),$(ARGS),-n 2 --dist worksteal)

test-long: browser ## the long tests: full crawl, all widths, volume, drills
	@$(LAUNCHER) test -- -m long -n 2 --dist worksteal --timeout=3600 $(ARGS)

bench: setup ## the performance table of README, measured now
	@$(LAUNCHER) test-exec -- python -m tools.bench $(ARGS)

manage: setup ## a Django command with the engines of `make run` (CMD="shell")
	@$(LAUNCHER) exec -- python manage.py $(CMD)

quality: setup ## linters, import contracts, migrations, translations, API schema, addresses
	@$(LAUNCHER) test-exec -- python -m tools.quality

lock: setup ## requirements/*.txt from requirements/*.in (needs uv)
	cd requirements && for name in base dev; do uv pip compile --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet $$name.in -o $$name.txt; done
