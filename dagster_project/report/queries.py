"""Every question the report asks of the marts, by name. Only aggregate tables are read; rows of customers never.

A figure on a page names its query and column, so that it can be found again: `run(connection, name)` gives the rows.
All arithmetic beyond formatting happens here; every query is sorted by its key, so the same marts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.report.content import Row
from dagster_project.report.errors import ReportError
from dagster_project.report.marts import MARTS


@dataclass(frozen=True)
class Query:
    """`tables` are the published tables it reads; without all of them there are no rows."""

    tables: tuple[str, ...]
    sql: str


@dataclass(frozen=True)
class Grain:
    """How cohorts are pooled: customers by the period of their first order, months since in steps."""

    cohort: str  # month, quarter or year
    step: int  # months pooled into one column

    @property
    def parameters(self) -> dict[str, str | int]:
        return {"cohort": self.cohort, "step": self.step}


# From fine to coarse: the first that fits a page and hides few cells is shown.
GRAINS = (Grain("month", 1), Grain("quarter", 3), Grain("year", 3), Grain("year", 6), Grain("year", 12))

_OWN: Mapping[str, Query] = {
    "overall": Query(
        ("score.fct_overall_score",),
        """
        select
            as_of_date, profile, score, score_ci_low, score_ci_high, grade, score_known, evidence_share,
            score_quantitative, score_qualitative, score_arithmetic, score_equal_weights, dimensions_assessed,
            dimensions, indicators_assessed, indicators_not_assessed, indicators_not_applicable
        from score.fct_overall_score
        order by as_of_date
        """,
    ),
    "dimension_scores": Query(
        ("score.fct_dimension_scores",),
        """
        select
            dimension, name_en, name_zh, score, score_ci_low, score_ci_high, indicators, indicators_assessed,
            indicators_not_applicable, status, reason, reason_zh
        from score.fct_dimension_scores
        order by dimension
        """,
    ),
    "indicators": Query(
        ("score.fct_indicators",),
        """
        select
            indicator_code, breakdown, breakdown_value, dimension, name_en, name_zh, value, unit, numerator,
            denominator, n, ci_low, ci_high, status, reason, reason_zh, as_of_date, window_start, window_end
        from score.fct_indicators
        -- One person a row: not for a report of aggregates.
        where breakdown != 'owner'
        order by indicator_code, breakdown, breakdown_value
        """,
    ),
    "indicator_scores": Query(
        ("score.fct_indicator_scores", "score.fct_indicators"),
        """
        select
            scores.indicator_code, scores.dimension, indicators.name_en, indicators.name_zh, indicators.unit,
            scores.status, scores.value, scores.n, scores.floor_value, scores.target_value, scores.basis, scores.weight,
            scores.score, scores.score_ci_low, scores.score_ci_high
        from score.fct_indicator_scores as scores
        left join score.fct_indicators as indicators
            on scores.indicator_code = indicators.indicator_code and indicators.breakdown = ''
        order by scores.indicator_code
        """,
    ),
    "census": Query(
        ("customer.fct_customer_census",),
        """
        select
            period_type, opens_after_on, period_end_on, months_back, opening, new, reactivated, lost, lost_completed,
            lost - lost_completed as lost_churned, closing, closing - opening as net_change,
            (closing - opening) / nullif(cast(opening as double), 0) as net_share
        from customer.fct_customer_census
        order by period_type, months_back desc
        """,
    ),
    "mix": Query(
        ("customer.fct_customer_mix",),
        """
        select
            breakdown, breakdown_value, customers, customers_active, customers_new_12m, revenue_net_12m, margin_net_12m,
            customer_share, revenue_share
        from customer.fct_customer_mix
        order by breakdown, customers desc, breakdown_value
        """,
    ),
    "mix_totals": Query(
        ("customer.fct_customer_mix",),
        """
        select
            breakdown,
            cast(count(*) as integer) as buckets,
            cast(count(*) filter (where breakdown_value <> 'unknown') as integer) as known_buckets,
            cast(sum(customers) as bigint) as customers,
            cast(sum(customers_active) as bigint) as customers_active
        from customer.fct_customer_mix
        group by breakdown
        order by breakdown
        """,
    ),
    # How many customers moved a bucket's money, so that money few stand behind can be hidden. A count, never shown.
    "mix_contributors": Query(
        ("customer.dim_customers",),
        """
        with labelled as (
            select
                coalesce(customer_type, 'unknown') as customer_type,
                coalesce(acquisition_channel, 'unknown') as acquisition_channel,
                coalesce(region, region_code, 'unknown') as region,
                coalesce(industry, 'unknown') as industry,
                coalesce(gender, 'unknown') as gender,
                coalesce(age_band, 'unknown') as age_band,
                coalesce(lifecycle_stage, 'unknown') as lifecycle_stage,
                coalesce(rfm_segment, 'unknown') as rfm_segment,
                coalesce(value_tier, 'unknown') as value_tier,
                revenue_net_12m <> 0 or margin_net_12m <> 0 as contributes
            from customer.dim_customers
            where is_customer
        )

        select
            breakdown,
            breakdown_value,
            cast(count(*) filter (where contributes) as integer) as contributors
        from (unpivot labelled on columns(* exclude (contributes)) into name breakdown value breakdown_value)
        group by breakdown, breakdown_value
        order by breakdown, breakdown_value
        """,
    ),
    # Pooled cells: customers and months of the same cohort and span are added up before dividing. Months that were
    # not over at as-of are left out. Where grain and step are one month these are the published rows themselves.
    "cohort_retention": Query(
        ("cohort.fct_cohort_retention",),
        """
        with sizes as (
            select
                cast(date_trunc($cohort, cohort_month) as date) as cohort,
                cast(sum(customers) as bigint) as customers,
                count(*) as cohort_months
            from cohort.fct_cohort_retention
            where months_since = 0
            group by 1
        ),

        -- Customers of one month of first orders are nobody's of another, so the most active in any one month of each
        -- add up to customers who differ: at least so many stand behind the cell.
        months as (
            select
                cohort_month,
                cast((months_since - 1) // $step * $step + 1 as integer) as months_from,
                sum(customers) as customer_months,
                sum(active) as active_months,
                max(active) as active_at_least,
                count(*) as observed,
                min(retention_ci_low) as ci_low,
                min(retention_ci_high) as ci_high
            from cohort.fct_cohort_retention
            where months_since > 0 and not is_partial
            group by 1, 2
        ),

        cells as (
            select
                cast(date_trunc($cohort, cohort_month) as date) as cohort,
                months_from,
                cast(sum(customer_months) as bigint) as customer_months,
                cast(sum(active_months) as bigint) as active_months,
                cast(sum(active_at_least) as bigint) as active_at_least,
                cast(sum(observed) as bigint) as observed,
                min(ci_low) as ci_low,
                min(ci_high) as ci_high
            from months
            group by 1, 2
        )

        select
            sizes.cohort,
            cells.months_from,
            cells.months_from + $step - 1 as months_to,
            sizes.customers,
            cells.customer_months,
            cells.active_months,
            cells.active_at_least,
            cells.active_months / cast(nullif(cells.customer_months, 0) as double) as retention,
            case when cells.observed = 1 and $step = 1 then cells.ci_low end as retention_ci_low,
            case when cells.observed = 1 and $step = 1 then cells.ci_high end as retention_ci_high,
            cells.observed = sizes.cohort_months * $step as is_complete
        from sizes
        left join cells on sizes.cohort = cells.cohort
        order by sizes.cohort, cells.months_from
        """,
    ),
    # Only spans that every month of the cohort has lived through, so that the customers behind a line never change.
    # `active_at_least` customers differ behind a step of `revenue_step`; neither is shown.
    "cohort_revenue": Query(
        ("cohort.fct_cohort_revenue", "cohort.fct_cohort_retention"),
        """
        with months as (
            select
                cast(date_trunc($cohort, revenue.cohort_month) as date) as cohort,
                revenue.cohort_month,
                cast((revenue.months_since + $step - 1) // $step * $step as integer) as months_since,
                revenue.customers,
                revenue.revenue_net,
                retention.active,
                revenue.months_since as month_number
            from cohort.fct_cohort_revenue as revenue
            inner join cohort.fct_cohort_retention as retention
                on revenue.cohort_month = retention.cohort_month and revenue.months_since = retention.months_since
            where not revenue.is_partial
        ),

        sizes as (
            select
                cohort,
                cast(sum(customers) as bigint) as customers,
                count(*) as cohort_months
            from months
            where month_number = 0
            group by 1
        ),

        month_steps as (
            select
                cohort,
                cohort_month,
                months_since,
                max(active) as active_at_least,
                sum(revenue_net) as revenue_step,
                count(*) as observed
            from months
            group by 1, 2, 3
        ),

        steps as (
            select
                cohort,
                months_since,
                cast(sum(active_at_least) as bigint) as active_at_least,
                cast(sum(revenue_step) as decimal(18, 4)) as revenue_step,
                cast(sum(observed) as bigint) as observed
            from month_steps
            group by 1, 2
        )

        select
            steps.cohort,
            steps.months_since,
            sizes.customers,
            steps.active_at_least,
            steps.revenue_step,
            cast(sum(steps.revenue_step) over so_far as decimal(18, 4)) as revenue_net_to_date,
            cast(sum(steps.revenue_step) over so_far as double) / nullif(sizes.customers, 0)
                as revenue_net_to_date_per_customer
        from steps
        inner join sizes on steps.cohort = sizes.cohort
        where steps.observed = sizes.cohort_months * case when steps.months_since = 0 then 1 else $step end
        window so_far as (
            partition by steps.cohort
            order by steps.months_since
            rows between unbounded preceding and current row
        )
        order by steps.cohort, steps.months_since
        """,
    ),
    "dimension_quality": Query(
        ("quality.fct_dimension_quality",),
        """
        select dimension, expectations, passed, failed, not_assessed, evaluated, unexpected, quality_share
        from quality.fct_dimension_quality
        order by dimension
        """,
    ),
    "expectations": Query(
        ("quality.fct_expectation_results",),
        """
        select
            stage, relation, name, expectation, column_name, dimension, severity, status, element_count,
            unexpected_count, unexpected_share, threshold, description_en, description_zh, reason
        from quality.fct_expectation_results
        order by stage desc, relation, name
        """,
    ),
    "expectation_totals": Query(
        ("quality.fct_expectation_results",),
        """
        select
            cast(count(*) as integer) as expectations,
            cast(count(*) filter (where status = 'passed') as integer) as passed,
            cast(count(*) filter (where status = 'failed') as integer) as failed,
            cast(count(*) filter (where status = 'not_assessed') as integer) as not_assessed
        from quality.fct_expectation_results
        """,
    ),
    "row_accounting": Query(
        ("quality.fct_row_accounting",),
        """
        select delivery, file, entity, delivered, loaded, quarantined, duplicates, excluded, erased
        from quality.fct_row_accounting
        order by delivery, entity, file
        """,
    ),
    "left_out": Query(
        ("quality.fct_row_accounting",),
        """
        select
            entity,
            cast(sum(delivered) as bigint) as delivered,
            cast(sum(quarantined) as bigint) as quarantined,
            cast(sum(duplicates) as bigint) as duplicates,
            cast(sum(excluded) as bigint) as excluded,
            cast(sum(erased) as bigint) as erased
        from quality.fct_row_accounting
        group by entity
        order by entity
        """,
    ),
    "row_totals": Query(
        ("quality.fct_row_accounting",),
        """
        select
            cast(count(distinct delivery) as integer) as deliveries,
            cast(count(distinct (delivery, file)) as integer) as files,
            cast(sum(delivered) as bigint) as delivered,
            cast(sum(loaded) as bigint) as loaded,
            cast(sum(quarantined) as bigint) as quarantined,
            cast(sum(duplicates) as bigint) as duplicates,
            cast(sum(excluded) as bigint) as excluded,
            cast(sum(erased) as bigint) as erased,
            cast(sum(delivered - loaded - quarantined - duplicates - excluded - erased) as bigint) as unexplained
        from quality.fct_row_accounting
        """,
    ),
    "restatements": Query(
        ("quality.fct_restatements",),
        """
        select
            delivery,
            entity,
            column_name,
            cast(count(*) as integer) as records
        from quality.fct_restatements
        group by delivery, entity, column_name
        order by delivery, entity, column_name
        """,
    ),
    "inputs": Query(
        ("quality.fct_inputs",),
        """
        select
            entity,
            "column" as column_name,
            delivered as is_delivered,
            rows as row_count,
            non_null as non_null_count
        from quality.fct_inputs
        order by entity, column_name
        """,
    ),
    "input_entities": Query(
        ("quality.fct_inputs",),
        """
        select
            entity,
            max(rows) as row_count,
            cast(count(*) filter (where delivered) as integer) as columns_delivered,
            cast(count(*) as integer) as columns_known
        from quality.fct_inputs
        group by entity
        order by entity
        """,
    ),
    "input_totals": Query(
        ("quality.fct_inputs",),
        """
        select
            cast(count(distinct entity) filter (where delivered) as integer) as entities_delivered,
            cast(count(distinct entity) as integer) as entities_known
        from quality.fct_inputs
        """,
    ),
}

QUERIES: Mapping[str, Query] = {**_OWN, **{mart.query: Query((mart.table,), mart.sql) for mart in MARTS}}


def open_marts(marts: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a candidate or a generation; one thread, so that sums add up the same way each time."""
    if not marts.is_file():
        raise ReportError(f"{marts}: there is no such file; build the marts before the report")
    try:
        return duckdb.connect(str(marts), read_only=True, config={"threads": 1})
    except duckdb.Error:
        raise ReportError(f"{marts}: not a DuckDB file that can be read; build the marts again") from None


def tables_in(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """`schema.table` of everything in the file."""
    rows = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return frozenset(name for (name,) in rows)


def unreadable(connection: duckdb.DuckDBPyConnection, present: frozenset[str]) -> frozenset[str]:
    """Declared tables that lack a column the report reads, as marts of another version do: they count as not built."""
    out = set()
    for mart in MARTS:
        if mart.table in present:
            try:
                connection.execute(f"explain {mart.sql}")
            except duckdb.BinderException:
                out.add(mart.table)
    return frozenset(out)


def run(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    present: frozenset[str],
    grain: Grain | None = None,
) -> list[Row]:
    """Rows of a named query; none where one of its tables is missing. Cohort queries need a `grain`."""
    query = QUERIES[name]
    if not present.issuperset(query.tables):
        return []
    parameters: dict[str, Any] = grain.parameters if grain is not None and "$cohort" in query.sql else {}
    return rows_of(connection, query.sql, parameters)


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
    """The rows of a statement as dictionaries."""
    cursor = connection.execute(sql, parameters or {})
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
