"""A model ready to use: loading it, and answering queries with it, one by one or a folder at a time."""
