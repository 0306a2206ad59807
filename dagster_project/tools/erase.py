"""`bookworth erase`: put people on the list of the forgotten, and say what still holds them."""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.companies import BookworthError, Company
from dagster_project.ingest import erasure, store
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import Entity, entities
from dagster_project.ingest.erasure import Erasures
from dagster_project.ingest.landing import undelivered
from dagster_project.ingest.pseudonyms import HEX_DIGITS, PREFIXES, Pseudonymiser, expression
from dagster_project.ingest.scratch import insert_rows, scratch_connection, scratch_folder
from dagster_project.settings import CompanyPaths, Settings

_PSEUDONYM = re.compile(f"({'|'.join(PREFIXES.values())})[0-9a-f]{{{HEX_DIGITS}}}")
_DOMAINS = {prefix: domain for domain, prefix in PREFIXES.items()}


@dataclass(frozen=True)
class Remains:
    """What still holds erased people, besides what readers and backups have. Names and counts only."""

    files: tuple[tuple[date, str, int], ...]  # delivered file, and its rows that are erased when it is read
    orphans: tuple[Path, ...]  # landed copies of files that no delivery holds any more
    generations: tuple[int, ...]


def erase(company: Company, paths: CompanyPaths, settings: Settings, ids: Sequence[str], on: date) -> int:
    """Put these people (pseudonyms, or customers' ids as delivered) on the list; returns how many are new on it.

    Raises `IngestError` without the key, `BookworthError` before anything was loaded or when one of them is in no
    delivery: a mistyped id on the list would erase nobody, and nobody would notice.
    """
    key = Pseudonymiser.of(company, settings)
    erasures = erasure.read(paths, key)
    listed = {(domain, pseudonym) for domain, pseudonym, _ in erasures.records}
    asked = {_named(key, given): given for given in ids}
    new = [person for person in asked if person not in listed]
    found = _trace(paths, Erasures(key, tuple((*person, "") for person in new))) if new else set()
    unknown = [asked[person] for person in new if person not in found]
    if unknown:
        raise BookworthError(
            f"{len(unknown)} of {len(asked)} ids are in no row that was loaded: number "
            f"{', '.join(str(list(ids).index(given) + 1) for given in unknown)}; nobody was put on the list"
        )
    if new:
        erasure.add(paths, erasures, found, on)
    return len(new)


def _named(key: Pseudonymiser, given: str) -> tuple[str, str]:
    if _PSEUDONYM.fullmatch(given):
        return _DOMAINS[given[:2]], given
    return "customer", key.pseudonym("customer", given)


def _trace(paths: CompanyPaths, wanted: Erasures) -> set[tuple[str, str]]:
    """Those of the people who are in the raw rows, and the ids of their orders, leads, contracts and invoices."""
    parts = store.all_parts(paths.raw)
    if not parts:
        raise BookworthError("no raw rows yet: refresh the company first, so that the people can be found")
    found: set[tuple[str, str]] = set()
    with scratch_folder(paths) as scratch, scratch_connection(paths, scratch) as con:
        con.execute("create table wanted (domain varchar, pseudonym varchar)")
        insert_rows(con, "wanted", ("varchar", "varchar"), [(d, p) for d, p, _ in wanted.records])
        for part in parts:
            for query in _queries(entities()[part.entity], part.columns):
                values = {"file": str(part.parquet(paths.raw)), **wanted.key.parameters()}
                found |= {(str(domain), str(pseudonym)) for domain, pseudonym in con.execute(query, values).fetchall()}
    return found


def _queries(entity: Entity, columns: Sequence[str]) -> Iterator[str]:
    """SQL of the people among the wanted in one part, and of the ids of rows that are theirs."""
    subjects = [c.name for c in erasure.subjects(entity)]
    for column in entity.columns.values():
        if column.pseudonym_domain is None or column.name not in columns:
            continue
        name, domain = quoted(column.name), column.pseudonym_domain
        hits = (
            f"select distinct {name} as clear from read_parquet($file) where {expression(domain, name)} in "
            f"(select pseudonym from wanted where domain = '{domain}')"
        )
        yield f"select '{domain}', {expression(domain, 'clear')} from ({hits})"
        link = entity.key[0] if len(entity.key) == 1 else ""
        if column.name in subjects and link in erasure.links():
            yield (
                f"select distinct '{link}', {expression(link, quoted(link))} from read_parquet($file) "
                f"where {name} in (select clear from ({hits})) and {quoted(link)} is not null"
            )


def remains(company: Company, paths: CompanyPaths, settings: Settings) -> Remains:
    """Look through the delivered files as last read, the landed copies and the published generations."""
    key = Pseudonymiser.of(company, settings)
    parts = store.all_parts(paths.raw)
    return Remains(
        tuple((part.delivery, part.file, part.erased) for part in parts if part.erased),
        undelivered(company, paths),
        tuple(_holding(paths, erasure.read(paths, key))),
    )


# One query per published table: how many of its rows hold a pseudonym in any column.
_COUNTS = """
    select format('select count(*) from "{}"."{}" where ', schema_name, table_name)
        || string_agg(format('list_contains($people::varchar[], "{}")', column_name), ' or ')
    from duckdb_columns()
    where data_type = 'VARCHAR' and not internal
    group by schema_name, table_name
"""


def _holding(paths: CompanyPaths, erasures: Erasures) -> Iterator[int]:
    """Generations with a row of an erased person."""
    people = [p for domain, p, _ in erasures.records if domain not in erasure.links()]
    for marts in sorted(paths.generations.glob("[0-9]*/marts.duckdb")) if people else ():
        with duckdb.connect(str(marts), read_only=True) as con:
            queries = [query for (query,) in con.execute(_COUNTS).fetchall()]
            if any(con.execute(query, {"people": people}).fetchall() != [(0,)] for query in queries):
                yield int(marts.parent.name)


def purge(found: Remains) -> int:
    """Remove the landed copies that no delivery holds any more; returns how many."""
    for path in found.orphans:
        path.unlink()
    return len(found.orphans)


def lines(company: Company, found: Remains, current: int | None) -> Iterator[str]:
    """What still holds them and how it goes, for a terminal."""
    for on, name, rows in found.files:
        yield f"  delivered file   {on}/{name}: {rows:,} rows, not loaded"
    if found.files:
        yield "                   hand the seller the list; put exports without these rows in their place, then --purge"
    for path in found.orphans:
        yield f"  landed copy      {path.name}: no delivery holds it any more; --purge removes it"
    for number in found.generations:
        how = f"`bookworth refresh {company.id}` replaces it" if number == current else "--purge removes it"
        yield f"  generation       {number:06d}: {how}"
    if not (found.files or found.orphans or found.generations):
        yield "  nothing here: neither deliveries, landing, raw rows nor generations"
    yield "  elsewhere        backups, files from `bookworth quarantine --export`, marts and reports already sent out"
