"""How a figure is written: one way in both languages, so that it can be searched for and copied."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from dagster_project.report.content import Kind

# Units of the catalogue -> how a figure in them is written.
UNIT_KINDS: dict[str, Kind] = {
    "customers": "count",
    "leads": "count",
    "orders": "count",
    "tickets": "count",
    "money": "money",
    "share": "share",
    "ratio": "ratio",
    "index": "figure",
    "rating": "ratio",
    "links": "count",
    "segments": "count",
    "points": "count",
    "people": "count",
    "incidents": "count",
    "days": "score",
    "hours": "score",
    "months": "score",
    "years": "score",
}


def written(value: int | float | Decimal, kind: Kind, unit: str | None = None) -> str:
    """The figure as shown. `figure` takes its form from the catalogue's unit."""
    if kind == "figure" and unit is not None:
        kind = UNIT_KINDS.get(unit, "figure")
    if kind == "count":
        return f"{round(value):,}"
    if kind == "money":
        if value == 0:
            return "0"
        return _unsigned_zero(f"{value:,.0f}" if abs(float(value)) >= 100 else f"{value:,.2f}")
    if kind == "share":
        return percent(float(value))
    if kind == "ratio":
        return _unsigned_zero(f"{float(value):,.2f}")
    if kind == "score":
        return _unsigned_zero(f"{float(value):,.1f}")
    # A figure whose unit nobody named: a claim of thirty million has no thousandths.
    return _unsigned_zero(f"{float(value):,.3f}" if abs(float(value)) < 1000 else f"{float(value):,.0f}")


def percent(share: float) -> str:
    """One decimal; more where one would show 0% or 100% for what is not."""
    for decimals in (1, 2, 3, 4):
        text = _unsigned_zero(f"{100 * share:,.{decimals}f}")
        if not (float(text.replace(",", "")) in (0.0, 100.0) and share not in (0.0, 1.0)):
            break
    return f"{text}%"


def cohort_name(start: date, grain: str) -> str:
    """The name of a cohort by the grain it is pooled to: 2021, 2021 Q3 or 2021-07."""
    if grain == "year":
        return f"{start.year}"
    return f"{start.year} Q{(start.month + 2) // 3}" if grain == "quarter" else f"{start:%Y-%m}"


def raw(value: Any) -> str:
    """The value for a machine: as many digits as it has, dates in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, float):
        return repr(int(value)) if isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _unsigned_zero(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.,") else text
