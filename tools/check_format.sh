#!/usr/bin/env bash
# All C++ is laid out by .clang-format.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run --Werror
echo "format: $(git ls-files '*.cpp' '*.hpp' | wc -l) files"
