#!/usr/bin/env bash
# All that a model card of a small model says: every task's score, and whether the context decides what the model does.
#   examples/lavin-tiny/ OUT [MODEL [ITEMS]]
# OUT gets a folder a question below, with results.json, and contact sheets. MODEL: lavin-tiny by default. ITEMS: how many of
# each task, 48 by default. What was interrupted goes on.
set -euo pipefail
out=${1:?a folder for the results} model=${2:-lavin-tiny} items=${3:-48}
here=$(cd "$(dirname "$0")" && pwd)
photo=$here/../../lavincli/bundled/photos/historic_house.jpg
common=(--model "$model" --limit "$items")
clean=(-t denoising -t deraining -t colorization -t inpainting)
read=(-t edge_detection -t depth_estimation -t normal_estimation -t panoptic_segmentation)

# Every task beside the trivial answers, and with another task's examples.
lavin eval -t all --wrong-context "${common[@]}" -o "$out/tasks" --sheet "$out/sheets"
# The same photo with the examples of eight tasks.
lavin predict "$photo" "${read[@]}" -t object_detection -t pose_estimation -t foreground_segmentation -t denoising \
    --model "$model" --save rgb -o "$out/eight" --sheet "$out/eight.png" --overwrite
# More examples, or fewer; examples that look like the query; annotations in other colours.
lavin eval "${clean[@]}" "${read[@]}" "${common[@]}" --sweep pairs=1,2,4,8 -o "$out/pairs"
lavin eval "${clean[@]}" "${read[@]}" "${common[@]}" --sweep select=random,nearest -o "$out/select"
lavin eval -t depth_estimation -t normal_estimation -t edge_detection -t foreground_segmentation "${common[@]}" \
    --sweep variation=plain,inverted,red,inverted_green -o "$out/variations"
# Points in time.
lavin eval "${clean[@]}" "${read[@]}" "${common[@]}" --sweep grid=uniform:2,uniform:4,uniform:20 -o "$out/points"
lavin eval report "$out/tasks" -o "$out/report.html"
