# Two commands for everybody: `make run` and `make test`. The rest is for those who work on Cairn.
SHELL := /bin/bash
RELEASE := --scratch-path .build-release
ADDRESS ?= 127.0.0.1
PORT ?= 8787
DATA ?= .cairn

.PHONY: help run test lint install bench bench-tiny tsan

help:
	@echo "make run     build a release and serve the example Worker on http://$(ADDRESS):$(PORT)"
	@echo "make test    check the format and run the whole test suite"
	@echo "make bench   run the benchmarks (minutes); bench-tiny runs each of them once"
	@echo "make tsan    run the suite under ThreadSanitizer"

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

run: install
	swift build -c release $(RELEASE) --product RoomBroadcast
	exec .build-release/release/RoomBroadcast --config Sources/Examples/RoomBroadcast/wrangler.toml \
	    --ip $(ADDRESS) --port $(PORT) --persist-to $(DATA)

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

test: install lint
	swift build --build-tests
	swift test --skip-build

tsan: install
	swift test --sanitize=thread --scratch-path .build-tsan

bench: install
	swift run -c release --package-path Benchmarks --scratch-path .build-bench cairn-bench

bench-tiny: install
	swift run -c release --package-path Benchmarks --scratch-path .build-bench cairn-bench --tiny
