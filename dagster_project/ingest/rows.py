"""One opened file -> typed rows, each loaded, quarantined, a duplicate or excluded. All of it set-based SQL.

What it leaves in the scratch connection, for `store` to write out:
- `cells`, a view of `cells.parquet` in scratch: one row per record DuckDB could split, numbered in file order (rid);
  canonical columns, `__reasons`, `__raw`. On disk, because a table in memory outgrows it and is written out anyway.
- `conflict_raws(rid, raw)`: the text of records quarantined for their key.
- `flags(rid, status, reasons)`: the records of `cells` that are not loaded.
- `rejects(line, reason, raw)`: the records DuckDB could not split.
- `lines(k, extra)`: the line of record k of `cells` is first_line + k + extra of the last row at or before k.
"""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from dagster_project.companies import Company, Source, nearest
from dagster_project.ingest import casting, erasure, expressions, textfile
from dagster_project.ingest.casting import Cell, Parameters, quoted
from dagster_project.ingest.contract import Entity
from dagster_project.ingest.erasure import Erasures
from dagster_project.ingest.errors import FileProblem, IngestError
from dagster_project.ingest.readers import Reading, resolve
from dagster_project.ingest.scratch import insert_rows

MAX_BAD_SHARE = 0.05
CELLS = "cells.parquet"
CHEAP = "compression zstd, compression_level 1"  # a third less work than the default level, and no larger

# What a user's expression can run into; the text of these errors quotes cells.
_USER_ERRORS = (
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
)

_SPLIT_FAULTS = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "text after a closing quote",
}


@dataclass(frozen=True)
class Outcome:
    """Counts of one file. `reasons`: (canonical column, or empty for the whole row, reason, rows)."""

    delivered: int
    quarantined: int
    duplicates: int
    excluded: int
    erased: int
    blanked: int  # rows of others that no longer say who referred them, because that person is erased
    reasons: tuple[tuple[str, str, int], ...]
    columns: tuple[str, ...]  # canonical columns the file brought
    first_line: int
    repeat: int  # rows of `cells` per record of the file
    placeholders: tuple[tuple[str, int], ...]  # canonical column, cells that held a declared placeholder
    notes: tuple[str, ...]


def classify(
    con: duckdb.DuckDBPyConnection,
    reading: Reading,
    source: Source,
    entity: Entity,
    company: Company,
    on: date,
    scratch: Path,
    erasures: Erasures,
) -> Outcome:
    """Type and sort the records of a file; `FileProblem` when the file as a whole is refused."""
    where = f"{company.path.parent.name}/{company.path.name}"
    mapped, notes = _mapped(reading, source, where)
    cells = _cast(con, reading, mapped, source, entity, company, on, where, scratch / CELLS)
    reading, rejected = _split_rejects(con, reading)
    columns = tuple(c.column.name for c in cells)
    con.execute(
        "create or replace table flags as select rid, 'excluded'::varchar as status, "
        'null::struct("column" varchar, reason varchar)[] as reasons from cells where __skip'
    )
    erased_rejects = erasure.mark(con, erasures, entity, columns)
    if source.where is not None:
        _exclude(con, source, columns, where)
    con.execute(
        "insert into flags select rid, 'quarantined', __reasons from cells "
        "where __reasons is not null and rid not in (select rid from flags)"
    )
    if source.unique_by is not None:
        unique = columns if source.unique_by == "all" else tuple(c for c in source.unique_by if c in columns)
        _drop_repeats(con, unique)
    key = key_columns(entity, columns)
    if key:
        _resolve_keys(con, key, columns)
    counts = dict(con.execute("select status, count(*) from flags group by all").fetchall())
    reasons = con.execute(
        "select r.column, r.reason, count(*) from (select unnest(reasons) as r from flags) "
        "group by all union all select '', reason, count(*) from rejects group by all order by all"
    ).fetchall()
    quarantined = counts.get("quarantined", 0) + rejected - erased_rejects
    delivered = (reading.records - rejected) * reading.repeat + rejected
    _refuse_bad(delivered, quarantined, reasons)
    _keep_raw_of_conflicts(con, reading, scratch)
    return Outcome(
        delivered=delivered,
        quarantined=quarantined,
        duplicates=counts.get("duplicate", 0),
        excluded=counts.get("excluded", 0),
        erased=counts.get("erased", 0) + erased_rejects,
        blanked=con.execute("select count(*) from blanked").fetchall()[0][0],
        reasons=tuple(reasons),
        columns=columns,
        first_line=reading.first_line,
        repeat=reading.repeat,
        placeholders=_count_placeholders(con, source),
        notes=(*reading.notes, *notes, *_count_rounded(con, cells), *_count_blanked(con)),
    )


