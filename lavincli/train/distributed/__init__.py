"""Training on several processes and machines, by DeepSpeed. Nothing here is imported where one process trains."""
