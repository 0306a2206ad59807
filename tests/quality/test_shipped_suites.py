"""The suites that ship: every expectation runs on the contract's types, and the marts' ones find what is broken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.ingest.contract import Column, entities
from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.runner import run_suites
from dagster_project.quality.suites import load_suites
from dagster_project.settings import EXPECTATIONS_DIR
from tests.quality.quality_helpers import AS_OF, MakeWork

DAY = date(2024, 6, 3)


def _some_value(column: Column, number: int) -> Any:
    if column.values:
        return column.values[0]
    match column.duckdb_type:
        case "date" | "timestamp":
            return DAY
        case "boolean":
            return False
        case "varchar":
            return f"{column.name}{number}"
        case _:
            return Decimal(number)


def test_every_raw_expectation_runs(work: MakeWork) -> None:
    """An expectation that cannot be evaluated on the contract's types fails every company that delivers the column."""
    tables = {
        entity.name: [{c.name: _some_value(c, number) for c in entity.columns.values()} for number in (1, 2)]
        for entity in entities().values()
    }
    results = run_suites(work(**tables), "raw", AS_OF)
    assert [f"{r.relation} {r.name}: {r.reason}" for r in results if "evaluated" in (r.reason or "")] == []
    assert [f"{r.relation} {r.name}: {r.reason}" for r in results if "delivered" in (r.reason or "")] == []


GOOD_MARTS = """
create schema customer; create schema cohort; create schema risk; create schema acquisition; create schema value;
create table customer.dim_customers as
    select 'c' || i as customer_id, 'individual' as customer_type, 'active' as lifecycle_stage, true as is_active,
        'web' as acquisition_channel, date '2024-05-01' as acquired_on, date '2024-05-02' as first_order_on,
        date '2024-06-03' as last_order_on, 2 as order_count, 200::decimal(18, 4) as revenue_net,
        80::decimal(18, 4) as margin_net
    from range(2) as t(i);
create table customer.fct_orders as
    select 'o' || i || '-' || j as order_id, 'c' || i as customer_id, if(j = 0, date '2024-05-02', date '2024-06-03')
        as ordered_on, 'web' as channel, 100::decimal(18, 4) as revenue_net, 40::decimal(18, 4) as margin_net,
        false as is_cancelled, false as is_return
    from range(2) as t(i), range(2) as u(j);
create table customer.fct_order_lines as
    select order_id, 'lines.csv' as source_file, row_number() over (order by order_id) as source_line, customer_id,
        ordered_on, 'p1' as product_id, true as is_counted, 2::decimal(18, 6) as quantity,
        50::decimal(18, 4) as unit_price, 100::decimal(18, 4) as line_amount
    from customer.fct_orders;
create table customer.fct_customer_months as
    select customer_id, if(ordered_on < date '2024-06-01', 1, 0) as months_back,
        date_trunc('month', ordered_on)::date as month_on, 1 as orders, revenue_net, margin_net
    from customer.fct_orders;
create table customer.fct_customer_census as
    from (values ('month', date '2024-05-31', 0, 2, 0, 0, 2), ('month', date '2024-06-30', 2, 1, 1, 2, 2),
        ('year', date '2024-06-30', 0, 2, 0, 0, 2))
        as t(period_type, period_end_on, opening, new, reactivated, lost, closing);
create table customer.fct_customer_mix as
    from (values ('region', 'A', 1, 1, 0.5::double), ('region', 'B', 1, 1, 0.5), ('gender', 'unknown', 2, 2, 1.0))
        as t(breakdown, breakdown_value, customers, customers_active, customer_share);
create table cohort.fct_cohort_retention as
    from (values (date '2024-05-01', 0, 2, 2, 1.0::double), (date '2024-05-01', 1, 2, 1, 0.5))
        as t(cohort_month, months_since, customers, active, retention);
create table cohort.fct_cohort_revenue as
    from (values (date '2024-05-01', 0, 2, 200::decimal(18, 4)), (date '2024-05-01', 1, 2, 100::decimal(18, 4)))
        as t(cohort_month, months_since, customers, revenue_net);
create table cohort.fct_survival as
    from (values ('', '', 0, 40, 1.0::double), ('', '', 1, 40, 0.9), ('region', 'A', 0, 40, 1.0))
        as t(breakdown, breakdown_value, months_since, at_risk, survival);
create table risk.fct_concentration as
    from (values ('customer', 'current', 0.3::double, 0.5::double, 0.9::double, 1.0::double, 0.0::double),
        ('customer', 'prior', 0.3, 0.5, 0.9, 1.0, 0.0))
        as t(cut, run, hhi, top1_share, top5_share, top10_share, unknown_share);
create table customer.fct_top_customers as
    from (values (1, 60::decimal(18, 4), 0.3::double), (2, 50, 0.25)) as t(rank, revenue_net_12m, revenue_share);
create table acquisition.fct_channel_performance as
    from (values ('order', 'web', 2, 2, 0.4::double), ('order', 'shop', 1, 0, 0.4))
        as t(basis, channel, customers, customers_active, margin_rate);
create table value.fct_customer_value as
    select customer_id, 0.8::double as p_alive, 10::decimal(18, 4) as residual_low,
        20::decimal(18, 4) as residual_value, 30::decimal(18, 4) as residual_high, 80::decimal(18, 4) as margin_historic
    from customer.dim_customers;
create table risk.fct_receivables_ageing as
    select 0 as months_back, customer_id, 'due' as bucket, 100::decimal(18, 4) as open_amount,
        10::decimal(18, 4) as disputed_amount, 5::decimal(18, 4) as expected_loss
    from customer.dim_customers;
"""

