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


@pytest.mark.parametrize("file", ["CDNOW_master.txt", "CDNOW_master_hardie_original.txt"])
def test_cdnow_with_and_without_header(tmp_path: Path, file: str) -> None:
    """69,659 purchases, 2,500,315.63 dollars: fixed width, leading zeros, YYYYMMDD, no header in one copy."""
    world = example(tmp_path, "cdnow", "1998-06-30", file)
    account = world.load().files[0]
    assert (account.delivered, account.loaded) == (69_659, 69_659)
    assert world.sql(
        "select count(distinct customer_id), sum(quantity)::int, sum(quantity * unit_price - discount_amount), "
        "count(*) filter (where unit_price = 0), min(ordered_at)::varchar, max(ordered_at)::date::varchar, min(_line) "
        "from raw.order_lines"
    ) == [
        (23_570, 167_881, Decimal("2500315.63"), 80, "1997-01-01 00:00:00", "1998-06-30",
         2 if file == "CDNOW_master.txt" else 1)
    ]  # fmt: skip


def test_the_cdnow_sample(tmp_path: Path) -> None:
    """The file the published model parameters are fitted on: 6,919 purchases of 2,357 customers."""
    world = example(tmp_path, "cdnow", "1998-06-30", "CDNOW_sample.txt")
    world.load()
    assert world.sql("select count(*), count(distinct customer_id) from raw.order_lines") == [(6_919, 2_357)]


def test_crm_sales_opportunities_from_its_zip(tmp_path: Path) -> None:
    """8,800 opportunities, 4,238 won for 10,005,534: a zip of several files, CRLF, one file as three entities."""
    world = example(tmp_path, "crm_sales_opportunities", "2017-12-31", "CRM+Sales+Opportunities.zip")
    report = world.load()
    assert {k: n for k, n in report.entity_rows.items() if n} == {
        "customers": 85, "products": 7, "leads": 8_800, "orders": 4_238, "order_lines": 4_238
    }  # fmt: skip
    assert world.sql("select sum(gross_amount)::int, count(distinct customer_id) from raw.orders") == [(10_005_534, 85)]
    assert world.sql(
        "select count(converted_at), count(lost_at), count(*) filter (where customer_id is null) from raw.leads"
    ) == [(4_238, 2_473, 1_425)]
    assert world.sql(
        "select year(ordered_at), quarter(ordered_at), count(*), sum(gross_amount)::int from raw.orders "
        "group by all order by all"
    ) == [
        (2017, 1, 531, 1_134_672), (2017, 2, 1_254, 3_086_111), (2017, 3, 1_257, 2_982_255), (2017, 4, 1_196, 2_802_496)
    ]  # fmt: skip
    assert world.sql("select count(*) from raw.leads l anti join raw.products p on l.product_id = p.product_id") == [
        (0,)
    ]
    assert world.sql("select count(parent_customer_id) from raw.customers") == [(15,)]
