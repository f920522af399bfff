"""Articulated people: a skeleton, postures and movements, and bodies with clothes, hair and faces."""
