#!/usr/bin/env bash
# What holds of the sources as they stand.
set -euo pipefail
cd "$(dirname "$0")"
./check_edges.py
./check_format.sh
./check_headers.sh
./check_quotes.py
