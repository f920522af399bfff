"""A Hugging Face hub in this process: the few answers that huggingface_hub asks for, over real HTTP."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class FakeHub:
    """Repositories by name, each with folders by revision; counts what is asked.

    cut: names of files of which the first download breaks off half way. damaged: those of which a byte changes on the
    way.
    """

    repositories: dict[str, dict[str, Path]]
    address: str = ""
    requests: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)

    def commit(self, repository: str, revision: str) -> str | None:
        """The commit of a branch, or of itself."""
        folders = self.repositories.get(repository, {})
        known = {name: hashlib.sha1(str(folder).encode()).hexdigest() for name, folder in folders.items()}  # noqa: S324 - as git does
        return known.get(revision) or (revision if revision in known.values() else None)

    def folder(self, repository: str, commit: str) -> Path:
        folders = self.repositories[repository].values()
        return next(one for one in folders if hashlib.sha1(str(one).encode()).hexdigest() == commit)  # noqa: S324


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Answer on a free port while the block runs."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep the test's stderr clean."""

    def _answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path.strip("/")
        self.hub.requests.append(f"{self.command} {path}")
        parts = path.split("/")
        if parts[:2] == ["api", "models"]:
            repository, what, revision = "/".join(parts[2:4]), parts[4], "/".join(parts[5:])
            commit = self.hub.commit(repository, revision)
            if repository not in self.hub.repositories:
                self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            elif commit is None:
                self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            elif what == "revision":
                self._send_json({"id": repository, "modelId": repository, "sha": commit, "siblings": []})
            else:
                self._send_json(self._tree(self.hub.folder(repository, commit)))
            return
        repository, commit, name = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        content = (self.hub.folder(repository, commit) / name).read_bytes()
        # Large files are kept by their SHA-256, small ones as git keeps them.
        large = name.endswith(".safetensors")
        etag = hashlib.sha256(content).hexdigest() if large else _digest(content)
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not body:
            self._send(200, content, headers, body=False)
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        sent = content[start:]
        if name in self.hub.damaged:
            sent = sent[:-1] + bytes([sent[-1] ^ 1])
        if name in self.hub.cut:
            self.hub.cut.discard(name)
            self._send(200, sent, headers, only=len(sent) // 2)
            self.close_connection = True
            return
        self._send(206 if start else 200, sent, headers)

    @staticmethod
    def _tree(folder: Path) -> list[dict[str, object]]:
        return [
            {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": _digest(file.read_bytes())}
            for file in sorted(folder.iterdir())
        ]

    def _send_json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(
        self, status: int, content: bytes, headers: dict[str, str], *, body: bool = True, only: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content[:only])


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()  # noqa: S324 - as git does
