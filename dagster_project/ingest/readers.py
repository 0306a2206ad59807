"""A delivered file -> a relation of text columns named as in the file, with an independent count of its records."""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import numpy as np
import python_calamine

from dagster_project.companies import DELIMITERS, Source
from dagster_project.ingest import archives, sheet_rows, textfile
from dagster_project.ingest.casting import Parameters, quoted
from dagster_project.ingest.errors import FileProblem
from dagster_project.ingest.landing import LandedFile


@dataclass
class Reading:
    """An opened file.

    relation: SQL of one row per record, text columns named as in `columns`, in file order.
    records: how many records there are, counted in another way than the relation does.
    first_line, shifts: physical line (row, record) of record i is first_line + i + extra of the last shift at or
    before i.
    """

    columns: tuple[str, ...]
    relation: str
    parameters: dict[str, Any]
    records: int
    first_line: int
    shifts: list[tuple[int, int]]
    notes: list[str] = field(default_factory=list)
    text: textfile.TextFile | None = None
    # (condition, reason): what makes a whole record unreadable, in terms of the relation's columns.
    faults: tuple[tuple[str, str], ...] = ()
    record: str | None = None  # column of the relation that holds the record as delivered, where cells cannot
    repeat: int = 1  # rows of the relation per record, one after the other
    skip: str | None = None  # column of the relation that says a row is no data (an empty cell of a pivoted export)
    recount: Callable[[], Reading] | None = None  # a slower, exact count, to be tried when the counts disagree


Reader = Callable[[duckdb.DuckDBPyConnection, LandedFile, Source, Path], Reading]


