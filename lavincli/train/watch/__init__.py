"""Seeing a training run: what it writes down, what it shows, and what stops it."""
