# The commands of this project. `make help` lists them: each text after ## is its description.
.DEFAULT_GOAL := build
.PHONY: help setup build demo test test-worlds test-kills test-fleet test-sanitizers coverage fuzz bench lint format dashboards \
	pictures image test-image release test-release deb test-deb chart test-chart version

# REVISION is stamped into the programs; without it a build reports the revision "unknown".
SWIFT_BUILD = swift build --explicit-target-dependency-import-check error

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# setup, demo and test install what is missing, and ask first on a terminal. Every other command asks on a terminal,
# and otherwise only states what is missing. YES=1 or CI answers yes, YES=0 answers no.
setup: ## install what build and test need; FOR="bench image release" for other commands
	@.ci/setup install $(or $(FOR),test)

build: ## build everything, debug
	@.ci/setup check build
	$(SWIFT_BUILD)

demo: ## run the exporter against two simulated appliances; DEMO_SECONDS=20, DEMO_PORT=0
	@.ci/setup install demo
	$(SWIFT_BUILD)
	@deploy/demo/run

test: ## run all tests; ONLY="MetricsTests HTTPServerTests" runs some targets
	@.ci/setup install test
	$(SWIFT_BUILD) --build-tests
	@.ci/test

# A hundred times the simulated worlds of `make test`.
test-worlds: ## run a million simulated worlds, about two hours on two cores; WORLDS=N
	@.ci/setup check test
	swift build -c release --build-tests -Xswiftc -enable-testing
	WORLDS=$${WORLDS:-1000000} swift test -c release --skip-build --disable-xctest --filter WorldTests

# Ten times the kills and faults of `make test`, and five times its reloads: three a second for a minute.
test-kills: ## kill, disturb and reload the real programs for long; KILLS=N, FAULTS=N, RELOAD_SECONDS=N, SEED=N repeats a run
	@.ci/setup check test
	$(SWIFT_BUILD) --build-tests
	KILLS=$${KILLS:-2000} FAULTS=$${FAULTS:-400} RELOAD_SECONDS=$${RELOAD_SECONDS:-60} \
		swift test --skip-build --disable-xctest --filter 'EndToEndTests.(KillTests|FaultyNetworkTests|ReloadTests)'

# Five minutes of the faults of `make test` with the promised bounds, and what takes too long there.
test-fleet: ## run fleets of real programs through every fault, with agents, with 500 appliances; FLEET_SECONDS=N, SEED=N
	@.ci/setup check test
	$(SWIFT_BUILD) --build-tests
	FLEET_SECONDS=$${FLEET_SECONDS:-300} swift test --skip-build --disable-xctest --no-parallel \
		--filter 'EndToEndTests.(FenceTests|FleetTests|LargeFleetTests|RemoteWriteTests)'

SANITIZED = $(filter-out SimulatorTests CollectorTests EndToEndTests DashboardsTests,$(notdir $(wildcard Tests/*Tests)))

test-sanitizers: ## run the tests of modules with threads or C under the thread and the address sanitizer
	@.ci/setup check test
	for sanitizer in thread address; do \
		$(SWIFT_BUILD) --build-tests --sanitize=$$sanitizer --scratch-path .build/$$sanitizer && \
		SANITIZER=$$sanitizer ONLY="$(SANITIZED)" .ci/test || exit 1; \
	done

coverage: ## measure line coverage and write the table to docs/coverage.md
	@.ci/setup check test
	@.ci/coverage

fuzz: ## run hostile input against the response parser; SECONDS_TO_FUZZ=600
	@.ci/setup check build
	@.ci/fuzz $${SECONDS_TO_FUZZ:-600}

# KEEP=1 copies the tables into Benchmarks/README.md.
bench: ## measure against plain C, Go, Python and PREVIOUS=BINARY, 45 minutes; QUICK=1 takes 8
	@.ci/setup check bench
	$(SWIFT_BUILD) -c release --static-swift-stdlib
	.build/venv/bin/python -B Benchmarks/run.py $(if $(QUICK),--quick) $(if $(KEEP),--keep) \
		$(if $(ONLY),--only=$(ONLY)) $(if $(PREVIOUS),--previous=$(PREVIOUS)) \
		$(if $(PREVIOUS_FEEDS),--previous-feeds=$(PREVIOUS_FEEDS))

lint: ## check format, layout, names, words, links, scripts
	@.ci/setup check test
	@.ci/lint

format: ## format the Swift code
	swift format --in-place --recursive Sources Tests Benchmarks Package.swift

dashboards: ## regenerate dashboards and rules from dashboards/settings.yml
	@.ci/setup check test
	.build/venv/bin/python -B dashboards/generate.py
	@.build/venv/bin/python -B dashboards/runbooks.py

pictures: ## draw docs/pictures from a real run of exporter and Prometheus, 10 minutes
	@.ci/setup check test
	$(SWIFT_BUILD)
	.build/venv/bin/python -B Tests/DashboardsTests/Checks/make_pictures.py

image: ## build both container images without a registry (root only)
	@.ci/setup check image
	@.ci/image

test-image: ## run the images read-only, unprivileged and without capabilities
	@.ci/setup check image
	@.ci/test-image

release: ## build tarballs, Debian packages, SBOMs and checksums of the commit in .build/dist
	@.ci/setup check release
	@deploy/release/make .build/dist

test-release: ## build the release twice in different directories and compare the bytes
	@.ci/setup check release
	@deploy/release/compare

deb: ## build the Debian packages of the commit in .build/dist; PROGRAMS=DIRECTORY packs compiled programs
	@.ci/setup check deb
	@deploy/release/make .build/dist deb

test-deb: ## install, upgrade and purge the packages of `make deb` in a Debian 12 with systemd (root only)
	@.ci/setup check test-deb
	@.ci/test-deb

# The chart reads rules and dashboards where `make dashboards` writes them. The plain manifests contain the rules.
chart: ## check the Helm chart, write the manifests that are rendered from it, package it in .build/dist
	@.ci/setup check chart
	$(SWIFT_BUILD)
	@.build/venv/bin/python -B deploy/kubernetes/make.py

test-chart: ## check the Helm chart, and that the files rendered from it are up to date
	@.ci/setup check chart
	$(SWIFT_BUILD)
	@.build/venv/bin/python -B deploy/kubernetes/make.py --check

version: ## show the version; VERSION=0.2.0 changes it, in the code and in CHANGELOG.md
	@.ci/version $(VERSION)
