from __future__ import annotations

from pathlib import Path

from lavincli.bench.latent_reads import measure_reads


def test_reads_are_far_faster_than_zarrs_and_near_a_bare_maps(tmp_path: Path) -> None:
    """Wide ratios: the machine may be busy. `lavin bench reads` says what they are."""
    rates = measure_reads(tmp_path, records=512, resolution=256)
    assert rates.record_bytes == 32 * 1024
    assert rates.reader > 10 * rates.zarr
    assert rates.reader > rates.memmap / 6
