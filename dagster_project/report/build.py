"""Marts in, report out."""

from __future__ import annotations

from pathlib import Path

from dagster_project.companies import Company
from dagster_project.report.chapters import CHAPTERS
from dagster_project.report.data import read
from dagster_project.report.labels import load_labels
from dagster_project.report.page import index_page, table_page
from dagster_project.report.tables import published
from dagster_project.report.workbook import write_workbook

LEAST = 5


def build_reports(marts: Path, out: Path, company: Company, build_id: str, least: int = LEAST) -> list[Path]:
    """Write `index.html`, `tables/*.html` and `assessment.xlsx` under `out`; returns what was written, sorted.

    `marts` is a candidate or generation, read only. Counts of fewer than `least` people are hidden. The same marts,
    company and build id give the same bytes. Raises `ReportError`, and then writes nothing, where the marts cannot be
    read, a label is missing or a small cell would show.
    """
    labels = load_labels()
    data = read(marts, company, build_id, labels, least)
    tables = published(data.rows, labels, data.grain.cohort)
    pages = {out / "index.html": index_page(data, [chapter(data) for chapter in CHAPTERS], tables)}
    pages |= {out / "tables" / f"{table.id}.html": table_page(data, name, table) for name, table in tables.items()}
    (out / "tables").mkdir(parents=True, exist_ok=True)
    for stale in set((out / "tables").glob("*.html")) - pages.keys():
        stale.unlink()
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8", newline="\n")
    workbook = out / "assessment.xlsx"
    write_workbook(workbook, data, tables)
    return sorted([*pages, workbook])
