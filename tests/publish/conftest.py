from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publish_worker import __file__ as worker_file
from publish_worker import company

from dagster_project.settings import CompanyPaths

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def paths(tmp_path: Path) -> CompanyPaths:
    return company(tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `publish_worker.py WHAT` on the same company and wait until it is ready; it is killed after the test."""
    started = []

    def _start(what: str, *numbers: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(worker_file), what, str(tmp_path), *map(str, numbers)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield _start
    for process in started:
        process.kill()
        process.communicate()