# Marts that may hold nothing although there is a book: no sale in the window, no invoice open.
MAY_BE_EMPTY = {
    "cohort.fct_survival",  # lives are watched up to as-of less the active months
    "risk.fct_concentration",
    "customer.fct_top_customers",
    "risk.fct_receivables_ageing",
}

# What goes wrong in a mart, and the expectation that must say so. A round spoils every mart once.
FAULTS = (
    {
        "customer.dim_customers": ("insert into {} from {} limit 1", "customer_id_unique"),
        "customer.fct_orders": ("update {} set customer_id = 'nobody'", "customer_known"),
        "customer.fct_order_lines": ("update {} set line_amount = 99", "amount_is_quantity_times_price"),
        "customer.fct_customer_months": ("update {} set months_back = -1", "months_back_in_range"),
        "customer.fct_customer_census": ("update {} set lost = lost + 1", "movement_adds_up"),
        "customer.fct_customer_mix": ("update {} set customer_share = 0.4", "shares_add_up"),
        "cohort.fct_cohort_retention": ("update {} set retention = 1.5", "retention_in_range"),
        "cohort.fct_cohort_revenue": ("update {} set customers = 5", "sizes_agree_with_retention"),
        "cohort.fct_survival": (
            "update {} set survival = 1 - survival where months_since = 0", "survival_never_rises"),
        "risk.fct_concentration": ("update {} set top1_share = 0.95", "shares_in_order"),
        "customer.fct_top_customers": ("update {} set revenue_net_12m = 70 where rank = 2", "ranked_by_revenue"),
        "acquisition.fct_channel_performance": ("update {} set customers_active = 3", "active_within_all"),
        "value.fct_customer_value": ("update {} set residual_low = 25", "bounds_in_order"),
        "risk.fct_receivables_ageing": ("update {} set disputed_amount = 101", "parts_within_open"),
    },
    {
        "customer.dim_customers": ("update {} set lifecycle_stage = 'asleep'", "lifecycle_stage_known"),
        "customer.fct_orders": ("update {} set ordered_on = date '2024-07-01'", "ordered_on_past"),
        "customer.fct_order_lines": ("update {} set order_id = 'none'", "counted_order_known"),
        "customer.fct_customer_months": ("insert into {} from {} limit 1", "key_unique"),
        "customer.fct_customer_census": (
            "update {} set opening = opening + 1, closing = closing + 1 where reactivated = 1", "periods_join"),
        "customer.fct_customer_mix": ("update {} set customers = 3 where breakdown = 'gender'", "breakdowns_agree"),
        "cohort.fct_cohort_retention": ("update {} set retention = 0.9", "retention_is_the_ratio"),
        "cohort.fct_cohort_revenue": ("update {} set months_since = -1", "months_since_in_range"),
        "cohort.fct_survival": ("update {} set survival = 0.1 where months_since = 1", "falls_by_steps"),
        "risk.fct_concentration": ("update {} set unknown_share = 0.9", "mostly_known"),
        "customer.fct_top_customers": ("update {} set revenue_share = 0.6 where rank = 1", "share_plausible"),
        "acquisition.fct_channel_performance": ("update {} set margin_rate = 4.0", "margin_rate_plausible"),
        "value.fct_customer_value": (
            "update {} set residual_value = 801, residual_high = 900", "in_proportion_to_the_past"),
        "risk.fct_receivables_ageing": ("update {} set open_amount = -1", "open_not_negative"),
    },
    {
        "customer.dim_customers": ("update {} set first_order_on = null", "orders_and_dates_agree"),
        "customer.fct_orders": ("update {} set is_cancelled = true", "cancelled_at_zero"),
        "customer.fct_customer_census": ("update {} set period_end_on = period_end_on - 1", "period_end_on_recent"),
        "cohort.fct_cohort_retention": ("update {} set customers = 3 where months_since = 1", "size_is_fixed"),
        "cohort.fct_survival": ("update {} set survival = 1.5", "survival_in_range"),
        "risk.fct_concentration": ("update {} set hhi = 1.5", "hhi_in_range"),
        "customer.fct_top_customers": ("update {} set rank = 1", "key_unique"),
        "acquisition.fct_channel_performance": ("update {} set channel = 'web'", "key_unique"),
        "value.fct_customer_value": ("update {} set p_alive = 1.5", "p_alive_in_range"),
        "risk.fct_receivables_ageing": ("insert into {} from {} limit 1", "key_unique"),
    },
    {
        "customer.dim_customers": ("update {} set last_order_on = date '2024-07-01'", "last_order_on_past"),
        "customer.fct_orders": ("delete from {}", "order_id_unique"),
        "cohort.fct_cohort_retention": ("update {} set active = 1 where months_since = 0", "all_active_at_start"),
        "cohort.fct_survival": ("insert into {} from {} limit 1", "key_unique"),
        "risk.fct_concentration": ("insert into {} from {} limit 1", "key_unique"),
        "value.fct_customer_value": ("insert into {} from {} limit 1", "key_unique"),
    },
    {"customer.dim_customers": ("update {} set order_count = 3", "orders_agree")},
)  # fmt: skip


