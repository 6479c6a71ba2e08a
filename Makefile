# The commands of this project; README.md says what each is for.
.PHONY: build demo bench test test-worlds test-kills test-sanitizers fuzz lint format dashboards image test-image release test-release

# REVISION is stamped into the programs; a build that nobody names is "unknown".
SWIFT_BUILD = swift build --explicit-target-dependency-import-check error

build:
	@.ci/setup build
	$(SWIFT_BUILD)

demo:
	@.ci/setup demo
	$(SWIFT_BUILD)
	@deploy/demo/run

test:
	@.ci/setup test
	$(SWIFT_BUILD) --build-tests
	@.ci/test

# A hundred times the simulated worlds of `make test`; about two hours on two cores.
test-worlds:
	@.ci/setup test
	swift build -c release --build-tests -Xswiftc -enable-testing
	WORLDS=$${WORLDS:-1000000} swift test -c release --skip-build --disable-xctest --filter WorldTests

SANITIZED = LockingTests MetricsTests ConfigurationTests CryptoTests GzipTests DarktraceTests ExporterTests LedgerTests \
	ScrapeEndpointTests HTTPServerTests CurlTransportTests

# What threads and C libraries share, under the sanitizers of data races and of memory errors; five minutes.
test-sanitizers:
	@.ci/setup test
	for sanitizer in thread address; do \
		$(SWIFT_BUILD) --build-tests --sanitize=$$sanitizer --scratch-path .build/$$sanitizer && \
		SANITIZER=$$sanitizer ONLY="$(SANITIZED)" .ci/test || exit 1; \
	done

# Ten times the kills and faults that `make test` puts the real programs through; SEED=N rolls the same dice again.
test-kills:
	@.ci/setup test
	$(SWIFT_BUILD) --build-tests
	KILLS=$${KILLS:-2000} FAULTS=$${FAULTS:-400} swift test --skip-build --disable-xctest --filter \
		'EndToEndTests.(KillTests|FaultyNetworkTests)'

# SECONDS_TO_FUZZ=3600 make fuzz: hostile bodies against the splitter and the record decoder.
fuzz:
	@.ci/setup build
	@.ci/fuzz $${SECONDS_TO_FUZZ:-600}

# QUICK=1 takes about four minutes instead of fifteen; KEEP=1 copies the table into Benchmarks/README.md.
bench:
	@.ci/setup bench
	$(SWIFT_BUILD) -c release --static-swift-stdlib
	.build/venv/bin/python -B Benchmarks/run.py $(if $(QUICK),--quick) $(if $(KEEP),--keep)

lint:
	@.ci/setup test
	@.ci/lint

format:
	swift format --in-place --recursive Sources Tests Benchmarks Package.swift

dashboards:
	@.ci/setup test
	.build/venv/bin/python -B dashboards/generate.py

# Both container images, without a registry; says so where it cannot run.
image:
	@.ci/setup image
	@.ci/image

# Runs them read-only, unprivileged and without capabilities against each other.
test-image:
	@.ci/setup image
	@.ci/test-image

# Tarballs, bills of materials and checksums of the commit, in .build/dist.
release:
	@.ci/setup release
	@deploy/release/make .build/dist

# Makes the release twice, from two clones in other folders, and fails unless both are the same bit for bit.
test-release:
	@.ci/setup release
	@deploy/release/compare
