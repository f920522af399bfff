"""Light on surfaces: lamps and sun with shadows, light from everywhere, highlights, haze, and the camera's response."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.cast import Hits, blocked, towards_light
from lavin_scenes.parts import Parts
from lavin_scenes.scene import Light, Scene, Sky
from lavin_scenes.surface import Surface
from lavin_scenes.vectors import Floats, dot, unit
from lavin_scenes.view import View

_LIFT = 2e-3
"""Metres off the surface where rays to the light start, so that rounding doesn't put them inside."""


def shade(scene: Scene, parts: Parts, hits: Hits, surface: Surface, view: View) -> Floats:
    """Linear RGB ``[3, N]`` of each ray."""
    light = _from_everywhere(scene.sky, surface.normal)
    shine = np.zeros_like(light)
    met = hits.part >= 0
    for lamp in scene.lights:
        reaching, towards = _direct(lamp, parts, surface, met)
        light += reaching
        half = unit(towards - view.directions)
        highlight = np.maximum(dot(half, surface.normal), 0) ** surface.sharpness
        shine += reaching * (highlight * surface.gloss * np.float32(2))
    color = surface.color * (light + surface.glow) + shine
    behind = sky_color(scene.sky, view.directions)
    clear = np.exp(-np.where(met, hits.distance, 0) * np.float32(scene.sky.haze / 100)) * met
    seen: Floats = behind + (color - behind) * clear
    return seen


def _from_everywhere(sky: Sky, normal: Floats) -> Floats:
    upwards = (normal[2] + 1) / 2
    above = (sky.zenith + sky.horizon) / 2
    light: Floats = sky.ground[:, None] + (above - sky.ground)[:, None] * upwards
    return light


def _direct(lamp: Light, parts: Parts, surface: Surface, met: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Light of one lamp that arrives ``[3, N]``, and unit vectors towards it ``[3, N]``."""
    if lamp.far:
        towards = np.broadcast_to(lamp.towards[:, None], surface.position.shape)
        reach = np.full(towards.shape[1], np.inf, dtype=np.float32)
        strength = np.maximum(dot(towards, surface.normal), 0)
    else:
        offset = lamp.towards[:, None] - surface.position
        reach = np.sqrt(dot(offset, offset))
        towards = offset / reach
        strength = np.maximum(dot(towards, surface.normal), 0) / np.maximum(reach * reach, np.float32(0.25))
    lit = np.nonzero(met & (strength > 0))[0]
    origins = surface.position[:, lit] + np.float32(_LIFT) * surface.normal[:, lit]
    way = towards[:, lit]
    dark = blocked(parts, towards_light(parts, origins, way), origins, way, reach[lit])
    strength[~met] = 0
    strength[lit[dark]] = 0
    return lamp.color[:, None] * strength, towards


def sky_color(sky: Sky, directions: Floats) -> Floats:
    """Linear RGB of the sky in directions ``[3, N]``."""
    height = np.clip(directions[2], 0, 1) ** np.float32(0.5)
    color: Floats = sky.horizon[:, None] + (sky.zenith - sky.horizon)[:, None] * height
    return color


def develop(linear: Floats, exposure: float) -> Floats:
    """Linear light ``[3, N]`` -> display values 0..1: bright light is compressed smoothly, then the sRGB curve."""
    exposed = linear * np.float32(exposure)
    # Narkowicz's fit of the ACES film curve.
    film = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    return np.clip(film, 0, 1) ** np.float32(1 / 2.2)
