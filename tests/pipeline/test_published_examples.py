"""The other published data sets of docs/examples, from a company.yaml alone to the published generation.

CDNOW (Fader and Hardie 2001) and Maven Analytics' CRM sales opportunities; figures as published with them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.world import World

DATA = PROJECT_ROOT.parent / "shared" / "data"


def _published(folder: Path, name: str, day: str, file: str) -> World:
    """The example, refreshed on this one file of the published data."""
    if not (DATA / name / file).is_file():
        pytest.skip(f"needs the published data in {DATA / name}")
    world = World.make(folder, PROJECT_ROOT / "docs" / "examples" / name)
    delivery = world.paths(name).deliveries / day
    delivery.mkdir(parents=True)
    shutil.copy(DATA / name / file, delivery)
    ran = world.bookworth("refresh", name)
    assert ran.code == 0, ran.err
    return world


@pytest.fixture(scope="module")
def cdnow(parsed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    world = _published(tmp_path_factory.mktemp("cdnow"), "cdnow", "1998-06-30", "CDNOW_master.txt")
    with world.marts("cdnow") as connection:
        yield connection


@pytest.fixture(scope="module")
def deals(parsed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    name = "crm_sales_opportunities"
    world = _published(tmp_path_factory.mktemp("deals"), name, "2017-12-31", "CRM+Sales+Opportunities.zip")
    with world.marts(name) as connection:
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)


def test_cdnow_is_published_to_the_cent(cdnow: duckdb.DuckDBPyConnection) -> None:
    """Prices are not in the file: total and number of CDs are, and a rounded price would move the total."""
    assert _one(cdnow, "select count(*), sum(quantity)::int from customer.fct_order_lines") == (69_659, 167_881)
    assert _one(
        cdnow, "select count(distinct customer_id), sum(revenue_net)::decimal(18, 2) from customer.fct_orders"
    ) == (23_570, Decimal("2500315.63"))


def test_cdnow_purchases_of_one_day_are_one_order(cdnow: duckdb.DuckDBPyConnection) -> None:
    """2,068 rows repeat a customer and day: counted apart they are repeat purchases that never were."""
    assert _one(cdnow, "select count(*), count(*) filter (where revenue_net = 0) from customer.fct_orders") == (
        69_659 - 2_068, 80,
    )  # fmt: skip
    assert _one(
        cdnow, "select count(*), count(*) filter (where order_count = 1), max(revenue_net)::decimal(18, 2) "
        "from customer.dim_customers"
    ) == (23_570, 12_054, Decimal("13990.93"))  # fmt: skip


def test_the_best_tenth_of_cdnow_brings_half_of_the_revenue(cdnow: duckdb.DuckDBPyConnection) -> None:
    """50.9%, as computed from the file."""
    (share,) = _one(
        cdnow,
        "select sum(revenue_net) filter (where place <= 2357) / sum(revenue_net) from "
        "(select revenue_net, row_number() over (order by revenue_net desc) as place from customer.dim_customers)",
    )
    assert float(share) == pytest.approx(0.509, abs=0.0005)


def test_won_deals_are_the_revenue(deals: duckdb.DuckDBPyConnection) -> None:
    """4,238 of 8,800 opportunities were won; lost ones carry an amount of 0, and open ones none."""
    assert _one(
        deals,
        "select count(*), sum(revenue_net)::decimal(18, 2), count(distinct customer_id) from customer.fct_orders "
        "where not is_cancelled",
    ) == (4_238, Decimal("10005534.00"), 85)


def test_the_largest_account_and_the_spread(deals: duckdb.DuckDBPyConnection) -> None:
    """Accounts have no number, only a name: Kan-code's 341,455, the first ten 20.7%, HHI 0.0136."""
    top, ten, hhi = _one(
        deals,
        "select max(m), sum(m) filter (where place <= 10) / sum(m), sum((m / total) ** 2) from ("
        "select revenue_net as m, sum(revenue_net) over () as total, "
        "row_number() over (order by revenue_net desc) as place from customer.dim_customers)",
    )
    assert (int(top), round(float(ten), 3), round(float(hhi), 4)) == (341_455, 0.207, 0.0136)


def test_a_product_spelled_two_ways_is_one(deals: duckdb.DuckDBPyConnection) -> None:
    """GTXPro in the deals is GTX Pro in the price list; unmapped, 1,480 deals join nothing."""
    found = deals.execute("select distinct product_id from customer.fct_order_lines order by 1").fetchall()
    assert len(found) == 7
    assert ("GTX Pro",) in found
    assert ("GTXPro",) not in found


def test_subsidiaries_belong_to_their_parent(deals: duckdb.DuckDBPyConnection) -> None:
    """Fifteen accounts are bought through a parent: concentration by account alone hides it."""
    assert _one(
        deals,
        "select count(*), count(*) filter (where group_customer_id <> customer_id), count(distinct group_customer_id) "
        "from customer.dim_customers",
    ) == (85, 15, 70)