def _count_placeholders(con: duckdb.DuckDBPyConnection, source: Source) -> tuple[tuple[str, int], ...]:
    if not source.placeholders:
        return ()
    rows = con.execute(
        "select name, count(*) from (select unnest(__placeholders) as name from cells) group by name order by name"
    ).fetchall()
    return tuple((str(name), int(count)) for name, count in rows)


def _count_blanked(con: duckdb.DuckDBPyConnection) -> list[str]:
    blanked = con.execute("select count(*) from blanked").fetchall()[0][0]
    return [f"{blanked:,} rows named an erased person beside their own; that was blanked"] if blanked else []


def _count_rounded(con: duckdb.DuckDBPyConnection, cells: Sequence[Cell]) -> list[str]:
    """What of the money that was loaded is no longer what was delivered."""
    if not any(c.rounded for c in cells):
        return []
    rows = con.execute(
        f"select name, count(*) from (select unnest(__rounded) as name from {_GOOD} where __rounded is not null) "
        "group by name order by name"
    ).fetchall()
    return [f"{name}: {count:,} amounts had more than 4 decimals and were rounded" for name, count in rows]


def key_columns(entity: Entity, columns: Sequence[str]) -> tuple[str, ...]:
    """The key among the delivered columns; none where lines are replaced by their parent for want of a line number."""
    if entity.replace_by and not set(entity.key) <= set(columns):
        return ()
    return tuple(c for c in entity.key if c in columns)


def _mapped(reading: Reading, source: Source, where: str) -> tuple[dict[str, str | None], list[str]]:
    """Canonical column -> the file's spelling of its source column (None for an expression), and what differs."""
    mapped: dict[str, str | None] = {}
    missing, notes = [], []
    for column in source.columns:
        wanted = expressions.columns_of(column.sql) if column.sql is not None else {column.source or ""}
        found = {w: resolve(w, reading.columns) for w in wanted}
        absent = [w for w, f in found.items() if f is None]
        if absent and column.sql is not None and not column.optional:
            expressions.check(column.sql, reading.columns, f"{where}:{column.line}")
        if absent and column.optional:
            notes.append(f"the optional column {column.target} is not in the file")
        elif absent:
            missing += [f"{w!r}{nearest(w, reading.columns)}" for w in absent]
        else:
            notes += [f"the column {w!r} is now written {f!r}" for w, f in found.items() if w != f]
            mapped[column.target] = None if column.sql is not None else next(iter(found.values()))
    if missing:
        raise FileProblem(
            f"the column {'; '.join(missing)} is missing",
            "export it with the column, or mend `columns:` in company.yaml (`optional: true` allows files without it)",
        )
    return mapped, notes


