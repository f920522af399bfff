"""Light on surfaces: lamps and sun with shadows, light from everywhere, highlights, haze, and the camera's response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.cast import Hits, blocked
from lavin_scenes.parts import Parts
from lavin_scenes.scene import Light, Scene
from lavin_scenes.screen import openness, soften
from lavin_scenes.shadow_rays import towards_far_light, towards_near_light
from lavin_scenes.shapes import Shape
from lavin_scenes.sky import from_everywhere, gradient, with_clouds
from lavin_scenes.surface import Surface
from lavin_scenes.vectors import Floats, dot, unit
from lavin_scenes.view import View

_LIFT = 2e-3
"""Metres off the surface where rays to the light start, so that rounding doesn't put them inside."""
_MIRRORS = 0.12
"""Gloss from which a surface mirrors the sky."""


@dataclass(frozen=True, slots=True, eq=False)
class Arriving:
    """What light arrives at N hits.

    Attributes:
        visible: for each lamp ``float32 [N]``, 0 = in the shadow, 1 = in its light.
        open: ``float32 [N]``, the share of the light from everywhere.
    """

    visible: Sequence[Floats]
    open: Floats


def arriving(scene: Scene, parts: Parts, hits: Hits, surface: Surface, view: View) -> Arriving:
    """The light that arrives at the surfaces of a whole picture, with soft shadows."""
    planes = on_planes(parts, hits)
    visible = []
    for lamp in scene.lights:
        hard = _visible(lamp, parts, surface, hits.part >= 0)
        visible.append(soften(hard, planes, lamp.softness, view.size))
    return Arriving(visible, openness(hits, surface, view))


def arriving_between(
    scene: Scene,
    parts: Parts,
    hits: Hits,
    surface: Surface,
    known: Arriving,
    pixel: NDArray[np.intp],
    same: NDArray[np.bool_],
) -> Arriving:
    """The same for rays between pixels' centres: taken from the ``pixel`` that a ray belongs to on the same plane."""
    taken = same & on_planes(parts, hits)
    visible = []
    for lamp, picture in zip(scene.lights, known.visible, strict=True):
        own = _visible(lamp, parts, surface, (hits.part >= 0) & ~taken)
        visible.append(np.where(taken, picture[pixel], own))
    return Arriving(visible, known.open[pixel])


def on_planes(parts: Parts, hits: Hits) -> NDArray[np.bool_]:
    """Which rays ``[N]`` met the ground or a wall."""
    flat: NDArray[np.bool_] = (parts.shape[hits.part] == Shape.PLANE) & (hits.part >= 0)
    return flat


def shade(scene: Scene, hits: Hits, surface: Surface, view: View, light: Arriving) -> Floats:
    """Linear RGB ``[3, N]`` of each ray."""
    met = hits.part >= 0
    diffuse = from_everywhere(scene.sky, surface.normal) * light.open + surface.glow
    shine = np.zeros_like(diffuse)
    glossy = np.nonzero(surface.gloss > 0.02)[0]
    for lamp, visible in zip(scene.lights, light.visible, strict=True):
        towards, strength, _ = _unshaded(lamp, surface)
        reaching = lamp.color[:, None] * (strength * visible)
        diffuse += reaching
        half = unit(towards[:, glossy] - view.directions[:, glossy])
        highlight = np.maximum(dot(half, surface.normal[:, glossy]), 0) ** surface.sharpness[glossy]
        shine[:, glossy] += reaching[:, glossy] * (highlight * surface.gloss[glossy] * np.float32(2))
    color = surface.color * diffuse + shine
    _add_mirror_image(color, scene, surface, view, light)
    clear = np.exp(-np.where(met, hits.distance, 0) * np.float32(scene.sky.haze / 100))
    if scene.sky.haze:
        behind = gradient(scene.sky, view.directions)
        color = behind + (color - behind) * clear
    empty = np.nonzero(~met)[0]
    color[:, empty] = with_clouds(scene.sky, view.directions[:, empty])
    return color


def _add_mirror_image(color: Floats, scene: Scene, surface: Surface, view: View, light: Arriving) -> None:
    shiny = np.nonzero(surface.gloss > _MIRRORS)[0]
    way, normal = view.directions[:, shiny], surface.normal[:, shiny]
    facing = np.clip(-dot(way, normal), 0, 1)
    mirrored = gradient(scene.sky, way + 2 * facing * normal) * light.open[shiny]
    # Schlick's approximation: every surface mirrors when seen at a slant.
    share = surface.gloss[shiny] * (np.float32(0.12) + np.float32(0.5) * (1 - facing) ** np.float32(4))
    color[:, shiny] += (mirrored - color[:, shiny]) * share


def _unshaded(lamp: Light, surface: Surface) -> tuple[Floats, Floats, Floats]:
    """Unit vectors to a lamp ``[3, N]``, how strong its light is where nothing blocks it, and its distance ``[N]``."""
    if lamp.far:
        towards = np.broadcast_to(lamp.towards[:, None], surface.position.shape)
        strength = np.maximum(dot(lamp.towards[:, None], surface.normal), 0)
        return towards, strength, np.full(towards.shape[1], np.inf, dtype=np.float32)
    offset = lamp.towards[:, None] - surface.position
    square = dot(offset, offset)
    reach = np.sqrt(square)
    towards = offset / reach
    return towards, np.maximum(dot(towards, surface.normal), 0) / np.maximum(square, np.float32(0.25)), reach


def _visible(lamp: Light, parts: Parts, surface: Surface, asked: NDArray[np.bool_]) -> Floats:
    """Whether the lamp is visible from surfaces ``[N]``: 1 or 0, and 1 for those not asked for."""
    towards, strength, reach = _unshaded(lamp, surface)
    lit = np.nonzero(asked & (strength > 0))[0]
    origins = surface.position[:, lit] + np.float32(_LIFT) * surface.normal[:, lit]
    if lamp.far:
        pairs, way = towards_far_light(parts, origins, lamp.towards), lamp.towards[:, None]
    else:
        pairs, way = towards_near_light(parts, origins, lamp.towards), towards[:, lit]
    dark = blocked(parts, pairs, origins, way, reach[lit])
    visible = np.ones(len(strength), dtype=np.float32)
    visible[lit[dark]] = 0
    return visible


def develop(linear: Floats, exposure: float) -> Floats:
    """Linear light ``[3, N]`` -> display values 0..1: bright light is compressed smoothly, then the sRGB curve."""
    exposed = linear * np.float32(exposure)
    # Narkowicz's fit of the ACES film curve.
    film = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    developed: Floats = np.clip(film, 0, 1) ** np.float32(1 / 2.2)
    return developed
