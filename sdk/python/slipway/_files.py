"""Files on their way to the server and back."""

from __future__ import annotations

import hashlib
import os
import urllib.parse
from http.client import HTTPException
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ._errors import IntegrityError, NetworkError
from ._http import Http, segment

Progress = Callable[[int, int], None]
_LEFT = {".git", "__pycache__", ".venv", "venv", "node_modules", ".pytest_cache", ".mypy_cache", ".DS_Store"}
_CHUNK = 1 << 20


def files_of(path: str) -> List[Tuple[str, str]]:
    """(relative path with forward slashes, path here) of a file, or of a folder without caches, environments and version control."""
    if os.path.isfile(path):
        return [(os.path.basename(path), path)]
    if not os.path.isdir(path):
        raise FileNotFoundError(f"There is no file or folder {path!r}.")
    found: List[Tuple[str, str]] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in _LEFT)
        for name in sorted(n for n in names if n not in _LEFT):
            here = os.path.join(folder, name)
            if os.path.isfile(here):
                found.append((os.path.relpath(here, path).replace(os.sep, "/"), here))
    if not found:
        raise FileNotFoundError(f"The folder {path!r} holds no files.")
    return found


def digest_of(path: str) -> Tuple[str, int]:
    """Lower-case hexadecimal SHA-256 and size in bytes."""
    hashed, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                return hashed.hexdigest(), size
            hashed.update(chunk)
            size += len(chunk)


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, moved: Callable[[int], None]) -> None:
        self._file = file
        self._moved = moved

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._moved(len(data))
        return data

    def close(self) -> None:
        self._file.close()


def upload(http: Http, path: str, progress: Optional[Progress] = None) -> str:
    """Sends a file or folder, of which only what the server does not have yet. The id of the complete upload."""
    sources: Dict[str, str] = {}
    announced = []
    for name, here in files_of(path):
        sha256, size = digest_of(here)
        sources[sha256] = here
        announced.append({"path": name, "size_bytes": size, "sha256": sha256})
    started = http.post("/api/v1/uploads", {"files": announced})
    sizes = {file["sha256"]: file["size_bytes"] for file in announced}
    total, done = sum(sizes[sha256] for sha256 in started["missing"]), 0
    for sha256 in started["missing"]:
        send_file(http, f"/api/v1/uploads/{started['id']}/blobs/{sha256}", sources[sha256], sizes[sha256], {}, progress, done, total)
        done += sizes[sha256]
    return str(started["id"])


def send_file(
    http: Http, url: str, here: str, size: int, headers: Mapping[str, str], progress: Optional[Progress] = None, before: int = 0, total: int = 0,
) -> None:
    """PUTs one file as a stream; sent again from the start after a lost connection."""
    at = [0]

    def moved(count: int) -> None:
        at[0] += count
        if progress is not None:
            progress(min(before + at[0], total), total)

    def opened() -> BinaryIO:
        at[0] = 0
        return _Watched(open(here, "rb"), moved)  # type: ignore[return-value]

    http.send("PUT", url, opened, {"Content-Type": "application/octet-stream", **headers}, length=size).read()


def download(http: Http, url: str, target: str, sha256: str, size: int, moved: Callable[[int], None]) -> None:
    """One file. It appears under its name only whole and with the right digest.

    A file that is there already is left as it is. What breaks off, here or in an earlier call that ended half-way, is taken up where it broke: it lies in
    a file with the digest in its name, so that parts of another content are never joined to it.
    """
    folder, name = os.path.split(target)
    os.makedirs(folder, exist_ok=True)
    if os.path.isfile(target) and os.path.getsize(target) == size and digest_of(target)[0] == sha256:
        moved(size)
        return
    part = os.path.join(folder, f".{name[:100]}.{sha256[:16]}.part")
    with open(part, "ab") as file:
        hashed, at = _hash_of_part(part, size)
        file.truncate(at)
        moved(at)
        for chunk in _content(http, url, at, size):
            file.write(chunk)
            hashed.update(chunk)
            at += len(chunk)
            moved(len(chunk))
    if at != size or hashed.hexdigest() != sha256:
        os.unlink(part)
        raise IntegrityError(
            f"{name} did not arrive as it is registered ({size} bytes, sha256 {sha256}). Try again; if it stays so, run 'slipway verify' on the server.",
            code="digest_mismatch")
    os.chmod(part, 0o644)
    os.replace(part, target)


def _hash_of_part(part: str, size: int) -> Tuple[Any, int]:
    """The hash of what is there already and how long that is; of too much, nothing counts."""
    hashed, at = hashlib.sha256(), 0
    if os.path.getsize(part) > size:
        return hashed, 0
    with open(part, "rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                return hashed, at
            hashed.update(chunk)
            at += len(chunk)


def _content(http: Http, url: str, at: int, size: int) -> Iterator[bytes]:
    broken = 0
    while at < size:
        headers = {"Accept": "*/*"} if at == 0 else {"Accept": "*/*", "Range": f"bytes={at}-"}
        answer = http.send("GET", url, headers=headers)
        if at > 0 and answer.status != 206:
            raise IntegrityError("The server did not go on where the connection broke.", code="range_ignored")
        before = at
        try:
            while True:
                chunk = answer.read(_CHUNK)
                if not chunk:
                    break
                at += len(chunk)
                yield chunk
        except (OSError, HTTPException):
            http.close()
        if at >= size:
            return
        broken = 0 if at > before else broken + 1
        if broken > 3:
            raise NetworkError("The connection broke off again and again; call again to go on.", code="broken_off")


def target_of(destination: str, name: str) -> str:
    """Where a file of a version goes; never outside of the destination, whatever the server calls it."""
    root = os.path.realpath(destination)
    target = os.path.realpath(os.path.join(root, *name.split("/")))
    if not target.startswith(root + os.sep):
        raise IntegrityError(f"The server named a file outside of the folder: {name!r}", code="bad_path")
    return target


def file_url(base: str, path: str) -> str:
    return f"{base}/files/{'/'.join(urllib.parse.quote(part, safe='') for part in path.split('/'))}"


def version_path(model: str, version: object) -> str:
    return f"/api/v1/models/{segment(model)}/versions/{segment(version)}"
