"""People drawn at random."""

from __future__ import annotations

import numpy as np

from lavin_scenes.people.body import body_pieces
from lavin_scenes.people.clothes import draw_outfit
from lavin_scenes.people.figure import Movement, Person
from lavin_scenes.people.head import head_pieces
from lavin_scenes.people.skeleton import Proportions
from lavin_scenes.things import Motion


def draw_proportions(random: np.random.Generator) -> Proportions:
    """An adult, or one time in six a child."""
    if random.random() < 0.17:
        height = float(random.uniform(0.95, 1.45))
        head = 0.135 + 0.06 * (1.5 - height) / 0.5
        return Proportions(height, head=head, shoulders=0.108, legs=0.49, girth=float(random.uniform(1.0, 1.15)))
    broad = float(np.clip(random.normal(1.0, 0.13), 0.82, 1.45))
    shoulders, legs = float(random.uniform(0.1, 0.122)), float(random.uniform(0.51, 0.54))
    return Proportions(float(random.uniform(1.5, 1.95)), shoulders=shoulders, legs=legs, girth=broad)


def make_person(
    random: np.random.Generator, body: Proportions, movement: Movement, motion: Motion, *, skirts: bool = True
) -> Person:
    """A person with clothes, hair and a face drawn at random; ``skirts`` whether they may wear one."""
    outfit = draw_outfit(random, skirts=skirts)
    pieces = [*body_pieces(body, outfit), *head_pieces(body, outfit)]
    return Person(
        category="person",
        parts=[piece.part for piece in pieces],
        motion=motion,
        body=body,
        movement=movement,
        bone=[piece.bone for piece in pieces],
    )
