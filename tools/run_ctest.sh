#!/usr/bin/env bash
# run_ctest.sh PRESET JOBS: the tests of one build; the counts go to a file for the summary.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
mkdir -p .results
log=.results/ctest-$preset.txt
ctest --preset "$preset" -j "$2" --timeout 600 >"$log" 2>&1 || { grep -vE '^ *[0-9]+/[0-9]+ .* Passed|^ +Start ' "$log"; exit 1; }
tail -n 4 "$log"
