"""Delivered files -> `landing/<sha256>`: immutable copies, so that what is read cannot change while it is read."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.companies import Company
from dagster_project.ingest.errors import DeliveryRejected, FileProblem, IngestError, Rejection
from dagster_project.settings import CompanyPaths

READY_MARKER = "_READY"
_BLOCK = 1 << 20
# Left by file managers and open workbooks; never data.
_NOISE = re.compile(r"^(\.|~\$)|^(Thumbs\.db|desktop\.ini)$")


@dataclass(frozen=True)
class LandedFile:
    delivery: date
    name: str  # path inside the delivery folder, with forward slashes, NFC
    sha256: str
    bytes: int
    path: Path  # the immutable copy


@dataclass(frozen=True)
class Delivery:
    on: date
    files: tuple[LandedFile, ...]  # by name


@dataclass(frozen=True)
class Landing:
    deliveries: tuple[Delivery, ...]  # oldest first, never empty

    @property
    def files(self) -> tuple[LandedFile, ...]:
        return tuple(f for d in self.deliveries for f in d.files)


def land(company: Company, paths: CompanyPaths) -> Landing:
    """Copy every file of every delivery folder into landing, once per content.

    Raises `IngestError` when there is no delivery or a folder is no date, `DeliveryRejected` for files that may not be
    read: still growing, a link out of the folder, not a regular file.
    """
    folders = _known(company, _delivery_folders(company, paths))
    paths.landing.mkdir(parents=True, exist_ok=True)
    rejections: list[Rejection] = []
    deliveries: list[Delivery] = []
    seen: list[tuple[date, str, Path, tuple[int, ...]]] = []
    for on, folder in folders:
        landed = []
        for name, path in _data_files(folder):
            try:
                before = _checked_stat(path, folder)
                landed.append(land_file(on, name, path, paths.landing))
                seen.append((on, name, path, before))
            except FileProblem as problem:
                rejections.append(Rejection(on, name, problem.reason, problem.fix))
        if not landed and not rejections:
            raise IngestError(f"delivery {folder.name} of {company.id} holds no files; add them or remove the folder")
        deliveries.append(Delivery(on, tuple(landed)))
    _settle([before[1] / 1e9 for *_, before in seen])
    for on, name, path, before in seen:
        if not path.exists() or _identity(path.stat()) != before:
            rejections.append(Rejection(on, name, *_GROWING))
    if rejections:
        raise DeliveryRejected(rejections)
    return Landing(tuple(deliveries))


def delivered_on(landing: Landing) -> date:
    """Date of the newest delivery."""
    return landing.deliveries[-1].on


def undelivered(company: Company, paths: CompanyPaths) -> tuple[Path, ...]:
    """Landed copies of what no delivery folder holds any more."""
    delivered = {_hash(path)[0] for _, folder in _delivery_folders(company, paths) for _, path in _data_files(folder)}
    return tuple(path for path in sorted(paths.landing.glob("*")) if path.name not in delivered)


SETTLE_SECONDS = 1.0
now, sleep = time.time, time.sleep


def _settle(modified: Sequence[float]) -> None:
    """Give whoever still writes a file time to write more: one modified this very moment may be half a copy."""
    ages = [age for age in (now() - moment for moment in modified) if 0 <= age < SETTLE_SECONDS]
    if ages:
        sleep(SETTLE_SECONDS - min(ages))


_GROWING = ("the file is still growing", "wait until the copy is complete, then refresh again")


def _delivery_folders(company: Company, paths: CompanyPaths) -> list[tuple[date, Path]]:
    if not paths.deliveries.is_dir():
        raise IngestError(f"{company.id} has no deliveries folder; expected {paths.deliveries}/<yyyy-mm-dd>/")
    found = []
    for folder in sorted(paths.deliveries.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", folder.name):
                raise ValueError
            found.append((date.fromisoformat(folder.name), folder))
        except ValueError:
            raise IngestError(
                f"delivery folder {folder.name!r} of {company.id} is not a date; rename it to yyyy-mm-dd"
            ) from None
        if folder.is_symlink() and not folder.resolve().is_relative_to(paths.deliveries.resolve()):
            raise IngestError(f"delivery folder {folder.name} of {company.id} is a link out of the deliveries folder")
    if not found:
        raise IngestError(f"{company.id} has no delivery; put the files into {paths.deliveries}/<yyyy-mm-dd>/")
    return found


def _known(company: Company, folders: list[tuple[date, Path]]) -> list[tuple[date, Path]]:
    """Deliveries that had come by `known_at`: with it an assessment is the one that could have been made then."""
    known = [(on, folder) for on, folder in folders if company.known_at is None or on <= company.known_at]
    if not known:
        raise IngestError(f"{company.id} has no delivery by {company.known_at}, which is its `known_at`")
    return known


def _data_files(folder: Path) -> list[tuple[str, Path]]:
    """Every data file under the folder as (name, path); links to folders are not followed."""
    out = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            relative = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
            if not any(_NOISE.search(part) for part in relative.split("/")) and relative != READY_MARKER:
                out.append((relative, path))
    return sorted(out)


def _checked_stat(path: Path, folder: Path) -> tuple[int, ...]:
    if not path.resolve().is_relative_to(folder.resolve()):
        raise FileProblem("the file is a link out of the delivery folder", "deliver the file itself")
    if not path.exists():
        raise FileProblem("the link points to nothing", "deliver the file itself")
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise FileProblem("not a regular file", "deliver a plain file")
    return _identity(info)


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return (info.st_size, info.st_mtime_ns, info.st_ino)


def land_file(on: date, name: str, path: Path, landing: Path) -> LandedFile:
    """Copy a file into the landing folder under its sha256, unless it is there already."""
    size = path.stat().st_size
    # Reading costs as much as copying: only where something of this size is there already is it asked first.
    if any(entry.stat().st_size == size for entry in landing.iterdir()):
        digest, size = _hash(path)
        if _is_whole(landing / digest, size):
            return LandedFile(on, name, digest, size, landing / digest)
    partial = landing / f".partial.{os.getpid()}"
    try:
        digest, size = _copy(path, partial)
        target = landing / digest
        if not _is_whole(target, size):
            partial.chmod(0o444)
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return LandedFile(on, name, digest, size, target)


def _is_whole(landed: Path, size: int) -> bool:
    return landed.is_file() and landed.stat().st_size == size


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest(), f.tell()


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy and flush to disk; the sha256 and size of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while block := read.read(_BLOCK):
            digest.update(block)
            write.write(block)
        write.flush()
        os.fsync(write.fileno())
        return digest.hexdigest(), write.tell()
