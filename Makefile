# Two commands for a newcomer: `make demo` and `make test`. Each sets itself up, once.

PYTHON := .venv/bin/python
DEMO_DATA := .wireroom/demo
comma := ,

# The user's AWS configuration stays out, and no proxy stands before loopback.
$(foreach name,$(filter AWS_%,$(.VARIABLES)),$(eval unexport $(name)))
unexport PYTHONPATH PYTHONHOME
export AWS_CONFIG_FILE := /dev/null
export AWS_SHARED_CREDENTIALS_FILE := /dev/null
export AWS_EC2_METADATA_DISABLED := true
export NO_PROXY := $(addsuffix $(comma),$(NO_PROXY) $(no_proxy))127.0.0.1,localhost,::1
export no_proxy := $(NO_PROXY)

.PHONY: help
help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

.PHONY: demo run
demo: .venv/run.stamp  ## Send a text through a pool to a handset, and show each step
	@AWS_ACCESS_KEY_ID=wireroom AWS_SECRET_ACCESS_KEY=wireroom AWS_REGION=us-east-1 \
		.venv/bin/wireroom demo --port 0 --data-dir $(DEMO_DATA)
	@echo 'make run opens the same conversation again.'

run: .venv/run.stamp  ## Serve, with the demo's conversation in it
	@.venv/bin/wireroom serve --data-dir $(DEMO_DATA)

.PHONY: test bench
test: .venv/test.stamp  ## Run the tests
	@$(PYTHON) -m pytest -n auto

bench: .venv/test.stamp  ## Measure, each figure beside a floor of the same run
	@$(PYTHON) -m benchmarks

.PHONY: check check-format check-lint check-types check-imports check-requirements check-generated
check: check-format check-lint check-types check-imports check-requirements check-generated  ## Run every check but the tests

check-format: .venv/test.stamp
	$(PYTHON) -m ruff format --check --quiet .

check-lint: .venv/test.stamp
	$(PYTHON) -m ruff check --quiet .

check-types: .venv/test.stamp
	$(PYTHON) -m mypy

check-imports: .venv/test.stamp
	.venv/bin/lint-imports

check-requirements: .venv/test.stamp
	$(PYTHON) tools/pin_requirements.py --check

check-generated: .venv/test.stamp
	$(PYTHON) tools/generate_api.py --check
	$(PYTHON) tools/generate_tables.py --check

.PHONY: generate requirements
generate: .venv/test.stamp  ## Write again what is generated: the API's shapes, the tables
	$(PYTHON) tools/generate_api.py
	$(PYTHON) tools/generate_tables.py

requirements: .venv/test.stamp  ## Pin again, after a change of dependencies (UPGRADE=1: to the newest)
	$(PYTHON) tools/pin_requirements.py $(if $(UPGRADE),--upgrade)

# A stamp is newer than what it was installed from, so that the second time does nothing.
.PHONY: setup
setup: .venv/test.stamp

.venv/run.stamp: requirements/run.txt pyproject.toml tools/setup
	@tools/setup run
	@touch $@

.venv/test.stamp: requirements/test.txt requirements/postgres-server.txt .venv/run.stamp
	@tools/setup test
	@touch $@
