"""The seller's way back: the customer behind a pseudonym, by recomputing the HMACs over the raw rows."""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dagster_project.companies import Company
from dagster_project.ingest import store
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import entities
from dagster_project.ingest.errors import IngestError
from dagster_project.ingest.pseudonyms import PREFIXES, Pseudonymiser, expression
from dagster_project.ingest.scratch import insert_rows, scratch_connection, scratch_folder
from dagster_project.settings import CompanyPaths, Settings


@dataclass(frozen=True)
class Revealed:
    """A person found. `identifiers`: direct identifiers by column, from the newest delivery that has them."""

    pseudonym: str
    domain: str  # customer, staff or person
    clear_id: str
    identifiers: dict[str, str] = field(default_factory=dict, repr=False)


def reveal(company: Company, paths: CompanyPaths, settings: Settings, pseudonyms: Sequence[str]) -> list[Revealed]:
    """People behind these pseudonyms, in the order asked; one that is not found is left out.

    Raises `IngestError` without the key or before anything was loaded.
    """
    key = Pseudonymiser.of(company, settings)
    parts = store.all_parts(paths.raw)
    if not parts:
        raise IngestError(f"{company.id} has no raw rows yet; refresh it first")
    domains = {prefix: domain for domain, prefix in PREFIXES.items()}
    found: dict[str, Revealed] = {}
    with scratch_folder(paths) as scratch, scratch_connection(paths, scratch) as con:
        con.execute("create temp table wanted (pseudonym varchar)")
        insert_rows(con, "wanted", ("varchar",), [(p,) for p in pseudonyms])
        for part in parts:
            entity = entities()[part.entity]
            file = {"file": str(part.parquet(paths.raw))}
            for column in entity.columns.values():
                domain = column.pseudonym_domain
                if domain is None or column.name not in part.columns:
                    continue
                if not any(domains.get(p[:2]) == domain for p in pseudonyms):
                    continue
                own = column.name == entity.key[0]
                names = [c.name for c in entity.columns.values() if c.identifier and c.name in part.columns and own]
                shown = "".join(f", max_by({quoted(n)}, file_row_number)" for n in names)
                clear = quoted(column.name)
                rows = con.execute(
                    f"""
                    select h.pseudonym, h.clear{shown}
                    from (select clear, {expression(domain, "clear")} as pseudonym
                          from (select distinct {clear} as clear from read_parquet($file) where {clear} is not null)) h
                    join wanted w on w.pseudonym = h.pseudonym
                    join read_parquet($file, file_row_number = true) r on r.{clear} = h.clear
                    group by h.pseudonym, h.clear
                    """,
                    {**file, **key.parameters()},
                ).fetchall()
                for pseudonym, clear_id, *values in rows:
                    before = found.get(pseudonym)
                    identifiers = dict(before.identifiers) if before else {}
                    identifiers |= {n: v for n, v in zip(names, values, strict=True) if v is not None}
                    found[pseudonym] = Revealed(pseudonym, domain, clear_id, identifiers)
    return [found[p] for p in dict.fromkeys(pseudonyms) if p in found]