def _cast(
    con: duckdb.DuckDBPyConnection,
    reading: Reading,
    mapped: dict[str, str | None],
    source: Source,
    entity: Entity,
    company: Company,
    on: date,
    where: str,
    target: Path,
) -> list[Cell]:
    """Create `cells`: read, trim, cast and judge every column in one pass."""
    p = Parameters(dict(reading.parameters))
    last_day = on.replace(year=on.year + casting.YEARS_AHEAD, day=min(on.day, 28))
    cells = []
    for number, mapping in enumerate(m for m in source.columns if m.target in mapped):
        if mapping.sql is not None:
            expressions.check(mapping.sql, reading.columns, f"{where}:{mapping.line}")
        cells.append(
            casting.cell(
                replace(mapping, source=mapped[mapping.target]), entity, source, company.timezone, last_day, number, p
            )
        )
    trimmed = ", ".join(f"{c.trimmed_sql} as {c.trimmed}" for c in cells)
    bare = ", ".join(f"{c.bare_sql} as {c.bare}" for c in cells)
    texts = ", ".join(f"{c.text_sql} as {c.text}" for c in cells)
    values = ", ".join(f"{c.value_sql} as {c.value}" for c in cells)
    rate = _rate(cells, source, company, on, p)
    priced, rate_faults = _priced(cells, rate, company, p)
    typed = ", ".join(f"{c.value}::{c.column.duckdb_type} as {quoted(c.column.name)}" for c in cells)
    faults = [(condition, "", reason) for condition, reason in reading.faults]
    faults += [(condition, c.column.name, reason) for c in cells for condition, reason in c.faults]
    faults += rate_faults
    any_fault = " or ".join(f"coalesce({condition}, false)" for condition, _, _ in faults) or "false"
    listed = _listed(
        [(c, f"{{'column': {p.add(name)}::varchar, 'reason': {p.add(reason)}::varchar}}") for c, name, reason in faults]
    )
    stands = _listed([(c.placeholder, f"{p.add(c.column.name)}::varchar") for c in cells if c.placeholder])
    rounded = [(c.rounded, f"{p.add(c.column.name)}::varchar") for c in cells if c.rounded]
    any_rounded = " or ".join(f"coalesce({condition}, false)" for condition, _ in rounded) or "false"
    for table in ("reject_errors", "reject_scans"):
        con.execute(f"drop table if exists {table}")
    con.execute("set variable cells_file = $file", {"file": str(target)})
    try:
        con.execute(
            f"""
            copy (select
                {typed},
                case when __bad then {listed} end::struct("column" varchar, reason varchar)[] as __reasons,
                case when __bad then {_raw(reading)} end as __raw,
                {stands}::varchar[] as __placeholders,
                case when {any_rounded} then {_listed(rounded)} end::varchar[] as __rounded,
                {reading.skip or "false"} as __skip
            from (
                select *, {any_fault} as __bad
                from (select * {priced} from (
                    select *, {rate or "null"} as __rate
                    from (select *, {values} from (select *, {texts} from (
                        select *, {bare} from (select *, {trimmed} from ({reading.relation}))
                    )))
                ))
            )) to (getvariable('cells_file')) (format parquet, {CHEAP})
            """,
            p.values,
        )
        con.execute(
            "create or replace view cells as select file_row_number as rid, * exclude (file_row_number) "
            "from read_parquet(getvariable('cells_file'), file_row_number = true)"
        )
    except _USER_ERRORS as e:
        raise _sql_problem(e, source, where) from None
    return cells


def _listed(entries: Sequence[tuple[str, str]]) -> str:
    """SQL of the list of those entries whose condition holds."""
    if not entries:
        return "null"
    each = ", ".join(f"case when {condition} then {entry} end" for condition, entry in entries)
    return f"list_filter([{each}], lambda entry: entry is not null)"


def _rate(cells: Sequence[Cell], source: Source, company: Company, on: date, p: Parameters) -> str | None:
    """SQL of what one unit of a row's currency is worth in the company's, null if no rate says; None: all in that."""
    named = next((c for c in cells if c.column.name == "currency"), None)
    foreign = source.currency is not None and source.currency != company.currency
    if not any(c.column.type == "money" for c in cells) or (named is None and not foreign):
        return None
    own = p.add(company.currency)
    code = p.add(source.currency or company.currency)
    code = f"upper(coalesce({named.value}, {code}))" if named else code
    days = [c for c in cells if c.column.type in ("date", "timestamp")]
    day = sorted(days, key=lambda c: not c.column.required)[0].value if days else p.add(on)
    newest_first = sorted(company.rates, key=lambda rate: (rate[0], rate[1]), reverse=True)
    cases = "".join(
        f" when {code} = {p.add(c)} and {day}::date >= {p.add(d)} then {p.add(r)}::decimal(18, 6)"
        for c, d, r in newest_first
    )
    return f"case when {code} = {own} then 1{cases} end"


def _priced(
    cells: Sequence[Cell], rate: str | None, company: Company, p: Parameters
) -> tuple[str, list[tuple[str, str, str]]]:
    """Money in the company's currency, and the fault of a row that no rate covers."""
    if rate is None:
        return "", []
    changed = [
        f"try_cast({c.value} * coalesce(__rate, 1) as decimal(18, 4)) as {c.value}"
        for c in cells
        if c.column.type == "money"
    ]
    changed += [
        f"case when __rate is not null then {p.add(company.currency)} else {c.value} end as {c.value}"
        for c in cells
        if c.column.name == "currency"
    ]
    reason = "no exchange rate for its currency on that day; add it to `rates:`"
    return f"replace ({', '.join(changed)})", [("__rate is null", "", reason)]


