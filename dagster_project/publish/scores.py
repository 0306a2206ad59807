"""The scores of a finished candidate, for the ledger and for people watching runs."""

from __future__ import annotations

from pathlib import Path

import duckdb


def read_scores(marts: Path) -> dict[str, float | None]:
    """`overall` and each dimension -> score 0-100, None where not assessed."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select 'overall', score from score.fct_overall_score"
            " union all select dimension, score from score.fct_dimension_scores order by all"
        ).fetchall()
    return dict(rows)


def read_key_figures(marts: Path) -> dict[str, float]:
    """Assessed totals of the scale indicators: figures worth following from run to run."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_code, value from score.fct_indicators"
            " where breakdown = '' and status = 'assessed' and dimension = 'scale' order by all"
        ).fetchall()
    return dict(rows)
