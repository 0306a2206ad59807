"""Everything a chapter may read: the rows of every query, small cells already taken out, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.companies import Company
from dagster_project.report import queries
from dagster_project.report.content import Note, Number, Row, Sentence, Text
from dagster_project.report.labels import Labels
from dagster_project.report.numbers import UNIT_KINDS
from dagster_project.report.queries import GRAINS, QUERIES, Grain
from dagster_project.report.small_cells import suppress

# A cohort table this large is still read on a page; above, cohorts are pooled.
MOST_COHORTS, MOST_SPANS, MOST_HIDDEN = 14, 13, 0.25


@dataclass(frozen=True)
class ReportData:
    """`rows` by query name; `present` are the tables in the file; `least` is the size of the smallest cell shown."""

    company: Company
    build_id: str
    labels: Labels
    rows: Mapping[str, Sequence[Row]]
    present: frozenset[str]
    grain: Grain
    least: int

    @property
    def as_of(self) -> date | None:
        """The day of assessment the marts carry."""
        for name, column in (("overall", "as_of_date"), ("indicators", "as_of_date")):
            if self.rows[name]:
                found: date = self.rows[name][0][column]
                return found
        return None

    @property
    def name(self) -> Text:
        return Text(self.company.name_en, self.company.name_zh)

    def absent(self, query: str, needs: Text) -> Note | None:
        """A statement in place of what cannot be shown, if the query has no rows; `needs` names what it lives on."""
        return None if self.rows[query] else self._gap(QUERIES[query].tables, needs)

    def lacking(self, tables: Sequence[str]) -> list[Note]:
        """The same for published tables by their names: one note for those not built, one for those without a row."""
        parts = ([t for t in tables if t not in self.present], [t for t in tables if t in self.present])
        return [self._gap(part, Text("", "")) for part in parts if part]

    def _gap(self, tables: Sequence[str], needs: Text) -> Note:
        named = [(self.labels.or_verbatim("table", table), table) for table in tables]
        said = Text(
            ", ".join(f"{name.en} ({table})" for name, table in named),
            "、".join(f"{name.zh} ({table})" for name, table in named),
        )
        names: dict[str, Number | Text | date] = {"tables": said, "needs": needs}
        en, zh = "Not delivered, so without rows: {tables}. {needs}", "未交付，故无数据：{tables}。{needs}"
        if not self.present.issuperset(tables):
            en, zh = "Not delivered, for it is not in this build: {tables}.", "未交付，本次构建不含：{tables}。"
            del names["needs"]
        return Note(Sentence(en, zh, names), "absent")

    def ordered(self, query: str) -> list[Row]:
        """Rows with a `dimension`, in the catalogue's order of dimensions and indicators."""
        dimension = {name: i for i, name in enumerate(self.labels.dimensions)}
        position = {code: i for i, code in enumerate(self.labels.catalogue)}
        return sorted(
            self.rows[query],
            key=lambda row: (
                dimension.get(row["dimension"], len(dimension)),
                position.get(row.get("indicator_code", ""), len(position)),
                row.get("indicator_code", ""),
                row.get("breakdown", ""),
                row.get("breakdown_value", ""),
            ),
        )


def figure(row: Row, column: str, query: str) -> Number:
    """A column of an indicator's row as a number that knows its unit."""
    kind = UNIT_KINDS.get(row["unit"], "figure")
    return Number(row[column], kind, f"{query}.{column}", row["unit"])


def read(marts: Path, company: Company, build_id: str, labels: Labels, least: int) -> ReportData:
    """Read and protect everything. Raises `ReportError` where the file cannot be read or a small cell would show."""
    with queries.open_marts(marts) as connection:
        present = queries.tables_in(connection)
        present -= queries.unreadable(connection, present)
        rows = {
            name: queries.run(connection, name, present)
            for name in QUERIES
            if name not in ("cohort_retention", "cohort_revenue")
        }
        grain = GRAINS[-1]
        for grain in GRAINS:
            rows["cohort_retention"] = queries.run(connection, "cohort_retention", present, grain)
            if _fits(rows["cohort_retention"], least):
                break
        rows["cohort_revenue"] = queries.run(connection, "cohort_revenue", present, grain)
    return ReportData(company, build_id, labels, suppress(rows, least), present, grain, least)


def _fits(cells: Sequence[Row], least: int) -> bool:
    spans = {row["months_from"] for row in cells} - {None}
    small = sum(1 for row in cells if row["active_at_least"] and row["active_at_least"] < least)
    return (
        len({row["cohort"] for row in cells}) <= MOST_COHORTS
        and len(spans) <= MOST_SPANS
        and small <= MOST_HIDDEN * max(len(cells), 1)
    )
