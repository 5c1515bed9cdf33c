# Two commands do all the set-up: `make demo` and `make test`. Everything lands in .venv and build/.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WHEELS := $(VENV)/bot-wheels
# checkov's own: it needs a boto3 that is years older than the tool's.
SCAN   := .venv-scan
# uv and the tools of the environment come first, as after `source .venv/bin/activate`.
PYTEST := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest

.PHONY: demo test check scan bench faults docs pictures requirements clean

demo: $(VENV)/.demo
	@$(BIN)/paybot demo

test: $(VENV)/.dev
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder -m "not faults" tests

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

scan: $(VENV)/.dev $(SCAN)/.scan
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m scan

bench: $(VENV)/.dev
	$(BIN)/python -m bench

faults: $(VENV)/.dev
	$(PYTEST) -m faults tests

docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/generate_module.py

# The README's pictures, from a deployment in the embedded AWS.
pictures: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/pictures.py

LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml

requirements:
	$(LOCK) -o requirements/runtime.txt
	$(LOCK) --extra sandbox -o requirements/sandbox.txt
	$(LOCK) --extra sandbox --group dev -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements/scan.in -o requirements/scan.txt

clean:
	rm -rf $(VENV) $(SCAN) build dist .paybot

$(VENV)/.demo: requirements/sandbox.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/sandbox.txt
	$(BIN)/python -m pip install -q --no-deps -e .
	@touch $@

# The bot's own wheels are fetched here once, so that no test needs the network.
$(VENV)/.dev: requirements/dev.txt pyproject.toml lambda/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip download -q --require-hashes -r lambda/requirements.txt -d $(WHEELS) \
	  --platform manylinux2014_aarch64 --implementation cp --python-version 3.13 --only-binary=:all:
	@touch $@ $(VENV)/.demo

# With uv, which the development environment holds: pip takes twenty times as long.
$(SCAN)/.scan: requirements/scan.txt $(VENV)/.dev
	$(BIN)/uv venv -q --clear --python $(BIN)/python $(SCAN)
	$(BIN)/uv pip sync -q --python $(SCAN)/bin/python --require-hashes requirements/scan.txt
	@touch $@
