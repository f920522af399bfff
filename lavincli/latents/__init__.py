"""Latents of data sets, made once and kept in Zarr: the store, its writers and its fast reader."""
