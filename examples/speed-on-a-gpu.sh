#!/usr/bin/env bash
# The 3.4B model on one GPU, its ways of answering side by side: the published way, the exact engine, one-way attention,
# few steps, and an autoregressive peer of equal size, at 256 and 512 pixels with 8 example pairs. Weights are random.
#   pip install 'lavin[bench]'
#   examples/speed-on-a-gpu.sh [OUT [OPTION...]]
# OUT: where results go, runs/speed by default. OPTIONS go to lavin bench engine, for example: --preset 0.1b --rounds 1
# (--preset tiny --device cpu --no-compile to try the script without a GPU).
# Memory: 14 GB while the weights are made, 7 GB then, and what a batch of 8 takes at 512 pixels: a card of 40 GB.
# The blocks and the peer are compiled, which takes a minute or two for each way, and a C++ compiler.
# OUT/PIXELS.jsonl and OUT/PIXELS.md: latency, throughput, evaluations, operations, utilisation (against the card's
# matrix rate, which is measured first), peak memory, and the error to the published way.
set -euo pipefail
out=${1:-runs/speed}
mkdir -p "$out"

for pixels in 256 512; do
    lavin bench engine --preset 3.4b --resolution "$pixels" --pairs 8 --queries 64 --batch-size 8 --rounds 3 \
        --ways reference,exact,oneway,oneway-few,peer --device cuda --dtype bfloat16 --compile \
        --markdown "$out/$pixels.md" --plot "$out/$pixels" --json "${@:2}" > "$out/$pixels.jsonl" \
        || [ $? = 3 ] # some ways failed, and said why; the others are there
    cat "$out/$pixels.md"
done
