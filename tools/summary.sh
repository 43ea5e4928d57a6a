#!/usr/bin/env bash
# summary.sh STATUS: adds up what the parts of `make test` counted, and prints one closing line. Where the parts failed it says at the
# end of everything what did, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$1" -ne 0 ]; then
    while read -r name seconds status; do
        [ "$status" -ne 0 ] || continue
        printf '\n==== %s failed after %s s; the end of .results/%s.log:\n' "$name" "$seconds" "$name"
        tail -n 60 ".results/$name.log"
    done < <(cat .results/parts.txt 2>/dev/null)
    echo "make test: failed: $(awk '$3 != 0 { printf "%s ", $1 }' .results/parts.txt 2>/dev/null)"
    exit 1
fi
passed=0 failed=0
for preset in release asan; do
    # "100% tests passed, 0 tests failed out of 321"
    line=$(grep -E 'tests passed, [0-9]+ tests failed out of' ".results/ctest-$preset.txt")
    bad=$(sed -E 's/.*, ([0-9]+) tests failed out of ([0-9]+).*/\1/' <<<"$line")
    all=$(sed -E 's/.*, ([0-9]+) tests failed out of ([0-9]+).*/\2/' <<<"$line")
    echo "$preset: $((all - bad)) passed, $bad failed (unit tests, golden folders$([ $preset = asan ] && echo ", fuzz corpora"))"
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
echo "seconds: $(awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }' .results/parts.txt)"
echo "$passed passed, $failed failed"
