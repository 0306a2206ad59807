"""The published aggregate tables as a workbook: one sheet a table, typed, with frozen headers and filters.

Text stays text: nothing that begins with `=` becomes a formula, nothing that looks like an address a link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, cast

import xlsxwriter

from dagster_project.report.content import HIDDEN, Column, Kind, Row, Table, Text
from dagster_project.report.data import ReportData
from dagster_project.report.numbers import UNIT_KINDS

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
FORMATS = {
    "count": "#,##0",
    "money": "#,##0.00",
    "share": "0.0%",
    "score": "0.0",
    "ratio": "0.00",
    "figure": "0.000",
    "date": "yyyy-mm-dd",
}
# The file says when it was made; a build says so itself, and equal builds give equal bytes.
MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - Excel knows no time zones
WIDEST, NARROWEST = 60, 10


Fact = tuple[str, str, str]
PERSONAL: tuple[Fact, ...] = (
    (
        "Personal data / 个人信息",
        "Rows of customers under pseudonyms. For the seller only; not for a buyer before signing.",
        "以假名表示的客户明细，仅供卖方使用；签约前不得提供给买方。",
    ),
)


def write_workbook(path: Path, data: ReportData, tables: Mapping[str, Table], is_personal: bool = False) -> None:
    """Write the sheets to `path`; the first says what the file is, and that it is personal data where it is."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as book:
        book.set_properties(
            {"title": f"{data.company.name_en}: customer book assessment", "author": "bookworth", "created": MADE}
        )
        formats = {name: book.add_format({"num_format": code, "valign": "top"}) for name, code in FORMATS.items()}
        formats["text"] = book.add_format({"valign": "top"})
        formats["hidden"] = book.add_format({"italic": True, "font_color": "#566270", "align": "right"})
        formats["header"] = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bg_color": "#F4F6F8"}
        )
        formats["title"] = book.add_format({"bold": True, "font_size": 14})
        _about(book, formats, data, tables, PERSONAL if is_personal else _aggregates(data))
        for name, table in tables.items():
            _sheet(book, formats, data, name, table)


def _aggregates(data: ReportData) -> tuple[Fact, ...]:
    return (
        (
            "Small cells / 小单元格",
            f"Counts below {data.least} and what would give them away read 'hidden'.",
            f"少于 {data.least} 的计数及可推算出它们的单元格标为“hidden”。",
        ),
        (
            "Score / 得分",
            "0-100, with a 90% interval; what was not shown counts as anything.",
            "0–100，附 90% 区间；未提供的内容按任意值计。",
        ),
    )


def _about(
    book: Any, formats: Mapping[str, Any], data: ReportData, tables: Mapping[str, Table], more: Sequence[Fact]
) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 48)
    sheet.write_string(0, 0, data.company.name_en, formats["title"])
    sheet.write_string(0, 1, data.company.name_zh, formats["title"])
    as_of = data.as_of.isoformat() if data.as_of else "-"
    facts: list[Fact] = [
        ("As of / 评估日", as_of, ""),
        ("Build / 构建编号", data.build_id, ""),
        ("Currency / 币种", data.company.currency, ""),
        *more,
    ]
    if data.company.pseudonym_key == "demo":
        facts.append(
            ("Key / 密钥", "Example: the marts use the public demo key.", "示例：数据集市使用公开的演示密钥。")
        )
    for at, fact in enumerate(facts, start=2):
        for column, text in enumerate(fact):
            sheet.write_string(at, column, text, formats["text"])
    start = len(facts) + 3
    for at, (name, table) in enumerate(tables.items(), start=start):
        sheet.write_string(at, 0, name, formats["text"])
        sheet.write_string(at, 1, table.title.en, formats["text"])
        sheet.write_string(at, 2, table.title.zh, formats["text"])


def _columns(table: Table) -> list[Column]:
    """Columns as typed data: bilingual text is two columns, and so is an interval."""
    out: list[Column] = []
    for column in table.columns:
        kind = cast("Kind", column.area or "figure") if column.kind == "pair" else "text"
        out += [Column(part, kind) for part in column.parts] if column.parts else [column]
    return out


def _header(data: ReportData, table: Table) -> list[Text]:
    """A header for each of `_columns`."""
    out: list[Text] = []
    for column in table.columns:
        label = data.labels("column", column.name)
        if column.kind == "pair":
            out += [Text(f"{label.en}, low", f"{label.zh}（下限）"), Text(f"{label.en}, high", f"{label.zh}（上限）")]
        elif column.parts:
            out += [Text(f"{label.en} (en)", f"{label.zh}（英文）"), Text(f"{label.en} (zh)", f"{label.zh}（中文）")]
        elif column.kind == "money":
            out.append(Text(f"{label.en} ({data.company.currency})", f"{label.zh}（{data.company.currency}）"))
        else:
            out.append(label)
    return out


def _sheet(book: Any, formats: Mapping[str, Any], data: ReportData, name: str, table: Table) -> None:
    sheet = book.add_worksheet(name.partition(".")[2][:31])
    columns = _columns(table)
    widths = [NARROWEST] * len(columns)
    for at, label in enumerate(_header(data, table)):
        sheet.write_string(0, at, f"{label.en}\n{label.zh}", formats["header"])
        widths[at] = max(widths[at], len(label.en) // 2 + 4)
    for line, row in enumerate(table.rows, start=1):
        for at, column in enumerate(columns):
            widths[at] = max(widths[at], _write(sheet, line, at, row[column.name], column, row, formats) + 2)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(width, WIDEST))
    sheet.set_row(0, 46)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(columns) - 1)


def _write(sheet: Any, line: int, at: int, value: Any, column: Column, row: Row, formats: Mapping[str, Any]) -> int:
    """Write one typed cell; returns roughly how wide it is."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        sheet.write_blank(line, at, None)
        return 0
    if value is HIDDEN:
        sheet.write_string(line, at, "hidden", formats["hidden"])
        return 6
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
        return 5
    if isinstance(value, int | float | Decimal):
        kind = UNIT_KINDS.get(row.get("unit") or "", "figure") if column.kind == "figure" else column.kind
        sheet.write_number(line, at, float(value), formats.get(kind, formats["figure"]))
        return len(f"{float(value):,.2f}")
    if isinstance(value, date):
        sheet.write_datetime(line, at, datetime(value.year, value.month, value.day), formats["date"])  # noqa: DTZ001
        return 10
    text = str(value)
    sheet.write_string(line, at, text, formats["text"])
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
