"""The catalogue of things: each module makes some kinds, never twice the same."""
