"""The example companies against what was planted in them: every defect is found on its line, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest import store
from dagster_project.ingest.landing import land
from dagster_project.ingest.raw import load_raw
from dagster_project.settings import PROJECT_ROOT, Settings

SEEDS = PROJECT_ROOT / "seeds" / "companies"
EXAMPLES = sorted(p.parent.name for p in SEEDS.glob("*/truth.json"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_planted_defect_is_found_on_its_line(tmp_path: Path, name: str) -> None:
    """A defect that passes, or a good row that is held back, moves the assessment without anyone knowing."""
    truth = json.loads((SEEDS / name / "truth.json").read_text(encoding="utf-8"))
    settings = Settings(SEEDS, tmp_path, None)
    company, paths = load_company(settings, name), settings.paths(name)
    report = load_raw(company, paths, land(company, paths), settings)
    planted = {
        (d["delivery"], d["file"], d["entity"], d["line"]) for d in truth["defects"] if d["outcome"] == "quarantined"
    }
    found = set()
    for part in store.all_parts(paths.raw):
        if part.quarantined:
            rows = duckdb.execute(
                "select line from read_parquet($f)", {"f": str(part.quarantine(paths.raw))}
            ).fetchall()
            found |= {(str(part.delivery), part.file, part.entity, line) for (line,) in rows}
    assert found == planted
    expected = {
        (f["delivery"], f["file"], f["entity"]): (f["delivered"], f["loaded"], f["quarantined"], f["duplicates"])
        for f in truth["files"]
    }
    assert {
        (str(a.delivery), a.file, a.entity): (a.delivered, a.loaded, a.quarantined, a.duplicates) for a in report.files
    } == expected
