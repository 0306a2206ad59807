"""Damage to rows, and the register of every planted defect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .common import DELIVERIES, Rng
from .deliver import Plan, Table, World, keys_of

# What a row with this defect must become.
OUTCOMES = {
    "missing_required": "quarantined",
    "impossible_date": "quarantined",
    "date_out_of_range": "quarantined",
    "wrong_type": "quarantined",
    "unmapped_value": "quarantined",
    "conflicting_key": "quarantined",
    "exact_duplicate": "duplicate",
    "null_optional": "loaded",
    "late_row": "loaded",
    "corrected": "superseded by the next delivery",
    "removed": "soft-deleted by the next full snapshot",
    "invalid_phone": "loaded and flagged",
    "orphan_customer": "loaded and flagged",
    "orphan_order": "loaded and flagged",
    "orphan_invoice": "loaded and flagged",
    "future_date": "loaded and flagged",
    "negative_amount": "loaded and flagged",
    "stale": "loaded and flagged",
    "seat_after_leaving": "loaded and flagged",
    "orders_after_end": "loaded and flagged",
    "unknown_customer": "loaded, nobody's",
    "set_late": "loaded, not set before its period",
    "inflated_claim": "loaded, to be refuted",
    "test_account": "loaded, excluded from metrics",
    "merged": "loaded, resolved to the surviving customer",
}
MAX_SCALE = 4  # more copies of a defect prove nothing more
MAX_BAD_SHARE = 0.04  # a file with more than 5% bad rows is rejected whole: a small file gets fewer kinds


@dataclass(frozen=True)
class Damage:
    """`count` rows of an export to damage in the first delivery; the second gets a fifth, at least one."""

    kind: str
    count: int
    column: str | None = None
    value: str = ""  # what to write into the cell


@dataclass
class Register:
    """Every planted defect, one entry per row of a file."""

    company: str
    entries: list[dict[str, object]] = field(default_factory=list)

    def note(self, table: Table, kind: str, key: str, column: str | None) -> dict[str, object]:
        entry: dict[str, object] = {
            "company": self.company,
            "delivery": str(table.delivery),
            "file": table.file_name,
            "sheet": table.export.sheet,
            "entity": table.export.entity,
            "line": None,
            "key": key,
            "kind": kind,
            "column": column,
            "outcome": OUTCOMES[kind],
        }
        self.entries.append(entry)
        return entry


def plant(
    rng: Rng, register: Register, all_tables: list[Table], damages: Mapping[str, tuple[Damage, ...]], scale: float
) -> None:
    """Damage the tables in place."""
    for table in all_tables:
        bad = 0
        for damage in damages.get(table.export.entity, ()):
            share = 1.0 if table.delivery == DELIVERIES[0] else 0.2
            count = max(1, round(damage.count * min(scale, MAX_SCALE) * share))
            if damage.kind == "exact_duplicate":
                _repeat(rng, register, table, damage, count)
                continue
            rows = 2 * count if damage.kind == "conflicting_key" else count
            if bad + rows > MAX_BAD_SHARE * len(table.rows):
                continue
            bad += rows
            if damage.kind == "conflicting_key":
                _contradict(rng, register, table, damage, count)
            else:
                _break_cells(rng, register, table, damage, count)


def _free_rows(rng: Rng, table: Table, count: int) -> np.ndarray:
    """Positions of undamaged rows. Planted records (`_planted`) keep out too: one defect a row."""
    free = np.flatnonzero(table.rows["_defect"].isna() & ~table.rows["_key"].isin(table.planted))
    return np.sort(rng.permutation(free)[:count])


def _break_cells(rng: Rng, register: Register, table: Table, damage: Damage, count: int) -> None:
    """Spoil one cell. In a later full snapshot the spoilt row is an extra one: the record itself stays delivered."""
    column = damage.column or ""
    header = table.export.field_of(column).header
    if table.export.mode == "full" and table.delivery != DELIVERIES[0]:
        chosen = _append_copies(rng, table, count, prefix="X")
    else:
        chosen = _free_rows(rng, table, count)
    for position in chosen:
        key = table.rows.at[position, "_key"]
        table.rows.at[position, header] = damage.value
        table.rows.at[position, "_defect"] = register.note(table, damage.kind, key, column)


def _repeat(rng: Rng, register: Register, table: Table, damage: Damage, count: int) -> None:
    chosen = _free_rows(rng, table, count)
    start = len(table.rows)
    table.rows = pd.concat([table.rows, table.rows.iloc[chosen]], ignore_index=True)
    for offset, position in enumerate(chosen):
        key = table.rows.at[position, "_key"]
        # The first copy is loaded; it must stay as it is.
        table.rows.at[position, "_defect"] = {}
        table.rows.at[start + offset, "_defect"] = register.note(table, damage.kind, key, None)


def _contradict(rng: Rng, register: Register, table: Table, damage: Damage, count: int) -> None:
    """Two rows with one key that differ in one cell: neither can be trusted."""
    column = damage.column or ""
    header = table.export.field_of(column).header
    if table.export.mode == "full" and table.delivery != DELIVERIES[0]:
        chosen = _append_copies(rng, table, count, prefix="Y")
    else:
        chosen = _free_rows(rng, table, count)
    start = len(table.rows)
    table.rows = pd.concat([table.rows, table.rows.iloc[chosen]], ignore_index=True)
    for offset, position in enumerate(chosen):
        key = table.rows.at[position, "_key"]
        table.rows.at[start + offset, header] = damage.value
        for row in (position, start + offset):
            table.rows.at[row, "_defect"] = register.note(table, damage.kind, key, column)


def _append_copies(rng: Rng, table: Table, count: int, prefix: str) -> np.ndarray:
    """Copies of good rows under new keys, at the end of the file; their positions."""
    chosen = _free_rows(rng, table, count)
    start = len(table.rows)
    copies = table.rows.iloc[chosen].copy()
    header = table.export.field_of(table.export.key[0]).header
    copies[header] = [f"{prefix}{start + i}" for i in range(len(chosen))]
    copies["_key"] = [
        "|".join([new, *old.split("|")[1:]]) for new, old in zip(copies[header], copies["_key"], strict=True)
    ]
    table.rows = pd.concat([table.rows, copies], ignore_index=True)
    return np.arange(start, start + len(chosen))


def number_lines(all_tables: list[Table]) -> None:
    """Fill in `line`: the header is line 1, and no cell holds a line break."""
    for table in all_tables:
        for position, entry in enumerate(table.rows["_defect"]):
            if entry:
                entry["line"] = position + 2


def note_planted(register: Register, all_tables: list[Table], world: World, plan: Plan) -> None:
    """Register what was planted in the records themselves, in every delivery that shows it."""
    for table in all_tables:
        positions = {key: p for p, key in reversed(list(enumerate(table.rows["_key"])))}
        for kind, key, column in _planted(table, world[table.export.entity], plan):
            if key in positions:
                register.note(table, kind, key, column)["line"] = positions[key] + 2


def _planted(table: Table, records: pd.DataFrame, plan: Plan) -> Iterator[tuple[str, str, str | None]]:
    """(kind, key, column) of what this delivery may show."""
    entity, keys = table.export.entity, keys_of(records, table.export)
    marked = records["_planted"].notna()
    yield from ((str(kind), key, None) for kind, key in zip(records["_planted"][marked], keys[marked], strict=True))
    if table.delivery != DELIVERIES[0]:
        yield from (("late_row", key, None) for key in keys[records["_known_on"].notna()])
        return
    yield from (("removed", key, None) for key in plan.removed.get(entity, []))
    for correction in plan.corrections.get(entity, []):
        yield from (("corrected", key, correction.column) for key in correction.wrong)


def quarantined_keys(table: Table) -> set[str]:
    return {
        key
        for key, entry in zip(table.rows["_key"], table.rows["_defect"], strict=True)
        if entry and entry["outcome"] == "quarantined"
    }
