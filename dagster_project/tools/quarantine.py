"""`bookworth quarantine`: the rows that were not loaded, by reason, and as a file for the seller to mend.

What is exported is what was delivered, people's names and numbers included: restricted data.
"""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.companies import BookworthError
from dagster_project.ingest import store
from dagster_project.ingest.accounting import QuarantineCount
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import entities
from dagster_project.ingest.store import Part
from dagster_project.settings import CompanyPaths

EXPORTED = ("delivery", "file", "entity", "line", "reasons", "mended_by_delivery", "raw")
# A cell that starts with one of these is a formula to a spreadsheet.
_FORMULA = r"^[\s\x{feff}]*[=+\-@|%\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|^[\t\r\n]"


@dataclass(frozen=True)
class FileQuarantine:
    """The quarantined rows of one file, by reason; a row with two faults counts under both."""

    delivery: date
    file: str
    entity: str
    rows: int
    mended: int  # of them, how many a later delivery brought again, well
    reasons: tuple[QuarantineCount, ...]


def quarantine(paths: CompanyPaths, delivery: date | None = None, file: str | None = None) -> list[FileQuarantine]:
    """Files with quarantined rows, as the last refresh read them.

    Raises `BookworthError` when nothing was read yet, or no delivered file goes by that date or name.
    """
    parts = _parts(paths, delivery, file)
    out = []
    with duckdb.connect() as con:
        for part in parts:
            if part.quarantined:
                mended = con.execute(
                    f"select count(mended_by_delivery) from ({_rows(paths, part)})", _parameters(paths, part)
                ).fetchall()[0][0]
                reasons = tuple(part.quarantine_counts())
                out.append(
                    FileQuarantine(part.delivery, part.file, part.entity, part.quarantined, int(mended), reasons)
                )
    return out


def export(paths: CompanyPaths, target: Path, delivery: date | None = None, file: str | None = None) -> int:
    """Write the rows as CSV that only the owner can read and no spreadsheet computes; returns how many.

    Raises `BookworthError` when `target` exists: an older export may be what the seller is working on.
    """
    parts = [p for p in _parts(paths, delivery, file) if p.quarantined]
    if target.exists():
        raise BookworthError(f"{target} exists; move it away or choose another name")
    if not target.parent.is_dir():
        raise BookworthError(f"{target.parent} is not a folder")
    with tempfile.TemporaryDirectory(prefix=".quarantine-", dir=target.parent) as folder, duckdb.connect() as con:
        con.execute(
            "create table found (delivery varchar, file varchar, entity varchar, line bigint, reasons varchar, "
            "mended_by_delivery varchar, raw varchar)"
        )
        for part in parts:
            con.execute(f"insert into found {_rows(paths, part)}", _parameters(paths, part))
        plain = Path(folder, "rows.csv")
        cells = ", ".join(_safe(c) if c in ("file", "raw", "reasons") else c for c in EXPORTED)
        con.execute(
            f"copy (select {cells} from found order by delivery, file, entity, line) to $f (format csv, header)",
            {"f": str(plain)},
        )
        _private_copy(plain, target)
        return int(con.execute("select count(*) from found").fetchall()[0][0])


def _safe(column: str) -> str:
    """An apostrophe in front makes a formula text."""
    return f"case when regexp_matches({column}, '{_FORMULA}') then '''' || {column} else {column} end as {column}"


def _private_copy(source: Path, target: Path) -> None:
    """Readable by the owner from its first byte on; with a byte order mark, for spreadsheets."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, source.open("rb") as rows:
        out.write(b"\xef\xbb\xbf")
        shutil.copyfileobj(rows, out)


def _parts(paths: CompanyPaths, delivery: date | None, file: str | None) -> list[Part]:
    parts = store.all_parts(paths.raw) if paths.raw.is_dir() else []
    if not parts:
        raise BookworthError(
            f"nothing of {paths.root.name} was read yet; run `bookworth refresh {paths.root.name}` first, or "
            f"`bookworth check {paths.root.name}` for counts only"
        )
    days = sorted({p.delivery for p in parts})
    if delivery is not None and delivery not in days:
        raise BookworthError(f"no delivery {delivery}; there: {', '.join(map(str, days))}")
    found = [p for p in parts if delivery in (None, p.delivery) and file in (None, p.file)]
    if not found:
        names = sorted({p.file for p in parts if delivery in (None, p.delivery)})
        raise BookworthError(f"no delivered file {file!r}; there: {', '.join(names)}")
    return found


def _later(paths: CompanyPaths, part: Part, key: Sequence[str]) -> list[Part]:
    parts = store.all_parts(paths.raw)
    return [p for p in parts if p.entity == part.entity and p.delivery > part.delivery and set(key) <= set(p.columns)]


def _key(part: Part) -> tuple[str, ...]:
    """Columns that tell the record again; none where lines are replaced as a whole order."""
    entity = entities()[part.entity]
    return tuple(c for c in entity.key if c in part.columns) if len(entity.key) == 1 else ()


def _rows(paths: CompanyPaths, part: Part) -> str:
    """SQL of a part's quarantined rows; a later delivery with the same key mends one."""
    key = _key(part)
    later = _later(paths, part, key) if key else []
    plain = (
        "select $delivery as delivery, $file as file, $entity as entity, q.line, array_to_string(list_transform("
        "q.reasons, lambda r: case when r.column = '' then r.reason else r.column || ': ' || r.reason end), '; ') "
        "as reasons, {mended}, q.raw from read_parquet($rows) q"
    )
    if not later:
        return plain.format(mended="null::varchar as mended_by_delivery")
    name = quoted(key[0])
    pieces = [
        f"select {name}::varchar as k, '{p.delivery}' as d from read_parquet($later{i})" for i, p in enumerate(later)
    ]
    found = f"select k, min(d) as d from ({' union all '.join(pieces)}) group by k"
    return plain.format(mended="m.d as mended_by_delivery") + f" left join ({found}) m on m.k = q.{name}::varchar"


def _parameters(paths: CompanyPaths, part: Part) -> dict[str, str]:
    key = _key(part)
    later = _later(paths, part, key) if key else []
    return {
        "delivery": str(part.delivery),
        "file": part.file,
        "entity": part.entity,
        "rows": str(part.quarantine(paths.raw)),
        **{f"later{i}": str(p.parquet(paths.raw)) for i, p in enumerate(later)},
    }


def lines(found: Sequence[FileQuarantine]) -> Iterator[str]:
    """Counts for a terminal; no cell."""
    if not found:
        yield "No row is quarantined."
    for one in found:
        yield f"{one.delivery} {one.file} as {one.entity}: {one.rows:,} rows"
        for reason in one.reasons:
            where = f"{reason.column}: " if reason.column else ""
            yield f"  {reason.rows:>8,}  {where}{reason.reason}"
        if one.mended:
            yield f"  {one.mended:>8,}  of them came again, well, in a later delivery"
