#!/usr/bin/env bash
# All that a model card of a small model says: every task's score, and whether the context decides what the model does.
#   examples/lavin-tiny/evaluate.sh OUT [MODEL [ITEMS [CLIPS]]]
# OUT gets a folder a question below, with results.json, table.md and contact sheets. MODEL: lavin-tiny by default. ITEMS, CLIPS: how
# many stills and clips of each task, 48 and 12 by default. On two processes. What was interrupted goes on. Not run whole yet.
set -euo pipefail
out=${1:?a folder for the results} model=${2:-lavin-tiny} items=${3:-48} clips=${4:-12}
here=$(cd "$(dirname "$0")" && pwd)
photo=$here/../../lavincli/bundled/photos/historic_house.jpg
clean=(-t denoising -t deraining -t colorization -t inpainting)
read=(-t edge_detection -t depth_estimation -t normal_estimation -t panoptic_segmentation)
eight=("${clean[@]}" "${read[@]}")
stills=("${eight[@]}" -t dehazing -t gaussian_deblurring -t jpeg_artifact_removal -t low_light_enhancement -t motion_deblurring
    -t super_resolution -t object_detection -t pose_estimation -t optical_flow -t foreground_segmentation -t single_object_detection)
images=(-t edge_to_image -t depth_to_image -t normal_to_image -t panoptic_to_image -t pose_to_image)
videos=(-t frame_prediction -t video_colorization -t video_deblurring -t video_inpainting -t video_depth -t video_normals
    -t video_optical_flow -t video_instance_segmentation -t depth_to_video -t normal_to_video)

# $1: a folder below OUT; then what `lavin eval` is asked.
measure() {
    local folder=$out/$1
    shift
    lavin eval --model "$model" --nproc 2 "$@" -o "$folder"
    lavin eval report "$folder" -o "$folder/table.md"
}

# Every still task beside the trivial answers, and with another task's examples.
measure stills "${stills[@]}" --limit "$items" --wrong-context --sheet "$out/sheets"
# The same photo with the examples of eight tasks.
lavin predict "$photo" "${read[@]}" -t object_detection -t foreground_segmentation -t denoising -t colorization \
    --model "$model" --save rgb -o "$out/eight" --sheet "$out/eight.png" --overwrite
# More examples, or fewer; examples that look like the query; annotations in other colours.
measure pairs "${eight[@]}" --limit "$items" --sweep pairs=1,2,4,8
measure select "${eight[@]}" --limit "$items" --sweep select=random,nearest
measure variations -t depth_estimation -t normal_estimation -t edge_detection -t foreground_segmentation --limit "$items" \
    --sweep variation=plain,inverted,red,inverted_green
# Clips; and pictures that are made up, whose Fréchet distances need a hundred.
measure videos "${videos[@]}" --limit "$clips" --wrong-context --sheet "$out/sheets"
measure images "${images[@]}" --limit "$((items > 100 ? items : 100))" --draws 1 --wrong-context --sheet "$out/sheets"
# Points in time.
measure points "${eight[@]}" --limit "$items" --sweep grid=uniform:2,uniform:4,uniform:20
