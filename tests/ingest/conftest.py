from pathlib import Path

import pytest

from dagster_project.ingest import landing
from tests.ingest.ingest_helpers import World


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries of tests are younger than a second, every one of them."""
    monkeypatch.setattr(landing, "sleep", lambda seconds: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.configure()
    return world
