#!/usr/bin/env bash
# build.sh PRESET JOBS [TARGET]: configures and builds.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset "$1"
cmake --build --preset "$1" -j "$2" ${3:+--target "$3"}
