#!/usr/bin/env bash
# run_opinions.sh COPSE JOBS: other people's readers judge our files, JOBS of them at a time. A missing tool is a skipped opinion, told in one line; under CI it is
# a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .results
export COPSE=$PWD/$1
log=.results/opinions.txt
status=0
.venv/bin/python -m pytest -q -rs -p no:cacheprovider -n "$2" --dist loadgroup tests/opinions >"$log" 2>&1 || status=$?
tail -n 15 "$log"
if [ -n "${CI:-}" ] && grep -q 'missing tool' "$log"; then
    echo "error: a second opinion was skipped" >&2
    status=1
fi
[ $status -eq 0 ] || { grep -vE '^\.+ ' "$log" | tail -n 200; exit 1; }
