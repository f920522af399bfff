#!/usr/bin/env bash
# From nothing to a model that answers: an ST-VAE, latents, a J-DiT, predictions and scores, in a minute or two on one core.
#   examples/from-nothing/train.sh [OUT [PHOTOS]]
# OUT: where everything goes, runs/from-nothing by default. PHOTOS: a folder to learn from, the bundled photos by default.
# What is trained is far too small to be of use; the same commands with larger recipes train what is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-runs/from-nothing}
photos=${2:-$here/../../lavincli/bundled/photos}
tasks=(--task denoising --task colorization)

lavin train "$here/stvae.yaml" out="$out/stvae" data.cache="$out/pairs" data.roots.photos="$photos"
lavin encode "${tasks[@]}" --data "photos=$photos" --model "$out/stvae" --resolution 32 --crops 150 -o "$out/latents.zarr"
lavin train "$here/jdit.yaml" out="$out/jdit" stvae="$out/stvae" data.latents="$out/latents.zarr"
lavin predict "$photos"/*.jpg --task denoising --prepare --model "$out/jdit/model" -o "$out/denoised" \
    --sheet "$out/denoised.png"
lavin eval "${tasks[@]}" --data "photos=$photos" --model "$out/jdit/model" --limit 4 --draws 1 -o "$out/scores"
