"""Raw Parquet: one file per delivered file and source, with a sidecar that says what it was made from."""

# ruff: noqa: S608 - only identifiers are formatted into SQL, and quoted; values are parameters
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.companies import Company, Source
from dagster_project.ingest import contract, rows
from dagster_project.ingest.accounting import FileAccounting, QuarantineCount
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.landing import LandedFile
from dagster_project.ingest.rows import Outcome


@dataclass(frozen=True)
class Part:
    """One delivered file as rows of one entity, on disk."""

    delivery: date
    source: int  # position of the source in company.yaml
    entity: str
    file: str
    sha256: str
    fingerprint: str
    columns: tuple[str, ...]  # canonical columns the file brought
    header: tuple[str, ...]
    delivered: int
    loaded: int
    quarantined: int
    duplicates: int
    excluded: int
    erased: int
    reasons: tuple[tuple[str, str, int], ...]
    placeholders: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    bytes: int  # size of the Parquet file
    stem: str  # file names under raw/
    first_line: int | None = None  # line of the first row where rows are lines one after the other; None: column _line

    def parquet(self, raw: Path) -> Path:
        return raw / f"{self.stem}.parquet"

    def line(self) -> str:
        """SQL of a row's line in the delivered file, over `read_parquet(..., file_row_number = true)`."""
        return "_line" if self.first_line is None else f"({self.first_line} + file_row_number)"

    def quarantine(self, raw: Path) -> Path:
        """Columns: line, reasons (list of struct(column, reason)), raw, and the key columns that could be read."""
        return raw / f"{self.stem}.quarantine.parquet"

    def accounting(self) -> FileAccounting:
        return FileAccounting(
            self.delivery, self.file, self.entity, self.delivered, self.loaded, self.quarantined, self.duplicates,
            self.excluded, self.erased,
        )  # fmt: skip

    def quarantine_counts(self) -> list[QuarantineCount]:
        return [QuarantineCount(self.delivery, self.file, self.entity, c, r, n) for c, r, n in self.reasons]


def fingerprint(file: LandedFile, source: Source, company: Company, erased: str = "") -> str:
    """Of all the typed rows depend on: content, delivery date, mapping, time zone, who is erased, contract and code."""
    mapping = {k: v for k, v in asdict(source).items() if k not in ("files", "required", "mode")}
    for entry in (mapping, *mapping["columns"], mapping["unpivot"] or {}):
        entry.pop("line", None)
    rates = [(c, str(d), str(r)) for c, d, r in company.rates]
    made_of = [file.sha256, file.name, str(file.delivery), mapping, company.timezone, company.currency, rates, erased]
    return hashlib.sha256((json.dumps(made_of, ensure_ascii=False) + _code_version()).encode()).hexdigest()


@cache
def _code_version() -> str:
    folder = Path(__file__).parent
    digest = hashlib.sha256(contract.CONTRACT_FILE.read_bytes())
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest() + duckdb.__version__


def stem(file: LandedFile, source_number: int, entity: str) -> str:
    name = hashlib.sha256(file.name.encode()).hexdigest()[:12]
    return f"{file.delivery}/{entity}.{source_number}.{name}"


