#!/usr/bin/env bash
# All C++ is laid out by .clang-format.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run --Werror 2>&1 | grep error: | head -n 20 | { ! grep . ; }
echo "format: $(git ls-files '*.cpp' '*.hpp' | wc -l) files"