def _raw(reading: Reading) -> str:
    """The record as delivered: its text where that was kept, or a JSON object of its cells under their headers."""
    if reading.record is not None:
        return quoted(reading.record)
    return "to_json({" + ", ".join(f"{_literal(c)}: {quoted(c)}" for c in reading.columns) + "})::varchar"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sql_problem(error: duckdb.Error, source: Source, where: str) -> IngestError:
    lines = ", ".join(f"{where}:{c.line}" for c in source.columns if c.sql is not None)
    kind = type(error).__name__
    if not lines:
        return IngestError(f"{where}:{source.line}: reading {source.entity} failed ({kind})")
    if isinstance(error, duckdb.BinderException):
        return IngestError(f"{lines}: an sql expression does not fit its columns, which are all text; use try_cast")
    return IngestError(f"{lines}: an sql expression fails on some row ({kind}); use try_cast")


def _split_rejects(con: duckdb.DuckDBPyConnection, reading: Reading) -> tuple[Reading, int]:
    """Create `rejects` and `lines`, and hold the two counts of records against each other."""
    offsets = _rejected(con, reading)
    (kept,) = con.execute("select count(*) from cells").fetchall()[0]
    kept, rest = divmod(kept, reading.repeat)
    if kept + len(offsets) != reading.records and reading.recount is not None:
        counted = reading.recount()
        reading = replace(reading, records=counted.records, shifts=counted.shifts, text=counted.text, recount=None)
    if rest or kept + len(offsets) != reading.records:
        raise FileProblem(
            f"two counts of its records disagree: {kept + len(offsets):,} and {reading.records:,}",
            "export it again; a quote or a line end inside a field is not written as CSV asks",
        )
    _number_lines(con, reading, offsets)
    return reading, len(offsets)


def _rejected(con: duckdb.DuckDBPyConnection, reading: Reading) -> list[int]:
    """Byte offsets (from 0, ascending) of the records DuckDB could not split; fills `rejects`, lines still null."""
    con.execute("create or replace table rejects (line bigint, byte_at bigint, reason varchar, raw varchar)")
    if reading.text is None:
        return []
    found = con.execute(
        "select line_byte_position - 1, min(error_type::varchar), any_value(csv_line) from reject_errors "
        "group by 1 order by 1"
    ).fetchall()
    unknown = {kind for _, kind, _ in found} - set(_SPLIT_FAULTS)
    if "LINE SIZE OVER MAXIMUM" in unknown:
        raise FileProblem(*textfile.TOO_LONG)
    if unknown:
        raise FileProblem(f"some records cannot be read ({', '.join(sorted(unknown)).lower()})", "export it again")
    split = [(None, at, _SPLIT_FAULTS[kind], raw.strip("\n")) for at, kind, raw in found]
    insert_rows(con, "rejects", ("bigint", "bigint", "varchar", "varchar"), split)
    return [int(at) for at, _, _ in found]


def _number_lines(con: duckdb.DuckDBPyConnection, reading: Reading, offsets: list[int]) -> None:
    """Fill `lines`, and the lines of `rejects`. Rejects and line ends inside fields both push later lines on."""
    rejected = np.array([], dtype=np.int64)
    if offsets:
        assert reading.text is not None
        rejected = np.array(textfile.locate(reading.text, offsets), dtype=np.int64)
    at = np.array([r for r, _ in reading.shifts], dtype=np.int64)
    extra = np.array([e for _, e in reading.shifts], dtype=np.int64)
    points = np.union1d(at, rejected + 1)
    before = np.searchsorted(rejected, points)
    total = extra[np.searchsorted(at, points, side="right") - 1] + before
    kept = points - before
    last = np.append(kept[1:] != kept[:-1], True)  # several records may map to one place: the last one counts
    con.register("shift_points", {"k": kept[last], "extra": total[last]})
    con.execute("create or replace table lines as select k::bigint as k, extra::bigint as extra from shift_points")
    con.unregister("shift_points")
    if offsets:
        line = reading.first_line + rejected + extra[np.searchsorted(at, rejected, side="right") - 1]
        con.register("reject_points", {"byte_at": np.array(offsets), "line": line})
        con.execute("update rejects set line = p.line from reject_points p where rejects.byte_at = p.byte_at")
        con.unregister("reject_points")


