#!/usr/bin/env bash
# fuzz.sh BUILD: every fuzz target for COPSE_FUZZ_SECONDS (60 by default) each. New inputs stay in the build folder; crashes stop it.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
seconds=${COPSE_FUZZ_SECONDS:-60}
for program in "$build"/fuzz/*_fuzz; do
    name=$(basename "$program" _fuzz)
    found=$build/fuzz/found/$name
    mkdir -p "$found" "fuzz/corpus/$name"
    echo "fuzz: $name for $seconds s"
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 "$found" "fuzz/corpus/$name" 2>&1 |
        tee "$build/fuzz/$name.log" | grep -E 'ERROR|SUMMARY|stat::number_of_executed|artifact' || true
    if grep -q 'SUMMARY' "$build/fuzz/$name.log"; then echo "fuzz: $name found something: $build/fuzz/$name.log" >&2; exit 1; fi
done
