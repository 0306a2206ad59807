"""The published tables the report shows by their declaration, and those it shows to the seller alone."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.report.marts import (
    acquisition,
    book,
    governance,
    judgement,
    risk,
    score,
    service,
    time,
    value,
    worth,
)
from dagster_project.report.marts.mart import Mart

MARTS: tuple[Mart, ...] = (
    *book.MARTS,
    *time.MARTS,
    *worth.MARTS,
    *value.MARTS,
    *acquisition.MARTS,
    *service.MARTS,
    *risk.MARTS,
    *governance.MARTS,
    *judgement.MARTS,
    *score.MARTS,
)

# Rows of customers: in no page or sheet but the seller's own. The most telling rows come first.
SELLER: tuple[Mart, ...] = (*book.SELLER, *time.SELLER, *value.SELLER)

# Rows of people that are shown added up, or not at all.
ROWS: frozenset[str] = worth.ROWS

BY_TABLE: Mapping[str, Mart] = {mart.table: mart for mart in MARTS if not mart.name}
BY_QUERY: Mapping[str, Mart] = {mart.query: mart for mart in MARTS}

__all__ = ["BY_QUERY", "BY_TABLE", "MARTS", "ROWS", "SELLER", "Mart"]
