"""The command line ``lavin``: one module a sub-command, each a thin layer over the Python API."""
