"""The indicator catalogue is a seed: nothing else says what an indicator is."""

from __future__ import annotations

import csv
from pathlib import Path

from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT, REFERENCE_DIR


def _catalogue() -> list[dict[str, str]]:
    with (REFERENCE_DIR / "indicators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sources() -> dict[Path, str]:
    code = [*(PROJECT_ROOT / "dagster_project").rglob("*.py"), *(PROJECT_ROOT / "dagster_project").rglob("*.j2")]
    files = [*code, *(DBT_PROJECT_DIR / "models").rglob("*.sql"), *(DBT_PROJECT_DIR / "macros").rglob("*.sql")]
    return {file: file.read_text(encoding="utf-8") for file in files}


def test_no_definition_is_written_a_second_time() -> None:
    """A definition copied into code or a report goes stale when the catalogue is mended."""
    catalogue, sources = _catalogue(), _sources()
    assert len(catalogue) > 200
    assert len(sources) > 300
    repeated = {
        (row["indicator_code"], str(file.relative_to(PROJECT_ROOT)))
        for row in catalogue
        for file, text in sources.items()
        if row["definition_en"] in text or row["definition_zh"] in text
    }
    assert repeated == set()


def test_every_indicator_is_told_whole_in_both_languages() -> None:
    """An indicator without a name, a definition or a unit in either language cannot be read by half the readers."""
    told = ("name_en", "name_zh", "definition_en", "definition_zh", "unit", "direction", "method", "mart", "sections")
    assert [(row["indicator_code"], column) for row in _catalogue() for column in told if not row[column].strip()] == []
