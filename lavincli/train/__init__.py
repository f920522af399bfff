"""Training: one loop for both networks; recipes are YAML files in `recipes/`."""
