# Everything runs in .venv, made from what pyproject.toml names. `make` alone says what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Hundreds of processes of this program are started here; where this is set from outside, each compiles it anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo stop screenshots test check lint types bench docs schemas clean

help:
	@echo "make demo     set up, then validate, plan and apply the campaigns of campaigns.d; mail, sell leads, pay referrals, contact debtors; then show a project that goes on"
	@echo "make stop     end the project that make demo has left running"
	@echo "make screenshots  take the pictures of docs/pictures/dashboard anew"
	@echo "make test     set up, then run the tests"
	@echo "make check    lint, types and tests: what CI runs"
	@echo "make bench    measure the promised ratios, into bench/RESULTS.md"
	@echo "make docs     write the generated pages, schemas and pictures anew"
	@echo "make clean    end what make demo has left running, and remove what these made"

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("muster needs Python 3.11 or newer; say make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

# The demo starts with an empty store each time, beside the checkout's own. Its campaigns have dates: once they are over,
# the plan says what is blocked (exit 4 or 5), and that is an answer, not a failure.
DEMO := $(BIN)/muster --store sqlite:.muster/demo/state.db
ANSWERED := code=$$?; test $$code -eq 0 -o $$code -eq 4 -o $$code -eq 5

demo: $(STAMP)
	@rm -rf .muster/demo
	$(BIN)/muster validate
	$(DEMO) plan || { $(ANSWERED); }
	@echo '$(DEMO) apply --yes'
	@$(DEMO) apply --yes > .muster/demo/apply.txt || { $(ANSWERED); }
	@tail -n 6 .muster/demo/apply.txt
	$(DEMO) get LeadCampaign EmailCampaign ReferralCampaign ReceivablesCampaign CollectionCampaign
	$(DEMO) doctor
	@echo
	@echo "Look closer:  $(DEMO) describe LeadCampaign/solar-quotes@1"
	@echo
	@for one in mailing leads referral invoices collections; do echo; BIN=$(abspath $(BIN)) examples/first-$$one/run.sh || exit; done
	@echo
	@echo "All of it at once, as people look at it: the campaigns of campaigns.d after three busy weeks, and as they go on"
	@PYTHONPATH=. $(BIN)/python -m tests.dashboard.showing start .muster/show

stop: $(STAMP)
	@PYTHONPATH=. $(BIN)/python -m tests.dashboard.showing stop .muster/show

screenshots: $(STAMP)
	PYTHONPATH=. $(BIN)/python -m tests.dashboard.photographing docs/pictures/dashboard

# Many a test waits for a process or for a server: half as many more than there are cores keep them busy.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(3 * os.cpu_count() // 2)')

test: $(STAMP)
	@$(BIN)/python -m compileall -q reconciler tests cli.py
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: lint types test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.bounces

docs: $(STAMP)
	$(BIN)/python -m reconciler.kinds.generate
	$(BIN)/muster schema --write schemas
	$(BIN)/python -m docs.generate

# What still ran would write on into what is removed, and nobody would know its number any more.
clean:
	@if test -f .muster/show.pid -a -x $(BIN)/python; then PYTHONPATH=. $(BIN)/python -m tests.dashboard.showing stop .muster/show; fi
	rm -rf $(VENV) .muster bench/tree build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
