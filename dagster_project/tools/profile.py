"""A folder of unknown files -> how each is laid out and what its columns hold, as shapes and counts.

The only cells kept are those of columns with few distinct values, for the value dictionaries of a draft.
"""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

import duckdb
import python_calamine

from dagster_project.companies import BookworthError, Source
from dagster_project.ingest import archives, casting, readers, scratch
from dagster_project.ingest.casting import Parameters, quoted
from dagster_project.ingest.errors import FileProblem
from dagster_project.ingest.landing import LandedFile

NULL_TOKENS = (
    "-", "--", "NA", "N/A", "#N/A", "n/a", "null", "NULL", "Null", "nan", "NaN", "None", "\\N", "Unknown", "unknown",
    "不详", "未知", "无", "暂无",
)  # fmt: skip
# None: understood without a format. The order is the preference among formats that fit equally well.
_DATES = ("%Y%m%d", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y.%m.%d", "%Y%m%d%H%M%S")
_DAY_MONTH = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y")
_NAMED_MONTH = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d-%b-%y", "%B %d, %Y")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DATE_FORMATS = (
    *_DATES, "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S.%f UTC",
    *(day + clock for day in (*_DAY_MONTH, *_NAMED_MONTH) for clock in _CLOCKS),
)  # fmt: skip
_SHAPES = {
    "email": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    "phone": r"'?(\+?86[- ]?)?1[3-9][0-9]{9}|\+[0-9][0-9 ()-]{7,17}|\(?[0-9]{3}\)?[- ][0-9]{3}-[0-9]{4}",
    "national_id": r"[0-9]{17}[0-9Xx]",
    "decimal_comma": r"[-+]?[0-9]{1,3}(\.[0-9]{3})*,[0-9]{1,2}",
    "decimal_point": r"[-+]?[0-9,]*\.[0-9]{1,4}",
    "epoch_ms": r"1[0-9]{12}",
    "epoch_s": r"1[0-9]{9}",
    # What is worth trying as a date: digits in groups, or one of the month names.
    "datelike": r"[0-9]{8}([0-9]{6})?|[0-9]{1,4}[-/.年 ]([0-9]{1,2}|[A-Za-z]{3,9})[-/.月, ].*|[A-Z][a-z]{2,8} [0-9].*",
}
_SAMPLE_CELLS = 2_000_000
_SAMPLE_ROWS = 50_000
_SHAPED_VALUES = 400  # distinct values of a column that are looked at
_FEW_VALUES = 30
_HEAD = 1 << 20
_STAMP = re.compile(r"(19|20)\d{2}[-_.]?(0[1-9]|1[0-2])([-_.]?[0-3]\d)?|(19|20)\d{2}[-_.]?[qQ][1-4]")
_TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
_OTHER_ENDINGS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".parquet", ".jsonl", ".ndjson", ".json")


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the sample. Shares are of the filled cells, 0 to 1."""

    name: str
    rows: int
    filled: int  # cells that are neither empty nor a null token
    distinct: int
    numbers: float
    integers: float
    booleans: float
    dates: tuple[tuple[str | None, float], ...]  # format (None: needs none) -> share, best first
    shapes: Mapping[str, float]
    null_tokens: tuple[str, ...]
    values: tuple[str, ...]  # most frequent first; only where there are few

    @property
    def is_unique(self) -> bool:
        return self.filled > 0 and self.distinct >= 0.98 * self.filled

    @property
    def date_share(self) -> float:
        return self.dates[0][1] if self.dates else 0.0


@dataclass(frozen=True)
class FileProfile:
    """One table: a file or a sheet. `layout` reads it; `problem` says why it could not be read."""

    name: str
    pattern: str
    layout: Source
    records: int = 0
    columns: tuple[ColumnProfile, ...] = ()
    problem: str = ""
    unsure: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()  # other files of the same pattern


@dataclass
class _Layout:
    source: Source
    unsure: list[str] = field(default_factory=list)


def profile_folder(folder: Path) -> list[FileProfile]:
    """Profile every table below `folder`; of files that differ in a date only, the newest.

    Raises `BookworthError` when the folder does not exist or holds nothing that can be read.
    """
    if not folder.is_dir():
        raise BookworthError(f"{folder} is not a folder; give the one that holds the exported files")
    folder = folder.resolve()
    groups = _groups(folder)
    if not groups:
        endings = ", ".join((*_TEXT_ENDINGS, *_OTHER_ENDINGS))
        raise BookworthError(f"no table in {folder}; looked for {endings}, also inside .zip and .gz")
    out: list[FileProfile] = []
    with tempfile.TemporaryDirectory(prefix="bookworth-") as scratch_name:
        for pattern, names in groups.items():
            out += _profile_file(folder, pattern, names, Path(scratch_name))
    return out


def _groups(folder: Path) -> dict[str, list[str]]:
    """Glob -> paths inside the folder, oldest first. The date of a delivery folder is no part of a name."""
    names = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "~$", "__MACOSX")) for part in inside.parts)
        if path.is_file() and not hidden and path.resolve().is_relative_to(folder):
            names += _members(path, inside.as_posix())
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if re.sub(r"\.gz$", "", name.lower()).endswith((*_TEXT_ENDINGS, *_OTHER_ENDINGS)):
            found[_STAMP.sub("*", _without_delivery(name))].append(name)
    out: dict[str, list[str]] = {}
    for pattern, own in found.items():
        others = [_without_delivery(n) for n in names if n not in own]
        clash = any(PurePosixPath(o).match(pattern) for o in others)
        # orders_*.csv would take orders_lines_20240101.csv too
        out[pattern.replace("*", "[0-9]*") if clash else pattern] = own
    return out


def _members(path: Path, name: str) -> list[str]:
    if not name.lower().endswith(".zip"):
        return [name]
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [i.filename for i in archive.infolist() if not i.is_dir() and "__MACOSX" not in i.filename]
    except zipfile.BadZipFile:
        return []
    return [f"{name}/{member}" for member in inside]


def _without_delivery(name: str) -> str:
    first, _, rest = name.partition("/")
    return unicodedata.normalize("NFC", rest if rest and re.fullmatch(r"\d{4}-\d{2}-\d{2}", first) else name)


def _profile_file(folder: Path, pattern: str, names: list[str], scratch_dir: Path) -> list[FileProfile]:
    newest = names[-1]
    plain = _empty_source(pattern)
    try:
        file = _landed(folder, newest, scratch_dir)
        layouts = _layouts(file, plain)
    except FileProblem as problem:
        return [FileProfile(newest, pattern, plain, problem=f"{problem.reason}; {problem.fix}")]
    out = []
    for layout in layouts:
        name = f"{newest} [{layout.source.sheet}]" if layout.source.sheet else newest
        profile = FileProfile(name, pattern, layout.source, unsure=tuple(layout.unsure), earlier=tuple(names[:-1]))
        try:
            out.append(_read(folder, file, layout, profile, scratch_dir))
        except FileProblem as problem:
            out.append(replace(profile, problem=f"{problem.reason}; {problem.fix}"))
    return out


def _landed(folder: Path, name: str, scratch_dir: Path) -> LandedFile:
    """The file in a place of its own if it was packed."""
    archive, member = archives.archive_pattern(name)
    path = folder / archive
    file = LandedFile(date(2000, 1, 1), archive, "", path.stat().st_size, path)
    if not archive.lower().endswith((".zip", ".gz")):
        return file
    inside = scratch_dir / "packed"
    inside.mkdir(exist_ok=True)
    # A member's name may hold brackets, which a glob reads as a set of characters.
    return archives.unpack(file, re.sub(r"([\[?*])", r"[\1]", member) if member else None, inside)


def _empty_source(pattern: str) -> Source:
    return Source(
        entity="customers", files=pattern, required=False, mode="increment", encoding="utf-8", delimiter=None,
        header_row=1, skip_footer=0, sheet=None, null_values=(), unique_by=None, where=None, timezone=None, columns=(),
        line=0,
    )  # fmt: skip


def _layouts(file: LandedFile, plain: Source) -> list[_Layout]:
    ending = Path(file.name).suffix.lower()
    if ending in _TEXT_ENDINGS:
        return [_text_layout(file, plain)]
    if ending in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        return _sheet_layouts(file, replace(plain, format="xlsx"))
    if ending in (".jsonl", ".ndjson", ".json"):
        return [_Layout(replace(plain, format="jsonl"))]
    return [_Layout(replace(plain, format="parquet"))]


def _sheet_layouts(file: LandedFile, plain: Source) -> list[_Layout]:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(file.path))
        sheets = [(n, book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names]
    except Exception as e:  # noqa: BLE001 - calamine raises its own types for every damage
        raise FileProblem(f"not a workbook, or damaged ({type(e).__name__})", "export it again as XLSX") from None
    filled = [(name, rows) for name, rows in sheets if rows]
    if not filled:
        raise FileProblem("the workbook is empty", "export it again")
    out = []
    for name, rows in filled:
        top = [[str(cell).strip() for cell in row] for row in rows[:20]]
        at = _header_at(top)
        out.append(_Layout(replace(plain, sheet=name, header_row=at + 1), _header_doubts(top, at)))
    return out


def _text_layout(file: LandedFile, plain: Source) -> _Layout:
    with file.path.open("rb") as f:
        head = f.read(_HEAD)
    encoding, doubts = _encoding(head)
    text = _decode(head, encoding)
    delimiter, top = _split(text)
    at = _header_at(top)
    doubts += _header_doubts(top, at)
    skip = _footer(file.path, encoding, delimiter, len(top[at]))
    source = replace(plain, encoding=encoding, delimiter=delimiter, header_row=at + 1, skip_footer=skip, format="csv")
    if _is_data(top[at]) and at == 0:
        names = tuple(f"column_{i}" for i in range(1, len(top[at]) + 1))
        source = replace(source, header_row=0, header=names)
        doubts.append("the file seems to have no header: name its columns in `header`")
    if skip:
        doubts.append(f"the last {skip} lines look like a report's footer and are left out")
    return _Layout(source, doubts)


def _encoding(head: bytes) -> tuple[str, list[str]]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", []
    if _decodes(head, "utf-8"):
        return "utf-8", []
    if _decodes(head, "gb18030"):
        wide = [c for c in _decode(head, "gb18030") if not c.isascii()]
        if sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in wide) > 0.8 * len(wide):
            return "gb18030", []
    single = "windows-1252" if _decodes(head, "cp1252") else "latin-1"
    return single, [f"the encoding is a guess: not UTF-8, and {single} decodes any file"]


def _decodes(head: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _decode(head: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)("ignore").decode(head, final=False)
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _split(text: str) -> tuple[str, list[list[str]]]:
    """The delimiter that cuts the most lines into the same number of fields, and the first records cut by it."""
    best: tuple[float, int, str, list[list[str]]] = (0.0, 0, ",", [[text.partition("\n")[0]]])
    for delimiter in (",", ";", "\t", "|"):
        try:
            top = [row for _, row in zip(range(60), csv.reader(io.StringIO(text), delimiter=delimiter), strict=False)]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in top if row)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        if width > 1:
            best = max(best, (count / sum(widths.values()) + min(width, 50) / 1000, width, delimiter, top))
    return best[2], best[3]


def _header_at(top: Sequence[Sequence[str]]) -> int:
    """Index of the first row about as wide as the table; what is above it is a title."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in top]
    table = max(Counter(w for w in widths if w).items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))[0]
    return next((i for i, w in enumerate(widths) if w >= max(0.7 * table, 1)), 0)


