# `make` alone prints the targets. Needs GNU make 3.81 or newer and Python 3.11 or newer; everything else it installs.
.DEFAULT_GOAL := help
.PHONY: help run test soak check coverage schema docs bench probe lock audit sbom cluster browser office proxy

VENV := .venv
PY := $(VENV)/bin/python
# Measured on Linux, 2026-11-27, with mlx; docs/guide/installation.md.
DOWNLOAD_MB := 210
DISK_MB := 720 to 930
INSTALL := sh deploy/install.sh $(VENV)
PROJECT := $(PY) -m pip --disable-pip-version-check --no-input install -qq --no-deps --no-build-isolation --editable .
FIND := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --quiet

help:
	@echo "make run       install into $(VENV), then serve the page on http://127.0.0.1:8501 (the next free port if it is taken)"
	@echo "make test      install what the tests need, a browser and LibreOffice included, and run them all"
	@echo "make soak      the slow suites: 10,000 random examples for importers, logs, addresses and configs (hours)"
	@echo "make check     ruff and pyright"
	@echo "make coverage  the tests again, with the branches that none of them takes"
	@echo "make docs      build the guides and the API reference as a site in build/site"
	@echo "make schema    write the JSON schemas of the catalogue's files, for editors, to calculator/catalog/schema"
	@echo "make bench     speed and accuracy benchmarks"
	@echo "make probe     measure this machine (needs mlx)"
	@echo "make cluster   two replicas, PostgreSQL and nginx on this machine, until Ctrl-C"
	@echo "make audit     known weaknesses of the pinned packages"
	@echo "make sbom      every installed package with version and licence, as CycloneDX, in build/sbom.json"
	@echo "make lock      compile requirements*.txt from pyproject.toml (needs uv)"
	@echo "PYTHON=/path/to/python3.12 names the Python to use; PORT=9000 the port."

run: $(VENV)/.installed
	@$(PY) -m streamlit run server.py $(if $(PORT),--server.port $(PORT))

# Two processes, each with whole files, in the order of the folders: the dear ones come first, so both end together. A
# library that multiplies matrices keeps to its process. Then, by itself, what holds a clock to seconds. A test that hangs
# is named, with where it stands, and fails after ten minutes; it does not take the others with it.
WORKERS := 2
HANGS = -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true
ALONE = $(HANGS) -m alone $$(grep -rl --include='test_*.py' 'mark\.alone' tests)
TESTS = $(PY) -m pytest $(HANGS) --max-worker-restart=1 -m "not alone" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: export OPENBLAS_NUM_THREADS := 1
test: $(VENV)/.installed-test browser office proxy
	@failed=0; $(TESTS) || failed=1; $(PY) -m pytest $(ALONE) || failed=1; exit $$failed

soak: $(VENV)/.installed-test
	@THOROUGH=1 $(PY) -m pytest tests/measurements/importers tests/calculator/scenario/usage_logs tests/serving/test_hostile_addresses.py tests/measurements/models/test_uploaded_config.py

check: $(VENV)/.installed-test $(VENV)/.installed-check
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright

coverage: export OPENBLAS_NUM_THREADS := 1
coverage: $(VENV)/.installed-test $(VENV)/.installed-check browser office proxy
	@failed=0; $(TESTS) --cov --cov-report= || failed=1; \
	$(PY) -m pytest $(ALONE) --cov --cov-append --cov-report=term-missing:skip-covered || failed=1; exit $$failed

schema: $(VENV)/.installed
	@$(PY) -m calculator.catalog.editor_schema

docs: $(VENV)/.installed $(VENV)/.installed-docs
	@$(VENV)/bin/zensical build --strict --clean --config-file mkdocs.yml
	@echo "The site is in build/site; build/site/index.html opens it."

