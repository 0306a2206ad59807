"""Small marts for tests: every table of the contract as dbt declares it, filled from plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dagster_project.companies import Company
from dagster_project.report.marts import MARTS, SELLER
from dagster_project.settings import DBT_PROJECT_DIR

AS_OF = date(2026, 6, 30)
Rows = dict[str, list[dict[str, Any]]]


@cache
def declared_tables() -> Mapping[str, Mapping[str, str]]:
    """`schema.table` -> column -> type, as the contracts of the marts say."""
    out: dict[str, dict[str, str]] = {}
    for path in sorted((DBT_PROJECT_DIR / "models" / "marts").glob("*/_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models") or []:
            out[f"{path.parent.name}.{model['name']}"] = {c["name"]: c["data_type"] for c in model["columns"]}
    return out


def write_marts(path: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], without: Sequence[str] = ()) -> Path:
    """All declared tables but `without`; those in `rows` with these rows, missing columns null, the others empty."""
    assert rows.keys() <= declared_tables().keys()
    with duckdb.connect(str(path)) as connection:
        connection.begin()
        for table, columns in declared_tables().items():
            if table in without:
                continue
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            definition = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
            connection.execute(f"create table {table} ({definition})")
            names: tuple[str, ...]
            for names, same in groupby(rows.get(table, []), key=_names):
                values = [list(row.values()) for row in same]
                row_marks = "(" + ", ".join("?" for _ in names) + ")"
                listed = ", ".join(f'"{name}"' for name in names)
                connection.execute(
                    f"insert into {table} ({listed}) values {', '.join(row_marks for _ in values)}",
                    [value for row in values for value in row],
                )
        connection.commit()
    return path


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row)


def company(**changes: Any) -> Company:
    found: dict[str, Any] = {
        "id": "probe",
        "name_en": "Probe & Sons",
        "name_zh": "探测父子公司",
        "profile": "generic_b2b",
        "currency": "CNY",
        "timezone": "Asia/Shanghai",
        "as_of": AS_OF,
        "revenue_source": "orders",
        "market_industry": None,
        "market_region": None,
        "deal_structure": "share",
        "gross_margin": None,
        "discount_rate": None,
        "direct_identifiers": (),
        "pseudonym_key": "demo",
        "sources": (),
        "path": Path("company.yaml"),
    }
    return Company(**(found | changes))


def mix(breakdown: str, **buckets: int) -> list[dict[str, Any]]:
    """Buckets by name and customers; four in five active, a tenth new, money in proportion."""
    total = sum(buckets.values())
    return [
        {
            "breakdown": breakdown,
            "breakdown_value": name,
            "customers": n,
            "customers_active": n * 4 // 5,
            "customers_new_12m": n // 10,
            "revenue_net_12m": Decimal(n * 1000),
            "margin_net_12m": Decimal(n * 300),
            "customer_share": n / total,
            "revenue_share": n / total,
        }
        for name, n in buckets.items()
    ]


def census_row(period_type: str, months_back: int, flows: Sequence[int], opening: int) -> dict[str, Any]:
    """`flows`: new, reactivated, lost, of them completed."""
    new, reactivated, lost, completed = flows
    length = 12 if period_type == "year" else 1
    return {
        "period_type": period_type,
        "opens_after_on": month_end(months_back + length),
        "period_end_on": month_end(months_back),
        "months_back": months_back,
        "opening": opening,
        "new": new,
        "reactivated": reactivated,
        "lost": lost,
        "lost_completed": completed,
        "closing": opening + new + reactivated - lost,
    }


def census(period_type: str, flows: Sequence[Sequence[int]], opening: int = 0) -> list[dict[str, Any]]:
    """Periods that follow one another, the last ending at as-of."""
    length = 12 if period_type == "year" else 1
    rows: list[dict[str, Any]] = []
    for at, each in enumerate(flows):
        months_back = (len(flows) - 1 - at) * length
        rows.append(census_row(period_type, months_back, each, rows[-1]["closing"] if rows else opening))
    return rows


def month_end(months_back: int) -> date:
    index = AS_OF.year * 12 + AS_OF.month - months_back
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)


def indicator(code: str, dimension: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "indicator_code": code,
        "breakdown": "",
        "breakdown_value": "",
        "dimension": dimension,
        "name_en": code.replace("_", " "),
        "name_zh": f"指标 {code}",
        "value": value,
        "unit": unit,
        "n": None if value is None else 200,
        "status": "not_assessed" if value is None else "assessed",
        "reason": "needs something.else (not delivered)" if value is None else None,
        "reason_zh": "缺少 something.else（未交付）" if value is None else None,
        "as_of_date": AS_OF,
        "window_start": date(2025, 7, 1),
        "window_end": AS_OF,
    } | more


def cohorts(sizes: Mapping[date, int], months: int, active: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Retention and revenue rows: every month since, `active` customers each, 1,000 of revenue apiece."""
    retention, revenue = [], []
    for start, size in sizes.items():
        to_date = Decimal(0)
        for k in range(months + 1):
            now = size if k == 0 else min(active, size)
            to_date += now * 1000
            retention.append(
                {
                    "cohort_month": start,
                    "months_since": k,
                    "is_partial": False,
                    "customers": size,
                    "active": now,
                    "retention": now / size,
                    "retention_ci_low": now / size / 2,
                    "retention_ci_high": min(1.0, now / size * 1.5),
                }
            )
            revenue.append(
                {
                    "cohort_month": start,
                    "months_since": k,
                    "is_partial": False,
                    "customers": size,
                    "orders": now,
                    "revenue_net": Decimal(now * 1000),
                    "revenue_net_to_date": to_date,
                    "revenue_net_to_date_per_customer": float(to_date) / size,
                }
            )
    return retention, revenue


