#!/usr/bin/env bash
# A small model of 32 tasks from a folder of pictures: every recipe in order; the same command again goes on where it was.
# (The bundled model is older and knows ten tasks; its recipes lie beside it.)
#   examples/lavin-tiny/train.sh CORPUS OUT [KEY=VALUE ...]
# CORPUS has photos/ (any photos), cutouts/ (pictures with transparency), textures/ (any pictures) and vgg16.safetensors (the
# trunk of VGG16, for the perceptual loss). OUT gets a folder a run, OUT/scenes and OUT/pairs (what was rendered) and OUT/lavin-tiny.
# KEY=VALUE goes to every run. On two CPU cores it should take about seven hours (its recipes' speeds were
# measured, the script was not run whole yet).
set -euo pipefail
corpus=${1:?a corpus folder} out=${2:?a folder for the runs}
shift 2
data=(
    data.cache="$out/pairs"
    data.options.scenes.kept="$out/scenes"
    data.roots.photos="$corpus/photos"
    data.roots.scenes="$corpus/textures"
    data.roots.composed="$corpus"
)

lavin train tiny-stvae out="$out/tiny-stvae" "${data[@]}" "$@"
lavin train tiny-stvae-clips out="$out/tiny-stvae-clips" start_from="$out/tiny-stvae" "${data[@]}" "$@"
lavin train tiny-stvae-decoder out="$out/tiny-stvae-decoder" start_from="$out/tiny-stvae-clips" \
    loss.perceptual.trunk="$corpus/vgg16.safetensors" "${data[@]}" "$@"
lavin train tiny-jdit --nproc 2 out="$out/tiny-jdit" stvae="$out/tiny-stvae-clips" "${data[@]}" "$@"
lavin train tiny-jdit-128 --nproc 2 out="$out/tiny-jdit-128" start_from="$out/tiny-jdit/model" \
    stvae="$out/tiny-stvae-decoder" "${data[@]}" "$@"
lavin models export "$out/tiny-jdit-128" "$out/lavin-tiny"
