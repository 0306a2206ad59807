"""Landed files -> raw Parquet -> a fresh `work.duckdb`. The public entry points of the ingest."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import duckdb

from dagster_project.companies import Company, Source
from dagster_project.ingest import erasure, readers, rows, store, work
from dagster_project.ingest.accounting import FileAccounting, RawReport
from dagster_project.ingest.archives import archive_pattern
from dagster_project.ingest.contract import entities
from dagster_project.ingest.erasure import Erasures
from dagster_project.ingest.errors import DeliveryRejected, FileProblem, IngestError, Rejection
from dagster_project.ingest.landing import Delivery, LandedFile, Landing
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.ingest.scratch import clear, scratch_connection, scratch_folder
from dagster_project.ingest.store import Part
from dagster_project.settings import CompanyPaths, Settings


def _silent(message: str) -> None:
    """The default progress: none."""


def load_raw(
    company: Company,
    paths: CompanyPaths,
    landing: Landing,
    settings: Settings,
    progress: Callable[[str], None] = _silent,
) -> RawReport:
    """Read every landed file (or reuse its Parquet) and build `work.duckdb` anew.

    Raises `DeliveryRejected` naming every refused file; then neither raw tables nor `work.duckdb` change. Progress
    messages hold names and counts only.
    """
    key = Pseudonymiser.of(company, settings)
    parts, reused = _read_all(company, paths, landing, erasure.read(paths, key), progress)
    parts, accounts = _without_redelivered(company, parts)
    for account in accounts:
        account.check()
    notes = (*_drift(parts), *_unmapped(company, landing))
    progress("building the raw tables")
    entity_rows = work.build(company, paths, parts, accounts, key)
    store.prune(paths.raw, parts)
    counts = tuple(q for p in parts for q in p.quarantine_counts())
    return RawReport(entity_rows, accounts, counts, notes, reused)


def _read_all(
    company: Company, paths: CompanyPaths, landing: Landing, erasures: Erasures, progress: Callable[[str], None]
) -> tuple[list[Part], int]:
    """Parts of every delivery, source and file, in that order; all files are tried before any refusal is raised."""
    rejections: list[Rejection] = []
    parts: list[Part] = []
    reused = 0
    paths.raw.mkdir(parents=True, exist_ok=True)
    # One database for all files: to open one takes longer than to read a small file.
    with scratch_folder(paths) as scratch, scratch_connection(paths, scratch) as con:
        for delivery in landing.deliveries:
            for number, source, files in _assign(company, delivery, rejections):
                for file in files:
                    made_of = store.fingerprint(file, source, company, erasures.fingerprint)
                    part = store.find(paths.raw, file, number, source, made_of)
                    if part is not None:
                        reused += 1
                        parts.append(part)
                        continue
                    try:
                        part = _read(con, company, paths, file, number, source, made_of, scratch, erasures, progress)
                        parts.append(part)
                    except FileProblem as problem:
                        rejections.append(Rejection(delivery.on, file.name, problem.reason, problem.fix))
    if rejections:
        raise DeliveryRejected(rejections)
    if not parts:
        raise IngestError(f"{company.id}: no delivered file matches a source of company.yaml; mend `files:`")
    return parts, reused


def _assign(
    company: Company, delivery: Delivery, rejections: list[Rejection]
) -> Iterator[tuple[int, Source, list[LandedFile]]]:
    """Files of a delivery by source; a required source without files, or a file taken twice, is a rejection."""
    taken: dict[tuple[str, str], int] = {}
    for number, source in enumerate(company.sources):
        pattern = unicodedata.normalize("NFC", archive_pattern(source.files)[0])
        files = [f for f in delivery.files if PurePosixPath(f.name).match(pattern)]
        if source.required and not files:
            rejections.append(
                Rejection(
                    delivery.on,
                    source.files,
                    f"the required source {source.entity} is missing",
                    "deliver the file, or mend `files:` or `required:` in company.yaml",
                )
            )
        for file in files:
            line = taken.setdefault((file.name, source.entity), source.line)
            if line != source.line:
                rejections.append(
                    Rejection(
                        delivery.on,
                        file.name,
                        f"two sources of {source.entity} take it (company.yaml lines {line} and {source.line})",
                        "narrow `files:` of one of them",
                    )
                )
        yield number, source, files


def _read(
    con: duckdb.DuckDBPyConnection,
    company: Company,
    paths: CompanyPaths,
    file: LandedFile,
    number: int,
    source: Source,
    made_of: str,
    scratch: Path,
    erasures: Erasures,
    progress: Callable[[str], None],
) -> Part:
    began = time.monotonic()
    try:
        reading = readers.open_file(con, file, source, scratch)
        entity = entities()[source.entity]
        outcome = rows.classify(con, reading, source, entity, company, file.delivery, scratch, erasures)
        part = store.write(con, paths.raw, file, number, source, outcome, reading.columns, made_of, scratch)
    finally:
        clear(con)
    took = time.monotonic() - began
    progress(
        f"{file.delivery} {file.name} as {source.entity}: {part.delivered:,} delivered, {part.loaded:,} loaded, "
        f"{part.quarantined:,} quarantined, {part.duplicates:,} duplicates, {part.excluded:,} excluded, "
        f"{part.erased:,} erased ({took:.1f} s)"
    )
    return part


def _without_redelivered(company: Company, parts: list[Part]) -> tuple[list[Part], tuple[FileAccounting, ...]]:
    """Parts to build from, and every file's accounting.

    A file of an increment that comes again, byte for byte, brings nothing: its rows are duplicates. Taken as new, a
    file sent twice by mistake would undo the corrections in between. A full snapshot that comes again is a snapshot.
    """
    seen: set[tuple[int, str]] = set()
    kept, accounts = [], []
    for part in parts:
        account = part.accounting()
        again = (part.source, part.sha256) in seen and company.sources[part.source].mode == "increment"
        seen.add((part.source, part.sha256))
        if again:
            account = FileAccounting(
                part.delivery, part.file, part.entity, part.delivered, 0, part.quarantined,
                part.duplicates + part.loaded, part.excluded, part.erased,
            )  # fmt: skip
        else:
            kept.append(part)
        accounts.append(account)
    return kept, tuple(accounts)


def _drift(parts: list[Part]) -> Iterator[str]:
    """What changed in the files' columns since the delivery before, and what was changed on reading."""
    last: dict[int, tuple[str, ...]] = {}
    for part in parts:
        yield from (f"{part.delivery} {part.file}: {note}" for note in part.notes)
        before = last.get(part.source)
        if before is not None and before != part.header:
            new = [c for c in part.header if c not in before]
            gone = [c for c in before if c not in part.header]
            if new:
                yield f"{part.delivery} {part.file}: new columns {', '.join(map(repr, new))}"
            if gone:
                yield f"{part.delivery} {part.file}: columns gone {', '.join(map(repr, gone))}"
            if not new and not gone:
                yield f"{part.delivery} {part.file}: the columns come in another order"
        last[part.source] = part.header


def _unmapped(company: Company, landing: Landing) -> Iterator[str]:
    patterns = [unicodedata.normalize("NFC", archive_pattern(s.files)[0]) for s in company.sources]
    for file in landing.files:
        if not any(PurePosixPath(file.name).match(p) for p in patterns):
            yield f"{file.delivery} {file.name}: no source of company.yaml takes this file"
