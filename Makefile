# For people and CI alike. Each target does what stands before it first; all are safe to run again.
.PHONY: setup setup-test setup-bench setup-bench-convert setup-bench-stream build program demo test test-release test-asan test-consumer test-opinions test-network check bench bench-convert bench-stream fuzz format clean

JOBS ?= $(shell nproc)

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

# Packages for the tests: other people's readers as second opinions, servers.
setup-test: setup
	tools/setup.sh test

build: setup
	cmake --preset release
	cmake --build --preset release -j $(JOBS)

# The program without the tests: half the time.
program: setup
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target copse_cli

demo: program
	tools/demo.sh build/copse

# All tests: unit tests and golden folders in the release build, the same under ASan and UBSan, the include edges, headers that
# compile alone (clang and g++), the consumer of the installed package, the second opinions, and servers on this machine.
test: setup-test check test-release test-consumer test-opinions test-network test-asan
	@tools/summary.sh

check:
	tools/check_edges.py
	tools/check_format.sh
	tools/check_headers.sh
	tools/check_quotes.py

test-release: build
	tools/run_ctest.sh release $(JOBS)

test-asan: setup
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	tools/run_ctest.sh asan $(JOBS)

test-consumer: build
	tools/test_consumer.sh build

test-opinions: build setup-test
	tools/run_opinions.sh build/copse

test-network: build setup-test
	tools/run_network.sh build/copse

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
	cmake --preset fuzz
	cmake --build --preset fuzz -j $(JOBS) --target fuzz_targets
	tools/fuzz.sh build-fuzz

format:
	clang-format-19 -i $$(git ls-files '*.cpp' '*.hpp')

clean:
	rm -rf build build-asan build-fuzz build-dev build-gcc build-bench