def find(raw: Path, file: LandedFile, source_number: int, source: Source, made_of: str) -> Part | None:
    """The part, if it is on disk, whole, and made from the same things."""
    sidecar = raw / f"{stem(file, source_number, source.entity)}.json"
    try:
        part = _from_json(json.loads(sidecar.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    parquet = part.parquet(raw)
    whole = parquet.is_file() and parquet.stat().st_size == part.bytes
    if part.fingerprint != made_of or not whole or (part.quarantined and not part.quarantine(raw).is_file()):
        return None
    return part


def all_parts(raw: Path) -> list[Part]:
    """Every part on disk, oldest delivery first."""
    sidecars = sorted(raw.glob("*/*.json"))
    return [_from_json(json.loads(s.read_text(encoding="utf-8"))) for s in sidecars]


def write(
    con: duckdb.DuckDBPyConnection,
    raw: Path,
    file: LandedFile,
    source_number: int,
    source: Source,
    outcome: Outcome,
    header: tuple[str, ...],
    made_of: str,
    scratch: Path,
) -> Part:
    """Write what `rows.classify` left in the connection; the sidecar comes last, so a torn write is no part."""
    name = stem(file, source_number, source.entity)
    target = raw / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    sidecar = raw / f"{name}.json"
    sidecar.unlink(missing_ok=True)
    first_line = _write_rows(con, target, outcome, scratch)
    quarantine = raw / f"{name}.quarantine.parquet"
    quarantine.unlink(missing_ok=True)
    if outcome.quarantined:
        _write_quarantine(con, quarantine, source.entity, outcome)
    # Counted from the file just written, not from what was meant to be written.
    loaded = con.execute("select num_rows from parquet_file_metadata($f)", {"f": str(target)}).fetchall()[0][0]
    part = Part(
        delivery=file.delivery,
        source=source_number,
        entity=source.entity,
        file=file.name,
        sha256=file.sha256,
        fingerprint=made_of,
        columns=outcome.columns,
        header=header,
        delivered=outcome.delivered,
        loaded=int(loaded),
        quarantined=outcome.quarantined,
        duplicates=outcome.duplicates,
        excluded=outcome.excluded,
        erased=outcome.erased,
        reasons=outcome.reasons,
        placeholders=outcome.placeholders,
        notes=outcome.notes,
        bytes=target.stat().st_size,
        first_line=first_line,
        stem=name,
    )
    part.accounting().check()
    partial = sidecar.with_suffix(".tmp")
    partial.write_text(json.dumps({**asdict(part), "delivery": str(part.delivery)}, ensure_ascii=False), "utf-8")
    partial.replace(sidecar)
    return part


def prune(raw: Path, parts: Sequence[Part]) -> None:
    """Remove what belongs to no current part: files of deliveries or sources that are gone."""
    kept = {raw / f"{p.stem}{end}" for p in parts for end in (".parquet", ".quarantine.parquet", ".json")}
    for path in raw.glob("*/*"):
        if path not in kept:
            path.unlink()
    for folder in raw.iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _write_rows(con: duckdb.DuckDBPyConnection, target: Path, outcome: Outcome, scratch: Path) -> int | None:
    """Write the rows that are loaded; the first one's line if the others follow line by line, else it is a column.

    Where every record of the file is a line and none is held back, `cells` is that file already.
    """
    columns = ", ".join(quoted(c) for c in outcome.columns)
    flagged = con.execute("select count(*) from flags").fetchall()[0][0]
    shifts = con.execute("select extra from lines limit 2").fetchall()
    if not flagged and not outcome.blanked and len(shifts) == 1 and outcome.repeat == 1:
        con.execute("drop view cells")
        (scratch / rows.CELLS).replace(target)
        return int(outcome.first_line + shifts[0][0])
    good = "where rid not in (select rid from flags)" if flagged else ""
    _copy(con, f"select {columns}, _line from ({_numbered(con, outcome)}) {good}", target)
    return None


def _write_quarantine(con: duckdb.DuckDBPyConnection, target: Path, entity: str, outcome: Outcome) -> None:
    spec = contract.entities()[entity]
    key = [c for c in dict.fromkeys((spec.replace_by, *spec.key)) if c in outcome.columns]
    keys = "".join(f", {quoted(str(c))}" for c in key)
    none = "".join(f", null::{spec.columns[str(c)].duckdb_type} as {quoted(str(c))}" for c in key)
    select = f"""
        select _line as line, f.reasons, coalesce(c.__raw, r.raw) as raw{keys}
        from ({_numbered(con, outcome)}) c join flags f on f.rid = c.rid left join conflict_raws r on r.rid = c.rid
        where f.status = 'quarantined'
        union all
        select line, [{{'column': '', 'reason': reason}}], raw{none} from rejects
        order by line
    """
    _copy(con, select, target)


def _numbered(con: duckdb.DuckDBPyConnection, outcome: Outcome) -> str:
    """`cells` with the physical line of each row."""
    start = outcome.first_line
    record = f"(rid // {outcome.repeat})" if outcome.repeat > 1 else "rid"
    shifts = con.execute("select k, extra from lines order by k limit 2").fetchall()
    if len(shifts) == 1:
        return f"select *, {start + shifts[0][1]} + {record} as _line from cells"
    return (
        f"select c.*, {start} + c.record + l.extra as _line "
        f"from (select {record} as record, * from cells) c asof join lines l on c.record >= l.k"
    )


def _from_json(data: dict[str, Any]) -> Part:
    lists = {k: tuple(data[k]) for k in ("columns", "header", "notes")}
    reasons = tuple((str(c), str(r), int(n)) for c, r, n in data["reasons"])
    lists["placeholders"] = tuple((str(c), int(n)) for c, n in data["placeholders"])
    return Part(**{**data, **lists, "reasons": reasons, "delivery": date.fromisoformat(data["delivery"])})


def _copy(con: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    partial = target.with_suffix(".tmp")
    con.execute(f"copy ({select}) to $target (format parquet, {rows.CHEAP})", {"target": str(partial)})
    partial.replace(target)
