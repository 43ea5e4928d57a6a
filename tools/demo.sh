#!/usr/bin/env bash
# demo.sh COPSE: the main job on a made survey, step by step.
set -euo pipefail
copse=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '  $ copse %s\n' "${*//$work\//}"; "$copse" "$@" 2>&1 | sed "s|$work/||g; s/^/  /"; }

say "1. A survey team drove the same streets five times, a week apart: 1 million points in five LAZ files."
show synth "$work/passes" --points 1M --passes 5 --pdrf 7
say "2. One COPC file with a temporal index."
show convert "$work/passes" "$work/survey.copc.laz" --progress none
say "3. Is it right? Every rule, every point."
show validate --deep "$work/survey.copc.laz"
say "4. What is in it?"
show info "$work/survey.copc.laz"
say "5. One street corner, all five passes; then the third pass alone: the index says which rows of a node can match."
box=$("$copse" info --json "$work/survey.copc.laz" | python3 -c '
import json, sys
bounds = json.load(sys.stdin)["bounds"]
low, high = bounds["min"], bounds["max"]
x, y = [(a + b) / 2 for a, b in zip(low[:2], high[:2])]
print(f"{x - 25:.2f},{y - 25:.2f},{x + 25:.2f},{y + 25:.2f}")')
window=$("$copse" info --json --epochs "$work/survey.copc.laz" | python3 -c '
import json, sys
epoch = json.load(sys.stdin)["epochs"][2]
print(epoch["start"], epoch["end"], sep="/")')
show query "$work/survey.copc.laz" "--bounds=$box" --count --stats
show query "$work/survey.copc.laz" "--bounds=$box" "--time=$window" --count --stats
say "6. Exactly those points as a file for anybody."
show query "$work/survey.copc.laz" "--bounds=$box" "--time=$window" -o "$work/corner.laz"
show info "$work/corner.laz"
