# Everything below .venv is made from pinned and hashed requirements; delete it to start
# again.  Once it is there, nothing here needs a network.

PYTHON ?= python3
BIN := .venv/bin
# Many tests wait: for a host, a clock, a child.  So more than there are cores.  Each
# process begins with whole files, whose tests share what is costly to make; who is
# done takes over what others have not begun.
SHARED := --numprocesses 6 --dist worksteal
# A module is compiled once for all processes, where the environment forbids it, too.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(SHARED)
# What measures coverage with the least delay; Python has it from 3.12 on.
TRACER = $(shell $(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
FLINK ?= 1.20
# Engines must be of the same Beam as the Python side.
BEAM = $(shell $(BIN)/python -c 'from importlib.metadata import version; print(version("apache-beam"))')

.PHONY: run test coverage test-slow test-engine test-browser soak canary lint golden quality bench prism flink azurite requirements clean

run: .venv/run ## Read the seed article, then a sample of feeds, into data/; draw it: data/report.html
	$(BIN)/newsbeam run configs/golden.toml
	$(BIN)/newsbeam run configs/offline.toml
	$(BIN)/newsbeam report data/offline --output data/report.html

test: .venv/dev ## Run the tests
	$(PYTEST)

coverage: .venv/dev ## Run the tests, and fail where they reach less of the code than before; half as long again
	COVERAGE_CORE=$(TRACER) PYTEST_ADDOPTS=--cov $(MAKE) test

test-slow: .venv/dev ## Run the tests that take minutes: crashes, full disks, hundreds of runs
	$(PYTEST) --numprocesses 5 -m 'slow and not soak'

soak: .venv/dev ## Kill runs and damage a dataset in 200 rounds, print a wire for two weeks: an hour; NEWSBEAM_SOAK, NEWSBEAM_SEED, NEWSBEAM_DAYS
	$(BIN)/python -m pytest -s -m soak
	$(BIN)/python -m pytest -m 'hypothesis and not slow' --hypothesis-profile=soak tests/unit

test-engine: .venv/dev ## Run the tests that need an engine; those whose engine is not there say so
	-$(MAKE) prism azurite
	$(BIN)/python -m pytest -m engine -rs

test-browser: .venv/dev ## Look at the report in Chromium, which is installed where it is missing and may be
	@command -v "$${NEWSBEAM_BROWSER:-chromium}" >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends chromium; } || true
	@command -v "$${NEWSBEAM_BROWSER:-chromium}" >/dev/null || { echo 'make test-browser: there is no Chromium; install one, or name it in NEWSBEAM_BROWSER' >&2; exit 1; }
	$(BIN)/python -m pytest -m browser tests/browser

canary: ## Install the newest version of everything beside, and run the tests with it
	$(PYTHON) -m venv --clear build/canary
	build/canary/bin/python -m pip install --quiet --upgrade pip
	build/canary/bin/python -m pip install --quiet --editable '.[fr,en,ru,gliner,delta]' --group dev
	build/canary/bin/python -m pytest $(SHARED)

quality: .venv/dev ## Measure the quality and write docs/quality.md
	PYTHONPATH=tests $(BIN)/python -m tests.quality.table

lint: .venv/dev ## Check style, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: .venv/dev ## Rewrite the golden records from what newsbeam does now; review the diff
	$(BIN)/python -m pytest tests/golden --update-golden

bench: .venv/dev ## Measure the speed and write docs/performance.md; BENCH_ARGS='--help' shows more
	$(BIN)/python -m tests.benchmarks.compare $(BENCH_ARGS)

prism: build/prism ## Build Prism, Beam's own small engine; needs Go

build/prism: | .venv/run
	GOBIN=$(CURDIR)/build go install github.com/apache/beam/sdks/v2/go/cmd/prism@v$(BEAM)

flink: build/flink.jar ## Fetch Beam's job server with an embedded Flink; needs Maven and Java 17

build/flink.jar: | .venv/run
	mvn --quiet --batch-mode dependency:copy -Dmdep.stripVersion=true -DoutputDirectory=$(CURDIR)/build \
		-Dartifact=org.apache.beam:beam-runners-flink-$(FLINK)-job-server:$(BEAM)
	mv build/beam-runners-flink-$(FLINK)-job-server.jar $@

azurite: build/azurite ## Fetch Azurite, a server of Azure's store; needs npm

build/azurite:
	npm install --silent --no-save --prefix build/azurite.part azurite@3.35.0
	mv build/azurite.part $@

requirements: .venv/dev ## Pin the dependencies again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' \
		--constraint requirements/constraints.txt \
		--group pyproject.toml:build \
		--output-file requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' \
		--constraint requirements/constraints.txt \
		--extra fr --extra en --extra ru --extra gliner --extra delta --group pyproject.toml:build --group pyproject.toml:dev \
		--constraint requirements/run.txt \
		--output-file requirements/dev.txt pyproject.toml

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsbeam needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/run: .venv/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	touch $@

clean: ## Remove what was built, and the dataset of make run
	rm -rf .venv build dist data .mypy_cache .pytest_cache .ruff_cache
