"""What the dbt layer costs in units of one GROUP BY over the order fact: `make bench`.

Orders are made straight in the raw tables of a work file, each dbt model is then built alone (one dbt thread, DuckDB
on two), and G, `select customer_id, count(*), sum(amount), min(date), max(date) from orders group by 1`, is timed
before and after in the same run. Goals: the periodic models (everything made from customers and their months: states,
months, cohorts, RFM, concentration, purchase tuples; copies of rows aside) at most 8 G, and less than 4 GB of memory.
"""

# ruff: noqa: S608 - names of this file
from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from bench.ingest import THREADS, Cost, watched

GOAL = 8.0
MEMORY_GOAL_MB = 4000
# Leaves Python, dbt's manifest and DuckDB's own overhead within the goal.
MEMORY_LIMIT = "2800MB"
AS_OF = date(2026, 6, 30)

# What reads customers and their months, and the keys they go by. Row-level copies (prepared orders and events,
# published orders and months) are not in it; those that it reads are shown beside it.
PERIODIC = (
    "int_customers_resolved",
    "int_customer_strangers_keyed",
    "int_customer_months_keyed",
    "int_customer_totals_keyed",
    "int_contract_terms_keyed",
    "int_customer_spells_keyed",
    "int_customers_unioned",
    "int_customer_states_keyed",
    "int_segment_thresholds_computed",
    "int_first_purchases_valued",
    "int_cohort_months_aggregated",
    "int_survival_times_aggregated",
    "int_repeat_times_aggregated",
    "int_recurring_revenue_moved",
    "dim_customers",
    "fct_customer_census",
    "fct_cohort_retention",
    "fct_cohort_revenue",
    "fct_survival",
    "fct_repeat_curve",
    "fct_value_deciles",
    "fct_period_comparison",
    "fct_recurring_revenue",
    "fct_concentration",
)

COPIES = ("int_orders_prepared", "int_revenue_events_keyed")

# Customers of unequal weight: half of the orders come from a quarter of them. Keys as long as pseudonyms are.
KEY = "'c_' || lpad(to_hex(hash({}) % 1152921504606846976), 15, '0') || '00000'"
CUSTOMERS = f"""
    insert into raw.customers (customer_id, customer_type, acquisition_channel, region, gender, acquired_at, created_at,
        is_test, _delivered_on, _first_delivered_on, _file, _line)
    select {KEY.format("i")}, ['individual', 'enterprise'][(hash(i * 3) % 2)::int + 1],
        ['shop', 'web', 'fair', 'friends'][(hash(i * 5) % 4)::int + 1], 'R' || (hash(i * 7) % 30), null,
        timestamp '2021-07-01', timestamp '2021-07-01', false, $day, $day, 'customers.csv', i + 2
    from range($customers) as t(i)
"""
ORDERS = f"""
    insert into raw.orders (order_id, customer_id, ordered_at, status, channel, gross_amount, discount_amount,
        cost_amount, is_test, _delivered_on, _first_delivered_on, _file, _line)
    select 'SO' || lpad(i::varchar, 10, '0'),
        {KEY.format("floor($customers * power((hash(i * 7 + 1) % 1000003) / 1000003.0, 2))::bigint")},
        timestamp '2021-07-01' + to_seconds((hash(i * 3 + 2) % 157766400)::bigint), 'completed',
        ['shop', 'web'][(hash(i * 13 + 5) % 2)::int + 1], ((hash(i * 5 + 3) % 2000000) / 100)::decimal(18, 4), 0,
        ((hash(i * 23 + 8) % 900000) / 100)::decimal(18, 4), false, $day, $day, 'orders.csv', i + 2
    from range($orders) as t(i)
"""
UNIT = "select customer_id, count(*), sum(gross_amount), min(ordered_at), max(ordered_at) from raw.orders group by 1"


@dataclass(frozen=True)
class Built:
    """Seconds of each model, in the order they were built, and what the process took."""

    seconds: dict[str, float]
    cost: Cost


