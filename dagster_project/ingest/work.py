"""Raw Parquet -> a fresh `work.duckdb`: latest record per key, people as pseudonyms, and the evidence tables."""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

from collections.abc import Sequence

import duckdb

from dagster_project.companies import Company
from dagster_project.ingest.accounting import FileAccounting
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import Entity, entities
from dagster_project.ingest.pseudonyms import Pseudonymiser, expression
from dagster_project.ingest.scratch import connect, insert_rows, scratch_folder
from dagster_project.ingest.store import Part
from dagster_project.settings import CompanyPaths

_HISTORY = (
    ("_delivered_on", "date"), ("_first_delivered_on", "date"), ("_removed_on", "date"), ("_file", "varchar"),
    ("_line", "bigint"),
)  # fmt: skip


def build(
    company: Company,
    paths: CompanyPaths,
    parts: Sequence[Part],
    accounts: Sequence[FileAccounting],
    key: Pseudonymiser,
) -> dict[str, int]:
    """Build `work.duckdb` beside the old one and rename it into place; rows of each raw table.

    The file holds no clear id: pseudonyms are looked up in a temporary table that dies with the connection.
    """
    with scratch_folder(paths) as scratch:
        target = scratch / "work.duckdb"
        con = connect(target, scratch, (paths.raw, scratch))
        try:
            # Text stays as it is: looking for patterns in it took half of the time, in a file that can be thrown away.
            con.execute("set disabled_compression_methods = 'fsst,dictionary'")
            con.execute("begin")
            con.execute("create schema raw")
            con.execute("create schema evidence")
            con.execute(
                "create table evidence.restatements (entity varchar, record_key varchar, column_name varchar, "
                "old_value varchar, new_value varchar, delivery date)"
            )
            _pseudonyms(con, paths, parts, key)
            counts = {}
            for entity in entities().values():
                own = [p for p in parts if p.entity == entity.name]
                if own:
                    _fill(con, company, paths, entity, own)
                else:
                    _create_empty(con, entity)
                counts[entity.name] = int(con.execute(f"select count(*) from raw.{entity.name}").fetchall()[0][0])
            _evidence(con, paths, parts, accounts)
            con.execute("commit")
            con.execute("checkpoint")
        finally:
            con.close()
        for leftover in (paths.work_db, paths.work_db.with_name(paths.work_db.name + ".wal")):
            leftover.unlink(missing_ok=True)
        target.replace(paths.work_db)
    return counts


