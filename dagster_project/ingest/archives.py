"""Gzip and zip: unpacked into scratch, within bounds, before anything reads them."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from dagster_project.ingest.errors import FileProblem
from dagster_project.ingest.landing import LandedFile

# Text shrinks tenfold, a column of zeros a hundredfold; what grows more than this is made to fill a disk.
MAX_EXPANSION = 200
FREE_BYTES = 50_000_000
_BLOCK = 1 << 20


def archive_pattern(files: str) -> tuple[str, str | None]:
    """`exports.zip/a*.csv` -> the archive's glob and its member's; without a member, (files, None)."""
    head, inside, member = files.partition(".zip/")
    return (head + ".zip", member) if inside else (files, None)


def unpack(file: LandedFile, member: str | None, scratch: Path) -> LandedFile:
    """The one file inside, or the file itself when it is no archive; `FileProblem` when it cannot be unpacked."""
    target = scratch / "unpacked"
    if file.name.lower().endswith(".gz"):
        with file.path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as inside:
            _copy(inside.read, target, file.bytes)
        return replace(file, name=file.name[:-3], path=target)
    if file.name.lower().endswith(".zip"):
        try:
            with zipfile.ZipFile(file.path) as archive:
                info = _choose(archive, member)
                with _open(archive, info) as inside:
                    _copy(inside.read, target, max(info.compress_size, 1))
        except zipfile.BadZipFile:
            raise FileProblem(*_DAMAGED) from None
        return replace(file, name=info.filename, path=target)
    return file


_DAMAGED = ("the archive is damaged or cut off", "export or copy it again")


def _choose(archive: zipfile.ZipFile, member: str | None) -> zipfile.ZipInfo:
    inside = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
    found = [i for i in inside if member is None or PurePosixPath(i.filename).match(member)]
    if len(found) != 1:
        names = ", ".join(i.filename for i in inside[:8])
        raise FileProblem(
            f"{len(found)} files of the archive are meant, not one (it holds: {names})",
            "name one in company.yaml, as in `files: 'export.zip/orders.csv'`",
        )
    return found[0]


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    if info.flag_bits & 0x1:
        raise FileProblem("the archive has a password", "deliver it without")
    try:
        return archive.open(info)
    except NotImplementedError:
        raise FileProblem("the archive is compressed in an unknown way", "zip it again with deflate") from None


def _copy(read: Callable[[int], bytes], target: Path, packed: int) -> None:
    limit = max(FREE_BYTES, packed * MAX_EXPANSION)
    written = 0
    try:
        with target.open("wb") as out:
            while block := read(_BLOCK):
                written += len(block)
                if written > limit:
                    raise FileProblem(
                        f"the archive unpacks to more than {MAX_EXPANSION} times its size", "deliver the file unpacked"
                    )
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
        raise FileProblem(*_DAMAGED) from None