@pytest.fixture
def inputs(work: MakeWork) -> Path:
    columns = {
        "customers": ["customer_id", "customer_type", "acquired_at", "acquisition_channel"],
        "invoices": ["customer_id"],
        "orders": ["order_id", "customer_id", "ordered_at", "channel", "cost_amount"],
        "order_lines": ["order_id", "product_id"],
    }
    return work(delivered=columns)


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD_MARTS)
    yield path


def _run(marts: Path, inputs: Path) -> list[ExpectationResult]:
    return run_suites(marts, "marts", AS_OF, inputs_database=inputs)


def test_good_marts_pass(marts: Path, inputs: Path) -> None:
    """A suite that good marts cannot pass would never let anything be published."""
    assert [f"{r.relation} {r.name}: {r.reason}" for r in _run(marts, inputs) if r.status != "passed"] == []


@pytest.mark.parametrize("faults", FAULTS)
def test_broken_marts_fail(marts: Path, inputs: Path, faults: dict[str, tuple[str, str]]) -> None:
    """An expectation that cannot fail protects nobody."""
    with duckdb.connect(str(marts)) as connection:
        for relation, (fault, _) in faults.items():
            connection.execute(fault.replace("{}", relation))
    failed = {(r.relation, r.name) for r in _run(marts, inputs) if r.status == "failed"}
    assert {(relation, name) for relation, (_, name) in faults.items()} - failed == set()


def test_every_mart_has_a_key_and_a_required_flag() -> None:
    """A mart whose grain nothing guards doubles silently."""
    for suite in load_suites(EXPECTATIONS_DIR, "marts"):
        assert suite.built_from and suite.required != (suite.relation in MAY_BE_EMPTY), suite.relation
        assert any(e.dimension == "uniqueness" and e.severity == "error" for e in suite.expectations), suite.relation
