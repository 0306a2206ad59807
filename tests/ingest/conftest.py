from pathlib import Path

import pytest

from tests.ingest.ingest_helpers import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.configure()
    return world
