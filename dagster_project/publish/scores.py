"""The scores of a finished candidate, for the ledger and for people watching runs."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dagster_project.publish.ledger import ScorePart


def read_scores(marts: Path) -> dict[str, float | None]:
    """`overall` and each dimension -> score 0-100, None where not assessed."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select 'overall', score from score.fct_overall_score"
            " union all select dimension, score from score.fct_dimension_scores order by all"
        ).fetchall()
    return dict(rows)


def read_parts(marts: Path) -> list[ScorePart]:
    """The total, every dimension and every indicator with goalposts, with interval, figure and weight."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select 'total', 'total', score, score_ci_low, score_ci_high, null, 1.0 from score.fct_overall_score"
            " union all select 'dimension', dimension, score, score_ci_low, score_ci_high, null, weight"
            " from score.fct_dimension_scores"
            " union all select 'indicator', indicator_code, score, score_ci_low, score_ci_high, value, weight_total"
            " from score.fct_indicator_scores order by all"
        ).fetchall()
    return [ScorePart(*row) for row in rows]


def read_key_figures(marts: Path) -> dict[str, float]:
    """Assessed totals of the scale indicators: figures worth following from run to run."""
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_code, value from score.fct_indicators"
            " where breakdown = '' and status = 'assessed' and dimension = 'scale' order by all"
        ).fetchall()
    return dict(rows)