# What columns must hold for the report to choose their rows.
CHOSEN: Mapping[str, Mapping[str, Any]] = {
    "acquisition.fct_channel_performance": {"basis": "acquisition"},
    "acquisition.fct_lead_funnel": {"period_type": "ripe_year", "breakdown": "source"},
    "cohort.fct_period_comparison": {"period_type": "window"},
    "cohort.fct_survival": {"breakdown": "", "breakdown_value": ""},
    "cohort.fct_value_deciles": {"unit": "customer", "measure": "revenue_net_12m"},
    "customer.fct_backlog": {"standing": "ahead"},
    "customer.fct_category_affinity": {"segmentation": "all"},
    "customer.fct_lifecycle_transitions": {"period_type": "year", "months_back": 0},
    "customer.fct_price_volume_mix": {"bridge": "customer"},
    "customer.fct_segments": {"segmentation": "rfm_segment"},
    "governance.fct_targets": {"indicator_code": "nps", "status": "met"},
    "score.fct_score_history": {"level": "total"},
    "value.fct_backtest": {"kind": "residual", "breakdown": "decile", "measure": "orders"},
    "value.fct_customer_equity": {"breakdown": "total"},
    "value.fct_demand_forecast": {"period": "month", "part": "total"},
    "value.fct_transfer_bridge": {"step": "transferable"},
    "risk.fct_churn_reasons": {"period": "ever"},
    "risk.fct_churn_warning": {"run": "current", "is_at_risk": True},
    "risk.fct_concentration": {"run": "current", "unknown_share": 0.1},
    "risk.fct_market_exposure": {"kind": "customer industry"},
    "risk.fct_receivables_ageing": {"months_back": 0},
    "service.fct_complaint_causes": {"period_type": "window"},
    "service.fct_suggestions": {"period_type": "window"},
    "service.fct_survey_scores": {"period_type": "window", "method": "all", "instrument": "csat"},
    "service.fct_ticket_performance": {"period_type": "window", "priority": "all"},
}


def samples(rows: int = 3) -> Rows:
    """Made-up rows for every table the report declares, by the types of its columns: enough to draw each chart."""
    tables = [mart.table for mart in (*MARTS, *SELLER)]
    return {table: [_sample(table, at) for at in range(1, rows + 1)] for table in dict.fromkeys(tables)}


def _sample(table: str, at: int) -> dict[str, Any]:
    by_type: dict[str, Any] = {
        "varchar": f"{FORMULA if at == 1 else 'word'} {at}",
        "integer": 20 * at,
        "bigint": 20 * at,
        "double": at / 7,
        "date": month_end(12 * at),
        "boolean": at % 2 == 0,
        "timestamp": None,
    }
    row = {
        column: Decimal(1000 * at) if type_.startswith("decimal") else by_type[type_]
        for column, type_ in declared_tables()[table].items()
    }
    if "years_back" in row:
        row["years_back"] = 0 if table == "customer.fct_price_volume_mix" else at - 1
    return row | CHOSEN.get(table, {})


SCRIPT = "<script>alert(1)</script>"
FORMULA = "=1+1"