def _exclude(con: duckdb.DuckDBPyConnection, source: Source, columns: tuple[str, ...], where: str) -> None:
    """Rows outside `where`, whatever else is wrong with them; a bad row it cannot decide on is still bad."""
    assert source.where is not None
    expressions.check(source.where, columns, f"{where}:{source.line} (where)")
    inside = f"(({source.where}\n)::boolean)"
    try:
        con.execute(
            "insert into flags select rid, 'excluded', null from cells "
            f"where not __skip and ({inside} is false or ({inside} is null and __reasons is null)) "
            "and rid not in (select rid from flags)"
        )
    except _USER_ERRORS as e:
        raise IngestError(f"{where}:{source.line}: `where` fails on some row ({type(e).__name__})") from None


_GOOD = "(select * from cells where rid not in (select rid from flags))"


def _drop_repeats(con: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> None:
    """Declared repeats: all rows equal on these columns but the first."""
    by = ", ".join(quoted(c) for c in columns)
    con.execute(
        f"""
        insert into flags
        select rid, 'duplicate', null
        from {_GOOD}
        qualify row_number() over (partition by {by} order by rid) > 1
        """
    )


def _resolve_keys(con: duckdb.DuckDBPyConnection, key: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """One record per key: an identical repeat is a duplicate; records that differ are all quarantined."""
    by = ", ".join(quoted(c) for c in key)
    # Hashes first: eight bytes a row, where ten million ids would not fit. Keys that share one are compared in full.
    con.execute(
        f"create or replace table shared_hashes as select hash({by}) as h from {_GOOD} group by h having count(*) > 1"
    )
    if con.execute("select count(*) from shared_hashes").fetchall() == [(0,)]:
        return
    con.execute(
        f"create or replace table shared_keys as select {by} from {_GOOD} "
        f"where hash({by}) in (select h from shared_hashes) group by all having count(*) > 1"
    )
    same = " and ".join(f"c.{quoted(c)} is not distinct from k.{quoted(c)}" for c in key)
    everything = ", ".join(f"{quoted(c)} := c.{quoted(c)}" for c in columns)
    con.execute(
        f"""
        create or replace table shared_rows as
        select c.rid, {", ".join(f"c.{quoted(c)}" for c in key)}, struct_pack({everything}) as content
        from {_GOOD} c join shared_keys k on {same}
        """
    )
    same = " and ".join(f"r.{quoted(c)} is not distinct from k.{quoted(c)}" for c in key)
    con.execute(
        f"""
        insert into flags
        with keys as (
            select {by}, min(rid) as first, count(distinct content) as versions from shared_rows group by {by}
        )
        select
            r.rid,
            case when k.versions = 1 then 'duplicate' else 'quarantined' end,
            case when k.versions > 1 then [{{'column': $columns::varchar, 'reason': $reason::varchar}}] end
        from shared_rows r join keys k on {same}
        where k.versions > 1 or r.rid > k.first
        """,
        {"columns": ", ".join(key), "reason": "conflicting_key: different rows under one key"},
    )


def _keep_raw_of_conflicts(con: duckdb.DuckDBPyConnection, reading: Reading, scratch: Path) -> None:
    """Fill `conflict_raws`: these rows cast well, so their text was not kept, and the file is read again for it."""
    con.execute("create or replace table conflict_raws (rid bigint, raw varchar)")
    bare = "select rid from cells where __raw is null and rid in (select rid from flags where status = 'quarantined')"
    if con.execute(f"select count(*) from ({bare})").fetchall() == [(0,)]:
        return
    again = str(scratch / "raws.parquet")
    con.execute("set variable raws_file = $file", {"file": again})
    con.execute(
        f"copy (select {_raw(reading)} as raw from ({reading.relation})) to (getvariable('raws_file')) "
        f"(format parquet, {CHEAP})",
        reading.parameters,
    )
    con.execute(
        "insert into conflict_raws select file_row_number, raw "
        f"from read_parquet($file, file_row_number = true) where file_row_number in ({bare})",
        {"file": again},
    )
    con.execute("update conflict_raws set raw = '' where rid in (select rid from blanked)")


def _refuse_bad(delivered: int, quarantined: int, reasons: Sequence[tuple[str, str, int]]) -> None:
    if quarantined <= MAX_BAD_SHARE * delivered:
        return
    worst = sorted(reasons, key=lambda r: (-r[2], r[0], r[1]))[:3]
    named = "; ".join(f"{column + ': ' if column else ''}{reason} ({rows:,} rows)" for column, reason, rows in worst)
    raise FileProblem(
        f"{quarantined:,} of {delivered:,} rows are bad ({quarantined / delivered:.1%}, at most 5%): {named}",
        "mend the mapping of these columns in company.yaml, or have the file exported again",
    )
