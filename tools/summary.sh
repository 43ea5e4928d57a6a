#!/usr/bin/env bash
# Adds up what the parts of `make test` counted, and prints one closing line.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
for preset in release asan; do
    # "100% tests passed, 0 tests failed out of 321"
    line=$(grep -E 'tests passed, [0-9]+ tests failed out of' ".results/ctest-$preset.txt")
    bad=$(sed -E 's/.*, ([0-9]+) tests failed out of ([0-9]+).*/\1/' <<<"$line")
    all=$(sed -E 's/.*, ([0-9]+) tests failed out of ([0-9]+).*/\2/' <<<"$line")
    echo "$preset: $((all - bad)) passed, $bad failed (unit tests, golden folders, fuzz corpora)"
    passed=$((passed + all - bad)) failed=$((failed + bad))
done
# "12 passed, 1 skipped in 3.45s"
for part in opinions network; do
    line=$(tail -n 1 ".results/$part.txt")
    good=$(grep -oE '[0-9]+ passed' <<<"$line" | cut -d' ' -f1 || true)
    bad=$(grep -oE '[0-9]+ failed' <<<"$line" | cut -d' ' -f1 || true)
    case $part in
        opinions) echo "second opinions: $line" ;;
        network) echo "servers: $line" ;;
    esac
    passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
done
echo "$passed passed, $failed failed"
