"""Measuring a model on tasks, beside the trivial baselines and under a wrong context."""
