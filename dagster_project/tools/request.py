"""`bookworth request`: the data a buyer asks a seller for, as a workbook in English and Chinese."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from dagster_project.companies import PROFILES, BookworthError, nearest
from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.settings import REFERENCE_DIR
from dagster_project.tools import words
from dagster_project.tools.support import Indicator, Input, applicable

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# The file says when it was made; the same request gives the same bytes.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - Excel knows no time zones

_NEED = {
    "required": "required 必需",
    "within": "required within the entity 表内必需",
    "recommended": "recommended 建议",
    "optional": "optional 可选",
}
_PRIVACY = {
    "identifier": "direct identifier: stays restricted, never published 直接标识：受限，不发布",
    "free_text": "free text that may name people: stays restricted 自由文本，可能含个人信息：受限",
    "person": "a person's number: replaced by a pseudonym 个人编号：以假名替换",
    "personal": "personal data: aggregates only before signing 个人信息：签约前仅提供汇总",
    "none": "",
}
_PERSONAL = {"gender", "birth_date", "partner_gender", "partner_birth_date"}
_TYPES = {
    "id": "text, keep leading zeros 文本，保留前导零",
    "customer_id": "text, keep leading zeros 文本，保留前导零",
    "staff_id": "text, keep leading zeros 文本，保留前导零",
    "person_id": "text, keep leading zeros 文本，保留前导零",
    "text": "text 文本",
    "category": "one of a list 枚举",
    "date": "date YYYY-MM-DD 日期",
    "timestamp": "date and time 日期时间",
    "money": "amount, two decimals 金额",
    "number": "number 数值",
    "integer": "whole number 整数",
    "boolean": "yes or no 是/否",
}
_ENTITY_HEADER = (
    ("File / table", 22), ("表", 16), ("Code 代码", 20), ("One record per 粒度", 24), ("Need 需求", 26), ("Why", 60),
    ("用途", 44), ("Indicators opened 支持指标数", 14), ("Indicators 指标", 60), ("Sections 对应章节", 36),
)  # fmt: skip
_COLUMN_HEADER = (
    ("File / table", 20), ("表", 14), ("Column", 30), ("列", 20), ("Code 代码", 36), ("Type 类型", 28),
    ("Need 需求", 26), ("Privacy 隐私", 50), ("Values 取值", 44), ("Indicators opened 支持指标数", 14),
    ("Indicators 指标", 60), ("Sections 对应章节", 36),
)  # fmt: skip
_GUIDE = (
    ("What this is", "The records a buyer needs to judge the customer book, and what each of them opens.",
     "买方评估客户资产所需的数据，以及每项数据支持哪些评估内容。"),
    ("Format", "CSV, XLSX, JSON lines or Parquet, as your systems export them; no need to rename or reformat anything.",
     "按系统原样导出 CSV、XLSX、JSON Lines 或 Parquet 即可，无需改名或改格式。"),
    ("Required", "Customers or orders at least. What is not delivered is reported as not assessed, never as zero.",
     "至少提供客户或订单。未提供的内容标为“未评估”，不会按零计。"),
    ("History", "As far back as records go: lost customers, cancelled orders and test records too, marked as such.",
     "提供全部历史，含流失客户、取消订单与测试记录，并加以标注。"),
    ("Privacy", "Direct identifiers are optional: leave them out, or keep them with the seller. Before signing, "
     "aggregates only are shared; rows are keyed by pseudonyms under a key the seller holds.",
     "直接标识可不提供或由卖方保管。签约前只共享汇总；明细以卖方持有密钥的假名标识。"),
    ("Counsel", "Whether a transfer is lawful is for counsel to say; the privacy column only flags what to ask about.",
     "数据提供是否合法由法律顾问判断；隐私一栏仅作提示。"),
)  # fmt: skip


def write_request(profile: str, target: Path) -> int:
    """Write the workbook; the number of columns asked for. `BookworthError` for an unknown profile."""
    if profile not in PROFILES:
        raise BookworthError(f"unknown profile '{profile}'{nearest(profile, PROFILES)}")
    if target.suffix.lower() != ".xlsx":
        raise BookworthError(f"{target.name}: the request is a workbook; name it .xlsx")
    if not target.parent.is_dir():
        raise BookworthError(f"{target.parent} is not a folder")
    trade = next(r for r in words.rows(REFERENCE_DIR / "profiles.csv") if r["profile"] == profile)
    opens = _opens(profile)
    with xlsxwriter.Workbook(str(target), _OPTIONS) as book:
        title = f"Data request: {trade['name_en']}"
        book.set_properties({"title": title, "author": "bookworth", "created": _MADE})
        formats = {
            "header": book.add_format({"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1,
                                       "bg_color": "#F4F6F8"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "count": book.add_format({"num_format": "0", "valign": "top"}),
        }  # fmt: skip
        _guide(book, formats, title, f"数据需求清单：{trade['name_zh']}")
        _table(book, formats, "Files 表", _ENTITY_HEADER, list(_entity_rows(opens)))
        columns = list(_column_rows(opens))
        _table(book, formats, "Columns 列", _COLUMN_HEADER, columns)
    return len(columns)


def _opens(profile: str) -> dict[Input, list[Indicator]]:
    """Indicators that need a column in one of their alternatives."""
    out: dict[Input, list[Indicator]] = defaultdict(list)
    for indicator in applicable(profile):
        for column in sorted({c for alternative in indicator.alternatives for c in alternative}):
            out[column].append(indicator)
    return out


def _of_entity(entity: Entity, opens: dict[Input, list[Indicator]]) -> list[Indicator]:
    found = {i.code: i for c in entity.columns for i in opens.get((entity.name, c), ())}
    order = {i.code: n for n, i in enumerate(i for found_here in opens.values() for i in found_here)}
    return sorted(found.values(), key=lambda i: order[i.code])


def _entity_need(entity: Entity, opened: Sequence[Indicator]) -> str:
    if entity.name in ("customers", "orders"):
        return _NEED["required"]
    return _NEED["recommended" if opened else "optional"]


def _entity_rows(opens: dict[Input, list[Indicator]]) -> Iterator[list[str | int]]:
    for entity in entities().values():
        label, opened = words.entity_labels()[entity.name], _of_entity(entity, opens)
        yield [
            label.en, label.zh, entity.name, entity.grain, _entity_need(entity, opened), label.why_en, label.why_zh,
            len(opened), *_listed(opened),
        ]  # fmt: skip


def _column_rows(opens: dict[Input, list[Indicator]]) -> Iterator[list[str | int]]:
    for entity in entities().values():
        table = words.entity_labels()[entity.name]
        for column in entity.columns.values():
            label, opened = words.column_label(entity.name, column.name), opens.get((entity.name, column.name), [])
            yield [
                table.en, table.zh, label.en, label.zh, f"{entity.name}.{column.name}", _TYPES[column.type],
                _column_need(entity, column, opened), _PRIVACY[_privacy(column)], _values(column), len(opened),
                *_listed(opened),
            ]  # fmt: skip


def _column_need(entity: Entity, column: Column, opened: Sequence[Indicator]) -> str:
    if column.required:
        return _NEED["required" if entity.name in ("customers", "orders") else "within"]
    return _NEED["recommended" if opened else "optional"]


def _privacy(column: Column) -> str:
    if column.identifier:
        return "identifier"
    if column.free_text:
        return "free_text"
    if column.pseudonym_domain:
        return "person"
    return "personal" if column.name in _PERSONAL else "none"


def _values(column: Column) -> str:
    return "; ".join(v for v in (", ".join(column.values), column.note) if v)


def _listed(opened: Sequence[Indicator]) -> tuple[str, str]:
    names = "; ".join(f"{i.name_en} {i.name_zh}" for i in opened)
    return names, " ".join(sorted({s for i in opened for s in i.sections}, key=_section_order))


def _section_order(section: str) -> tuple[str, list[int], str]:
    """A1.2 before A1.10."""
    return section[:1], [int(n) for n in section[1:].split(".") if n.isdigit()], section


def _guide(book: Any, formats: dict[str, Any], title_en: str, title_zh: str) -> None:
    sheet = book.add_worksheet("Read me 说明")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 70)
    sheet.write_string(0, 0, title_en, formats["title"])
    sheet.write_string(0, 2, title_zh, formats["title"])
    for at, row in enumerate(_GUIDE, start=2):
        for column, text in enumerate(row):
            sheet.write_string(at, column, text, formats["text"])


def _table(
    book: Any,
    formats: dict[str, Any],
    name: str,
    header: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str | int]],
) -> None:
    sheet = book.add_worksheet(name)
    for at, (title, width) in enumerate(header):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, title, formats["header"])
    for line, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(line, at, cell, formats["count"])
            else:
                sheet.write_string(line, at, cell, formats["text"])
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, len(rows), len(header) - 1)
