#!/usr/bin/env bash
# Times Copse and others in turn on the same bytes in memory, prints the table and writes it to bench/RESULTS.md.
#
# usage: tools/bench.sh [--rows 1,3] [--rounds N]   rows of the table; bench/RESULTS.md is left alone unless all are run
#        tools/bench.sh --programs [REGEX]          our own questions on Google Benchmark, those whose names match
#        tools/bench.sh --convert [OPTION...]       conversion against copc_converter; options of bench/convert.py, such as
#                                                   --parts speed --points 5M; without any its results are written too
#        tools/bench.sh --stream [OPTION...]        questions to web servers against copc-streaming; options of bench/stream.py
# Needs what `tools/setup.sh bench` installs, --convert what `tools/setup.sh bench-convert` does, --stream what
# `tools/setup.sh bench-stream` does. Environment: BUILD (build-bench), COMPILER (clang++-19), COPSE_SHARED_DATA (../shared/data;
# where it is missing, inputs are made), COPSE_BENCH_FILE (a LAZ file for the programs).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-bench}
compiler=${COMPILER:-clang++-19}
shared=${COPSE_SHARED_DATA:-../shared/data}

usage() { sed -n 's/^# \{0,1\}//; 4,8p' "$0" >&2; exit 2; }

rows= rounds=15 programs= convert=() stream=()
while [ $# -gt 0 ]; do
    case "$1" in
        --rows) [ $# -ge 2 ] || usage; rows=$2; shift 2 ;;
        --rounds) [ $# -ge 2 ] || usage; rounds=$2; shift 2 ;;
        --programs) programs=${2:-.}; shift $(($# > 1 ? 2 : 1)) ;;
        --stream) shift; stream=(run "$@"); break ;;
        --convert) shift; convert=(run "$@"); break ;;
        *) usage ;;
    esac
done

configure() {
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
        -DCOPSE_BENCH=ON -DCOPSE_TESTS=OFF -DCOPSE_FUZZ=OFF >/dev/null
}

build_wasm() {
    cmake -S bench/wasm -B "$build/wasm" -G Ninja --toolchain "$PWD/bench/wasm/wasi.cmake" >/dev/null
    cmake --build "$build/wasm" -- --quiet
}

# The module must make the same points of every chunk as native code.
check_wasm() {
    local files=("$build"/inputs/*.laz) selection
    [ ! -d "$shared" ] || files+=("$shared"/*.laz)
    for selection in all xyz; do
        diff <("$build/bench/codec_worker" $selection "${files[@]}") \
            <(node bench/wasm/checksums.mjs "$build/wasm/copse.wasm" $selection "${files[@]}") >&2 || {
            echo "error: WASM and native code decode different points" >&2
            exit 1
        }
    done
    echo "WASM decodes ${#files[@]} files as native code does"
}

run_programs() {
    cmake --build "$build" --target benchmarks
    local program
    for program in "$build"/bench/*_bench; do
        [[ $(basename "$program") =~ $programs ]] || continue
        echo "== $(sed -n '1s,^// ,,p' "bench/$(basename "$program").cpp")"
        "$program" --benchmark_min_time=0.2 --benchmark_counters_tabular=true 2>/dev/null
    done
}

# Inputs of 60 million points and what is made of them take about 2 GB of disk.
run_convert() {
    cmake --build "$build" --target copse_cli bench_workers
    [ $# -gt 0 ] || set -- --markdown bench/RESULTS.md
    python3 bench/convert.py --build "$build" --inputs "$build/inputs" --rival .tools/bin/copc_converter --compiler "$compiler" "$@"
}

# What the questions are asked of takes about 1 GB of disk.
run_stream() {
    cmake --build "$build" --target copse_cli
    [ $# -gt 0 ] || set -- --markdown bench/RESULTS.md
    python3 bench/stream.py --build "$build" --inputs "$build/inputs" --converter .tools/bin/copc_converter \
        --rival bench/rivals/stream/target/release/copse-stream-rival --compiler "$compiler" "$@"
}

configure
if [ ${#stream[@]} -gt 0 ]; then
    run_stream "${stream[@]:1}"
    exit
fi
if [ ${#convert[@]} -gt 0 ]; then
    run_convert "${convert[@]:1}"
    exit
fi
if [ -n "$programs" ]; then
    run_programs
    exit
fi
cmake --build "$build" --target copse_cli bench_workers
build_wasm
results=()
[ -n "$rows" ] || results=(--markdown bench/RESULTS.md)
python3 bench/compare.py --build "$build" --inputs "$build/inputs" --shared "$shared" --venv .venv --node tests/opinions/node \
    --compiler "$compiler" --rows "$rows" --rounds "$rounds" "${results[@]}"
check_wasm
