"""Real input, from the published file to the published generation with nothing but a company.yaml.

The UCI Online Retail data (dataset 352, CC BY 4.0); every figure was recomputed once outside this project.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.world import World

DATA = PROJECT_ROOT.parent / "shared" / "data" / "online_retail" / "online_retail_raw.parquet"
EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "online_retail"

# The cleaning every published analysis of this data begins with.
CLEAN = "customer_id is not null and not starts_with(order_id, 'C') and quantity > 0 and unit_price > 0"
REVENUE = "sum(quantity * unit_price)::decimal(18, 2)"


@pytest.fixture(scope="module")
def marts(parsed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts of the one delivery, 2011-12-10."""
    if not DATA.is_file():
        pytest.skip(f"needs the published data in {DATA}")
    world = World.make(tmp_path_factory.mktemp("online_retail"), EXAMPLE)
    delivery = world.paths("online_retail").deliveries / "2011-12-10"
    delivery.mkdir(parents=True)
    shutil.copy(DATA, delivery)
    ran = world.bookworth("refresh", "online_retail")
    assert ran.code == 0, ran.err
    with world.marts("online_retail") as connection:
        yield connection


def test_every_line_is_published(marts: duckdb.DuckDBPyConnection) -> None:
    """Lines without a customer, returns and exact repeats are the first to be lost on the way to a mart."""
    found = marts.execute(
        f"select count(*), count(distinct order_id), count(distinct customer_id), {REVENUE},"
        " count(*) filter (where customer_id is null), count(*) filter (where starts_with(order_id, 'C'))"
        " from customer.fct_order_lines"
    ).fetchall()
    assert found == [(541_909, 25_900, 4_372, Decimal("9747747.93"), 135_080, 9_288)]


def test_the_clean_revenue_is_the_published_one(marts: duckdb.DuckDBPyConnection) -> None:
    """Analysts check a tool with the figures they know."""
    found = marts.execute(
        f"select count(*), count(distinct customer_id), {REVENUE} from customer.fct_order_lines where {CLEAN}"
    ).fetchall()
    assert found == [(397_884, 4_338, Decimal("8911407.90"))]


def test_the_clean_revenue_without_exact_repeats(marts: duckdb.DuckDBPyConnection) -> None:
    """Repeats were not declared duplicates, so they stay; whoever drops them gets the other published figure.

    All eight delivered columns decide what a repeat is, the time too: one invoice holds a line twice, a minute apart.
    """
    found = marts.execute(
        f"""
        select count(*), {REVENUE} from (
            select distinct order_id, product_id, product_name, quantity, unit_price, ordered_at, customer_id, region
            from customer.fct_order_lines where {CLEAN}
        )
        """
    ).fetchall()
    assert found == [(392_692, Decimal("8887208.89"))]


def test_the_accounting_balances(marts: duckdb.DuckDBPyConnection) -> None:
    """541,909 rows were delivered and all of them loaded: anything else is a row somebody has to explain."""
    found = marts.execute(
        "select entity, delivered, loaded, quarantined, duplicates, excluded, erased from quality.fct_row_accounting"
    ).fetchall()
    assert found == [("order_lines", 541_909, 541_909, 0, 0, 0, 0)]


def test_a_cancellation_is_a_return_and_not_an_order(marts: duckdb.DuckDBPyConnection) -> None:
    """Counting the C-invoices as orders would add 3,836 orders that took money away."""
    returns, orders = marts.execute(
        "select count(*) filter (where is_return), count(*) filter (where not is_return) from customer.fct_orders"
    ).fetchall()[0]
    assert (
        returns
        == marts.execute(
            "select count(distinct order_id) from customer.fct_order_lines where starts_with(order_id, 'C')"
        ).fetchall()[0][0]
    )
    assert returns + orders == 25_900


def test_what_was_not_delivered_is_not_assessed(marts: duckdb.DuckDBPyConnection) -> None:
    """Satisfaction of a company that delivered invoice lines only is unknown, not zero."""
    found = marts.execute(
        "select indicator_code, status, value, reason from score.fct_indicators"
        " where indicator_code in ('nps', 'sla_attainment', 'lead_conversion')"
    ).fetchall()
    assert len(found) == 3
    assert all(status != "assessed" and value is None and reason for _, status, value, reason in found)


def test_a_year_s_season_is_not_made_up(marts: duckdb.DuckDBPyConnection) -> None:
    """Thirteen months show an autumn, not that it comes back: the months ahead must stay even, and say why."""
    found = marts.execute(
        "select distinct season_factor, season_reason from value.fct_demand_forecast"
        " where part = 'existing_customers' and period = 'month'"
    ).fetchall()
    assert found == [(1.0, "needs 24 months of purchases to tell a season, has 12")]


def test_a_back_test_that_missed_is_published_as_it_is(marts: duckdb.DuckDBPyConnection) -> None:
    """Calibrated on ten days it cannot hold; left out of the report, it would pass for one never asked for."""
    found = marts.execute(
        "select measure, expected, actual, is_covered from value.fct_backtest"
        " where kind = 'residual' and breakdown = 'total' order by measure"
    ).fetchall()
    assert [measure for measure, *_ in found] == ["margin", "orders"]
    assert all(expected > 0 and actual > 0 and is_covered is not None for _, expected, actual, is_covered in found)
    assert abs(found[1][1] / found[1][2] - 1) > 0.1
