"""What the dbt layer costs in units of one GROUP BY over the order fact: `make bench`.

Orders are made straight in the raw tables of a work file and each dbt model is built alone (one dbt thread, DuckDB on
two). Then every periodic model is made again, one statement each, with G, `select customer_id, count(*), sum(amount),
min(date), max(date) from orders group by 1`, run before and after it in the same connection: a busy machine slows both.

Goals: the core (what is known of each customer, his months, cohorts, RFM, concentration and purchase tuples, by key) at
most 8 G, and less than 4 GB of memory. Copies of rows, `dim_customers` among them (the core's rows with the words the
deliveries have of a customer), and what else is made from customers and months is shown beside it.
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import yaml

from bench.ingest import THREADS, Cost, watched

GOAL = 8.0
MEMORY_GOAL_MB = 4000
# Leaves Python, dbt's manifest and DuckDB's own overhead within the goal.
MEMORY_LIMIT = "2800MB"
AS_OF = date(2026, 6, 30)

# In the order they are made. A view costs what reading it once costs.
CORE = (
    "int_customer_months_keyed",
    "int_customer_totals_keyed",
    "int_contract_terms_keyed",
    "int_customer_spells_keyed",
    "int_customer_states_keyed",
    "int_segment_thresholds_computed",
    "int_cohort_months_aggregated",
    "fct_cohort_retention",
    "fct_cohort_revenue",
    "int_survival_times_aggregated",
    "fct_survival",
    "fct_concentration",
    "int_first_purchases_valued",
    "int_purchase_tuples_prepared",
)
# What else is made from customers and their months.
BESIDE = (
    "fct_value_deciles",
    "fct_customer_census",
    "fct_period_comparison",
    "int_repeat_times_aggregated",
    "fct_repeat_curve",
    "int_recurring_revenue_moved",
    "fct_recurring_revenue",
)
# A row of the deliveries, or of another model, is a row of these.
COPIES = (
    "int_orders_prepared",
    "int_revenue_events_keyed",
    "int_customers_resolved",
    "int_customers_unioned",
    "dim_customers",
)
PERIODIC = (*CORE, *BESIDE, "int_customers_resolved", "int_customers_unioned", "dim_customers")

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
    """Seconds of each model by dbt, in the order they were built, and what the process took."""

    seconds: dict[str, float]
    cost: Cost


@dataclass(frozen=True)
class Timed:
    """What a model took beside G: `units` is the median over rounds of its seconds by those of G around it."""

    seconds: float
    units: float


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


def side_by_side(database: Path, names: Sequence[str], rounds: int) -> dict[str, Timed]:
    """Each model made again as dbt made it, or read once if it is a view, between two runs of G."""
    folder = database.parent
    nodes = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with duckdb.connect(str(database)) as con:
        con.execute(f"attach '{folder / 'marts.duckdb'}' as marts")
        for setting, value in {**_settings(), "threads": THREADS, "memory_limit": MEMORY_LIMIT}.items():
            con.execute(f"set {setting} = '{value}'")

        def seconds_of(statement: str) -> float:
            began = time.perf_counter()
            con.execute(statement)
            return time.perf_counter() - began

        unit = f"create or replace temp table unit as {UNIT}"
        seconds_of(unit)
        for _ in range(rounds):
            before = seconds_of(unit)
            for name in names:
                node = nodes[f"model.bookworth.{name}"]
                if node["config"]["materialized"] == "view":
                    took = seconds_of(f"create or replace temp table read_once as from {node['relation_name']}")
                else:
                    took = seconds_of(f"create or replace table {node['relation_name']} as {node['compiled_code']}")
                after = seconds_of(unit)
                found[name].append((took, took / ((before + after) / 2)))
                before = after
    return {
        name: Timed(statistics.median(t for t, _ in runs), statistics.median(u for _, u in runs))
        for name, runs in found.items()
    }


def _settings() -> dict[str, str]:
    """What the dbt profile sets, apart from what the environment decides."""
    from dagster_project.settings import DBT_PROJECT_DIR

    profile = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    settings = profile["bookworth"]["outputs"]["duckdb"]["settings"]
    return {name: str(value).lower() for name, value in settings.items() if "env_var" not in str(value)}


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


def report(built: Built, timed: Mapping[str, Timed], customers: int, orders: int) -> bool:
    """Print every model in units of G; whether the goals are met."""
    unit = statistics.median(model.seconds / model.units for model in timed.values())
    print(f"\n{customers:,} customers, {orders:,} orders, G = {unit:.2f} s, memory limit {MEMORY_LIMIT}")
    print("| model | s | G |\n|---|---|---|")
    core = _lines("the core", CORE, timed)
    _lines("beside it: what else is made of customers and months", BESIDE, timed)
    _lines("copies of rows", [name for name in COPIES if name in timed], timed)
    print("\nEach model by dbt, with what dbt itself takes:\n| model | s | G |\n|---|---|---|")
    shown = sorted(built.seconds.items(), key=lambda item: -item[1])
    for name, seconds in shown:
        if seconds >= unit / 10:
            print(f"| {name} | {seconds:.2f} | {seconds / unit:.2f} |")
    small = sum(seconds for _, seconds in shown if seconds < unit / 10)
    print(f"| all others | {small:.2f} | {small / unit:.2f} |")
    by_dbt = sum(built.seconds.get(name, 0.0) for name in CORE)
    print(f"| the core | {by_dbt:.2f} | {by_dbt / unit:.2f} |")
    whole = sum(built.seconds.values())
    print(f"| all that was built | {whole:.2f} | {whole / unit:.1f} |")
    print(f"peak memory {built.cost.peak_mb:,.0f} MB; goal: the core in {GOAL:.0f} G, and {MEMORY_GOAL_MB:,} MB")
    met = core <= GOAL and built.cost.peak_mb < MEMORY_GOAL_MB
    print("met" if met else "NOT MET", flush=True)
    return met


def _lines(title: str, names: Sequence[str], timed: Mapping[str, Timed]) -> float:
    """Print some models and their sum, which is returned, in units of G."""
    for name in names:
        print(f"| {name} | {timed[name].seconds:.2f} | {timed[name].units:.2f} |")
    seconds, units = sum(timed[name].seconds for name in names), sum(timed[name].units for name in names)
    print(f"| **{title}** | {seconds:.2f} | **{units:.2f}** |")
    return units


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--folder", help="where to put the temporary folder; about 8 GB for 10 million orders")
    parser.add_argument("--rounds", type=int, default=5, help="how often each periodic model is made beside G")
    parser.add_argument("--periodic", action="store_true", help="only the periodic models and what they are made of")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        database = Path(folder) / "work.duckdb"
        prepare(database, asked.customers, asked.orders)
        built = build(database, [f"+{name}" for name in PERIODIC] if asked.periodic else [])
        timed = side_by_side(database, PERIODIC, asked.rounds)
        return 0 if report(built, timed, asked.customers, asked.orders) else 1


if __name__ == "__main__":
    sys.exit(main())
