"""A model ready to use: loading it, and answering queries with it, one or several at a time."""
