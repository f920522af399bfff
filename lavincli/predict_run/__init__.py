"""Runs over many inputs: what `lavin predict` does, for the command line and for Python."""
