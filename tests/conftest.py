"""What holds for every test: none may touch the warehouse, keys or Dagster home of whoever runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """With `-n 2 --dist loadgroup` tests of the refreshed examples share one worker, the other files go where there is
    room."""
    shares_world = "refreshed" in getattr(item, "fixturenames", ())
    item.add_marker(pytest.mark.xdist_group("refreshed" if shares_world else item.path.name))


@pytest.fixture(scope="session", autouse=True)
def _nobody_elses_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    empty = tmp_path_factory.mktemp("elsewhere")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BOOKWORTH_WAREHOUSE", str(empty / "warehouse"))
        environment.setenv("BOOKWORTH_COMPANIES", str(empty / "companies"))
        environment.setenv("DAGSTER_HOME", str(empty))
        environment.delenv("BOOKWORTH_KEY_FILE", raising=False)
        environment.setenv("DO_NOT_TRACK", "1")
        yield
