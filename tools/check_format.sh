#!/usr/bin/env bash
# All C++ is laid out by .clang-format.
set -euo pipefail
cd "$(dirname "$0")/.."
faults=$(git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run 2>&1 | grep warning: || true)
if [ -n "$faults" ]; then
    head -n 20 <<<"$faults" >&2
    echo "error: run make format" >&2
    exit 1
fi
echo "format: $(git ls-files '*.cpp' '*.hpp' | wc -l) files"
