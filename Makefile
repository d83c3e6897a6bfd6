# `make` lists the targets. Set PORT, DATABASE_URL, REDIS_URL or PYTHON in the environment
# or on the command line: make run PORT=9000

python = .venv/bin/python

.PHONY: help install install-dev run demo test coverage soak check bench bench-full audit lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: ## Create the environment (.venv) that the portal runs in
	@python=$$(scripts/python.sh) && "$$python" scripts/environment.py run

install-dev: ## Add the packages of tests and checks to it
	@python=$$(scripts/python.sh) && "$$python" scripts/environment.py dev

run: install ## Start the portal with demonstration data; Ctrl-C stops it
	@$(python) scripts/first_settings.py
	@exec $(python) manage.py up

demo: install ## Send a day of an email campaign to the running portal
	@exec $(python) manage.py demo

test: install-dev ## Run the tests, on SQLite and on PostgreSQL; ARGS="tests/spec -x"
	@exec $(python) -m tests.run $(ARGS)

coverage: install-dev ## Run the tests on SQLite and report their coverage, by line in htmlcov/
	@exec $(python) -m pytest -n 4 -p no:cacheprovider --cov --cov-report=term:skip-covered \
		--cov-report=html $(ARGS)

soak: install-dev ## Cause random faults while events flow; MINUTES=60 SEED=7
	@exec $(python) -m tests.faults.soak --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED))

check: install-dev ## Check format, lint, types, migrations, settings, templates, docs, prose and texts
	@exec $(python) scripts/check.py

bench: install-dev ## Measure the portal, in about ten minutes; ARGS="batch latency"
	@exec $(python) -m bench $(ARGS)

bench-full: install-dev ## Measure it with larger loads, in up to an hour
	@exec $(python) -m bench --full $(ARGS)

audit: install-dev ## Check the locked dependencies for known vulnerabilities; needs PyPI
	@exec .venv/bin/uvx pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt

lock: install-dev ## Lock the newest dependencies that fit requirements/*.in
	@scripts/lock.sh

clean: ## Remove the environment and caches; var/ and .env stay
	rm -rf .venv .uv .node .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
