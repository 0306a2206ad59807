"""What a published score was made of: kept in the ledger, read from a candidate, numbered as it will be published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.publish import ledger
from dagster_project.publish.generations import next_number
from dagster_project.publish.ledger import GenerationRow, ScorePart
from dagster_project.publish.scores import read_parts
from dagster_project.settings import CompanyPaths
from tests.report.marts_file import AS_OF, write_marts

TOTAL = ScorePart("total", "total", 61.5, 55.0, 68.0, None, 1.0)
UNSEEN = ScorePart("indicator", "nps", None, None, None, None, 0.02)


def _company(tmp_path: Path) -> CompanyPaths:
    return CompanyPaths(deliveries=tmp_path, config_file=tmp_path / "company.yaml", root=tmp_path / "acme")


def _row(number: int) -> GenerationRow:
    return GenerationRow(number, f"b{number}", date(2026, number, 1), None, "m", "f", ("2026-01-01",))


def test_parts_count_once_their_generation_is_published(tmp_path: Path) -> None:
    """A killed publish whose scores the next build would compare itself with."""
    paths = _company(tmp_path)
    assert ledger.past_parts(paths) == []
    ledger.prepare_generation(paths, _row(1), {"overall": 61.5}, [TOTAL, UNSEEN])
    assert ledger.past_parts(paths) == []
    at = datetime(2026, 2, 1, tzinfo=UTC)
    ledger.confirm_generation(paths, 1, at)
    ledger.prepare_generation(paths, _row(2), {"overall": 60.0}, [TOTAL])
    found = ledger.past_parts(paths)
    assert [(each.generation, each.published_at, each.as_of) for each in found] == [(1, at, date(2026, 1, 1))] * 2
    assert {each.part for each in found} == {TOTAL, UNSEEN}


def test_a_build_is_numbered_as_it_will_be_published(tmp_path: Path) -> None:
    """A history whose newest rows carry the number of another generation."""
    paths = _company(tmp_path)
    assert next_number(paths) == 1
    ledger.prepare_generation(paths, _row(4), {})
    assert next_number(paths) == 5
    (paths.generations / "000007").mkdir(parents=True)
    assert next_number(paths) == 8


def test_parts_are_read_as_they_were_built(tmp_path: Path) -> None:
    """Intervals or weights that are lost on the way to the ledger, or a missing score that comes back as zero."""
    marts = write_marts(
        tmp_path / "marts.duckdb",
        {
            "score.fct_overall_score": [
                {"as_of_date": AS_OF, "score": 61.5, "score_ci_low": 55.0, "score_ci_high": 68.0}
            ],
            "score.fct_dimension_scores": [{"dimension": "scale", "score": 50.0, "weight": 0.25}],
            "score.fct_indicator_scores": [{"indicator_code": "nps", "weight_total": 0.02}],
        },
    )
    assert set(read_parts(marts)) == {TOTAL, UNSEEN, ScorePart("dimension", "scale", 50.0, None, None, None, 0.25)}
