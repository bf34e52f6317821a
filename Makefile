# `make run` and `make test` are for everybody; the rest is for those who work on Cairn.
SHELL := /bin/bash

.PHONY: help run test lint install tsan bench bench-tiny

BENCH = swift run -c release --package-path Benchmarks --scratch-path .build-bench cairn-bench

help:
	@echo "make run         build the example worker and serve it on http://127.0.0.1:8787"
	@echo "make test        check the format and run the whole test suite"
	@echo "make bench       measure; make bench ARGS='--help' says how"
	@echo "make bench-tiny  run every benchmark for a moment"
	@echo "make tsan        run the suite under ThreadSanitizer"

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

test: install lint
	swift build --build-tests
	swift test --skip-build

# Without the suites that replay thousands of crash images one after the other: an hour, and one thread.
tsan: install
	swift test --sanitize=thread --scratch-path .build-tsan --skip PowerCutTests \
	    --skip CrashRows --skip DamageRows --skip DiskFullRows --skip FailedCallRows

bench: install
	$(BENCH) $(ARGS)

bench-tiny: install
	$(BENCH) --tiny
