"""The example pairs that tell the model what to do: where they are read, which are taken, how they become a sequence."""
