# For people and CI alike. Each target does what stands before it first; all are safe to run again.
.PHONY: setup setup-packages setup-tools setup-test setup-bench setup-bench-convert setup-bench-stream build build-asan program demo test test-parts test-release test-asan test-consumer test-opinions test-network check bench bench-convert bench-stream fuzz format clean

JOBS ?= $(shell nproc)
SETUP = setup

# Packages to build the library and the program, on a fresh Debian 12.
setup:
	tools/setup.sh build

# Packages for `bench`: other people's codecs, a compiler for WebAssembly.
setup-bench: setup
	tools/setup.sh bench

# ... a converter of other people's.
setup-bench-convert: setup
	tools/setup.sh bench-convert

# ... a reader of other people's, and a web server.
setup-bench-stream: setup
	tools/setup.sh bench-stream

# For the tests: Debian's packages, and from other registries other people's readers as second opinions, and an S3 server.
setup-packages:
	tools/setup.sh packages

setup-tools: $(SETUP:setup=setup-packages)
	$(PART) tools/setup.sh tools

setup-test: setup-tools

build: $(SETUP)
	$(PART) tools/build.sh release $(JOBS)

build-asan: $(SETUP)
	$(PART) $(ASIDE) tools/build.sh asan $(JOBS)

# The program without the tests: half the time.
program: setup
	tools/build.sh release $(JOBS) copse_cli

demo: program
	tools/demo.sh build/copse

# All tests: unit tests and golden folders in the release build, the same under ASan and UBSan, the include edges, headers that
# compile alone (clang and g++), the consumer of the installed package, the second opinions, and servers on this machine.
#
# Two parts at a time, in the order of `test-parts` as soon as what they need is there: some have work for one processor only, or wait.
# What the sanitizers do stands aside (nice) and takes what is left.
test: setup-packages
	@rm -rf .results
	@$(MAKE) --no-print-directory -j 2 PART='tools/part.sh $$@' ASIDE='nice -n 10' SETUP= test-parts; tools/summary.sh $$?

test-parts: test-release setup-tools check test-consumer test-opinions test-network test-asan

check:
	$(PART) tools/check.sh

test-release: build
	$(PART) tools/run_ctest.sh release $(JOBS)

test-asan: build-asan
	$(PART) $(ASIDE) tools/run_ctest.sh asan $(JOBS)

test-consumer: build
	$(PART) tools/test_consumer.sh build

test-opinions: build setup-tools
	$(PART) tools/run_opinions.sh build/copse $(JOBS)

test-network: build setup-tools
	$(PART) tools/run_network.sh build/copse

# Ours and other people's codecs, timed in turn: prints a table and writes bench/RESULTS.md. A part of it: tools/bench.sh --rows 1,3
bench: setup-bench
	tools/bench.sh

# Conversion against copc_converter, and what trees and files are like. A part of it: tools/bench.sh --convert --parts speed --points 5M
bench-convert: setup-bench-convert
	tools/bench.sh --convert

# Questions to a file on a web server 50 ms away, against copc-streaming. A part of it: tools/bench.sh --stream --parts rival --points 5M
bench-stream: setup-bench-stream
	tools/bench.sh --stream

fuzz: setup
	tools/build.sh fuzz $(JOBS) fuzz_targets
	tools/fuzz.sh build-fuzz

format:
	clang-format-19 -i $$(git ls-files '*.cpp' '*.hpp')

clean:
	rm -rf build build-asan build-fuzz build-dev build-gcc build-bench
