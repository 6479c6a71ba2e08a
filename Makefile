# The commands of this project; README.md says what each is for.
.PHONY: build test lint format dashboards

SWIFT_BUILD = swift build --explicit-target-dependency-import-check error

build:
	@.ci/setup build
	$(SWIFT_BUILD)

test:
	@.ci/setup test
	$(SWIFT_BUILD) --build-tests
	swift test --skip-build --disable-xctest

lint:
	@.ci/setup test
	@.ci/lint

format:
	swift format --in-place --recursive Sources Tests Package.swift

dashboards:
	@.ci/setup test
	.build/venv/bin/python -B dashboards/generate.py
