# Thin wrappers: everything here can be run without make.

python = .venv/bin/python

.PHONY: help run test checks lint format types nix-test network-test bench explore fuzz security-table requirements clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*##/\1:/p' Makefile

run:  ## lock, show and build this repository's own plugins.toml
	python3 scripts/demo.py

test:  ## every check and every test
	python3 scripts/test.py

lint: $(python)  ## ruff's rules
	.venv/bin/ruff check

format: $(python)  ## rewrite the Python files in the one format
	.venv/bin/ruff format

types: $(python)  ## mypy, strict
	.venv/bin/mypy

nix-test:  ## only the tests that run real Nix
	python3 scripts/test.py --no-checks --require-nix -m nix

network-test:  ## only the tests that need the real package index
	python3 scripts/test.py --no-checks --no-nix -m network

bench: $(python)  ## the reference sets beside uv, pip and pip-tools
	$(python) benchmarks/compare.py

explore: $(python)  ## the property tests with new examples, and more of them
	HYPOTHESIS_PROFILE=explore $(python) -m pytest -q -n auto $$(grep -rl "from hypothesis" tests --include="test_*.py")

fuzz: $(python)  ## feed every reader of foreign input for MINUTES (15), guided by coverage
	.venv/bin/uv pip install --quiet --python $(python) --group fuzz
	$(python) -m tests.fuzz --minutes $(or $(MINUTES),15)

security-table: $(python)  ## write the attacks and their tests into docs/security.md
	$(python) scripts/security_table.py

requirements: $(python)  ## pin the newest dependencies, with their hashes
	.venv/bin/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet \
	  --output-file scripts/requirements.txt

$(python):
	python3 scripts/environment.py

clean:  ## remove what the scripts made
	rm -rf .venv .work build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
