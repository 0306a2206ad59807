"""A published table as the report shows it: its columns, and which of them speak of how many people.

One entry makes a query, a page under `tables/`, a sheet of the workbook and a table in its chapter, with small cells
taken out. Columns are written `name:kind`, then `/area` for the words of a label (of a pair: `/kind,low,high`; of
bilingual text: `/en,zh`), then what the figure says of people:

    customers:people              a count of people, hidden where it is small
    revenue_net:money<customers   stands on the people of that column, hidden with them
    orders:count!                 says nothing of a person
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from dagster_project.report.content import NUMERIC, Column, Kind

_COLUMN = re.compile(r"(?P<name>\w+):(?P<kind>\w+)(?:/(?P<more>[\w,]+))?(?:<(?P<behind>\w+)|(?P<safe>!))?")


@dataclass(frozen=True)
class Mart:
    """One table of aggregates.

    Rows that agree in `within` add up to a total a reader may know; a grid names both ways, `row; column`. In each row
    the first column of a tie is the sum of the others. `dimension` is the chapter that shows it. `select` adds up a
    table that has a row per person, order or record; what the report shows is then not the published row, and says so.
    `unseen` people are counted to protect what stands on them, and not shown. `like_mix` names the breakdown of the
    customer mix whose buckets these rows are, and which counts they share: `acquisition_channel channel
    customers=customers`. A second look at a table has a `name`, and no page of its own. Ranked rows keep their place
    only where it tells nothing; rows that stand alone, as years do, add up to nothing. Columns in `repeats` say again
    what an indicator says, and are hidden with it: the row's `indicator_code` names it. `extra` keys are read and not
    shown.
    """

    table: str
    dimension: str | None
    key: str
    spec: str
    within: str = ""
    ties: Sequence[str] = ()
    select: str = ""
    unseen: str = ""
    like_mix: str = ""
    name: str = ""
    is_ranked: bool = False
    is_alone: bool = False
    repeats: str = ""
    extra: str = ""
    columns: tuple[Column, ...] = field(init=False)
    people: tuple[str, ...] = field(init=False)
    behind: Mapping[str, str] = field(init=False)  # row key -> the column of people it stands on
    undeclared: tuple[str, ...] = field(init=False)  # figures that do not say whom they speak of

    def __post_init__(self) -> None:
        columns: list[Column] = []
        people: list[str] = []
        behind: dict[str, str] = {}
        undeclared: list[str] = []
        for token in self.spec.split():
            column, stands_on, is_safe = _parsed(token)
            columns.append(column)
            keys = column.parts or (column.name,)
            if ":people" in token:
                people.append(column.name)
            elif stands_on:
                behind |= dict.fromkeys(keys, stands_on)
            elif column.kind in NUMERIC and not is_safe:
                undeclared.append(column.name)
        people += self.unseen.split()
        for name, value in (("columns", tuple(columns)), ("people", tuple(people)), ("behind", behind),
                            ("undeclared", tuple(undeclared))):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def query(self) -> str:
        """Its name among the queries."""
        return self.name or self.table.partition(".")[2]

    @property
    def label(self) -> str:
        """Its name among the labels: a second look at a table has its own."""
        return f"{self.table}:{self.name}" if self.name else self.table

    @property
    def sql(self) -> str:
        """The rows as published, in the order of the key."""
        keys = [key for column in self.columns for key in column.parts or (column.name,)]
        ordered = re.split(r",\s*", self.key) if "," in self.key else self.key.split()
        sorted_by = [key.split()[0] for key in ordered]
        names = ", ".join(
            dict.fromkeys(
                [*keys, *self.people, *sorted_by, *self.within.replace(";", " ").split(), *self.extra.split()]
            )
        )
        source = f"({self.select})" if self.select else self.table
        return f"select {names} from {source} order by {', '.join(ordered)}"  # noqa: S608 - own names


def _parsed(token: str) -> tuple[Column, str | None, bool]:
    found = _COLUMN.fullmatch(token)
    if found is None:
        raise ValueError(f"{token!r} is no column: write name:kind/area<people")
    name, more = found["name"], found["more"]
    kind = cast("Kind", "count" if found["kind"] == "people" else found["kind"])
    if kind == "pair":
        of, low, high = (more or "").split(",")
        return Column(name, "pair", area=of, parts=(low, high)), found["behind"], bool(found["safe"])
    if kind == "bilingual":
        en, zh = more.split(",") if more else (f"{name}_en", f"{name}_zh")
        return Column(name, "bilingual", parts=(en, zh)), found["behind"], True
    area = (more or name) if kind == "label" else more
    return Column(name, kind, area=area), found["behind"], bool(found["safe"])