def prepare(database: Path, customers: int, orders: int) -> None:
    """The same rows for the same numbers."""
    from dagster_project.companies import Company
    from dagster_project.ingest.run_parameters import write_run_parameters
    from dagster_project.settings import CompanyPaths
    from tests.raw_tables import create_raw_tables

    create_raw_tables(database, {}, AS_OF)
    with duckdb.connect(str(database)) as con:
        con.execute(f"set threads = {THREADS}")
        con.execute("set preserve_insertion_order = false")
        con.execute(CUSTOMERS, {"customers": customers, "day": AS_OF})
        con.execute(ORDERS, {"customers": customers, "orders": orders, "day": AS_OF})
        for entity, count in (("customers", customers), ("orders", orders)):
            for (column,) in con.execute(
                "select column_name from evidence.inputs where entity = ?", [entity]
            ).fetchall():
                filled = con.execute(f'select count("{column}") from raw.{entity}').fetchall()[0][0]
                con.execute(
                    "update evidence.inputs set delivered = ?, row_count = ?, non_null_count = ?"
                    " where entity = ? and column_name = ?",
                    [filled > 0, count, filled, entity, column],
                )
    paths = CompanyPaths(database.parent, database.parent / "company.yaml", database.parent)
    fields = {
        "id": "bench", "name_en": "Bench", "name_zh": "基准", "profile": "generic_b2c", "currency": "CNY",
        "timezone": "Asia/Shanghai", "as_of": AS_OF, "revenue_source": "orders", "market_industry": None,
        "market_region": None, "deal_structure": "share", "gross_margin": Decimal("0.4"), "discount_rate": None,
        "direct_identifiers": (), "pseudonym_key": "demo", "sources": (), "path": paths.config_file,
    }  # fmt: skip
    write_run_parameters(Company(**fields), paths, AS_OF)


def unit_seconds(database: Path, times: int = 5) -> float:
    """The median of some runs of G over the raw orders, its result kept in memory."""
    found = []
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute(f"set threads = {THREADS}")
        con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        for _ in range(times):
            began = time.perf_counter()
            con.execute(f"create or replace temp table unit as {UNIT}")
            found.append(time.perf_counter() - began)
    return statistics.median(found)


def build(database: Path, select: list[str]) -> Built:
    """Seeds, then every model alone."""
    from dagster_project.settings import DBT_PROJECT_DIR, dbt_executable

    folder = database.parent
    command = [
        str(dbt_executable()), "--no-use-colors", "build", "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir",
        str(DBT_PROJECT_DIR), "--target-path", str(folder / "target"), "--log-path", str(folder), "--threads", "1",
        "--resource-type", "seed", "--resource-type", "model", *(["--select", *select] if select else []),
    ]  # fmt: skip
    environment = {
        **os.environ,
        "BOOKWORTH_WORK_DB": str(database),
        "BOOKWORTH_CANDIDATE_DB": str(folder / "marts.duckdb"),
        "BOOKWORTH_MEMORY_LIMIT": MEMORY_LIMIT,
    }
    cost, code = watched(command, environment)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    failed = [r["unique_id"] for r in results if r["status"] not in ("success", "skipped")]
    if code:
        print(f"did not build: {', '.join(failed)}", flush=True)
    seconds = {
        r["unique_id"].split(".")[2]: r["execution_time"] for r in results if r["unique_id"].startswith("model.")
    }
    return Built(seconds, cost)


def report(built: Built, unit: float, customers: int, orders: int) -> bool:
    """Print every model in units of G; whether the goals are met."""
    periodic = {name: built.seconds[name] for name in PERIODIC if name in built.seconds}
    total = sum(periodic.values()) / unit
    print(f"\n{customers:,} customers, {orders:,} orders, G = {unit:.2f} s, memory limit {MEMORY_LIMIT}")
    print("| model | s | G |\n|---|---|---|")
    shown = sorted(built.seconds.items(), key=lambda item: -item[1])
    for name, seconds in shown:
        if seconds >= unit / 10 or name in periodic:
            print(f"| {name}{' (periodic)' if name in periodic else ''} | {seconds:.2f} | {seconds / unit:.2f} |")
    small = sum(seconds for name, seconds in shown if seconds < unit / 10 and name not in periodic)
    print(f"| all others | {small:.2f} | {small / unit:.2f} |")
    print(f"| the periodic models | {sum(periodic.values()):.2f} | **{total:.2f}** |")
    copies = sum(built.seconds.get(name, 0.0) for name in COPIES)
    print(f"| the copies of rows they read: {', '.join(COPIES)} | {copies:.2f} | {copies / unit:.2f} |")
    whole = sum(built.seconds.values())
    print(f"| the whole layer | {whole:.2f} | {whole / unit:.1f} |")
    print(f"peak memory {built.cost.peak_mb:,.0f} MB; goal: {GOAL:.0f} G and {MEMORY_GOAL_MB:,} MB")
    met = total <= GOAL and built.cost.peak_mb < MEMORY_GOAL_MB
    print("met" if met else "NOT MET", flush=True)
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--folder", help="where to put the temporary folder; about 8 GB for 10 million orders")
    parser.add_argument("--periodic", action="store_true", help="only the periodic models and what they are made of")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        database = Path(folder) / "work.duckdb"
        prepare(database, asked.customers, asked.orders)
        before = unit_seconds(database)
        built = build(database, [f"+{name}" for name in PERIODIC] if asked.periodic else [])
        unit = statistics.median([before, unit_seconds(database)])
        return 0 if report(built, unit, asked.customers, asked.orders) else 1


if __name__ == "__main__":
    sys.exit(main())
