"""Moving as_of back a year equals building from a delivery that was cut off a year ago."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.canonical import write_company
from tests.pipeline.world import EXAMPLES, World

COMPANY = "anlan_safety"
AS_OF, CUT = date(2025, 6, 30), date(2025, 7, 1)
NEWEST = date(2026, 6, 30)

# Marts that are made of dated events alone, and the columns of the others that are.
MARTS = {
    "customer.fct_customer_census": "*",
    "customer.fct_customer_months": "*",
    "customer.fct_lifecycle_transitions": "*",
    "customer.dim_customers": "customer_id, lifecycle_stage, is_customer, is_active, first_order_on, last_order_on,"
    " order_count, order_count_12m, revenue_net, revenue_net_12m, margin_net, margin_net_12m, rfm_segment, value_tier",
    "cohort.fct_cohort_retention": "*",
    "cohort.fct_cohort_revenue": "*",
    "cohort.fct_survival": "*",
    "cohort.fct_repeat_curve": "*",
    "cohort.fct_value_deciles": "*",
    "cohort.fct_period_comparison": "*",
    "cohort.fct_recurring_revenue": "*",
    "risk.fct_churn_reasons": "*",
    "risk.fct_churn_warning": "* exclude (as_of_on)",
    "risk.fct_receivables_ageing": "*",
}


def exempt() -> set[str]:
    """The indicators of the table in docs/as-of.md."""
    text = (PROJECT_ROOT / "docs" / "as-of.md").read_text(encoding="utf-8")
    return {code for row in re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)}


@pytest.fixture(scope="module")
def both(refreshed: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, duckdb.DuckDBPyConnection]:
    """The marts as of a year ago: from all records (`whole`), and from those of that day (`cut`)."""
    work, marts = refreshed.paths(COMPANY).work_db, {}
    for name, delivered_on, cut_on in (("whole", NEWEST, None), ("cut", AS_OF, CUT)):
        # A world each: pseudonyms hang on the company's id, so both have the same.
        world = World.make(tmp_path_factory.mktemp(name))
        home = world.companies / "year_ago"
        write_company(work, EXAMPLES / COMPANY / "company.yaml", home, delivered_on, cut_on)
        ran = world.bookworth("refresh", "--as-of", str(AS_OF))
        assert ran.code == 0, ran.err
        marts[name] = world.marts("year_ago")
    return marts


def indicators(marts: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    rows = marts.execute(
        "select indicator_code, breakdown, breakdown_value, value, numerator, denominator, n, ci_low, ci_high"
        " from score.fct_indicators where status = 'assessed'"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


def test_indicators_of_a_year_ago_are_those_of_a_delivery_of_a_year_ago(
    both: dict[str, duckdb.DuckDBPyConnection],
) -> None:
    """A figure that looks past as_of makes every comparison with last year a comparison with hindsight."""
    whole, cut = indicators(both["whole"]), indicators(both["cut"])
    apart = {key[0] for key in whole.keys() | cut.keys() if whole.get(key) != cut.get(key)}
    assert sorted(apart - exempt()) == []


def test_nothing_is_exempt_without_need(both: dict[str, duckdb.DuckDBPyConnection]) -> None:
    """An exemption nobody needs any more hides the next figure that looks ahead."""
    whole, cut = indicators(both["whole"]), indicators(both["cut"])
    apart = {key[0] for key in whole.keys() | cut.keys() if whole.get(key) != cut.get(key)}
    assert sorted(exempt() - apart) == []


@pytest.mark.parametrize("mart", MARTS)
def test_marts_of_a_year_ago_are_those_of_a_delivery_of_a_year_ago(
    both: dict[str, duckdb.DuckDBPyConnection], mart: str
) -> None:
    """Events after as_of in a customer's months, stages or cohorts give the year before what the year after brought."""
    query = f"select {MARTS[mart]} from {mart} order by all"
    whole, cut = (both[name].execute(query).fetchall() for name in ("whole", "cut"))
    assert len(whole) > 0
    apart = [(a, b) for a, b in zip(whole, cut, strict=False) if a != b]
    assert (len(whole), apart[:3]) == (len(cut), [])