def open_file(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    """Open by the declared format or the file's ending; `FileProblem` when it is refused."""
    file = archives.unpack(file, archives.archive_pattern(source.files)[1], scratch)
    kind = source.format or _by_ending(file.name)
    reading = READERS[kind](con, file, source, scratch)
    folded = [c.casefold() for c in reading.columns]
    twice = sorted({c for c, f in zip(reading.columns, folded, strict=True) if folded.count(f) > 1})
    if twice:
        raise FileProblem(
            f"the header names a column twice: {', '.join(repr(c) for c in twice)}", "rename one and export again"
        )
    return unpivot(reading, source) if source.unpivot else reading


def _by_ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    if ending not in _ENDINGS:
        raise FileProblem(f"the ending '{ending}' is not known", "declare `format:` for this source")
    return _ENDINGS[ending]


def fold(name: str) -> str:
    """A header for comparison: case, width and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def resolve(wanted: str, columns: tuple[str, ...]) -> str | None:
    """The file's own spelling of a column of company.yaml."""
    if wanted in columns:
        return wanted
    return next((c for c in columns if fold(c) == fold(wanted)), None)


def _read_csv(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    delimiter = source.delimiter or ("\t" if file.name.lower().endswith((".tsv", ".tab")) else ",")
    text = textfile.scan(file.path, source, delimiter, scratch)
    if source.header_row and (problem := _header_problem(text, source, delimiter)):
        raise problem

    def exact() -> Reading:
        return _csv_reading(textfile.rescan(file.path, source, delimiter, scratch))

    reading = _csv_reading(text)
    reading.recount = exact
    return reading


def _csv_reading(text: textfile.TextFile) -> Reading:
    names = tuple(c or f"column_{i}" for i, c in enumerate(text.header, 1))
    # Positional names: the header was read and checked by us, DuckDB would not compare it.
    declared = ", ".join(f"'c{i}': 'varchar'" for i in range(len(names)))
    aliases = ", ".join(f"c{i} as {quoted(name)}" for i, name in enumerate(names))
    relation = f"""
        select {aliases}
        from read_csv(
            $file, auto_detect = false, columns = {{{declared}}}, header = false, skip = {text.skip},
            delim = $delimiter, quote = $quote, escape = $quote, new_line = '\\n', nullstr = $nothing,
            null_padding = false, strict_mode = true, max_line_size = {textfile.MAX_RECORD_BYTES},
            store_rejects = true, rejects_limit = 0)
    """
    parameters = {"file": str(text.path), "delimiter": text.delimiter, "quote": '"', "nothing": "\x01"}
    return Reading(names, relation, parameters, text.records, text.first_line, text.shifts, list(text.notes), text)


def _header_problem(text: textfile.TextFile, source: Source, delimiter: str) -> FileProblem | None:
    """Another delimiter in the header, which makes every column missing."""
    wanted = [c.source for c in source.columns if c.source]
    if any(resolve(w, text.header) for w in wanted) or not wanted:
        return None
    line = delimiter.join(text.header)
    for word, other in DELIMITERS.items():
        cells = textfile.split_header(line, other)
        if other != delimiter and len(word) > 1 and any(resolve(w, cells) for w in wanted):
            return FileProblem(
                f"the columns are separated by {word}, not by {delimiter!r}", f"declare `delimiter: {word}`"
            )
    return FileProblem(
        f"none of the mapped columns is in the header (line {source.header_row})",
        "mend `header_row:` or `delimiter:`; for a file without header give `header_row: 0` and `header: [...]`",
    )


def unpivot(reading: Reading, source: Source) -> Reading:
    """Wide to long: one row per named column of each record, in the order they are named."""
    spec = source.unpivot
    assert spec is not None
    found = {name: resolve(name, reading.columns) for name in spec.columns}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise FileProblem(
            f"the column {', '.join(map(repr, missing))} of unpivot is missing", "export it, or mend `unpivot:`"
        )
    p = Parameters(dict(reading.parameters))
    kept = [c for c in reading.columns if c not in found.values()]
    cells = ", ".join(
        f"{{'name': {p.add(spec.columns[name])}::varchar, 'value': {quoted(str(column))}}}"
        for name, column in found.items()
    )
    empty = "false"
    if not spec.keep_empty:
        nulls = ", ".join(p.add(n) for n in ("", *source.null_values))
        empty = f"coalesce(trim(__cell.value), '') in ({nulls})"
    relation = f"""
        select {"".join(quoted(c) + ", " for c in kept)}
            __cell.name as {quoted(spec.name)}, __cell.value as {quoted(spec.value)}, {empty} as __empty
        from (select *, unnest([{cells}]) as __cell from ({reading.relation}))
    """
    columns = (*kept, spec.name, spec.value)
    return replace(reading, columns=columns, relation=relation, parameters=p.values, repeat=len(found), skip="__empty")


def _read_lines(
    file: LandedFile, source: Source, scratch: Path, header_row: int, columns: str, names: tuple[str, ...]
) -> Reading:
    """A file of one record per line, not delimited; `columns`: SQL over the text column `__record`."""
    plain = replace(source, header_row=header_row, header=(), header_rows=1, format="fixed")
    text = textfile.scan(file.path, plain, ",", scratch)
    relation = f"""
        select {columns}, __record
        from read_csv(
            $file, auto_detect = false, columns = {{'__record': 'varchar'}}, header = false, skip = {text.skip},
            delim = $nothing, quote = '', escape = '', new_line = '\\n', nullstr = $never,
            strict_mode = true, max_line_size = {textfile.MAX_RECORD_BYTES})
        where __record <> ''
    """
    parameters = {"file": str(text.path), "nothing": "\x01", "never": "\x02"}
    return Reading(names, relation, parameters, text.records, text.first_line, text.shifts, list(text.notes))


def _read_fixed(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    cut = ", ".join(f"substr(__record, {start}, {width}) as {quoted(n)}" for n, start, width in source.fixed_width)
    names = tuple(name for name, _, _ in source.fixed_width)
    reading = _read_lines(file, source, scratch, source.header_row, cut, names)
    end = max(start + width for _, start, width in source.fixed_width)
    longer = f"trim(substr(__record, {end})) <> ''"
    return replace(reading, record="__record", faults=((longer, "a line longer than its fields"),))


def _read_jsonl(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    reading = _read_lines(file, source, scratch, 0, "__record as line", ("line",))
    keys = con.execute(
        "select distinct unnest(json_keys(line)) from "
        f"({reading.relation}) where json_valid(line) and json_type(line) = 'OBJECT' order by 1",
        reading.parameters,
    ).fetchall()
    names = tuple(str(key) for (key,) in keys)
    if not names:
        raise FileProblem("no line is a JSON object", "deliver one JSON object per line")
    p = Parameters(dict(reading.parameters))
    valid = "case when json_valid(__record) and json_type(__record) = 'OBJECT' then __record end"
    cut = ", ".join(f"json_extract_string(__object, {p.add(_pointer(name))}) as {quoted(name)}" for name in names)
    relation = f"select {cut}, __record from (select *, {valid} as __object from ({reading.relation}))"
    broken = f"{valid} is null"
    return replace(
        reading, columns=names, relation=relation, parameters=p.values, record="__record",
        faults=((broken, "not a JSON object"),),
    )  # fmt: skip


def _pointer(key: str) -> str:
    """JSON pointer of a key, whatever characters are in it."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _read_parquet(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    try:
        described = con.execute("describe from read_parquet($file)", {"file": str(file.path)}).fetchall()
        footer = con.execute("select num_rows from parquet_file_metadata($file)", {"file": str(file.path)}).fetchall()
    except duckdb.Error:
        raise FileProblem("not a Parquet file, or damaged", "export it again") from None
    if footer[0][0] == 0:
        raise FileProblem("the file holds no record", "export it again")
    columns = tuple(str(name) for name, *_ in described)
    texts = ", ".join(f"{quoted(c)}::varchar as {quoted(c)}" for c in columns)
    relation = f"select {texts} from read_parquet($file)"
    return Reading(columns, relation, {"file": str(file.path)}, int(footer[0][0]), 1, [(0, 0)])


def _read_xlsx(con: duckdb.DuckDBPyConnection, file: LandedFile, source: Source, scratch: Path) -> Reading:
    rows, first_row, filled = _sheet_rows(file.path, source)
    height = source.header_row + source.header_rows - 1 - first_row if source.header_row else -first_row
    body = rows[max(height, 0) :]
    if source.header_row:
        header: tuple[str, ...] = ()
        for cells in rows[max(height - source.header_rows, 0) : max(height, 0)]:
            header = textfile.merge_header(header, tuple(_cell_text(c).strip(" \t\r\n\u3000\u00a0") for c in cells))
    else:
        header = source.header
    while header and not header[-1]:
        header = header[:-1]
    if not header:
        raise FileProblem(f"row {source.header_row} of the sheet is no header", "mend `header_row:`")
    numbers = [i for i, cells in enumerate(body) if _is_filled(cells)]
    records = filled - sum(map(_is_filled, rows[: max(height, 0)])) - min(source.skip_footer, len(numbers))
    numbers = numbers[: len(numbers) - source.skip_footer] if source.skip_footer else numbers
    if not numbers:
        raise FileProblem("the sheet holds a header and no record", "export it again")
    width = max(len(header), max(len(body[i]) for i in numbers))
    if any(c != "" for i in numbers for c in body[i][len(header) :]):
        raise FileProblem("a row is wider than the header", "name every column of the sheet, or mend `header_row:`")
    columns = list(zip(*([*body[i], *[""] * (width - len(body[i]))] for i in numbers), strict=True))
    data = {f"c{n}": np.array([_cell_text(v) for v in columns[n]], dtype=object) for n in range(len(header))}
    con.register("sheet", data)
    con.execute("create or replace table sheet_text as select * from sheet")
    con.unregister("sheet")
    names = tuple(c or f"column_{i}" for i, c in enumerate(header, 1))
    aliases = ", ".join(f"c{i} as {quoted(name)}" for i, name in enumerate(names))
    start = first_row + max(height, 0) + 1
    extra = np.array(numbers) - np.arange(len(numbers))
    changed = np.flatnonzero(np.diff(extra, prepend=0))
    shifts = [(0, 0), *((int(i), int(extra[i])) for i in changed)]
    return Reading(names, f"select {aliases} from sheet_text order by rowid", {}, records, start, shifts)


def _is_filled(cells: list[Any]) -> bool:
    return any(c != "" and c is not None for c in cells)


def _sheet_rows(path: Path, source: Source) -> tuple[list[list[Any]], int, int]:
    """Cells of the sheet, the number of empty rows before the first, and how many rows the XML says are not empty."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except Exception as e:  # noqa: BLE001 - calamine raises its own types for every damage
        raise FileProblem(f"not a workbook, or damaged ({type(e).__name__})", "export it again as XLSX") from None
    if source.sheet is not None and source.sheet not in book.sheet_names:
        raise FileProblem(f"no sheet {source.sheet!r}; there are: {', '.join(book.sheet_names)}", "mend `sheet:`")
    name = source.sheet or book.sheet_names[0]
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if not rows:
        raise FileProblem("the sheet is empty", "export it again, or mend `sheet:`")
    try:
        filled = sheet_rows.filled_rows(path, name)
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError):
        raise FileProblem("a workbook of another kind than XLSX", "save it as XLSX") from None
    return rows, 0, filled


def _cell_text(value: object) -> str:
    """A cell as text; spreadsheets know only doubles, so 17850.0 is 17850 and 15 digits are all there is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


READERS: Mapping[str, Reader] = {
    "csv": _read_csv, "parquet": _read_parquet, "xlsx": _read_xlsx, "jsonl": _read_jsonl, "fixed": _read_fixed,
}  # fmt: skip
_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
