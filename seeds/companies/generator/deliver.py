"""Clean records -> what a delivery shows of them -> files.

Clean records are one DataFrame per entity with canonical columns, money in fen, moments as datetime64[s]. Two helper
columns never reach a file: `_planted` (the kind of a planted record, else None) and `_known_on` (the first delivery
that may show a record that was entered late, else NaT).
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from .common import DELIVERIES, NAT, end_of_day

World = dict[str, pd.DataFrame]
WORKBOOK_CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - xlsxwriter wants a naive moment; fixed for stable bytes


@dataclass(frozen=True)
class Field:
    """One column of an export: its header, the canonical column behind it, and how values are written."""

    header: str
    column: str
    kind: str = "text"  # text | money | integer | number | moment
    style: str = "%Y-%m-%d"  # moments: %-m and %-d without a leading zero; money: "thousands" for 1,234.50
    words: Mapping[Any, str] | None = None  # canonical value -> the word the system uses


@dataclass(frozen=True)
class Export:
    """One table of one file of each delivery."""

    entity: str
    file: str  # with {ymd}
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    mode: str = "full"
    encoding: str = "utf-8"
    newline: str = "\r\n"
    sheet: str | None = None
    born: str | None = None  # the moment from which the record exists; None: always there
    # (moment, columns that are not known before it)
    reveals: tuple[tuple[str, tuple[str, ...]], ...] = ()
    finish: Callable[[pd.DataFrame, np.datetime64], pd.DataFrame] | None = None  # derived columns as of a delivery

    def field_of(self, column: str) -> Field:
        return next(field for field in self.fields if field.column == column)


@dataclass
class Table:
    """The rows of one export in one delivery, as text, in file order.

    rows: headers plus `_key` (values of the key joined by |), `_defect` (None or the register's entry).
    """

    export: Export
    delivery: np.datetime64
    rows: pd.DataFrame
    planted: set[str]  # keys of planted, late or corrected records: these rows are not damaged as well

    @property
    def file_name(self) -> str:
        return self.export.file.format(ymd=str(self.delivery).replace("-", ""))


@dataclass
class Correction:
    """What the first delivery got wrong about `column` of some records; the second has it right."""

    column: str
    wrong: Mapping[str, object]  # key -> value shown first


@dataclass
class Plan:
    """How the two deliveries differ beyond time passing."""

    corrections: dict[str, list[Correction]] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)  # entity -> keys missing from the second snapshot


def with_helpers(world: World) -> World:
    """The same records with the two helper columns, nothing planted and nothing late."""
    return {e: r.assign(_planted=None, _known_on=NAT).reset_index(drop=True) for e, r in world.items()}


def keys_of(records: pd.DataFrame, export: Export) -> pd.Series:
    """Keys as a reader of the file sees them: the written key cells, joined by |."""
    cells = [_written(records[column], export.field_of(column)) for column in export.key]
    return pd.Series(["|".join(key) for key in zip(*cells, strict=True)], index=records.index, dtype=object)


def as_known(records: pd.DataFrame, export: Export, on: np.datetime64) -> pd.DataFrame:
    """The records a system held at the end of day `on`."""
    end = end_of_day(on)
    seen = records["_known_on"].isna() | (records["_known_on"] <= end)
    if export.born is not None:
        # A planted future date is there from the day it was mistyped.
        seen &= (records[export.born] <= end) | (records["_planted"] == "future_date")
    shown = records[seen].copy()
    for moment, hidden in export.reveals:
        later = (shown[moment] > end) | shown[moment].isna()
        for column in (moment, *hidden):
            shown[column] = shown[column].mask(later)
    return export.finish(shown, on) if export.finish else shown


def views(world: World, exports: tuple[Export, ...], plan: Plan) -> dict[tuple[int, str], pd.DataFrame]:
    """(delivery number, entity) -> canonical records as that delivery shows them, before any damage."""
    shown = {}
    for number, delivery in enumerate(DELIVERIES):
        for export in exports:
            records = as_known(world[export.entity], export, delivery)
            keys = keys_of(records, export)
            if number == 0:
                for correction in plan.corrections.get(export.entity, []):
                    wrong = keys.map(correction.wrong)
                    records[correction.column] = records[correction.column].where(wrong.isna(), wrong)
            else:
                records = records[~keys.isin(plan.removed.get(export.entity, []))]
            shown[number, export.entity] = records.assign(_key=keys_of(records, export)).reset_index(drop=True)
    return shown


def render(records: pd.DataFrame, export: Export) -> pd.DataFrame:
    rows = pd.DataFrame({f.header: _written(records[f.column], f) for f in export.fields}, dtype=object)
    rows["_key"] = records["_key"].to_numpy()
    rows["_defect"] = None
    return rows


def tables(
    world: World, shown: Mapping[tuple[int, str], pd.DataFrame], exports: tuple[Export, ...], plan: Plan
) -> list[Table]:
    """Rendered tables of both deliveries; an increment holds what is new or changed since the one before."""
    result = []
    for export in exports:
        records = world[export.entity]
        special = records["_planted"].notna() | records["_known_on"].notna()
        planted = set(keys_of(records[special], export)) | set(plan.removed.get(export.entity, []))
        for correction in plan.corrections.get(export.entity, []):
            planted |= set(correction.wrong)
        before = render(shown[0, export.entity], export)
        after = render(shown[1, export.entity], export)
        if export.mode == "increment":
            old = dict(zip(before["_key"], _whole_rows(before, export), strict=True))
            pairs = zip(after["_key"], _whole_rows(after, export), strict=True)
            changed = np.array([old.get(key) != row for key, row in pairs])
            after = after[changed].reset_index(drop=True)
        result += [Table(export, DELIVERIES[0], before, planted), Table(export, DELIVERIES[1], after, planted)]
    return result


def _whole_rows(rows: pd.DataFrame, export: Export) -> Iterator[tuple[str, ...]]:
    return zip(*(rows[f.header] for f in export.fields), strict=True)


def write(all_tables: list[Table], deliveries: Path) -> None:
    """Write the files of every delivery and take away what an earlier run left beside them."""
    workbooks: dict[Path, list[Table]] = {}
    written: set[Path] = set()
    for table in all_tables:
        if table.rows.empty:
            raise ValueError(f"{table.file_name}: no rows; a file with only a header is rejected")
        path = deliveries / str(table.delivery) / table.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        if table.export.sheet is not None:
            workbooks.setdefault(path, []).append(table)
            continue
        written.add(path)
        text = _cells(table).to_csv(index=False, lineterminator=table.export.newline).encode(table.export.encoding)
        if path.suffix == ".gz":
            _write_gzip(path, text)
        else:
            path.write_bytes(text)
    for path, sheets in workbooks.items():
        _write_workbook(path, sheets)
    for path in deliveries.glob("*/*"):
        if path not in written | workbooks.keys():
            path.unlink()


def _write_gzip(path: Path, text: bytes) -> None:
    """A file that holds the same text already stays: zlib builds differ in the bytes they make of it."""
    if path.exists() and gzip.decompress(path.read_bytes()) == text:
        return
    path.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def _cells(table: Table) -> pd.DataFrame:
    return table.rows[[f.header for f in table.export.fields]]


def _write_workbook(path: Path, sheets: list[Table]) -> None:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"created": WORKBOOK_CREATED})
    as_date = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for table in sheets:
        sheet = workbook.add_worksheet(table.export.sheet)
        sheet.freeze_panes(1, 0)
        for column, exported in enumerate(table.export.fields):
            sheet.write_string(0, column, exported.header)
            for row, value in enumerate(table.rows[exported.header], start=1):
                if value:
                    _write_cell(sheet, row, column, value, exported.kind, as_date)
    workbook.close()
    # Stored, not deflated: zlib builds differ in the bytes they make of the same text.
    with zipfile.ZipFile(io.BytesIO(buffer.getvalue())) as made, zipfile.ZipFile(path, "w") as kept:
        for member in made.infolist():
            kept.writestr(zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0)), made.read(member))


def _write_cell(sheet: Any, row: int, column: int, value: str, kind: str, as_date: Any) -> None:
    """As a date or a number where it is one; a damaged cell stays text."""
    try:
        if kind == "moment":
            sheet.write_datetime(row, column, datetime.fromisoformat(value), as_date)
            return
        if kind in ("money", "integer", "number"):
            sheet.write_number(row, column, float(value))
            return
    except ValueError:
        pass
    sheet.write_string(row, column, value)


def _written(values: pd.Series, exported: Field) -> list[str]:
    """Each distinct value is written once."""
    if exported.kind == "moment" and "%H" not in exported.style:
        values = values.dt.normalize()
    codes, distinct = pd.factorize(values)
    words, kind = exported.words, exported.kind
    if words is not None:
        texts = [words[value] for value in distinct]
    elif kind == "moment":
        texts = _moments(pd.Series(distinct), exported.style)
    elif kind == "money":
        texts = [(thousands_text if exported.style == "thousands" else fen_text)(int(value)) for value in distinct]
    else:
        texts = [_text(value) for value in distinct]
    # Code -1 stands for no value.
    return list(np.array([*texts, ""], dtype=object)[codes])


def fen_text(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    yuan, rest = divmod(fen, 100)
    return f"{sign}{yuan}.{rest:02d}" if rest else f"{sign}{yuan}"


def thousands_text(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def _moments(values: pd.Series, style: str) -> list[str]:
    moments = pd.to_datetime(values).dt
    parts = {
        "%Y": moments.year,
        "%m": moments.month,
        "%d": moments.day,
        "%-m": moments.month,
        "%-d": moments.day,
        "%H": moments.hour,
        "%M": moments.minute,
    }
    pieces = _split_style(style)
    columns = [_padded(parts[piece], piece) if piece in parts else [piece] * len(values) for piece in pieces]
    return ["".join(row) for row in zip(*columns, strict=True)]


def _padded(numbers: pd.Series, piece: str) -> list[str]:
    width = 1 if "-" in piece else 4 if piece == "%Y" else 2
    return [f"{number:0{width}d}" for number in numbers]


def _split_style(style: str) -> list[str]:
    pieces, position = [], 0
    while position < len(style):
        length = 1 if style[position] != "%" else 3 if style[position + 1] == "-" else 2
        pieces.append(style[position : position + length])
        position += length
    return pieces


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
