#!/usr/bin/env bash
# test_consumer.sh BUILD: installs BUILD into a fresh folder, builds examples/ against the installed tree, and runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/installed" >/dev/null
for example in query_box_and_time asio_query coming_from_rust; do
    cmake -S "examples/$example" -B "$work/$example" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PREFIX_PATH="$work/installed" >/dev/null
    cmake --build "$work/$example" >/dev/null
done
"$build/copse" synth "$work/passes" --points 20000 --passes 2 --quiet
"$build/copse" convert "$work/passes" "$work/out.copc.laz" --max-node-points 1000 --quiet
everything=$("$work/query_box_and_time/query_box_and_time" "$work/out.copc.laz" -1e9,-1e9,1e9,1e9 0 1e12)
case "$everything" in
    "20000 points, "*) echo "consumer: found, built, ran: $everything" ;;
    *) echo "error: the consumer says: $everything" >&2; exit 1 ;;
esac
examples/asio_query/test_asio_query.py "$work/asio_query/asio_query" "$work/out.copc.laz" "$everything" 2>"$work/asio.txt" ||
    { tail -n 40 "$work/asio.txt" >&2; exit 1; }
echo "asio_query: $(grep '^Ran' "$work/asio.txt")"
"$work/coming_from_rust/coming_from_rust" "$work/out.copc.laz" >"$work/rust.txt" || { cat "$work/rust.txt" >&2; exit 1; }
echo "coming_from_rust: $(grep -c ': 20000 points$' "$work/rust.txt") ways to all points"
# The demonstration is a promise of the README too.
tools/demo.sh "$build/copse" >"$work/demo.txt" 2>&1 || { tail -n 20 "$work/demo.txt" >&2; exit 1; }
echo "demo: $(grep -c '^ *\$ copse' "$work/demo.txt") commands"
