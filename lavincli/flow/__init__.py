"""Flow matching: time grids, solvers, guidance, the training loss."""
