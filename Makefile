# Two commands are enough: `make demo` shows the product, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8400
DATA ?= .demo

.PHONY: demo demo-reset test lint bench lock pictures year

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/ready: pyproject.toml requirements.lock | .venv/pyvenv.cfg
	$(BIN)/pip install --quiet --constraint requirements.lock --editable .
	touch $@

# Everything at once: on a bare machine the product alone need not be installed first.
.venv/ready-dev: pyproject.toml requirements.lock | .venv/pyvenv.cfg
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[dev]'
	touch .venv/ready $@

demo: .venv/ready
	$(BIN)/python -m b24app up --sandbox --fixture demo --preset food_distribution --port-base $(PORT) --data $(DATA)

demo-reset:
	rm -rf $(DATA)
	$(MAKE) demo

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Many of the tests wait for servers: four of them keep two cores busy.
test: lint
	$(BIN)/python -m pytest -n 4 --no-loadscope-reorder --durations=20

bench: .venv/ready-dev
	for file in bench/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

# A year of the demo business, day by day: the tables are written into build/year.
year: .venv/ready-dev
	$(BIN)/python -m tests.year.simulate

# The pictures of the documentation, taken from a running demo.
pictures: .venv/ready-dev
	$(BIN)/python docs/pictures.py

# The versions every machine gets.
lock: .venv/ready-dev
	$(BIN)/pip freeze --exclude-editable > requirements.lock
