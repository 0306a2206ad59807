"""A published company as it would be had one entity never been delivered: built again from its records to its score."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.defs.transform import INDICATORS, PREDICTED, SCORES
from dagster_project.score.run import write_score
from dagster_project.settings import CompanyPaths
from dagster_project.transform.dbt_build import build_models
from dagster_project.value.predictions import predict

_EVIDENCE = ("inputs", "row_accounting", "restatements", "expectation_results")


@dataclass(frozen=True)
class Total:
    """The total of a build: what it is, where it may lie, and on how much evidence."""

    score: float
    low: float
    high: float
    evidence_share: float
    assessed: int

    @property
    def width(self) -> float:
        return self.high - self.low


def delivered_entities(paths: CompanyPaths) -> list[str]:
    with duckdb.connect(str(paths.work_db), read_only=True) as connection:
        rows = connection.execute(
            "select distinct entity from evidence.inputs where delivered and row_count > 0 order by entity"
        ).fetchall()
    return [entity for (entity,) in rows]


def total(marts: Path) -> Total:
    with duckdb.connect(str(marts), read_only=True) as connection:
        return Total(
            *connection.execute(
                "select score, score_ci_low, score_ci_high, evidence_share, indicators_assessed"
                " from score.fct_overall_score"
            ).fetchall()[0]
        )


def without(paths: CompanyPaths, entity: str, folder: Path) -> Total:
    """The total without this entity: its records and every trace of their delivery taken out of a copy of the work
    file, and everything after raw done again, except dbt's tests and the report."""
    lost = CompanyPaths(paths.deliveries, paths.config_file, folder)
    lost.build.mkdir(parents=True)
    shutil.copy(paths.work_db, lost.work_db)
    shutil.copyfile(paths.current / "marts.duckdb", lost.candidate_db)
    with duckdb.connect(str(lost.work_db)) as connection:
        connection.execute(f"delete from raw.{entity}")
        connection.execute(
            "update evidence.inputs set delivered = false, row_count = 0, non_null_count = 0 where entity = ?", [entity]
        )
        for table in ("row_accounting", "restatements"):
            connection.execute(f"delete from evidence.{table} where entity = ?", [entity])
        connection.execute("delete from evidence.expectation_results where relation = ?", [f"raw.{entity}"])
    # What hangs on the entity, on what was delivered and on the predictions; the score whole.
    moved = [f"stg_crm__{entity}+", *(f"source:evidence.{table}+" for table in _EVIDENCE)]
    _build(lost, _within(moved, "path:models/intermediate"), f"path:models/intermediate/indicators {PREDICTED}")
    predict(lost.work_db, lambda message: None)
    moved.append("source:predictions+")
    _build(lost, _within(moved, "path:models/marts", PREDICTED), f"{INDICATORS} {SCORES}")
    _build(lost, INDICATORS, "int_mart_rows_counted")
    write_score(lost.work_db, 1, [])
    _build(lost, "fct_dimension_scores fct_indicator_scores fct_overall_score", "fct_indicators")
    return total(lost.candidate_db)


def _within(roots: Sequence[str], *paths: str) -> str:
    return " ".join(f"{root},{path}" for root in roots for path in paths)


def _build(paths: CompanyPaths, select: str, exclude: str) -> None:
    build_models(paths, select.split(), exclude.split())
