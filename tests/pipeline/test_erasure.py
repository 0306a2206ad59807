"""A person asks to be forgotten, from the command to the published generation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest.landing import land
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.ingest.raw import load_raw
from dagster_project.publish.generations import generation_numbers, publish
from dagster_project.publish.verdict import begin_build, seal_verdict
from tests.pipeline.world import World

CONFIG = """
id: acme
name: {en: Acme, zh: 艾克米}
profile: generic_b2c
currency: CNY
timezone: Asia/Shanghai
pseudonym_key: demo
sources:
  - entity: orders
    files: "orders.csv"
    mode: full
    columns: {order_id: order, customer_id: customer, ordered_at: day, gross_amount: amount}
"""
DAY = date(2024, 6, 30)
PERSON = "c7"


@pytest.fixture
def asked(parsed: None, tmp_path: Path) -> World:
    """A small company, five orders of each of sixty customers: loaded, and a generation that holds its customers.

    What a refresh would have published besides is not asked about, and would take most of a minute.
    """
    world = World.make(tmp_path)
    paths = world.paths("acme")
    delivery = paths.deliveries / str(DAY)
    delivery.mkdir(parents=True)
    paths.config_file.write_text(CONFIG, encoding="utf-8")
    rows = "".join(f"o{i},c{i % 60},2024-{i % 6 + 1:02d}-{i % 28 + 1:02d},{i}.00\n" for i in range(1, 301))
    (delivery / "orders.csv").write_text("order,customer,day,amount\n" + rows)
    company = load_company(world.settings, "acme")
    landing = land(company, paths)
    begin_build(paths, run_id="first", as_of=DAY, files={file.name: file.sha256 for file in landing.files})
    load_raw(company, paths, landing, world.settings)
    with duckdb.connect(str(paths.candidate_db)) as candidate:
        candidate.execute(f"attach '{paths.work_db}' as work (read_only)")
        candidate.execute("create schema customer")
        candidate.execute("create table customer.dim_customers as select distinct customer_id from work.raw.orders")
    (paths.candidate_reports / "index.html").write_text("nothing is asked of it")
    seal_verdict(paths, passed=True, checks=1, accounting_balances=True)
    publish(paths, deliveries=[str(DAY)], scores={"overall": None})
    return world


def test_a_forgotten_customer_is_in_no_generation(asked: World) -> None:
    """An old generation is one rollback away from being published again."""
    world = asked
    ran = world.bookworth("erase", "acme", PERSON)
    assert ran.code == 0, ran.err
    assert "1 more on the list" in ran.out
    assert "000001: `bookworth refresh acme` replaces it" in ran.out
    early = world.bookworth("erase", "acme", "--purge")
    assert (early.code, "published and holds them" in early.err) == (1, True)

    ran = world.bookworth("refresh", "acme")
    assert ran.code == 0, ran.err
    assert "000001: --purge removes it" in world.bookworth("erase", "acme").out
    assert "removed 1 generations and 0 landed copies" in world.bookworth("erase", "acme", "--purge").out
    assert generation_numbers(world.paths("acme")) == [2]
    pseudonym = Pseudonymiser.of(load_company(world.settings, "acme"), world.settings).pseudonym("customer", PERSON)
    with world.marts("acme") as marts:
        assert marts.execute("select delivered, loaded, erased from quality.fct_row_accounting").fetchall() == [
            (300, 295, 5)
        ]
        assert marts.execute("select count(*) from customer.dim_customers").fetchall() == [(59,)]
        for table in ("customer.dim_customers", "customer.fct_orders", "customer.fct_customer_months"):
            held = marts.execute(f"select count(*) from {table} where customer_id = ?", [pseudonym]).fetchall()
            assert held == [(0,)], table
