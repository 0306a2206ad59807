"""The page as a PDF, where a Chromium is installed; without one there is none, and the page says so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120
# Chromium's sandbox does not start for root, as in a container.
_AS_ROOT = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
# Chromium stamps the hour; the same page gives the same bytes.
_STAMP = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")
_MADE = rb"/\1 (D:20000101000000"


def browser() -> Path | None:
    """The first Chromium on the path."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def print_page(chromium: Path, page: Path, out: Path, language: str) -> bool:
    """Print `page` in a language to `out`; False, and no file, if the browser fails at it."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            str(chromium), "--headless", *_AS_ROOT, "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", "--virtual-time-budget=20000",
            f"--print-to-pdf={out.resolve()}", f"{page.resolve().as_uri()}?lang={language}",
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError):
            out.unlink(missing_ok=True)
    if not out.is_file():
        return False
    out.write_bytes(_STAMP.sub(_MADE, out.read_bytes()))
    return True
