"""What lies in a deliveries folder right now, cheaply: enough to tell whether something new has fully arrived."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

READY = "_READY"


@dataclass(frozen=True)
class Arrivals:
    """`fingerprint` changes with any name, size or time of modification; empty when there is nothing."""

    fingerprint: str
    is_marked_ready: bool  # the newest delivery holds a _READY file


def arrivals(deliveries: Path) -> Arrivals:
    """Look at a company's deliveries without reading a file."""
    digest = hashlib.sha256()
    folders = sorted(folder for folder in deliveries.iterdir() if folder.is_dir()) if deliveries.is_dir() else []
    found = 0
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and path.name != READY and not path.name.startswith("."):
            info = path.stat()
            digest.update(f"{path.relative_to(deliveries)}\0{info.st_size}\0{info.st_mtime_ns}\0".encode())
            found += 1
    if not found:
        return Arrivals("", False)
    return Arrivals(digest.hexdigest(), (folders[-1] / READY).is_file())
