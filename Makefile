# `make run` and `make test` are for everybody; the rest is for those who work on Cairn.
SHELL := /bin/bash

.PHONY: help run test lint install suite crash-quick crash-campaign crash-replay simulate \
        planted-bugs planted-race tsan asan coverage bench bench-tiny peers

# The other engines whose headers are here; Benchmarks/Package.swift links those.
PEERS = $(wildcard $(addprefix /usr/include/,rocksdb/c.h leveldb/c.h lmdb.h sqlite3.h tkrzw_langc.h wiredtiger.h))
BENCH_PATHS = --package-path Benchmarks --scratch-path .build-bench
BENCH = CAIRN_PEERS="$(PEERS)" swift run -c release $(BENCH_PATHS) cairn-bench
CAMPAIGN = .build-release/release/CrashCampaign
PLANTED = .build-planted/release/CrashCampaign
RACES = .build-tsan-planted/debug/CrashCampaign

help:
	@echo "make run             build the example worker and serve it on http://127.0.0.1:8787"
	@echo "make test            check the format, run the suite and a few minutes of crash tests"
	@echo "make crash-campaign  go on with all crash tests for MINUTES=60; Docs/Testing.md"
	@echo "make crash-replay    do one failure again: INSTRUMENT=simulate SHARE=42"
	@echo "make simulate        one seed against the model: SEED=42"
	@echo "make planted-bugs    plant known bugs, one at a time, and see that each is found"
	@echo "make planted-race    the same for a race, under ThreadSanitizer"
	@echo "make tsan, asan      run the suite and the thread stress under a sanitizer"
	@echo "make coverage        which regions of the sources the suite reaches"
	@echo "make bench           measure; make bench ARGS='--help' says how"
	@echo "make bench-tiny      run every benchmark and the comparison for a moment"
	@echo "make peers           install the engines that the benchmarks compare with"

run: install
	swift build -c release --scratch-path .build-release --product RoomBroadcast
	exec .build-release/release/RoomBroadcast --config Sources/Examples/RoomBroadcast/wrangler.toml $(ARGS)

# zlib's headers are all that a Swift toolchain lacks, and macOS has them.
install:
	@if [ "$$(uname)" = Linux ] && ! [ -e /usr/include/zlib.h ]; then \
	    if command -v apt-get >/dev/null; then \
	        run=; if [ "$$(id -u)" != 0 ]; then run=sudo; fi; \
	        $$run apt-get update -q && $$run apt-get install -y -q zlib1g-dev; \
	    else \
	        echo "zlib's headers are missing: install them (zlib1g-dev, zlib-devel)" >&2; exit 1; \
	    fi; \
	fi

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

test: suite crash-quick

suite: install lint
	swift build --build-tests
	swift test --skip-build

$(CAMPAIGN): FORCE install
	swift build -c release --scratch-path .build-release --product CrashCampaign

$(PLANTED): FORCE install
	swift build -c release --scratch-path .build-planted --traits PlantedBugs --product CrashCampaign

$(RACES): FORCE install
	swift build --sanitize=thread --scratch-path .build-tsan-planted --traits PlantedBugs --product CrashCampaign

.PHONY: FORCE
FORCE:

# The shipped binary that the real-kernel faults are injected into.
crash-quick: export CAIRN_BINARY = $(CURDIR)/.build/debug/cairn
crash-quick: $(CAMPAIGN)
	$(CAMPAIGN) run

crash-campaign: export CAIRN_BINARY = $(CURDIR)/.build/debug/cairn
crash-campaign: MINUTES ?= 60
crash-campaign: $(CAMPAIGN)
	$(CAMPAIGN) campaign --minutes $(MINUTES) $(ARGS)

crash-replay: $(CAMPAIGN)
	$(CAMPAIGN) run $(INSTRUMENT) --share $(SHARE)

simulate: $(CAMPAIGN)
	$(CAMPAIGN) run simulate --share $(SEED)

planted-bugs: $(PLANTED)
	$(PLANTED) planted $(ARGS)

planted-race: $(RACES)
	$(RACES) run stress
	$(RACES) planted unlockedCounter --tsan $(RACES)

# Without what is one thread by nature, or starts programs that are not instrumented.
tsan: install $(RACES)
	swift test --sanitize=thread --scratch-path .build-tsan --skip CairnSimulationTests --skip KillTests \
	    --skip PowerCutTests --skip CrashRows --skip DamageRows --skip DiskFullRows --skip FailedCallRows
	$(RACES) run stress --seconds 60

# The Swift backtracer hangs on a crash under this sanitizer.
asan: install
	SWIFT_BACKTRACE=enable=no swift test --sanitize=address --scratch-path .build-asan

coverage: install
	swift test --enable-code-coverage --scratch-path .build-coverage
	@directory=$$(dirname "$$(readlink -f "$$(command -v swift)")"); \
	"$$directory/llvm-cov" report .build-coverage/debug/cairnPackageTests.xctest \
	    -instr-profile=.build-coverage/debug/codecov/default.profdata \
	    -ignore-filename-regex='\.build|Tests/|checkouts' | sed 's|$(CURDIR)/||'

bench: install
	$(BENCH) $(ARGS)

bench-tiny: install
	$(BENCH) --tiny
	$(BENCH) compare --quick
	$(BENCH) footprint --keys 20000 --repeat 1
	CAIRN_PEERS="$(PEERS)" swift test -c release --disable-testable-imports $(BENCH_PATHS)

peers:
	@run=; if [ "$$(id -u)" != 0 ]; then run=sudo; fi; \
	$$run apt-get update -q && $$run apt-get install -y -q librocksdb-dev libleveldb-dev liblmdb-dev \
	    libsqlite3-dev libtkrzw-dev libwiredtiger-dev
