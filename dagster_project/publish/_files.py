"""Files that are wholly there or not at all: durable writes, copies, digests and removals."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster_project.publish.errors import NotPublishable

_CHUNK = 1 << 20
SPILL_SUFFIX = ".duckdb.tmp"


def utc(now: datetime | None) -> datetime:
    """`now` in UTC, or the clock's time: the one place of this package that reads the clock."""
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise ValueError("a time needs its zone")
    return now.astimezone(UTC)


def fsync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, survive a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        # On macOS a plain fsync stops at the drive's cache; some file systems there know no other.
        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            try:
                fcntl.fcntl(fd, full)
                return
            except OSError:
                pass
        os.fsync(fd)
    finally:
        os.close(fd)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copy bytes into a new file, not yet fsynced. Raises `OSError`, with `target` half written, on a full disk."""
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, _CHUNK)


def write_json(path: Path, content: Any) -> None:
    """Write aside, fsync, replace: a reader sees the old file or the new one, whole."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        aside.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
        fsync(aside)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    fsync(path.parent)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`, or None if it is absent, cut short or not an object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def regular_files(folder: Path) -> Iterator[str]:
    """Paths of the files under `folder`, relative to it, with `/`, sorted.

    Raises `NotPublishable` for a link or anything else that is not a plain file: what it leads to was not judged.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise NotPublishable(f"{path} is not a plain file, so it cannot be published. Run the whole refresh again.")
        if path.is_file() and path.name != ".DS_Store":
            yield path.relative_to(folder).as_posix()


def remove_tree(path: Path) -> None:
    """Remove a file, link or folder, sealed (0555) ones too. Nothing there is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    if not path.is_dir():
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)


def remove_spill(folder: Path) -> None:
    """Remove the spill folders that killed DuckDB processes left directly in `folder`."""
    for path in folder.glob(f"*{SPILL_SUFFIX}"):
        remove_tree(path)
