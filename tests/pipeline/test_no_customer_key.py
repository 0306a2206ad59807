"""A delivery of orders that names no customer: order figures are given, customer figures refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.world import World

CONFIG = """
id: keyless
name: {en: Keyless, zh: 无客户号}
profile: generic_b2c
currency: CNY
timezone: Asia/Shanghai
pseudonym_key: demo
sources:
  - entity: orders
    files: "orders.csv"
    mode: full
    columns: {order_id: order, ordered_at: day, gross_amount: amount}
"""


@pytest.fixture(scope="module")
def marts(parsed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    world = World.make(tmp_path_factory.mktemp("keyless"))
    paths = world.paths("keyless")
    delivery: Path = paths.deliveries / "2024-06-30"
    delivery.mkdir(parents=True)
    paths.config_file.write_text(CONFIG, encoding="utf-8")
    rows = "".join(f"o{i},2024-{i % 6 + 1:02d}-{i % 28 + 1:02d},{i}.00\n" for i in range(1, 301))
    (delivery / "orders.csv").write_text("order,day,amount\n" + rows)
    ran = world.bookworth("refresh", "keyless")
    assert ran.code == 0, ran.err
    with world.marts("keyless") as connection:
        yield connection


def test_order_figures_are_given(marts: duckdb.DuckDBPyConnection) -> None:
    """What was sold is known all the same."""
    assert marts.execute("select count(*), sum(revenue_net)::int from customer.fct_orders").fetchall() == [
        (300, 300 * 301 // 2)
    ]
    assert marts.execute(
        "select status, value::int from score.fct_indicators where indicator_code = 'revenue_net_12m' "
        "and breakdown_value = ''"
    ).fetchall() == [("assessed", 300 * 301 // 2)]


@pytest.mark.parametrize("code", ["customers_total", "customers_active", "repeat_rate", "top10_share"])
def test_customer_figures_are_refused_by_name(marts: duckdb.DuckDBPyConnection, code: str) -> None:
    """Three hundred orders of nobody must not be no customers, nor three hundred."""
    ((status, value, reason),) = marts.execute(
        "select status, value, reason from score.fct_indicators where indicator_code = ? and breakdown_value = ''",
        [code],
    ).fetchall()
    assert (status, value) == ("not_assessed", None)
    assert "orders.customer_id (not delivered)" in reason


def test_nobody_is_made_up(marts: duckdb.DuckDBPyConnection) -> None:
    """A customer table with one customer called null is worse than none."""
    assert marts.execute("select count(*) from customer.dim_customers").fetchall() == [(0,)]
