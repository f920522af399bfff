"""The pages around the code say what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "lavincli" / "bundled" / "photos"


@pytest.mark.parametrize("page", [ROOT / "ATTRIBUTION.md", PHOTOS / "ATTRIBUTION.md"])
def test_every_bundled_photo_is_attributed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for photo in PHOTOS.iterdir():
        if photo.name != page.name:
            assert f"`{photo.name}`" in text


def test_every_constraint_is_one_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line), line


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "ATTRIBUTION.md"])
def test_no_link_of_a_page_is_broken(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).exists(), target
