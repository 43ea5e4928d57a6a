#!/usr/bin/env bash
# Every public header compiles alone, without a warning, with clang 19 and g++.
set -euo pipefail
cd "$(dirname "$0")/.."
for header in include/copse/*.hpp; do
    for compiler in clang++-19 g++; do
        printf '#include "copse/%s"\n' "$(basename "$header")" |
            "$compiler" -std=c++20 -Wall -Wextra -Wconversion -Wshadow -Werror -Iinclude -fsyntax-only -x c++ - ||
            { echo "error: $header does not compile alone with $compiler" >&2; exit 1; }
    done
done
echo "headers: $(ls include/copse/*.hpp | wc -l) compile alone with clang 19 and g++"
