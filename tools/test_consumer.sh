#!/usr/bin/env bash
# test_consumer.sh BUILD: installs BUILD into a fresh folder, builds examples/ against the installed tree, and runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/installed" >/dev/null
cmake -S examples/query_box_and_time -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_PREFIX_PATH="$work/installed" >/dev/null
cmake --build "$work/build" >/dev/null
"$build/copse" synth "$work/passes" --points 20000 --passes 2 --quiet
"$build/copse" convert "$work/passes" "$work/out.copc.laz" --quiet
everything=$("$work/build/query_box_and_time" "$work/out.copc.laz" -1e9,-1e9,1e9,1e9 0 1e12)
case "$everything" in
    "20000 points, "*) echo "consumer: found, built, ran: $everything" ;;
    *) echo "error: the consumer says: $everything" >&2; exit 1 ;;
esac
# The demonstration is a promise of the README too.
tools/demo.sh "$build/copse" >"$work/demo.txt" 2>&1 || { tail -n 20 "$work/demo.txt" >&2; exit 1; }
echo "demo: $(grep -c '^ *\$ copse' "$work/demo.txt") commands"
