# `make test` is for everybody; the rest is for those who work on Cairn.
SHELL := /bin/bash

.PHONY: help test lint install tsan

help:
	@echo "make test    check the format and run the whole test suite"
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

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

test: install lint
	swift build --build-tests
	swift test --skip-build

tsan: install
	swift test --sanitize=thread --scratch-path .build-tsan
