"""The suites on the example companies: what was planted is found, row by row, and nothing good is held back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest.landing import land
from dagster_project.ingest.raw import load_raw
from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.runner import run_suites
from dagster_project.quality.verdicts import judge
from dagster_project.settings import PROJECT_ROOT, Settings

# What a defect that is loaded must be flagged by.
FLAGGED_BY = {
    ("customers", "invalid_phone"): "phone_well_formed",
    ("customers", "stale"): "updated_within_three_years",
    ("orders", "orphan_customer"): "customer_id_known_in_customers",
    ("orders", "future_date"): "ordered_at_not_in_future",
    ("contracts", "orphan_customer"): "customer_id_known_in_customers",
    ("payments", "orphan_order"): "order_id_known_in_orders",
    ("payments", "orphan_invoice"): "invoice_id_known_in_invoices",
    ("payments", "negative_amount"): "amount_in_range",
    ("staff", "seat_after_leaving"): "no_seat_after_leaving",
    ("partners", "orders_after_end"): "orders_within_agreement",
}
COMPANIES = PROJECT_ROOT / "seeds" / "companies"


@dataclass(frozen=True)
class Judged:
    work_db: Path
    truth: dict[str, Any]
    results: list[ExpectationResult]


@pytest.fixture(scope="module", params=["jinse_bridal", "anlan_safety"])
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    settings = Settings(companies_dir=COMPANIES, warehouse_dir=tmp_path_factory.mktemp("warehouse"), key_file=None)
    company = load_company(settings, request.param)
    paths = settings.paths(company.id)
    load_raw(company, paths, land(company, paths), settings)
    truth = json.loads((COMPANIES / company.id / "truth.json").read_text(encoding="utf-8"))
    results = run_suites(paths.work_db, "raw", date.fromisoformat(truth["as_of"]))
    return Judged(paths.work_db, truth, results)


def _planted(truth: dict[str, Any]) -> dict[tuple[str, str], dict[str, set[tuple[str, int]]]]:
    """(entity, kind) -> record -> (file, line) wherever a delivery shows it; one of them is the version in force."""
    found: dict[tuple[str, str], dict[str, set[tuple[str, int]]]] = {}
    for defect in truth["defects"]:
        if defect["outcome"] == "loaded and flagged":
            records = found.setdefault((defect["entity"], defect["kind"]), {})
            records.setdefault(defect["key"], set()).add((defect["file"], defect["line"]))
    return found


def _flagged(judged: Judged) -> Iterator[tuple[ExpectationResult, list[tuple[str, int]]]]:
    with duckdb.connect(str(judged.work_db), read_only=True) as connection:
        for result in judged.results:
            if result.rows_sql is not None and "select max(" not in result.rows_sql:
                rows = connection.execute(f"select _file, _line from ({result.rows_sql})").fetchall()
                yield result, [(Path(file).name, line) for file, line in rows]


def test_every_planted_defect_is_flagged(judged: Judged) -> None:
    """A rule that misses what was planted misses it in a real extract too."""
    flagged = {(result.relation, result.name): set(rows) for result, rows in _flagged(judged)}
    planted = _planted(judged.truth)
    assert planted
    assert set(planted) <= set(FLAGGED_BY)
    for (entity, kind), records in planted.items():
        rows = flagged.get((f"raw.{entity}", FLAGGED_BY[entity, kind]), set())
        missed = sorted(key for key, shown in records.items() if not shown & rows)
        assert not missed, f"{kind} in {entity}: {missed}"


def test_the_sql_shows_the_rows_that_were_counted(judged: Judged) -> None:
    """A query that shows other rows than were counted sends the user to mend the wrong ones."""
    for result, rows in _flagged(judged):
        assert len(rows) == result.unexpected_count, f"{result.relation} {result.name}"


def test_good_examples_are_not_held_back(judged: Judged) -> None:
    """Examples that do not publish teach nobody anything."""
    verdict = judge(judged.results, ["raw"])
    assert verdict.passed, verdict.failures


def test_no_expectation_breaks(judged: Judged) -> None:
    """A typing mistake in a suite's SQL would be reported to every company as a fault of its data."""
    assert [f"{r.relation} {r.name}" for r in judged.results if "evaluated" in (r.reason or "")] == []


def test_the_real_file_is_not_held_back(tmp_path: Path) -> None:
    """An error expectation that real, dirty, lawful data cannot meet would make the tool useless."""
    source = PROJECT_ROOT.parent / "shared" / "data" / "online_retail" / "online_retail_raw.parquet"
    if not source.exists():
        pytest.skip("../shared/data/online_retail is not here")
    home = tmp_path / "companies" / "online_retail"
    delivery = home / "deliveries" / "2011-12-10"
    delivery.mkdir(parents=True)
    config = (PROJECT_ROOT / "docs" / "examples" / "online_retail" / "company.yaml").read_text(encoding="utf-8")
    (home / "company.yaml").write_text(config, encoding="utf-8")
    (delivery / source.name).write_bytes(source.read_bytes())
    settings = Settings(companies_dir=tmp_path / "companies", warehouse_dir=tmp_path / "warehouse", key_file=None)
    company = load_company(settings, "online_retail")
    paths = settings.paths(company.id)
    load_raw(company, paths, land(company, paths), settings)
    results = run_suites(paths.work_db, "raw", date(2011, 12, 10))
    verdict = judge(results, ["raw"])
    assert verdict.passed, verdict.failures
    found = {r.name: r for r in results if r.relation == "raw.order_lines"}
    assert (found["customer_id_present"].status, found["customer_id_present"].unexpected_count) == ("failed", 135080)
    assert {r.status for r in results if r.relation != "raw.order_lines"} == {"not_assessed"}
