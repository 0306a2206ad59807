"""Marts in, report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dagster_project.companies import Company
from dagster_project.report import pdf, seller
from dagster_project.report.chapters import CHAPTERS
from dagster_project.report.content import Chapter, Table
from dagster_project.report.data import ReportData, read
from dagster_project.report.html import LANGUAGES
from dagster_project.report.labels import load_labels
from dagster_project.report.page import PDF_NAMES, index_page, seller_page, table_page
from dagster_project.report.tables import published
from dagster_project.report.workbook import write_workbook

LEAST = 5


def build_reports(
    marts: Path, out: Path, company: Company, build_id: str, least: int = LEAST, prints_pdf: bool = False
) -> list[Path]:
    """Write the pages, the workbook and what is the seller's own under `out`; returns what was written, sorted.

    `index.html`, `tables/*.html` and `assessment.xlsx` hold aggregates only; `seller/` holds rows of customers.
    `marts` is a candidate or generation, read only. Counts of fewer than `least` people are hidden. The same marts,
    company and build id give the same bytes. Raises `ReportError`, and then writes nothing, where the marts cannot be
    read, a label is missing or a small cell would show.
    """
    labels = load_labels()
    data = read(marts, company, build_id, labels, least)
    tables = published(data.rows, labels, data.grain.cohort)
    chapters = [chapter(data) for chapter in CHAPTERS]
    own = seller.tables(marts, labels)
    pages = {out / "tables" / f"{table.id}.html": table_page(data, name, table) for name, table in tables.items()}
    if own:
        pages[out / "seller" / "index.html"] = seller_page(data, own)
    _clear(out, keep=set(pages))
    for path, page in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", newline="\n")
    written = [*pages, *_index(out, data, chapters, tables, prints_pdf), out / "assessment.xlsx"]
    write_workbook(out / "assessment.xlsx", data, tables)
    if own:
        written.append(out / "seller" / "customers.xlsx")
        write_workbook(out / "seller" / "customers.xlsx", data, own, is_personal=True)
    return sorted(written)


def _clear(out: Path, keep: set[Path]) -> None:
    """Pages of an earlier build that this one has not."""
    for folder in ("tables", "seller"):
        for stale in set((out / folder).glob("*.html")) - keep:
            stale.unlink()
    for stale in [*(out / "seller").glob("*.xlsx"), *out.glob("*.pdf")]:
        stale.unlink()


def _index(
    out: Path, data: ReportData, chapters: list[Chapter], tables: Mapping[str, Table], prints_pdf: bool
) -> list[Path]:
    """The page, and its PDFs where they are wanted and a browser makes them; the page says which there are."""
    page = out / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    chromium = pdf.browser() if prints_pdf else None

    def write(has_pdf: bool) -> None:
        page.write_text(index_page(data, chapters, tables, has_pdf), encoding="utf-8", newline="\n")

    write(has_pdf=chromium is not None)
    if chromium is None:
        return [page]
    prints = [out / PDF_NAMES[language] for language, _ in LANGUAGES]
    if all(pdf.print_page(chromium, page, out / PDF_NAMES[language], language) for language, _ in LANGUAGES):
        return [page, *prints]
    for each in prints:
        each.unlink(missing_ok=True)
    write(has_pdf=False)
    return [page]


def sizes(files: Sequence[Path], out: Path) -> dict[str, int]:
    """Bytes of each part of a report that `build_reports` wrote under `out`."""
    found = {"index": 0, "tables": 0, "assessment": 0, "seller": 0}
    for file in files:
        folder = file.relative_to(out).parts[0]
        part = folder if folder in found else "assessment" if file.suffix == ".xlsx" else "index"
        found[part] += file.stat().st_size
    return found
