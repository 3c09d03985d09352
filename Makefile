# Everything the README names. Needs Python 3.11, 3.12 or 3.13; the rest is set up by the first target.
.DEFAULT_GOAL := help
# They would put packages of another Python before those of .venv.
unexport PYTHONPATH PYTHONHOME
.PHONY: help setup lab handout grade run test test-colab outputs bench results picture weights lock \
	address lint clean

NB =
PROFILE =
BACKEND =
SEEDS =
ADDRESS =
PYTHON =
WORK =
LAB =
SEED =
IN =
OUT =

IN_VENV = .venv/bin/python
BOOTSTRAP = @$(or $(PYTHON),python3) tools/bootstrap.py $(if $(PYTHON),--python "$(PYTHON)")
COURSE_ENV = $(if $(BACKEND),KERAS_BACKEND="$(BACKEND)") $(if $(PROFILE),COURSE_PROFILE="$(PROFILE)")
COMPILE = $(IN_VENV) -m uv pip compile pyproject.toml --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-header --no-emit-index-url --upgrade --quiet \
	--no-config --extra dev

help:  ## list these targets
	@echo "make TARGET [NAME=value ...]"
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F"|" '{ printf "  %-11s %s\n", $$1, $$2 }'

setup:  ## build .venv, once; every target below does this first (PYTHON=python3.12, COURSE_VARIANT=gpu)
	$(BOOTSTRAP) $(if $(filter torch,$(BACKEND)),--torch)

lab: setup  ## open your copies of the chapters in JupyterLab (WORK=, BACKEND=, PROFILE=, SEED=, LAB=)
	@$(COURSE_ENV) $(if $(SEED),COURSE_SEED="$(SEED)") $(IN_VENV) tools/lab.py --work "$(WORK)" $(LAB)

handout: setup  ## write copies of the chapters without outputs and solutions (OUT=folder)
	@$(IN_VENV) tools/lab.py --handout "$(or $(OUT),handout)"

grade: setup  ## check the exercises of handed-in notebooks (NB=03 IN=folder OUT=grades-03.csv)
	@$(IN_VENV) tools/grade.py --nb "$(NB)" --in "$(IN)" --out "$(OUT)"

run: setup  ## run the chapters and print what each measured (NB=03, PROFILE=full, BACKEND=jax, SEEDS="0 1 2")
	@$(IN_VENV) tools/run.py --nb "$(NB)" --profile "$(PROFILE)" --backend "$(BACKEND)" --seeds "$(SEEDS)"

test: setup  ## run all tests, two files at a time (BACKEND=jax or torch)
	$(COURSE_ENV) $(IN_VENV) -m pytest --numprocesses 2 --dist loadfile

test-colab:  ## run chapter 03 with Colab's versions, in .venv-colab (PYTHON=python3.13, as Colab has)
	$(or $(PYTHON),python3) -m venv .venv-colab
	.venv-colab/bin/python -m pip install --quiet --requirement requirements-colab.txt
	.venv-colab/bin/python -m pip install --quiet --no-deps --editable .
	.venv-colab/bin/python -m pytest -k 03 tests/exercises/test_exercises.py notebooks/03_*.ipynb

outputs: setup  ## run the chapters (quick) and store their outputs in the notebooks (NB=03)
	$(IN_VENV) tools/outputs.py --nb "$(NB)"

bench: setup  ## measure the course's own code beside references
	@set -e; for script in bench/*.py; do echo "== $$script"; $(IN_VENV) "$$script"; done

results: setup  ## gather runs over SEEDS into results/, renew the tables of README and model card
	$(IN_VENV) tools/gather_results.py

picture: setup  ## draw the picture at the top of the README
	$(IN_VENV) tools/readme_picture.py

weights: setup  ## train the course's own weights again
	$(IN_VENV) tools/weights.py

lock: setup  ## pin the newest versions of all packages in the lock files
	$(COMPILE) --extra cpu --output-file requirements.lock
	$(COMPILE) --extra gpu --constraint requirements.lock --output-file requirements-gpu.lock

address: setup  ## write the repository's address everywhere it is needed (ADDRESS=https://...)
	$(IN_VENV) tools/addresses.py $(ADDRESS)

lint: setup  ## check style and formatting of modules and notebooks
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .

clean:  ## remove the environments and everything built; downloaded data stays
	rm -rf .venv .venv-before .venv-colab build *.egg-info
