# The ways in. `make help` lists them.
BUILD := build/release
.DEFAULT_GOAL := help
.PHONY: help build demo cluster test test-all soak bench fuzz sanitize lint install clean packages

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

packages:
	@scripts/install-packages build

build: packages ## build build/release/tickerlake
	@scripts/build release

demo: build ## run the main job on datasets/kaggle-sample and show what comes out
	@$(BUILD)/tickerlake demo

cluster: build ## run Apache Kafka itself on this machine, three brokers: docs/cluster.md (needs Java and Maven)
	@$(BUILD)/tickerlake cluster up

test: ## build and run every test; the last line counts them
	@scripts/install-packages test
	@scripts/build release
	@tests/run

test-all: ## the longer suites too; docs/compatibility.md holds their latest result
	@scripts/install-packages test
	@scripts/build release
	@tests/run --all

soak: ## half an hour of everything at once; memory, threads and descriptors must stay flat
	@scripts/install-packages test
	@scripts/build release
	@tests/soak/run

bench: build ## measure, side by side with the peers; docs/performance.md explains the figures
	@bench/run

TARGET ?=
SECONDS ?= 600
JOBS ?= 1
fuzz: ## libFuzzer over every target, SECONDS=600 each, JOBS=1 at once; TARGET='sql sigv4' for some
	@scripts/install-packages fuzz
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target $(if $(TARGET),$(addprefix fuzz_,$(TARGET)),fuzz)
	@tests/fuzz/run --seconds $(SECONDS) --jobs $(JOBS) $(TARGET)

sanitize: ## unit and end-to-end tests under ASan and UBSan, then under TSan; each report is a failure
	@scripts/install-packages test
	@scripts/build dev
	@tests/run --build build/dev
	@scripts/build tsan
	@tests/run --build build/tsan

lint: ## clang-tidy over every source, with the checks of .clang-tidy
	@scripts/install-packages lint
	@scripts/lint

PREFIX ?= /usr/local
install: build ## install under PREFIX (default /usr/local)
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove what was built
	rm -rf build
