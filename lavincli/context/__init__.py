"""The example pairs that tell the model what to do: reading them, choosing some, and the sequence they become."""
