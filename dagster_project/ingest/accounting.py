"""Every delivered row, by what became of it. The balance is asserted, never assumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from dagster_project.ingest.errors import IngestError


@dataclass(frozen=True)
class FileAccounting:
    """One file read as one entity; counts of rows."""

    delivery: date
    file: str
    entity: str
    delivered: int
    loaded: int
    quarantined: int
    duplicates: int
    excluded: int
    erased: int = 0

    def check(self) -> None:
        """Raise `IngestError` unless every delivered row is accounted for once."""
        parts = (self.loaded, self.quarantined, self.duplicates, self.excluded, self.erased)
        if min(parts) < 0 or self.delivered != sum(parts):
            raise IngestError(
                f"{self.delivery} {self.file} ({self.entity}): {self.delivered} rows delivered but {self.loaded} "
                f"loaded + {self.quarantined} quarantined + {self.duplicates} duplicates + {self.excluded} excluded "
                f"+ {self.erased} erased; nothing was published"
            )


@dataclass(frozen=True)
class QuarantineCount:
    """How many rows of a file have this fault; a row with two faults is counted under both."""

    delivery: date
    file: str
    entity: str
    column: str  # canonical name; empty when the whole row is at fault
    reason: str
    rows: int


@dataclass(frozen=True)
class RawReport:
    """What `load_raw` did. Holds counts and names only."""

    entity_rows: dict[str, int]  # rows of raw.<entity>, entities with none included
    files: tuple[FileAccounting, ...]
    quarantine: tuple[QuarantineCount, ...]
    notes: tuple[str, ...]  # schema drift, and what was changed on reading
    reused: int  # files whose Parquet was still good

    def metadata(self) -> dict[str, object]:
        """JSON-serialisable, for a log or a UI."""
        totals = {
            key: sum(getattr(f, key) for f in self.files)
            for key in ("delivered", "loaded", "quarantined", "duplicates", "excluded", "erased")
        }
        return {
            "totals": totals,
            "files": [{**asdict(f), "delivery": str(f.delivery)} for f in self.files],
            "quarantine": [{**asdict(q), "delivery": str(q.delivery)} for q in self.quarantine],
            "notes": list(self.notes),
        }
