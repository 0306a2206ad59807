"""`bookworth check`: read the deliveries as a refresh would, in a scratch folder that is thrown away."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.companies import Company, load_company
from dagster_project.ingest import store
from dagster_project.ingest.accounting import FileAccounting, QuarantineCount
from dagster_project.ingest.errors import DeliveryRejected, Rejection
from dagster_project.ingest.landing import land
from dagster_project.ingest.raw import load_raw
from dagster_project.settings import Settings
from dagster_project.tools.support import Support, supported


@dataclass(frozen=True)
class Checked:
    """What a refresh would find. Counts and names only.

    `support` is empty when a file was rejected: nothing was built then.
    """

    company: Company
    files: tuple[FileAccounting, ...]
    quarantine: tuple[QuarantineCount, ...]
    notes: tuple[str, ...]
    rejections: tuple[Rejection, ...]
    support: tuple[Support, ...]
    entity_rows: tuple[tuple[str, int], ...]  # entities with rows


def check(settings: Settings, company_id: str) -> Checked:
    """Read every delivery without touching the company's warehouse.

    Raises `BookworthError` for mistakes in company.yaml and for a company without deliveries; refused files are in
    the result.
    """
    company = load_company(settings, company_id)
    if not settings.paths(company_id).erased.is_file():
        # Nothing of it outlives the check, so the public key will do where the company's own is not at hand.
        company = replace(company, pseudonym_key="demo")
    near = settings.warehouse_dir if settings.warehouse_dir.is_dir() else None
    with tempfile.TemporaryDirectory(prefix=".check-", dir=near) as folder:
        aside = replace(settings, warehouse_dir=Path(folder).resolve())
        paths = aside.paths(company_id)
        paths.root.mkdir()
        try:
            landing = land(company, paths)
            report = load_raw(company, paths, landing, aside)
        except DeliveryRejected as rejected:
            parts = store.all_parts(paths.raw)
            return Checked(
                company,
                tuple(p.accounting() for p in parts),
                tuple(q for p in parts for q in p.quarantine_counts()),
                tuple(f"{p.delivery} {p.file}: {note}" for p in parts for note in p.notes),
                rejected.rejections,
                (),
                (),
            )
        with duckdb.connect(str(paths.work_db), read_only=True) as con:
            delivered = con.execute(
                "select entity, column_name from evidence.inputs where delivered and non_null_count > 0"
            ).fetchall()
    inputs = [(str(entity), str(column)) for entity, column in delivered]
    rows = tuple((entity, count) for entity, count in report.entity_rows.items() if count)
    support = tuple(supported(company.profile, inputs))
    return Checked(company, report.files, report.quarantine, report.notes, (), support, rows)


def lines(checked: Checked, delivery: date | None = None) -> Iterator[str]:
    """The report for a terminal; `delivery` leaves out the files of the others."""
    company = checked.company
    yield f"{company.id}: {company.path}"
    files = [f for f in checked.files if delivery in (None, f.delivery)]
    for on in sorted({f.delivery for f in files}):
        yield ""
        yield f"Delivery {on}"
        yield from _accounts([f for f in files if f.delivery == on], checked.quarantine)
    drift = [note for note in checked.notes if delivery is None or note.startswith(str(delivery))]
    if drift:
        yield ""
        yield "What differs from the mapping or from the delivery before"
        yield from (f"  {note}" for note in drift)
    yield from _support_lines(checked.support)
    if checked.rejections:
        yield ""
        yield "REJECTED: a refresh would publish nothing"
        for rejection in checked.rejections:
            yield f"  {rejection.delivery} {rejection.file}"
            yield f"    reason  {rejection.reason}"
            yield f"    fix     {rejection.fix}"


def _accounts(files: Sequence[FileAccounting], quarantine: Sequence[QuarantineCount]) -> Iterator[str]:
    for file in files:
        yield f"  {file.file} as {file.entity}"
        yield (
            f"    {file.delivered:,} delivered = {file.loaded:,} loaded + {file.quarantined:,} quarantined + "
            f"{file.duplicates:,} duplicates + {file.excluded:,} excluded + {file.erased:,} erased"
        )
        for count in quarantine:
            if (count.delivery, count.file, count.entity) == (file.delivery, file.file, file.entity):
                where = f"{count.column}: " if count.column else ""
                yield f"      {count.rows:>8,}  {where}{count.reason}"


def _support_lines(support: Sequence[Support]) -> Iterator[str]:
    if not support:
        return
    can = [s for s in support if s.is_supported]
    cannot = [s for s in support if not s.is_supported]
    yield ""
    yield f"Indicators: {len(can)} of {len(support)} can be assessed"
    by_dimension: dict[str, list[str]] = defaultdict(list)
    for s in can:
        by_dimension[s.indicator.dimension].append(s.indicator.code)
    for dimension, codes in by_dimension.items():
        yield f"  {dimension}: {', '.join(codes)}"
    if cannot:
        yield f"{len(cannot)} cannot; each needs at least"
        for s in cannot:
            yield f"  {s.indicator.code}: {', '.join('.'.join(column) for column in s.missing)}"
