"""The published aggregate tables: which columns a reader gets, and how each is written.

One entry here makes a page under `tables/` and a sheet of the workbook. Tables with a row per customer, order or line
have no entry: a report holds aggregates only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dagster_project.report import marts
from dagster_project.report.content import Column, Row, Sentence, Table
from dagster_project.report.labels import Labels
from dagster_project.report.marts import BY_TABLE, SELLER
from dagster_project.report.numbers import cohort_name
from dagster_project.report.queries import QUERIES

_NAME = Column("name", "bilingual", parts=("name_en", "name_zh"))
_REASON = Column("reason", "bilingual", parts=("reason", "reason_zh"))
_DIMENSION = Column("dimension", "label", area="dimension")
_QUALITY_DIMENSION = Column("dimension", "label", area="quality_dimension")
_STATUS = Column("status", "label", area="status")

# Tables with a row per person, order or record: analysts read them in the marts, no report shows them.
ROWS = frozenset(
    {
        "customer.dim_customers",
        # Cells of five cuts at once: mostly of one customer.
        "customer.fct_customer_cube",
        "customer.fct_customer_months",
        "customer.fct_order_lines",
        "customer.fct_orders",
        "quality.fct_restatements",
        *({mart.table for mart in SELLER} - BY_TABLE.keys()),
        *marts.ROWS,
    }
)

# Published table -> the query that reads it and its columns.
_OWN: Mapping[str, tuple[str, tuple[Column, ...]]] = {
    "score.fct_overall_score": (
        "overall",
        (
            Column("as_of_date", "date"),
            Column("profile", "label", area="profile"),
            Column("grade", "text"),
            Column("score", "score"),
            Column("score_ci_low", "score"),
            Column("score_ci_high", "score"),
            Column("score_known", "score"),
            Column("evidence_share", "share"),
            Column("score_quantitative", "score"),
            Column("score_qualitative", "score"),
            Column("score_arithmetic", "score"),
            Column("score_equal_weights", "score"),
            Column("dimensions_assessed", "count"),
            Column("dimensions", "count"),
            Column("indicators_assessed", "count"),
            Column("indicators_not_assessed", "count"),
            Column("indicators_not_applicable", "count"),
        ),
    ),
    "score.fct_dimension_scores": (
        "dimension_scores",
        (
            _DIMENSION,
            Column("score", "score"),
            Column("score_ci_low", "score"),
            Column("score_ci_high", "score"),
            Column("indicators", "count"),
            Column("indicators_assessed", "count"),
            Column("indicators_not_applicable", "count"),
            _STATUS,
            _REASON,
        ),
    ),
    "score.fct_indicators": (
        "indicators",
        (
            Column("indicator_code", "code"),
            _NAME,
            _DIMENSION,
            Column("breakdown", "label", area="breakdown"),
            Column("breakdown_value", "label", area="bucket"),
            Column("value", "figure"),
            Column("unit", "label", area="unit"),
            Column("ci_low", "figure"),
            Column("ci_high", "figure"),
            Column("n", "count"),
            _STATUS,
            _REASON,
            Column("window_start", "date"),
            Column("window_end", "date"),
        ),
    ),
    "score.fct_indicator_scores": (
        "indicator_scores",
        (
            Column("indicator_code", "code"),
            _NAME,
            _DIMENSION,
            _STATUS,
            Column("value", "figure"),
            Column("n", "count"),
            Column("floor_value", "figure"),
            Column("target_value", "figure"),
            Column("basis", "label", area="goalpost_basis"),
            Column("weight", "share"),
            Column("score", "score"),
            Column("score_ci_low", "score"),
            Column("score_ci_high", "score"),
        ),
    ),
    "customer.fct_customer_census": (
        "census",
        (
            Column("period_type", "label", area="period_type"),
            Column("opens_after_on", "date"),
            Column("period_end_on", "date"),
            Column("opening", "count"),
            Column("new", "count"),
            Column("reactivated", "count"),
            Column("lost", "count"),
            Column("lost_completed", "count"),
            Column("lost_churned", "count"),
            Column("closing", "count"),
            Column("net_change", "count"),
            Column("net_share", "share"),
        ),
    ),
    "customer.fct_customer_mix": (
        "mix",
        (
            Column("breakdown", "label", area="breakdown"),
            Column("breakdown_value", "label", area="bucket"),
            Column("customers", "count"),
            Column("customer_share", "share"),
            Column("customers_active", "count"),
            Column("customers_new_12m", "count"),
            Column("revenue_net_12m", "money"),
            Column("revenue_share", "share"),
            Column("margin_net_12m", "money"),
        ),
    ),
    "cohort.fct_cohort_retention": (
        "cohort_retention",
        (
            Column("cohort", "text"),
            Column("months_from", "count"),
            Column("months_to", "count"),
            Column("customers", "count"),
            Column("customer_months", "count"),
            Column("active_months", "count"),
            Column("retention", "share"),
            Column("retention_ci_low", "share"),
            Column("retention_ci_high", "share"),
            Column("is_complete", "flag"),
        ),
    ),
    "cohort.fct_cohort_revenue": (
        "cohort_revenue",
        (
            Column("cohort", "text"),
            Column("months_since", "count"),
            Column("customers", "count"),
            Column("revenue_net_to_date", "money"),
            Column("revenue_net_to_date_per_customer", "money"),
        ),
    ),
    "quality.fct_dimension_quality": (
        "dimension_quality",
        (
            _QUALITY_DIMENSION,
            Column("expectations", "count"),
            Column("passed", "count"),
            Column("failed", "count"),
            Column("not_assessed", "count"),
            Column("evaluated", "count"),
            Column("unexpected", "count"),
            Column("quality_share", "share"),
        ),
    ),
    "quality.fct_expectation_results": (
        "expectations",
        (
            Column("stage", "label", area="stage"),
            Column("relation", "code"),
            Column("column_name", "code"),
            Column("description", "bilingual", parts=("description_en", "description_zh")),
            _QUALITY_DIMENSION,
            Column("severity", "label", area="severity"),
            _STATUS,
            Column("element_count", "count"),
            Column("unexpected_count", "count"),
            Column("unexpected_share", "share"),
            Column("threshold", "share"),
            Column("reason", "text"),
        ),
    ),
    "quality.fct_row_accounting": (
        "row_accounting",
        (
            Column("delivery", "date"),
            Column("file", "text"),
            Column("entity", "label", area="entity"),
            Column("delivered", "count"),
            Column("loaded", "count"),
            Column("quarantined", "count"),
            Column("duplicates", "count"),
            Column("excluded", "count"),
            Column("erased", "count"),
        ),
    ),
    "quality.fct_inputs": (
        "inputs",
        (
            Column("entity", "label", area="entity"),
            Column("column_name", "code"),
            Column("is_delivered", "flag"),
            Column("row_count", "count"),
            Column("non_null_count", "count"),
        ),
    ),
}

PUBLISHED: Mapping[str, tuple[str, tuple[Column, ...]]] = {
    **_OWN,
    **{table: (mart.query, mart.columns) for table, mart in BY_TABLE.items()},
}

# What a shown table is not: said under it, so that nobody takes the pooled cells for the published rows.
_POOLED = Sentence(
    "Cohorts are pooled to the grain the report shows; the months themselves are in the marts.",
    "同期群按报告所示粒度合并；逐月数据见数据集市。",
)

_ADDED_UP = Sentence(
    "Added up from the rows of this table, which are in the marts alone.", "由该表的明细汇总而成；明细仅见数据集市。"
)


def published(rows: Mapping[str, Sequence[Row]], labels: Labels, grain: str) -> dict[str, Table]:
    """Every published table that has rows, by its name. `grain` is that of the cohorts."""
    out: dict[str, Table] = {}
    for name, (query, columns) in PUBLISHED.items():
        found = rows[query]
        if query in ("cohort_retention", "cohort_revenue"):
            found = [row | {"cohort": cohort_name(row["cohort"], grain)} for row in found]
        if found:
            out[name] = Table(
                id=name.partition(".")[2],
                query=query,
                title=labels("table", name),
                columns=columns,
                rows=found,
                searchable=True,
                note=_note(name, query),
            )
    return out


def _note(name: str, query: str) -> Sentence | None:
    if query.startswith("cohort"):
        return _POOLED
    return _ADDED_UP if name in BY_TABLE and BY_TABLE[name].select else None


def sources(queries: Sequence[str]) -> tuple[str, ...]:
    """Published tables behind some queries, each once, in the order of `PUBLISHED`."""
    read = {table for query in queries for table in QUERIES[query].tables}
    return tuple(name for name in PUBLISHED if name in read)
