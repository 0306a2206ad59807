"""The arithmetic between a published table and the page: pooling cohorts, adding up rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.report.data import read
from dagster_project.report.labels import load_labels
from dagster_project.report.numbers import percent, raw, written
from dagster_project.report.queries import GRAINS, Grain, open_marts, run, tables_in
from tests.report.marts_file import cohorts, company, full, write_marts


def _month(index: int) -> date:
    return date(2021 + index // 12, index % 12 + 1, 1)


def test_pooled_cohorts_are_sums_over_sums(tmp_path: Path) -> None:
    """A mean of percentages would weigh a month of ten customers like one of a thousand."""
    retention, revenue = cohorts({date(2021, 1, 1): 10, date(2021, 2, 1): 90}, months=4, active=9)
    retention = [row for row in retention if (row["cohort_month"].month, row["months_since"]) != (2, 4)]
    marts = write_marts(
        tmp_path / "marts.duckdb",
        {"cohort.fct_cohort_retention": retention, "cohort.fct_cohort_revenue": revenue},
    )
    with open_marts(marts) as connection:
        rows = run(connection, "cohort_retention", tables_in(connection), Grain("quarter", 3))
    first, second = rows
    assert (first["cohort"], first["months_from"], first["months_to"]) == (date(2021, 1, 1), 1, 3)
    assert (first["customers"], first["customer_months"], first["active_months"]) == (100, 300, 54)
    assert first["retention"] == pytest.approx(54 / 300)
    assert first["is_complete"]
    assert first["active_at_least"] == 18
    assert (second["months_from"], second["customer_months"], second["is_complete"]) == (4, 10, False)


def test_unpooled_cohorts_are_the_published_rows(marts: Path) -> None:
    """Where a month is shown as a month its figures and interval must be the published ones."""
    with open_marts(marts) as connection:
        shown = run(connection, "cohort_retention", tables_in(connection), Grain("month", 1))
        published = connection.execute(
            "select cohort_month, months_since, retention, retention_ci_low, retention_ci_high"
            " from cohort.fct_cohort_retention where months_since > 0 order by all"
        ).fetchall()
    columns = ("cohort", "months_from", "retention", "retention_ci_low", "retention_ci_high")
    assert [tuple(row[c] for c in columns) for row in shown] == published


def test_revenue_to_date_ends_where_not_all_have_lived(tmp_path: Path) -> None:
    """A line that goes on with the older half of a cohort bends for no reason but who is left in it."""
    retention, revenue = cohorts({date(2021, 1, 1): 10, date(2021, 2, 1): 10}, months=4, active=5)
    keep = [row["cohort_month"].month == 1 or row["months_since"] < 4 for row in revenue]
    marts = write_marts(
        tmp_path / "marts.duckdb",
        {
            "cohort.fct_cohort_retention": retention,
            "cohort.fct_cohort_revenue": [row for row, kept in zip(revenue, keep, strict=True) if kept],
        },
    )
    with open_marts(marts) as connection:
        rows = run(connection, "cohort_revenue", tables_in(connection), Grain("year", 1))
    assert [row["months_since"] for row in rows] == [0, 1, 2, 3]
    assert rows[-1]["revenue_net_to_date_per_customer"] == pytest.approx((20 + 3 * 10) * 1000 / 20)


@pytest.mark.parametrize(("months", "grain"), [(12, Grain("month", 1)), (36, Grain("quarter", 3))])
def test_cohorts_are_pooled_only_as_far_as_a_page_needs(tmp_path: Path, months: int, grain: Grain) -> None:
    """Sixty rows by sixty columns cannot be read; one row a year hides what a month would show."""
    sizes = {_month(i): 100 for i in range(months)}
    retention, revenue = cohorts(sizes, months=0, active=50)
    for start in sizes:
        until = months - 1 - (start.year - 2021) * 12 - (start.month - 1)
        more = cohorts({start: 100}, until, 50)
        retention += [row for row in more[0] if row["months_since"]]
        revenue += [row for row in more[1] if row["months_since"]]
    marts = write_marts(
        tmp_path / "marts.duckdb",
        {"cohort.fct_cohort_retention": retention, "cohort.fct_cohort_revenue": revenue},
    )
    assert read(marts, company(), "b", load_labels(), 5).grain == grain
    assert grain in GRAINS


def test_contributors_are_customers_who_moved_money(tmp_path: Path) -> None:
    """Counting the active instead shows what a single customer of a large segment did."""
    people = [
        {
            "customer_id": f"c{i}",
            "is_customer": True,
            "region_code": "330100",
            "revenue_net_12m": i,
            "margin_net_12m": 0,
        }
        for i in range(4)
    ]
    marts = write_marts(tmp_path / "marts.duckdb", full() | {"customer.dim_customers": people})
    with open_marts(marts) as connection:
        rows = run(connection, "mix_contributors", tables_in(connection))
    found = {(row["breakdown"], row["breakdown_value"]): row["contributors"] for row in rows}
    assert found["region", "330100"] == 3
    assert found["gender", "unknown"] == 3


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (1.0, "100.0%"), (0.12345, "12.3%"), (0.99974, "99.97%"), (0.0004, "0.04%"), (-0.033, "-3.3%")],
)
def test_a_share_that_is_not_all_is_not_shown_as_all(share: float, text: str) -> None:
    """Quality of 99.97% shown as 100.0% says that nothing is wrong."""
    assert percent(share) == text


def test_figures_are_written_by_their_unit() -> None:
    """An index shown as a percentage, or a count with decimals, is another figure."""
    assert written(1234.0, "figure", "customers") == "1,234"
    assert written(0.5, "figure", "share") == "50.0%"
    assert written(8.4745, "figure", "ratio") == "8.47"
    assert written(-0.25, "figure", "index") == "-0.250"
    assert written(-0.0001, "figure", "index") == "0.000"
    assert written(1234567.8, "money") == "1,234,568"
    assert written(0.05, "money") == "0.05"
    assert raw(88.0) == "88"
    assert raw(0.1) == "0.1"