def full() -> Rows:
    """A book of 200 with something in every table, small cells among it, and names out to break a page."""
    retention, revenue = cohorts({date(2026, month, 1): 30 + month for month in (1, 2, 3)}, months=3, active=7)
    totals = {
        "customers_total": (200, "customers"),
        "customers_active": (160, "customers"),
        "customers_new_12m": (24, "customers"),
        "customers_lost_12m": (14, "customers"),
        "revenue_net_12m": (200000.5, "money"),
    }
    indicators = [indicator(code, "scale", float(v), unit) for code, (v, unit) in totals.items()] + [
        indicator("csat_top2", "satisfaction", 0.875, "share", numerator=70.0, n=80, ci_low=0.78, ci_high=0.93),
        indicator("nps", "satisfaction", -0.25, "index", n=3, ci_low=-1.0, ci_high=0.5),
        indicator("lead_conversion", "channels", 0.5, "share", numerator=50.0, n=100),
        indicator("lead_conversion", "channels", 0.5, "share", numerator=48.0, n=94, breakdown="channel",
                  breakdown_value="web"),
        indicator("lead_conversion", "channels", 1 / 3, "share", numerator=2.0, n=6, breakdown="channel",
                  breakdown_value=FORMULA),
        indicator("cac", "channels", None, "money"),
        indicator("repeat_rate", "loyalty", None, "share", status="not_applicable", reason="Not here",
                  reason_zh="不适用"),
    ]  # fmt: skip
    scored = {"csat_top2": ("satisfaction", 85.9), "nps": ("satisfaction", 10.0), "lead_conversion": ("channels", 50.0)}
    return samples() | {
        "score.fct_overall_score": [
            {
                "as_of_date": AS_OF, "profile": "generic_b2b", "score": 54.321, "score_ci_low": 47.7,
                "score_ci_high": 61.2, "score_known": 55.1, "evidence_share": 0.9, "score_quantitative": 54.9,
                "score_qualitative": 50.3, "score_arithmetic": 55.5, "score_equal_weights": 53.3, "grade": "C",
                "dimensions_assessed": 2, "dimensions": 16, "indicators_assessed": 8, "indicators_not_assessed": 1,
                "indicators_not_applicable": 1,
            }
        ],
        "score.fct_dimension_scores": [
            {"dimension": "satisfaction", "name_en": "Satisfaction", "name_zh": "满意度", "score": 47.95,
             "score_ci_low": 40.0, "score_ci_high": 56.0, "indicators": 2, "indicators_assessed": 2,
             "indicators_not_applicable": 0, "status": "assessed"},
            {"dimension": "channels", "name_en": "Channels", "name_zh": "渠道", "score": 50.0, "indicators": 2,
             "indicators_assessed": 1, "indicators_not_applicable": 0, "status": "assessed"},
            {"dimension": "risk", "name_en": "Risk", "name_zh": "风险", "indicators": 0, "indicators_assessed": 0,
             "indicators_not_applicable": 0, "status": "not_assessed", "reason": "nothing yet", "reason_zh": "尚无"},
        ],
        "score.fct_indicators": indicators,
        "score.fct_indicator_scores": [
            {"indicator_code": code, "dimension": dimension, "status": "assessed", "value": 0.5, "n": 80,
             "floor_value": 0.0, "target_value": 1.0, "basis": "judgement", "score": score}
            for code, (dimension, score) in scored.items()
        ],
        "customer.fct_customer_census": [
            *census("year", [(150, 0, 0, 0), (24, 0, 14, 9)]),
            *census("month", [(9, 6, 7, 6)] * 3, opening=136),
        ],
        "customer.fct_customer_mix": [
            *mix("customer_type", enterprise=120, government=77, individual=3),
            *mix("region", **{SCRIPT: 90, FORMULA: 60, "广东省深圳市南山区": 44, "unknown": 6}),
            *mix("gender", unknown=200),
        ],
        "cohort.fct_cohort_retention": retention,
        "cohort.fct_cohort_revenue": revenue,
        "quality.fct_inputs": [
            {"entity": "orders", "column": c, "delivered": True, "rows": 900, "non_null": 890}
            for c in ("order_id", "customer_id")
        ] + [{"entity": "leads", "column": "lead_id", "delivered": False, "rows": 0, "non_null": 0}],
        "quality.fct_row_accounting": [
            {"delivery": AS_OF, "file": "orders.csv", "entity": "orders", "delivered": 910, "loaded": 900,
             "quarantined": 4, "duplicates": 6, "excluded": 0, "erased": 0}
        ],
        "quality.fct_expectation_results": [
            {"stage": "raw", "relation": "raw.orders", "name": "amount", "expectation": "between",
             "column_name": "gross_amount", "dimension": "validity", "severity": "warn", "status": "failed",
             "element_count": 900, "unexpected_count": 18, "unexpected_share": 0.02, "threshold": 0.99,
             "description_en": "Amounts are not negative", "description_zh": "金额不为负"},
            {"stage": "raw", "relation": "raw.orders", "name": "key", "expectation": "unique",
             "column_name": "order_id", "dimension": "uniqueness", "severity": "error", "status": "passed",
             "element_count": 900, "unexpected_count": 0, "unexpected_share": 0.0, "threshold": 1.0,
             "description_en": "Orders are unique", "description_zh": "订单唯一"},
        ],
        "quality.fct_dimension_quality": [
            {"dimension": "validity", "expectations": 1, "passed": 0, "failed": 1, "not_assessed": 0,
             "evaluated": 1810, "unexpected": 22, "quality_share": 1 - 22 / 1810},
            {"dimension": "uniqueness", "expectations": 1, "passed": 1, "failed": 0, "not_assessed": 0,
             "evaluated": 1810, "unexpected": 6, "quality_share": 1 - 6 / 1810},
        ],
    }  # fmt: skip
