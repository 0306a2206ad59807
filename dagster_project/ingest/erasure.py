"""People who asked to be forgotten: their rows are counted as erased while a file is read, and get no further.

Who they are is kept as pseudonyms, in `erased.csv` beside company.yaml, so that a later delivery cannot bring them back
and the list itself names nobody. What hangs on their orders, leads, contracts and invoices goes with them.
"""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import duckdb

from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.ingest.errors import IngestError
from dagster_project.ingest.pseudonyms import Pseudonymiser, expression
from dagster_project.ingest.scratch import insert_rows
from dagster_project.settings import CompanyPaths

HEADER = ("domain", "pseudonym", "erased_on")
_KEY_CHECK = "key"  # domain of the first record, which says under which key the others were made
_CHECKED = "erased.csv"


@dataclass(frozen=True)
class Erasures:
    """The list. `people`: domain (customer, staff, person, or the name of an id column) -> pseudonyms."""

    key: Pseudonymiser = field(repr=False)
    records: tuple[tuple[str, str, str], ...] = ()  # domain, pseudonym, day

    def __bool__(self) -> bool:
        return bool(self.records)

    @property
    def people(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for domain, pseudonym, _ in self.records:
            found.setdefault(domain, []).append(pseudonym)
        return found

    @property
    def fingerprint(self) -> str:
        """Changes whenever what is to be erased does; empty for an empty list."""
        return hashlib.sha256(repr(sorted(self.records)).encode()).hexdigest() if self.records else ""


def read(paths: CompanyPaths, key: Pseudonymiser) -> Erasures:
    """The company's list; `IngestError` when it is damaged or was written under another key, so that none matches."""
    if not paths.erased.is_file():
        return Erasures(key)
    with paths.erased.open(encoding="utf-8", newline="") as file:
        header, *records = [tuple(row) for row in csv.reader(file)] or [()]
    if header != HEADER or any(len(record) != len(HEADER) for record in records) or not records:
        raise IngestError(f"{paths.erased} is damaged; restore it: without it erased people would come back")
    (domain, check, _), *rest = records
    if (domain, check) != (_KEY_CHECK, key.pseudonym(_KEY_CHECK, _CHECKED)):
        raise IngestError(f"{paths.erased} was written under another pseudonym key; set BOOKWORTH_KEY_FILE to that one")
    return Erasures(key, tuple((d, p, day) for d, p, day in rest))


def add(paths: CompanyPaths, erasures: Erasures, found: Iterable[tuple[str, str]], on: date) -> Erasures:
    """Put (domain, pseudonym) pairs on the list and write it whole; those on it already keep their day."""
    known = {(domain, pseudonym) for domain, pseudonym, _ in erasures.records}
    new = [(domain, pseudonym, str(on)) for domain, pseudonym in sorted(set(found) - known)]
    grown = Erasures(erasures.key, (*erasures.records, *new))
    partial = paths.erased.with_suffix(".tmp")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        check = (_KEY_CHECK, erasures.key.pseudonym(_KEY_CHECK, _CHECKED), "")
        csv.writer(file, lineterminator="\n").writerows([HEADER, check, *grown.records])
        file.flush()
        os.fsync(file.fileno())
    partial.replace(paths.erased)
    return grown


@cache
def links() -> tuple[str, ...]:
    """Ids of what belongs to one customer: where only such an id stands in a row, it says whose row it is."""
    own = {e.key[0] for e in entities().values() if len(e.key) == 1 and "customer_id" in e.columns}
    used = {c.name for e in entities().values() for c in e.columns.values() if c.type == "id" and e.key != (c.name,)}
    return tuple(sorted(own & used))


def subjects(entity: Entity) -> tuple[Column, ...]:
    """Columns that say whose row it is: the customer, the key, or whom the row cannot do without."""
    people = (c for c in entity.columns.values() if c.pseudonym_domain)
    return tuple(c for c in people if c.name == "customer_id" or c.name in entity.key or c.required)


def mark(con: duckdb.DuckDBPyConnection, erasures: Erasures, entity: Entity, columns: Sequence[str]) -> int:
    """Flag rows of erased people in `cells`, drop them from `rejects`, blank what other rows say of them.

    Returns how many rejects went. Fills `blanked(rid)`. Rows that are not loaded anyway go whole, because their text
    is kept; one that could not be split goes if any piece of it is an erased id.
    """
    con.execute("create or replace table blanked (rid bigint)")
    if not erasures:
        return 0
    _list(con, erasures)
    hits = {
        name: _in_erased(con, erasures, name, domain)
        for name, domain in _domains(entity).items()
        if name in columns and domain in erasures.people
    }
    whose = [c.name for c in subjects(entity)]
    direct = [hits[name] for name in whose if name in hits]
    nobody = " and ".join(f"{quoted(name)} is null" for name in whose if name in columns) or "true"
    linked = [hits[name] for name in links() if name in hits]
    others = [hits[c.name] for c in entity.columns.values() if c.pseudonym_domain and c.name in hits]
    tests = [*direct, *(f"({nobody} and {test})" for test in linked), *(f"(__bad and {test})" for test in others)]
    tests.append(f"(__bad and {_mentions('__raw')})")
    con.execute(
        "insert into flags select rid, 'erased', null from "
        "(select *, __reasons is not null as __bad from cells where not __skip) "
        f"where coalesce({' or '.join(tests)}, false)"
    )
    _blank(con, {c.name: hits[c.name] for c in entity.columns.values() if c.name in hits and c.name not in whose})
    gone = con.execute(f"delete from rejects where {_mentions('raw')}").fetchall()
    return int(gone[0][0])


def _domains(entity: Entity) -> dict[str, str]:
    """Column -> domain under which its values are on the list."""
    people = {c.name: c.pseudonym_domain for c in entity.columns.values() if c.pseudonym_domain}
    return {**people, **{name: name for name in links() if name in entity.columns}}


def _list(con: duckdb.DuckDBPyConnection, erasures: Erasures) -> None:
    con.execute("create or replace table erased_list (domain varchar, pseudonym varchar)")
    insert_rows(con, "erased_list", ("varchar", "varchar"), [(d, p) for d, p, _ in erasures.records])
    pieces = " union ".join(
        # Cells between delimiters, as they are, and words: an id may hold blanks, and may stand in JSON.
        f"select distinct unnest(regexp_split_to_array(raw, '{pattern}')) as piece from texts"
        for pattern in ('\\s*[,;|\\t"]\\s*', "[^\\pL\\pN_.-]+")
    )
    people = " or ".join(
        f"{expression(domain, 'piece')} in (select pseudonym from erased_list)" for domain in _people_of(erasures)
    )
    con.execute(
        "create or replace table erased_pieces as with texts as "
        "(select __raw as raw from cells where __raw is not null union all select raw from rejects) "
        f"select piece from ({pieces}) where piece <> '' and ({people or 'false'})",
        erasures.key.parameters() if people else None,
    )


def _people_of(erasures: Erasures) -> list[str]:
    return [domain for domain in erasures.people if domain not in links()]


def _mentions(text: str) -> str:
    """SQL: the text holds an erased id as a piece of its own."""
    return (
        f"exists (select 1 from erased_pieces where list_contains(regexp_split_to_array({text}, '[^\\pL\\pN_.-]+'), "
        f"piece) or list_contains(regexp_split_to_array({text}, '\\s*[,;|\\t\"]\\s*'), piece))"
    )


def _in_erased(con: duckdb.DuckDBPyConnection, erasures: Erasures, name: str, domain: str) -> str:
    """SQL: the column holds an erased id. Each id is hashed once."""
    table = quoted(f"erased_{name}")
    con.execute(
        f"create or replace table {table} as select clear from (select distinct {quoted(name)} as clear from cells) "
        f"where {expression(domain, 'clear')} in (select pseudonym from erased_list where domain = $domain)",
        {**erasures.key.parameters(), "domain": domain},
    )
    return f"{quoted(name)} in (select clear from {table})"


def _blank(con: duckdb.DuckDBPyConnection, hits: Mapping[str, str]) -> None:
    """What rows of others say of the person, such as who referred them, becomes null."""
    if not hits:
        return
    con.execute(f"insert into blanked select rid from cells where {' or '.join(hits.values())}")
    if con.execute("select count(*) from blanked").fetchall() == [(0,)]:
        return
    replaced = ", ".join(f"case when {test} then null else {quoted(n)} end as {quoted(n)}" for n, test in hits.items())
    con.execute(
        "create or replace view cells as select file_row_number as rid, * exclude (file_row_number) "
        f"replace ({replaced}) from read_parquet(getvariable('cells_file'), file_row_number = true)"
    )
