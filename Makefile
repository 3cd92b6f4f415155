.PHONY: setup up test check bench soak lock format

setup:           ## what is missing, into .venv
	@.ci/setup

up: setup        ## gate, ledger, import, dashboard
	@.venv/bin/faregate up

check: setup     ## lint, types, imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: check      ## every check and every test, in as many processes as there are cores
	.venv/bin/pytest -q -n auto --dist worksteal

bench: setup     ## measures against peers and writes docs/bench.md
	.venv/bin/python -m tests.bench

soak: setup      ## 10,000 calls at 20 streams with faults at random: every attempt in the ledger, memory flat
	.venv/bin/python -m tests.bench.soak --calls 10000 --streams 20

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock:            ## resolve anew and write requirements.lock
	uv lock --upgrade
	uv export --quiet --all-groups --no-emit-project --no-header --format requirements-txt -o requirements.lock
