"""A worker of tests: several recipes one after the other, by the same processes.

`python -m tests.train.distributed.many_runs RECIPE [key=value ...] -- RECIPE [key=value ...] -- ...`, below a launcher.
"""

from __future__ import annotations

import itertools
import sys

from lavincli.train.distributed.place import ALONE, find_place
from lavincli.train.distributed.worker import engine_maker, joined
from lavincli.train.recipe import read_recipe
from lavincli.train.run import _on_this_process, _train


def main(arguments: list[str]) -> None:
    runs = [list(group) for is_end, group in itertools.groupby(arguments, lambda x: x == "--") if not is_end]
    place = find_place() or ALONE
    configs = [_on_this_process(read_recipe(recipe, changes), place) for recipe, *changes in runs]
    for config in configs:
        config.out.mkdir(parents=True, exist_ok=True)
    with joined(place, configs[0]) as world:
        for config in configs:
            _train(config, config, world, engine_maker(config, world))


if __name__ == "__main__":
    main(sys.argv[1:])
