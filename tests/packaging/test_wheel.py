"""The wheel: what it holds, what it doesn't, and that it works far from the checkout."""

import os
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

import lavincli

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").glob("*/lavin_*"))
TASKS = sorted(card.parent.name for card in (ROOT / "tasks").glob("*/task.yaml"))


def build(kind: str, source: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed elsewhere, its dependencies those of the environment the tests run in."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


def test_nothing_of_the_repository_lands_at_the_top_of_site_packages(names: set[str]) -> None:
    top = {name.partition("/")[0] for name in names}
    metadata = f"lavin-{lavincli.__version__}.dist-info"
    assert top == {"lavincli", *PLUGINS, metadata}


def test_the_source_distribution_makes_the_same_wheel(names: set[str], tmp_path: Path) -> None:
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / f"lavin-{lavincli.__version__}"
    assert not [name for name in ("runs", "demo-output", ".venv") if (source / name).exists()]
    with zipfile.ZipFile(build("wheel", source, tmp_path / "wheel")) as archive:
        assert set(archive.namelist()) == names


def test_every_tracked_file_of_the_packages_is_in(names: set[str]) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    places = {
        "lavincli/": "lavincli/",
        "tasks/": "lavincli/bundled/tasks/",
        **{f"plugins/{name.removeprefix('lavin_')}/{name}/": f"{name}/" for name in PLUGINS},
    }
    for file in filter(None, listed.stdout.split("\0")):
        for source, destination in places.items():
            if file.startswith(source) and (ROOT / file).exists():
                assert destination + file.removeprefix(source) in names


def test_tasks_travel_with_their_context_sets(names: set[str]) -> None:
    assert TASKS
    for task in TASKS:
        folder = f"lavincli/bundled/tasks/{task}"
        assert {f"{folder}/task.yaml", f"{folder}/README.md"} <= names
        for context in (ROOT / "tasks" / task / "context").glob("*_*.*"):
            assert f"{folder}/context/{context.name}" in names


def test_photos_and_models_travel(names: set[str]) -> None:
    assert sum(name.startswith("lavincli/bundled/photos/") and name.endswith(".jpg") for name in names) == 18
    for config in (ROOT / "lavincli" / "bundled" / "models").glob("*/config.json"):
        for file in ("config.json", "jdit.safetensors", "stvae.safetensors", "README.md"):
            assert f"lavincli/bundled/models/{config.parent.name}/{file}" in names


def test_typed_licensed_and_nothing_that_was_only_lying_about(names: set[str]) -> None:
    assert "lavincli/py.typed" in names
    licenses = f"lavin-{lavincli.__version__}.dist-info/licenses"
    assert {f"{licenses}/LICENSE", f"{licenses}/ATTRIBUTION.md"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".zarr"))]


def test_entry_points(wheel: Path) -> None:
    parser = ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        parser.read_string(archive.read(f"lavin-{lavincli.__version__}.dist-info/entry_points.txt").decode())
    assert dict(parser["console_scripts"]) == {"lavin": "lavincli.cli.main:main"}
    assert dict(parser["lavin"]) == {name.removeprefix("lavin_"): name for name in PLUGINS}


def run_far_away(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed lavin: ``-S`` keeps the editable installation of the tests' own environment out of the way."""
    code = (
        "import sys; sys.path[:] = [p for p in sys.path if p]; "
        "from lavincli.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    dependencies = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return subprocess.run(
        [sys.executable, "-S", "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *dependencies]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_installed_one_runs_far_from_the_checkout(site: Path, tmp_path: Path) -> None:
    done = run_far_away(site, tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"lavin {lavincli.__version__}\n"), done.stderr


def test_the_installed_one_finds_its_tasks(site: Path, tmp_path: Path) -> None:
    done = run_far_away(site, tmp_path, "tasks", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
    for task in TASKS:
        assert f'"{task}"' in done.stdout


def test_the_installed_one_knows_its_files_are_whole(site: Path, tmp_path: Path) -> None:
    done = run_far_away(site, tmp_path, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(site / "lavincli") in done.stdout
    assert "files as they were packed" in done.stdout


def test_doctor_notices_a_damaged_file(site: Path, tmp_path: Path) -> None:
    photo = site / "lavincli" / "bundled" / "photos" / "cat.jpg"
    whole = photo.read_bytes()
    photo.write_bytes(whole[:-1])
    try:
        done = run_far_away(site, tmp_path, "doctor")
    finally:
        photo.write_bytes(whole)
    assert done.returncode == 1
    assert f"missing or changed: {photo}" in done.stdout