def _is_data(row: Sequence[str]) -> bool:
    """Headers are words; a row with numbers or dates is a record."""
    cells = [cell.strip() for cell in row if cell.strip()]
    figures = [c for c in cells if re.fullmatch(r"[-+]?[\d.,/: -]*\d[\d.,/: -]*", c)]
    return len(cells) > 0 and len(figures) >= max(1, 0.3 * len(cells))


def _header_doubts(top: Sequence[Sequence[str]], at: int) -> list[str]:
    doubts = [f"the header is taken to be row {at + 1}; what is above it is left out"] if at else []
    header = [cell.strip() for cell in top[at]]
    while header and not header[-1]:
        header.pop()
    if header.count("") > 0:
        doubts.append("some columns have no name: a header of two rows needs `header_rows: 2`")
    return doubts


def _footer(path: Path, encoding: str, delimiter: str, width: int) -> int:
    """Lines at the end that hold one field where the table has many (record counts, copyright notices)."""
    if encoding == "utf-16" or width < 3:
        return 0
    with path.open("rb") as f:
        f.seek(max(path.stat().st_size - 4096, 0))
        tail = f.read()
    lines = [line for line in tail.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    count = 0
    for line in reversed(lines):
        if delimiter.encode() in line.rstrip(delimiter.encode()) or b'"' in line.strip().strip(b'"'):
            break
        count += 1
    return count if count < min(len(lines), 10) else 0


def _read(folder: Path, file: LandedFile, layout: _Layout, profile: FileProfile, scratch_dir: Path) -> FileProfile:
    with scratch.connect(None, scratch_dir, (folder, scratch_dir)) as con:
        for macro in casting.MACROS:
            con.execute(macro)
        work = scratch_dir / "read"
        work.mkdir(exist_ok=True)
        reading = readers.open_file(con, file, replace(layout.source, files=file.name), work)
        names = [c for c in reading.columns if not c.startswith("__")]
        rows = max(min(_SAMPLE_CELLS // max(len(names), 1), _SAMPLE_ROWS), 1000)
        cells = ", ".join(f"{quoted(c)}::varchar as c{i}" for i, c in enumerate(names))
        try:
            con.execute(
                f"create temp table sample as select {cells} from ({reading.relation}) limit {rows}", reading.parameters
            )
        except duckdb.Error as e:
            raise FileProblem(f"the file cannot be read as a table ({type(e).__name__})", "open and look") from None
        return replace(profile, records=reading.records, columns=tuple(_columns(con, names)))


def _columns(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Iterator[ColumnProfile]:
    """Counts and shapes of every column of `sample`, in a few statements however many columns there are."""
    con.execute(
        "create temp table cells as select k, v, count(*) as n, list_contains($tokens, v) as is_token from ("
        "select k, bw_trim(v) as v from (unpivot sample on columns(*) into name k value v)) where v <> '' group by all",
        {"tokens": list(NULL_TOKENS)},
    )
    p = Parameters()
    tests = [f"regexp_full_match(v, {p.add(pattern)})" for pattern in _SHAPES.values()]
    tests += ["bw_number(v) is not null", "bw_whole(v) is not null", "bw_boolean(v) is not null"]
    tests += ["bw_naive(v) is not null or bw_offset(v, 'UTC') is not null"]
    con.execute(
        "create temp table shaped as select * from cells where not is_token "
        f"qualify row_number() over (partition by k order by hash(v)) <= {_SHAPED_VALUES}"
    )
    shaped = _shares(con, "true", tests, p)
    datelike = list(_SHAPES).index("datelike")
    strange = [k for k, s in shaped.items() if s[datelike] > 0.3 and s[-1] < 0.995]
    p = Parameters()
    moments = [f"try_strptime(v, {p.add(f)}) between '1900-01-01' and '2100-01-01'" for f in DATE_FORMATS]
    dated = _shares(con, f"list_contains({p.add(strange)}, k)", moments, p) if strange else {}
    counted = con.execute(
        "select k, coalesce(sum(n) filter (not is_token), 0)::bigint, count(*) filter (not is_token), "
        f"case when count(*) <= {_FEW_VALUES} then list(v order by n desc, v) filter (not is_token) end, "
        "list(v order by v) filter (is_token) from cells group by k"
    ).fetchall()
    counts = {k: rest for k, *rest in counted}
    total = con.execute("select count(*) from sample").fetchall()[0][0]
    for i, name in enumerate(names):
        filled, distinct, values, found = counts.get(f"c{i}", (0, 0, None, None))
        figures = shaped.get(f"c{i}", [0.0] * len(tests))
        dates = zip((None, *DATE_FORMATS), (figures[-1], *dated.get(f"c{i}", [0.0] * len(DATE_FORMATS))), strict=True)
        yield ColumnProfile(
            name=name,
            rows=total,
            filled=filled,
            distinct=distinct,
            numbers=figures[-4],
            integers=figures[-3],
            booleans=figures[-2],
            dates=tuple(sorted(((f, s) for f, s in dates if s > 0), key=lambda item: -item[1])),
            shapes=dict(zip(_SHAPES, figures, strict=False)),
            null_tokens=tuple(found or ()),
            values=tuple(values or ()),
        )


def _shares(con: duckdb.DuckDBPyConnection, rows: str, tests: Sequence[str], p: Parameters) -> dict[str, list[float]]:
    """Column -> share of its filled cells that passes each test."""
    shares = ", ".join(f"coalesce(sum(n) filter ({test}), 0) / sum(n)" for test in tests)
    found = con.execute(f"select k, {shares} from shaped where {rows} group by k", p.values).fetchall()
    return {str(k): [float(share) for share in rest] for k, *rest in found}
