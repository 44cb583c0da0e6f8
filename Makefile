# make demo   approximates a small trained network, verifies the ticket, prints a summary
# make test   every check that CI runs
# Both build .venv first, from pyproject.toml and constraints.txt; nothing else needs to be installed but Python >= 3.11.

PYTHON ?= python3
# two test processes share the cores: one BLAS thread each, or the threads spin on each other
unit proofs notebooks: export OPENBLAS_NUM_THREADS = 1

BIN := .venv/bin
BENCHMARKS := pensia lenet published_cnn burkholz_sums density depth structured vectors thresholds certified sweep search presets mnist plantnseek
READY := .venv/.ready

.PHONY: demo test lint types structure unit notebooks figures figures-data proofs benchmark clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: lint types structure unit proofs notebooks

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

structure: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal

notebooks: $(READY)
	$(BIN)/python notebooks/run.py

figures: $(READY)
	$(BIN)/python paper_figures/redraw.py

figures-data: $(READY)
	$(BIN)/python paper_figures/redraw.py --data

proofs: $(READY)
	$(BIN)/python -m proofs_checks --check

benchmark: $(READY)
	for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || exit 1; done

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
