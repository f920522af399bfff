"""Surfaces: patterns computed from places on them, or taken from pictures."""
