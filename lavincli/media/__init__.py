"""Pictures in and out: the one image reader and writer, geometry, finding files, contact sheets."""
