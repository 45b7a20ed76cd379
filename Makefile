# SPDX-License-Identifier: MPL-2.0
# The front door. CMake does the building (CMakePresets.json), tests/run the testing.
#   PREFIX=/usr/local  DESTDIR=   where make install puts things
#   SECONDS=N                     make run stops by itself
#   PACKAGES=no                   ask for no Debian packages; what is needed is there
SHELL    := /bin/bash
PYTHON   ?= /usr/bin/python3
PREFIX   ?= /usr/local
PACKAGES ?= yes
JOBS     ?= $(shell nproc)
# Every shell has a SECONDS; only the one that make was given counts.
RUN_SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS))
export PYTHON DESTDIR

install_packages = $(if $(filter no,$(PACKAGES)),true,tools/install-packages)
release = cmake --preset release -DBUILD_TESTING=OFF -DFSZ_BENCH=OFF -DCMAKE_INSTALL_PREFIX=$(PREFIX)

.PHONY: help packages build run test check test-asan test-tsan fuzz tidy format module install \
        install-tools bench clean
.NOTPARALLEL:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

packages: ## install the Debian packages that building, testing and benchmarks need
	@$(install_packages) run test bench

build: ## build everything, with tests, into build/dev
	@$(install_packages) run test
	@cmake --preset dev -DFSZ_BENCH=ON
	@cmake --build --preset dev -j$(JOBS)

run: ## simulated switch, and its events as they go by, until Ctrl-C (or SECONDS=10)
	@$(install_packages) run
	@mkdir -p build
	@tools/progress build/run.log "Building into build/release" \
		sh -c '$(release) && cmake --build --preset release -j$(JOBS)'
	@tools/run-demo build/release $(RUN_SECONDS)

test: ## build, and run the tests of the product; ends with `N passed, N failed, N skipped`
	@$(install_packages) run test
	@tests/run --only $(or $(ONLY),test)

check: ## the rest: lint, sanitizers, fuzzing and the slow tests
	@$(install_packages) run test
	@tests/run --only check

test-asan: ## the unit tests under AddressSanitizer and UBSan
	@$(install_packages) run test
	@tests/run --only asan

test-tsan: ## the unit tests under ThreadSanitizer
	@$(install_packages) run test
	@tests/run --only tsan

fuzz: ## every fuzz target for FUZZ_SECONDS (10) each
	@$(install_packages) run test
	@tests/run --only fuzz

tidy: build ## clang-tidy over src, sim and bench/tool
	@tools/lint tidy

format: ## format every C file
	@tools/lint format --fix

module: ## mod_event_zmq.so against the FreeSWITCH that pkg-config finds
	@tools/need-freeswitch
	@$(install_packages) run
	@$(release)
	@cmake --build --preset release -j$(JOBS) --target mod_event_zmq

install: module install-tools ## module and configuration into that FreeSWITCH; and install-tools
	@tools/install-module build/release

install-tools: ## fszmqd, fszmq, man pages, completion, systemd unit and headers, below PREFIX
	@$(install_packages) run
	@$(release)
	@cmake --build --preset release -j$(JOBS)
	@cmake --install build/release

bench: ## benchmarks (bench/run); the figures of docs/performance.md
	@$(install_packages) run bench
	@cmake --preset release -DBUILD_TESTING=OFF -DFSZ_BENCH=ON
	@cmake --build --preset release -j$(JOBS)
	@bench/run build/release

clean: ## remove build
	rm -rf build
