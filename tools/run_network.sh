#!/usr/bin/env bash
# run_network.sh COPSE: Copse against web servers and an S3 server on this machine. A missing tool is a skipped test, told in one line;
# under CI it is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .results
export COPSE=$PWD/$1
log=.results/network.txt
status=0
.venv/bin/python -m pytest -q -rs -p no:cacheprovider tests/network >"$log" 2>&1 || status=$?
tail -n 15 "$log"
if [ -n "${CI:-}" ] && grep -q 'missing tool' "$log"; then
    echo "error: a network test was skipped" >&2
    status=1
fi
[ $status -eq 0 ] || { grep -vE '^\.+ ' "$log" | tail -n 200; exit 1; }
