#!/usr/bin/env bash
# part.sh NAME COMMAND...: a part of `make test`, which runs two at a time. What it prints goes to .results/NAME.log; when it is over come
# the lines that say something and its seconds, or, where it failed, the end of its output.
set -uo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
mkdir -p .results
log=.results/$name.log
# Of `make`, whose jobs are parts: what runs here has its own.
unset MAKEFLAGS MFLAGS
begun=$SECONDS
"$@" </dev/null >"$log" 2>&1
status=$?
seconds=$((SECONDS - begun))
echo "$name $seconds $status" >>.results/parts.txt
if [ $status -ne 0 ]; then
    tail -n 60 "$log"
    echo "error: $name failed after $seconds s: $PWD/$log"
    exit 1
fi
# Not the steps of builds.
grep -vE '^(\[[0-9]+/[0-9]+\]|-- |Preset CMake variables|  [A-Z_]+=| *$)' "$log"
echo "$name: $seconds s"
exit 0
