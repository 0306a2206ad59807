"""Published data through a company.yaml alone, against published figures."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.ingest.ingest_helpers import World

DATA = PROJECT_ROOT.parent / "shared" / "data"
EXAMPLES = PROJECT_ROOT / "docs" / "examples"


class Example(World):
    name: str = ""

    @property
    def paths(self):  # type: ignore[no-untyped-def]
        return self.settings.paths(self.name)

    @property
    def company(self):  # type: ignore[no-untyped-def]
        from dagster_project.companies import load_company

        return load_company(self.settings, self.name)


def example(tmp_path: Path, name: str, day: str, *files: str) -> Example:
    """The example company with these files of the shared data delivered."""
    if not (DATA / name).is_dir():
        pytest.skip(f"needs the published data in {DATA / name}")
    world = Example(tmp_path)
    world.name = name
    folder = world.paths.deliveries / day
    folder.mkdir(parents=True)
    shutil.copy(EXAMPLES / name / "company.yaml", world.paths.config_file)
    for file in files:
        shutil.copy(DATA / name / file, folder)
    return world


def test_online_retail_is_loaded_to_the_last_line(tmp_path: Path) -> None:
    """541,909 lines and 9,747,747.934 pounds, as published; a float would miss the last digit."""
    world = example(tmp_path, "online_retail", "2011-12-10", "online_retail_raw.parquet")
    account = world.load().files[0]
    assert (account.delivered, account.loaded) == (541_909, 541_909)
    assert world.sql(
        "select count(distinct order_id), count(distinct customer_id), count(distinct product_id), "
        "sum(quantity * unit_price), count(*) filter (where is_return), count(*) filter (where customer_id is null), "
        "count(*) filter (where product_name is null), min(ordered_at)::varchar, max(ordered_at)::varchar "
        "from raw.order_lines"
    ) == [
        (25_900, 4_372, 4_070, Decimal("9747747.934"), 9_288, 135_080, 1_454, "2010-12-01 08:26:00",
         "2011-12-09 12:50:00")
    ]  # fmt: skip
