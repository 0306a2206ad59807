"""Companies of whom little is known: a stated gap, never an empty chart, never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.companies import BookworthError
from dagster_project.report import ReportError, build_reports
from dagster_project.report.chapters import CHAPTERS
from dagster_project.report.data import read
from dagster_project.report.labels import load_labels
from dagster_project.report.page import index_page
from dagster_project.report.tables import PUBLISHED, published
from tests.report.marts_file import AS_OF, Rows, census, company, full, indicator, mix, write_marts
from tests.report.pages import Page


def _index(tmp_path: Path, rows: Rows, without: list[str] | None = None) -> Page:
    marts = write_marts(tmp_path / "marts.duckdb", rows, without or [])
    labels = load_labels()
    data = read(marts, company(), "b", labels, 5)
    tables = published(data.rows, labels, data.grain.cohort)
    return Page(index_page(data, [chapter(data) for chapter in CHAPTERS], tables))


def _charts(page: Page) -> set[str]:
    drawn = set(json.loads(page.all("script", id_="figures")[0].text))
    assert drawn == {e.attributes["id"] for e in page.elements if e.has_class("chart")}
    return drawn


def test_marts_without_a_row_give_a_report_of_gaps(tmp_path: Path) -> None:
    """The first delivery of a company may hold nothing that can be assessed."""
    marts = write_marts(tmp_path / "marts.duckdb", {})
    written = build_reports(marts, tmp_path / "out", company(), "b")
    assert [path.name for path in written] == ["assessment.xlsx", "index.html"]
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert _charts(page) == set()
    gaps = [e.text for e in page.elements if e.has_class("absent")]
    assert len(gaps) >= 9
    assert all("Not delivered" in gap and "未交付" in gap for gap in gaps)


@pytest.mark.parametrize("table", sorted(PUBLISHED))
def test_a_table_that_is_not_there_is_named(tmp_path: Path, table: str) -> None:
    """A build of fewer marts must still be readable, and say what is not in it."""
    rows = full()
    rows.pop(table, None)
    page = _index(tmp_path, rows, [table])
    assert any(table in e.text and "is not in this build" in e.text for e in page.elements if e.has_class("absent"))


def test_orders_without_customers_leave_the_rest_standing(tmp_path: Path) -> None:
    """Orders without a customer key give order figures and no census, cohorts or mix."""
    rows = full()
    for table in ("customer.fct_customer_census", "customer.fct_customer_mix", "cohort.fct_cohort_retention",
                  "cohort.fct_cohort_revenue"):  # fmt: skip
        rows.pop(table)
    rows["score.fct_indicators"] = [indicator("revenue_net_12m", "scale", 5.5e6, "money")]
    page = _index(tmp_path, rows)
    charts = _charts(page)
    assert {"chart-dimensions", "chart-quality", "chart-satisfaction", "chart-channels"} <= charts
    assert not {name for name in charts if name.startswith(("chart-census", "chart-cohort", "chart-mix"))}
    assert "CNY 5,500,000" in page.all("main")[0].text


def test_nothing_assessed_has_no_score(tmp_path: Path) -> None:
    """A score of nothing is not zero."""
    rows: Rows = {
        "score.fct_overall_score": [
            {"as_of_date": AS_OF, "profile": "generic_b2b", "dimensions_assessed": 0, "dimensions": 16,
             "indicators_assessed": 0, "indicators_not_assessed": 1, "indicators_not_applicable": 0}
        ],
        "score.fct_dimension_scores": [
            {"dimension": "risk", "name_en": "Risk", "name_zh": "风险", "indicators": 1, "indicators_assessed": 0,
             "indicators_not_applicable": 0, "status": "not_assessed", "reason": "no", "reason_zh": "无"}
        ],
        "score.fct_indicators": [indicator("top1_share", "value", None, "share")],
    }  # fmt: skip
    page = _index(tmp_path, rows)
    assert _charts(page) == set()
    assert "There is no score" in page.all("main")[0].text
    assert not [e for e in page.elements if e.has_class("verdict")]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("customer.fct_customer_census", census("month", [(9, 0, 0, 0)])),
        ("customer.fct_customer_census", census("year", [(3, 0, 0, 0)])),
        ("customer.fct_customer_mix", mix("region", unknown=40)),
        ("customer.fct_customer_mix", mix("region", only=3)),
        ("customer.fct_customer_mix", mix("something_new", this=40, that=50)),
        ("quality.fct_dimension_quality", [{"dimension": "validity", "expectations": 1, "passed": 0, "failed": 0,
                                            "not_assessed": 1, "evaluated": 0, "unexpected": 0}]),
        ("quality.fct_expectation_results", [{"stage": "raw", "relation": "raw.orders", "name": "x",
                                              "severity": "error", "dimension": "validity", "status": "failed",
                                              "description_en": "It holds", "description_zh": "成立"}]),
    ],
    ids=["a month", "a tiny year", "all unknown", "a tiny book", "another breakdown", "no evidence", "no counts"],
)  # fmt: skip
def test_thin_tables_are_shown_as_they_are(tmp_path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """The first row, the last bucket and the check without counts come before the full table does."""
    assert _index(tmp_path, {table: rows}).all("main")


def test_a_file_that_cannot_be_read_is_a_mistake_to_mend(tmp_path: Path) -> None:
    """A traceback tells an operator nothing about what to run again."""
    (tmp_path / "broken.duckdb").write_bytes(b"not a database, far too short")
    for name, words in (("none.duckdb", "there is no such file"), ("broken.duckdb", "not a DuckDB file")):
        with pytest.raises(ReportError, match=words) as error:
            build_reports(tmp_path / name, tmp_path / "out", company(), "b")
        assert isinstance(error.value, BookworthError)
        assert not (tmp_path / "out").exists()