def _create_empty(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    columns = [f"{quoted(c.name)} {c.duckdb_type}" for c in entity.columns.values()]
    history = [f"{name} {kind}" for name, kind in _HISTORY]
    con.execute(f"create table raw.{entity.name} ({', '.join([*columns, *history])})")


def _pseudonyms(con: duckdb.DuckDBPyConnection, paths: CompanyPaths, parts: Sequence[Part], key: Pseudonymiser) -> None:
    """`ids_<domain>(clear, pseudonym)`: every person's id once, so that each is hashed once."""
    for domain in ("customer", "staff", "person"):
        selects = ["select null::varchar as clear where false"]
        parameters: dict[str, str] = {}
        for n, part in enumerate(parts):
            for column in entities()[part.entity].columns.values():
                if column.pseudonym_domain == domain and column.name in part.columns:
                    selects.append(f"select distinct {quoted(column.name)} from read_parquet($file{n})")
                    parameters[f"file{n}"] = str(part.parquet(paths.raw))
        con.execute(
            f"create temp table clear_ids as select distinct clear from ({' union all '.join(selects)}) "
            "where clear is not null",
            parameters,
        )
        con.execute(
            f"create temp table ids_{domain} as "
            f"select clear, {expression(domain, 'clear')} as pseudonym from clear_ids",
            key.parameters(),
        )
        con.execute("drop table clear_ids")


def _fill(
    con: duckdb.DuckDBPyConnection, company: Company, paths: CompanyPaths, entity: Entity, parts: Sequence[Part]
) -> None:
    """Rows of one entity: every version with where it came from, then the latest per key."""
    versions, parameters = _versions(paths, entity, parts)
    grain = _grain(entity, parts)
    if len(parts) == 1:
        latest = (
            f"select *, _on as _delivered_on, _on as _first_delivered_on, null::date as _removed_on from ({versions})"
        )
    else:
        con.execute(f"create or replace temp table versions as {versions}", parameters)
        if grain == tuple(entity.key):
            _restate(con, entity)
        _presence(con, company, paths, entity, grain, parts)
        latest = (_latest_rows if grain == tuple(entity.key) else _latest_groups)(entity, grain)
        parameters = {}
    delivered = {c for p in parts for c in p.columns}
    people = [c for c in entity.columns.values() if c.pseudonym_domain and c.name in delivered]
    joins = "".join(
        f" left join ids_{c.pseudonym_domain} i{n} on i{n}.clear = v.{quoted(c.name)}" for n, c in enumerate(people)
    )
    hidden = {c.name: f"i{n}.pseudonym as {quoted(c.name)}" for n, c in enumerate(people)}
    selected = [hidden.get(c, f"v.{quoted(c)}") for c in entity.columns]
    selected += [f"v.{name}::{kind} as {name}" for name, kind in _HISTORY]
    order = "" if len(parts) == 1 else " order by v._ord, v._line"
    con.execute(
        f"create table raw.{entity.name} as select {', '.join(selected)} from ({latest}) v{joins}{order}", parameters
    )
    con.execute("drop table if exists versions")


def _grain(entity: Entity, parts: Sequence[Part]) -> tuple[str, ...]:
    """The columns that tell records apart; the parent's id where lines carry no number of their own."""
    if entity.replace_by and not all(set(entity.key) <= set(p.columns) for p in parts):
        return (entity.replace_by,)
    return tuple(entity.key)


def _versions(paths: CompanyPaths, entity: Entity, parts: Sequence[Part]) -> tuple[str, dict[str, object]]:
    selects: list[str] = []
    parameters: dict[str, object] = {}
    for n, part in enumerate(parts):
        columns = ", ".join(
            f"{quoted(c.name) if c.name in part.columns else 'null'}::{c.duckdb_type} as {quoted(c.name)}"
            for c in entity.columns.values()
        )
        selects.append(
            f"select {columns}, $on{n}::date as _on, {n} as _ord, {part.source} as _source, $name{n} as _file, "
            f"{part.line()} as _line from read_parquet($file{n}, file_row_number = true)"
        )
        parameters |= {f"on{n}": part.delivery, f"name{n}": part.file, f"file{n}": str(part.parquet(paths.raw))}
    return " union all ".join(selects), parameters


def _presence(
    con: duckdb.DuckDBPyConnection,
    company: Company,
    paths: CompanyPaths,
    entity: Entity,
    grain: tuple[str, ...],
    parts: Sequence[Part],
) -> None:
    """`removals(grain, _source, _removed_on)`: the first full snapshot without a record, after its last appearance.

    A record whose newest row was quarantined is there, only unreadable: it is not removed.
    """
    keys = ", ".join(quoted(c) for c in grain)
    con.execute(f"create or replace temp table present as select distinct {keys}, _source, _on from versions")
    for part in parts:
        if part.quarantined and set(grain) & set(part.columns):
            columns = ", ".join(quoted(c) if c in part.columns else f"null as {quoted(c)}" for c in grain)
            con.execute(
                f"insert into present select distinct {columns}, {part.source}, $on::date from read_parquet($file)",
                {"on": part.delivery, "file": str(part.quarantine(paths.raw))},
            )
    con.execute("create or replace temp table snapshots (_source bigint, _on date)")
    full = {(p.source, p.delivery) for p in parts if company.sources[p.source].mode == "full"}
    insert_rows(con, "snapshots", ("bigint", "date"), sorted(full))
    con.execute(
        f"""
        create or replace temp table removals as
        select p.*, min(s._on) as _removed_on
        from (select {keys}, _source, max(_on) as _last from present group by all) p
        left join snapshots s on s._source = p._source and s._on > p._last
        group by all
        """
    )


def _join_removals(grain: tuple[str, ...]) -> str:
    same = " and ".join(f"r.{quoted(c)} is not distinct from v.{quoted(c)}" for c in grain)
    return f"left join removals r on {same} and r._source = v._last_source"


def _latest_rows(entity: Entity, grain: tuple[str, ...]) -> str:
    """The current version of each record, as first delivered: one that comes again unchanged changes nothing."""
    keys = ", ".join(quoted(c) for c in grain)
    content = ", ".join(f"{quoted(c)} := {quoted(c)}" for c in entity.columns)
    return f"""
        select v.*, v._on as _delivered_on, r._removed_on
        from (
            select *
            from (
                select
                    *,
                    lag(_content) over (partition by {keys} order by _ord, _line) is distinct from _content as _changed,
                    min(_on) over (partition by {keys}) as _first_delivered_on,
                    max_by(_source, _ord) over (partition by {keys}) as _last_source
                from (select *, struct_pack({content}) as _content from versions)
            )
            where _changed
            qualify row_number() over (partition by {keys} order by _ord desc, _line desc) = 1
        ) v {_join_removals(grain)}
    """


def _latest_groups(entity: Entity, grain: tuple[str, ...]) -> str:
    """All rows of the newest delivery that has the parent (an order), in place of its earlier rows."""
    keys = ", ".join(quoted(c) for c in grain)
    content = ", ".join(f"{quoted(c)} := {quoted(c)}" for c in entity.columns)
    same = " and ".join(f"g.{quoted(c)} is not distinct from v.{quoted(c)}" for c in grain)
    return f"""
        with deliveries as (
            select {keys}, _on, count(*) as _rows, sum(hash(struct_pack({content}))::hugeint) as _content
            from versions group by {keys}, _on
        ), changes as (
            select *, lag((_rows, _content)) over (partition by {keys} order by _on)
                is distinct from (_rows, _content) as _changed
            from deliveries
        ), groups as (
            select {keys}, min(_on) as _first_delivered_on, max(case when _changed then _on end) as _delivered_on
            from changes group by {keys}
        ), sources as (
            select {keys}, max_by(_source, _ord) as _last_source from versions group by {keys}
        )
        select v.*, r._removed_on
        from (
            select v.*, g._delivered_on, g._first_delivered_on, s._last_source
            from versions v
            join groups g on {same} and g._delivered_on = v._on
            join sources s on {same.replace("g.", "s.")}
        ) v {_join_removals(grain)}
    """


def _restate(con: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """What a later version of a record changed: people as pseudonyms, identifiers and free text masked."""
    keys = ", ".join(quoted(c) for c in entity.key)
    columns = ", ".join(quoted(c) for c in entity.columns)
    content = ", ".join(f"{quoted(c)} := {quoted(c)}" for c in entity.columns)
    con.execute(
        f"""
        create or replace temp table restated as
        select * from (
            select {columns}, _on, lag(_content) over (partition by {keys} order by _ord, _line) as _old, _content
            from (select *, struct_pack({content}) as _content from versions)
        )
        where _old is not null and _old is distinct from _content
        """
    )
    if con.execute("select count(*) from restated").fetchall() == [(0,)]:
        return
    key = " || '|' || ".join(f"coalesce({_shown(entity, c, 'v.' + quoted(c))}, '')" for c in entity.key)
    for name in entity.columns:
        if name in entity.key:
            continue
        old, new = f"v._old.{quoted(name)}", f"v.{quoted(name)}"
        con.execute(
            f"insert into evidence.restatements select $entity, {key}, $column, {_shown(entity, name, old)}, "
            f"{_shown(entity, name, new)}, _on from restated v where {old} is distinct from {new}",
            {"entity": entity.name, "column": name},
        )
    con.execute("drop table restated")


def _shown(entity: Entity, name: str, sql: str) -> str:
    """SQL of a value as it may leave the raw rows."""
    column = entity.columns[name]
    if column.identifier or column.free_text:
        return f"case when {sql} is not null then '***' end"
    if column.pseudonym_domain:
        return f"(select pseudonym from ids_{column.pseudonym_domain} where clear = {sql})"
    return f"{sql}::varchar"


def _filled(con: duckdb.DuckDBPyConnection, paths: CompanyPaths, entity: Entity, parts: Sequence[Part]) -> list[int]:
    """Rows of `raw.<entity>`, and the cells of each column that are not null.

    Where all rows of one file became the table, its Parquet footer knows.
    """
    if len(parts) == 1:
        found = dict(
            con.execute(
                "select path_in_schema, sum(num_values - stats_null_count) from parquet_metadata($file) "
                "group by 1 having count(stats_null_count) = count(*)",
                {"file": str(parts[0].parquet(paths.raw))},
            ).fetchall()
        )
        if set(parts[0].columns) <= set(found):
            return [parts[0].loaded, *(int(found[c]) if c in parts[0].columns else 0 for c in entity.columns)]
    counts = ", ".join(f"count({quoted(c)})" for c in entity.columns)
    return list(con.execute(f"select count(*), {counts} from raw.{entity.name}").fetchall()[0])


def _evidence(
    con: duckdb.DuckDBPyConnection, paths: CompanyPaths, parts: Sequence[Part], accounts: Sequence[FileAccounting]
) -> None:
    con.execute(
        "create table evidence.inputs "
        "(entity varchar, column_name varchar, delivered boolean, row_count bigint, non_null_count bigint)"
    )
    delivered = {(p.entity, c) for p in parts for c in p.columns}
    filled: dict[str, list[int]] = {}
    for entity in entities().values():
        own = [p for p in parts if p.entity == entity.name]
        if own:
            filled[entity.name] = _filled(con, paths, entity, own)
    inputs = [
        (e.name, c, (e.name, c) in delivered, *((filled[e.name][0], filled[e.name][n]) if e.name in filled else (0, 0)))
        for e in entities().values()
        for n, c in enumerate(e.columns, 1)
    ]
    insert_rows(con, "evidence.inputs", ("varchar", "varchar", "boolean", "bigint", "bigint"), inputs)
    con.execute(
        "create table evidence.row_accounting (delivery date, file varchar, entity varchar, delivered bigint, "
        "loaded bigint, quarantined bigint, duplicates bigint, excluded bigint, erased bigint)"
    )
    balances = [
        (a.delivery, a.file, a.entity, a.delivered, a.loaded, a.quarantined, a.duplicates, a.excluded, a.erased)
        for a in accounts
    ]
    insert_rows(con, "evidence.row_accounting", ("date", "varchar", "varchar", *["bigint"] * 6), balances)
    con.execute(
        "create table evidence.quarantine_reasons "
        "(delivery date, file varchar, entity varchar, column_name varchar, reason varchar, rows bigint)"
    )
    reasons = [(p.delivery, p.file, p.entity, column, reason, n) for p in parts for column, reason, n in p.reasons]
    insert_rows(con, "evidence.quarantine_reasons", ("date", *["varchar"] * 4, "bigint"), reasons)
    con.execute(
        "create table evidence.placeholders "
        "(delivery date, file varchar, entity varchar, column_name varchar, rows bigint)"
    )
    stands = [(p.delivery, p.file, p.entity, column, n) for p in parts for column, n in p.placeholders]
    insert_rows(con, "evidence.placeholders", ("date", *["varchar"] * 3, "bigint"), stands)
