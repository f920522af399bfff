#!/usr/bin/env bash
# Two studies of the first stage of lavin-tiny: attention (one-way beside joint, for the same time of training) and size (three
# sizes on the same data). What was interrupted goes on.
#   examples/lavin-tiny/studies.sh CORPUS RUNS OUT [ITEMS]
# CORPUS is train.sh's. RUNS is train.sh's OUT: the studies use its ST-VAE and its rendered pairs, and train beside them. OUT gets a
# folder a study, with sweep.json, sweep.csv and plots. ITEMS: how many of each task, 48 by default. Not run whole yet; its first half took 85 minutes on two CPU cores,
# with an earlier form of the recipe.
set -euo pipefail
corpus=${1:?a corpus folder} runs=${2:?the folder of the runs} out=${3:?a folder for the results} items=${4:-48}
# A step of the joint model takes three quarters of the time, for a sixth of the targets: each has its own context in it.
steps=2000 joint_steps=2600
recipe=(
    tiny-jdit --nproc 2
    stvae="$runs/tiny-stvae-clips"
    data.cache="$runs/pairs"
    data.options.scenes.kept="$runs/scenes"
    data.roots.photos="$corpus/photos"
    data.roots.scenes="$corpus/textures"
    validate_every="$steps"
)
photos=(denoising deraining colorization inpainting low_light_enhancement super_resolution edge_detection)
scenes=(depth_estimation normal_estimation panoptic_segmentation object_detection pose_estimation optical_flow video_depth)
tasks=()
for task in "${photos[@]}" "${scenes[@]}"; do tasks+=(-t "$task"); done

lavin train "${recipe[@]}" out="$runs/oneway-192" steps=$steps
lavin train "${recipe[@]}" out="$runs/joint-192" steps=$joint_steps jdit.attention=joint sequence.queries=1 sequence.noises=1
lavin eval "${tasks[@]}" --limit "$items" --sweep "model=$runs/joint-192,$runs/oneway-192" -o "$out/attention"
# The one-way model at more and fewer points in time.
lavin eval "${tasks[@]}" --limit "$items" --model "$runs/oneway-192" --sweep grid=uniform:2,uniform:4,uniform:20 -o "$out/points"

lavin train "${recipe[@]}" out="$runs/oneway-96" steps=$steps jdit.hidden_size=96 jdit.num_heads=2
lavin train "${recipe[@]}" out="$runs/oneway-144" steps=$steps jdit.hidden_size=144 jdit.num_heads=3 jdit.kv_group=3
lavin eval "${tasks[@]}" --limit "$items" --sweep "model=$runs/oneway-96,$runs/oneway-144,$runs/oneway-192" -o "$out/sizes"