bench: $(VENV)/.installed-test
	@for file in bench/*.py; do $(PY) "$$file" || exit 1; done

# psycopg, the driver of PostgreSQL, comes with what the tests need.
cluster: $(VENV)/.installed-test proxy
	@$(PY) -m deploy.cluster $(if $(PORT),--port $(PORT))

probe: $(VENV)/.installed
	@$(PY) -m measurements probe

# Both tools live in an environment of their own, and the list is made of one that holds the product alone.
audit: $(VENV)/.installed build/audit/.installed
	@$(PY) -m deploy.audit build/audit/bin/pip-audit

sbom: $(VENV)/.installed build/audit/.installed
	@rm -rf build/product && $(PY) -m venv build/product && sh deploy/install.sh build/product requirements.txt requirements-core.txt
	@build/audit/bin/cyclonedx-py environment --output-reproducible --of JSON --pyproject pyproject.toml -o build/sbom.json build/product/bin/python
	@rm -rf build/product
	@$(PY) -m deploy.sbom build/sbom.json

build/audit/.installed: requirements-audit.txt | $(PY)
	@mkdir -p build && $(PY) -m venv build/audit && sh deploy/install.sh build/audit requirements-audit.txt
	@touch $@

lock:
	$(COMPILE) pyproject.toml --extra mlx --extra pdf --group build --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra pdf --group build --constraints requirements.txt --output-file requirements-core.txt
	$(COMPILE) pyproject.toml --extra pdf --extra agent --group build --constraints requirements.txt --output-file requirements-server.txt
	$(COMPILE) --group test --constraints requirements.txt --output-file requirements-test.txt
	$(COMPILE) --group check --constraints requirements.txt --constraints requirements-test.txt --output-file requirements-check.txt
	$(COMPILE) --group docs --constraints requirements.txt --constraints requirements-test.txt --output-file requirements-docs.txt
	$(COMPILE) --group install --output-file requirements-install.txt
	$(COMPILE) --group audit --constraints requirements.txt --constraints requirements-check.txt --output-file requirements-audit.txt

# Python 3.11 or newer with venv and pip, whatever it is called here; one sentence where there is none.
$(PY):
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
		if "$$python" -c '$(FIND)' >/dev/null 2>&1; then \
			echo "Making $(VENV) with $$("$$python" --version) ..."; exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11 or newer with venv and pip was found. Install it (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12; others: https://www.python.org/downloads/) or name one: make run PYTHON=/path/to/python3.12" >&2; \
	exit 1

# With uv or pip (deploy/install.sh). mlx has wheels for macOS on Apple silicon and recent Linux only; the page runs
# without it. The project itself goes in last, as an installed distribution that reads these sources; its build backend
# is pinned with the rest.
$(VENV)/.installed: $(PY) requirements.txt requirements-core.txt pyproject.toml
	@echo "Installing the pinned packages, once: about $(DOWNLOAD_MB) MB to download, $(DISK_MB) MB on the disk, nothing for tests ..."
	@$(INSTALL) requirements.txt requirements-core.txt
	@$(PROJECT)
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.txt
	@echo "Installing what the tests need ..."
	@$(INSTALL) requirements-test.txt
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed requirements-check.txt
	@$(INSTALL) requirements-check.txt
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed requirements-docs.txt
	@echo "Installing what the documentation needs ..."
	@$(INSTALL) requirements-docs.txt
	@touch $@

# The system's Chromium; else the package manager's, where that is allowed; else Playwright's own.
browser: $(VENV)/.installed-test
	@if $(PY) -m tests.browser.chromium; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium with apt-get ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-liberation >$(VENV)/chromium.log 2>&1 \
		|| { tail -5 $(VENV)/chromium.log; $(PY) -m playwright install chromium; }; \
	else \
		echo "Installing Playwright's Chromium ..."; $(PY) -m playwright install chromium; \
	fi

# The system's LibreOffice Calc; else the package manager's, where that is allowed. Without it the tests that open files
# in it are skipped, and fail where REQUIRE_LIBREOFFICE is set.
office: $(VENV)/.installed-test
	@if $(PY) -m tests.libreoffice; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing LibreOffice Calc with apt-get ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc-nogui >$(VENV)/libreoffice.log 2>&1 \
		|| tail -5 $(VENV)/libreoffice.log; \
	else \
		echo "LibreOffice was not found: tests that open files in it are skipped. Install LibreOffice Calc to run them."; \
	fi

# nginx and PostgreSQL for `make cluster` and its tests, where the package manager may install them; else they are skipped.
proxy: $(VENV)/.installed-test
	@if $(PY) -c 'import sys; from deploy.cluster import missing; sys.exit(bool(missing()))'; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing nginx and PostgreSQL with apt-get ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light postgresql >$(VENV)/proxy.log 2>&1 \
		|| tail -5 $(VENV)/proxy.log; \
	else \
		$(PY) -c 'from deploy.cluster import missing; print(missing())'; \
	fi
