"""The files of a video's answer, written as its frames come."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from lavincli.atomic import atomic_folder
from lavincli.blocks import Codec
from lavincli.media.video_writer import VideoWriter
from lavincli.views import VIEWS, PictureView, Shown, view_path


class VideoOutputs:
    """Writes views of a video frame by frame; use it as a context manager. Files appear when the block ends well.

    A view that is a picture becomes one video, with the rate and the sound of the source; any other a folder with the
    files of each frame, ``00000.png`` and so on. Videos for people are written as players take them; the model's own
    pictures, where they are values drawn as colours, without loss of colour.

    Args:
        names: of the views.
        stem: where they go; see `lavincli.views.view_path`.
        codec: of the answers.
        frames_per_second: of the videos.
        audio: the source, and the codec of its sound, if it has any.
    """

    def __init__(
        self,
        names: Sequence[str],
        stem: Path,
        codec: Codec,
        *,
        frames_per_second: Fraction,
        audio: tuple[Path, str] | None,
    ) -> None:
        self._names, self._stem, self._codec = [name for name in VIEWS if name in names], stem, codec
        self._rate, self._audio = frames_per_second, audio
        self._stack = ExitStack()
        self._writers: dict[str, VideoWriter] = {}
        self._folders: dict[str, Path] = {}
        self.files: dict[str, list[Path]] = {}

    def __enter__(self) -> Self:
        self._stem.parent.mkdir(parents=True, exist_ok=True)
        for name in self._names:
            path = view_path(self._stem, name)
            if isinstance(VIEWS[name], PictureView):
                path = path.with_name(path.name + ".mp4")
                playable = name != "rgb" or getattr(self._codec, "pictures", False)
                writer = VideoWriter(path, frames_per_second=self._rate, playable=playable, audio=self._audio)
                self._writers[name] = self._stack.enter_context(writer)
            else:
                self._folders[name] = self._stack.enter_context(_replaced(path))
            self.files[name] = [path]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, number: int, shown: Shown) -> None:
        """Write one frame: every part of ``shown`` is of one frame, and its value that of a still."""
        self.add_pictures(shown)
        for name, folder in self._folders.items():
            VIEWS[name].save(shown, folder / f"{number:05d}")

    def add_pictures(self, shown: Shown) -> None:
        """Write one or more frames to the videos alone."""
        for name, writer in self._writers.items():
            view = VIEWS[name]
            assert isinstance(view, PictureView)
            writer.write(view.picture(shown))

    def add_clip(self, shown: Shown) -> None:
        """Write the other views of a clip whole, as those of a short one are written."""
        for name, folder in self._folders.items():
            whole = folder / "clip"
            for path in VIEWS[name].save(shown, whole):
                # Of a single frame it is no folder but "clip.png".
                path.rename(folder / (path.name if path.parent == whole else f"00000{path.suffix}"))
            if whole.is_dir():
                whole.rmdir()


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """A folder to fill that takes the place of ``path`` when the block ends well."""
    made, old = (path.with_name(f".lavin-{secrets.token_hex(8)}") for _ in range(2))
    with atomic_folder(made) as folder:
        yield folder
    if path.exists():
        path.rename(old)
    made.rename(path)
    shutil.rmtree(old, ignore_errors=True)
