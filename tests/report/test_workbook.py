"""The workbook as a spreadsheet program sees it."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.report.marts_file import FORMULA, SCRIPT


@pytest.fixture(scope="module")
def book(report: Path) -> CalamineWorkbook:
    return CalamineWorkbook.from_path(str(report / "assessment.xlsx"))


def _rows(book: CalamineWorkbook, sheet: str) -> list[dict[str, object]]:
    header, *rows = book.get_sheet_by_name(sheet).to_python()
    return [dict(zip((str(h).split("\n")[0] for h in header), row, strict=True)) for row in rows]


def test_a_sheet_for_every_table(book: CalamineWorkbook, report: Path) -> None:
    """A table that is on a page and not in the workbook must be typed off."""
    tables = {path.stem for path in (report / "tables").glob("*.html")}
    assert book.sheet_names[0] == "About"
    assert set(book.sheet_names[1:]) == tables


def test_names_that_look_like_formulas_stay_text(book: CalamineWorkbook, report: Path) -> None:
    """A spreadsheet runs what a customer typed into a form, unless it is told not to."""
    found = {str(row["Bucket"]) for row in _rows(book, "fct_customer_mix")}
    assert {FORMULA, SCRIPT} <= found
    with zipfile.ZipFile(report / "assessment.xlsx") as archive:
        for name in archive.namelist():
            text = archive.read(name).decode(errors="replace")
            assert "<f>" not in text, name
            assert "<hyperlink" not in text, name
            assert 'TargetMode="External"' not in text, name


def test_cells_have_types(book: CalamineWorkbook) -> None:
    """Figures stored as text cannot be summed, dates stored as text cannot be filtered."""
    rows = _rows(book, "fct_customer_census")
    assert {type(row["Opening"]) for row in rows} <= {float, int, str}
    assert all(isinstance(row["Period end"], date) for row in rows)
    year = next(row for row in rows if row["Period"] == "year" and row["Opening"] == 150)
    assert (year["New"], year["Left"], year["Closing"]) == (24, 14, 160)
    assert year["Net change, share"] == pytest.approx(10 / 150)


def test_small_cells_are_hidden_here_too(book: CalamineWorkbook) -> None:
    """What is hidden on the page and stands in the workbook is not hidden."""
    rows = {str(row["Bucket"]): row for row in _rows(book, "fct_customer_mix")}
    assert rows["individual"]["Customers"] == "hidden"
    assert rows["individual"]["Share of customers"] == "hidden"
    assert rows["enterprise"]["Customers"] == 120


def test_headers_are_frozen_and_filtered(report: Path) -> None:
    """A long sheet without its header and a filter is a wall of figures."""
    with zipfile.ZipFile(report / "assessment.xlsx") as archive:
        sheets = [name for name in archive.namelist() if re.match(r"xl/worksheets/sheet\d+\.xml", name)]
        for name in sheets[1:]:
            text = archive.read(name).decode()
            assert 'state="frozen"' in text, name
            assert "<autoFilter" in text, name
