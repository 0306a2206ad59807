"""Charts of declared tables, as declarations: which rows, which columns, what is said of the row that stands out.

A sentence names columns of the table in braces; they are filled from the row with the highest `pick`. An exhibit
without a row to show is no exhibit: the chapter says what is missing.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from dagster_project.report import figures, plots
from dagster_project.report.content import (
    HIDDEN,
    NUMERIC,
    Block,
    Chart,
    Column,
    Kind,
    Note,
    Number,
    Row,
    Sentence,
    Table,
    Text,
    verbatim,
)
from dagster_project.report.data import ReportData
from dagster_project.report.figures import Figures
from dagster_project.report.marts import BY_QUERY
from dagster_project.report.plots import Field, Line, Link, Series

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
LONG = 20  # rows of a table from which it is searched
NOTHING = Text("", "")


def is_known(value: Any) -> bool:
    return value is not None and value is not HIDDEN


def size_of(value: Any) -> float:
    """A figure to compare by; what is hidden or missing counts for nothing."""
    return float(value) if isinstance(value, int | float | Decimal) else float("-inf")


def _agrees(row: Row, values: Mapping[str, Any]) -> bool:
    return all(row[key] == value for key, value in values.items())


@dataclass(frozen=True, kw_only=True)
class Shape(ABC):
    """What every chart of a declared table has.

    `where` keeps rows by the values of columns; `told` names the one to speak of where that is not the highest, which
    need not be among those drawn.
    """

    query: str
    title: Text
    en: str
    zh: str
    pick: str
    where: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[Row], bool] = lambda _: True
    told: Mapping[str, Any] = field(default_factory=dict)
    least: int = 1  # rows to draw: fewer show nothing
    name: str = ""  # tells two charts of one table apart
    size: Literal["small", "wide"] = "wide"

    def __call__(self, data: ReportData) -> list[Block]:
        rows = [row for row in data.rows[self.query] if _agrees(row, self.where) and self.keep(row)]
        if sum(is_known(row[self.pick]) for row in rows) < self.least:
            return []
        mart = BY_QUERY[self.query]
        anchor = f"{self.query}-{self.name}".strip("-").replace("_", "-")
        table = Table(
            f"{anchor}-rows", self.query, data.labels("table", mart.label), mart.columns, rows,
            searchable=len(rows) > LONG,
        )  # fmt: skip
        said = [self.pick, *_PLACEHOLDER.findall(self.en)]
        spoken_of = [row for row in data.rows[self.query] if self.told and _agrees(row, self.told)] or rows
        telling = [row for row in spoken_of if all(is_known(row[name]) for name in said)] or spoken_of
        best = max(telling, key=lambda row: size_of(row[self.pick]))
        return [
            Chart(f"chart-{anchor}", self.title, self._finding(data, best), self.draw(data, rows), table, self.size)
        ]

    @abstractmethod
    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        """The figure in both languages."""

    def _finding(self, data: ReportData, row: Row) -> Sentence:
        values: dict[str, Number | Text | date] = {}
        for name in _PLACEHOLDER.findall(self.en):
            column = self._column(name)
            values[name] = (
                Number(row[name], column.kind, f"{self.query}.{name}", row.get("unit"))
                if column.kind in NUMERIC
                else self.word(data, row, name)
            )
        return Sentence(self.en, self.zh, values)

    def _column(self, name: str) -> Column:
        return next(column for column in BY_QUERY[self.query].columns if column.name == name)

    def word(self, data: ReportData, row: Row, name: str) -> Text:
        """A word of a row as its table writes it; a missing one is not known."""
        column, value = self._column(name), row[name]
        if column.area == "bucket":
            return data.labels.bucket(row["breakdown"], str(value))
        if _DAY.fullmatch(str(value)):
            return verbatim(str(value)[: len("2026-07")] if name.endswith("_period") else str(value))
        return data.labels.or_verbatim(column.area or "word", "unknown" if value is None else str(value))

    def axis(self, data: ReportData, kind: Kind, words: Text) -> Text:
        """Money names its currency."""
        if kind != "money" or words is NOTHING:
            return words
        return Text(f"{words.en} ({data.company.currency})", f"{words.zh}（{data.company.currency}）")


@dataclass(frozen=True, kw_only=True)
class Bars(Shape):
    """Horizontal bars: one a row, or one a row and column of `series`."""

    label: str
    series: Mapping[str, Text]
    kind: Kind
    axis_title: Text = NOTHING
    most: int = 16
    largest_first: bool = False  # by the first of `series`; what is hidden stands last

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        first = next(iter(self.series))
        ordered = sorted(rows, key=lambda row: -size_of(row[first])) if self.largest_first else rows
        # Rows of nothing but zeros are left to the table, unless there are no others.
        telling = [row for row in ordered if any(row[column] is HIDDEN or row[column] for column in self.series)]
        shown = (telling or ordered)[: self.most]
        title = self.axis(data, self.kind, self.axis_title)
        return plots.bars(
            [self.word(data, row, self.label) for row in shown],
            [Series(name, [row[column] for row in shown]) for column, name in self.series.items()],
            self.kind,
            None if title is NOTHING else title,
        )


@dataclass(frozen=True, kw_only=True)
class Dots(Shape):
    """A value with its interval for each row."""

    label: str
    value: str
    interval: tuple[str, str] | None
    kind: Kind
    axis_title: Text
    marks: Sequence[float] = ()

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        low, high = self.interval or (self.value, self.value)
        shown = [row for row in rows if is_known(row[self.value])]
        points = [(row[self.value], row[low], row[high]) for row in shown]
        names = [self.word(data, row, self.label) for row in shown]
        return plots.dots(names, points, self.kind, self.axis(data, self.kind, self.axis_title), self.marks)


@dataclass(frozen=True, kw_only=True)
class Curves(Shape):
    """A line for each value of `by`, with its band."""

    by: str
    x: str
    y: str
    interval: tuple[str, str] | None
    kind: Kind
    x_title: Text
    y_title: Text
    is_step: bool = False
    diagonal: Text | None = None
    start: float | None = None  # where each line begins at x = 0
    most: int = 6

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        low, high = self.interval or ("", "")
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            groups.setdefault(row[self.by], []).append(row)
        largest = sorted(groups.values(), key=len, reverse=True)[: self.most]
        lines = []
        for found in (group for group in groups.values() if group in largest):
            points = [(_place(row[self.x]), row[self.y], row.get(low), row.get(high)) for row in found]
            if self.start is not None:
                points = [(0, self.start, None, None), *points]
            lines.append(Line(self.word(data, found[0], self.by), points))
        y_title = self.axis(data, self.kind, self.y_title)
        return plots.curves(lines, self.kind, self.x_title, y_title, self.is_step, self.diagonal)


def _place(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else float(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, kw_only=True)
class Pareto(Shape):
    """Bars from the largest down with what they add up to."""

    label: str
    count: str
    cumulative: str
    count_title: Text
    most: int = 12

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        shown = rows[: self.most]
        words = {"count": self.count_title, "cumulative": Text("Together", "累计占比")}
        names = [self.word(data, row, self.label) for row in shown]
        return plots.pareto(names, [row[self.count] for row in shown], [row[self.cumulative] for row in shown], words)


@dataclass(frozen=True, kw_only=True)
class Columns(Shape):
    """Upright bars over `x`: one colour a column of `series`, or one a value of `by`."""

    x: str
    kind: Kind
    y_title: Text
    series: Mapping[str, Text] = field(default_factory=dict)
    lines: Mapping[str, Text] = field(default_factory=dict)
    by: tuple[str, str] | None = None  # the column that names the colour, the column of its value
    stacked: bool = True

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        firsts = {row[self.x]: row for row in reversed(rows)}
        xs = list(dict.fromkeys(row[self.x] for row in rows))
        series = [Series(name, [firsts[x][column] for x in xs]) for column, name in self.series.items()]
        if self.by is not None:
            colour, value = self.by
            cells = {(row[self.x], row[colour]): row[value] for row in rows}
            for name in dict.fromkeys(row[colour] for row in rows):
                words = self.word(data, next(row for row in rows if row[colour] == name), colour)
                series.append(Series(words, [cells.get((x, name)) for x in xs]))
        return plots.columns(
            [self.word(data, firsts[x], self.x) for x in xs],
            series,
            self.kind,
            self.axis(data, self.kind, self.y_title),
            self.stacked,
            [Series(name, [firsts[x][column] for x in xs]) for column, name in self.lines.items()],
        )


@dataclass(frozen=True, kw_only=True)
class Bridge(Shape):
    """One row as steps from a level to another: column -> name and sign, 0 for a level."""

    steps: Mapping[str, tuple[Text, int]]
    kind: Kind
    axis_title: Text

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        row = rows[0]
        steps = [
            (name, (sign or 1) * float(row[column]), sign == 0)
            for column, (name, sign) in self.steps.items()
            if is_known(row[column]) and (row[column] or not sign)
        ]
        return figures.bridge(steps, self.axis(data, self.kind, self.axis_title))


@dataclass(frozen=True, kw_only=True)
class Steps(Shape):
    """A row a step, from a level to another; steps of nothing are left to the table."""

    label: str
    value: str
    levels: frozenset[str]  # words of the label that name a level
    axis_title: Text

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        steps = [
            (self.word(data, row, self.label), float(row[self.value]), row[self.label] in self.levels)
            for row in rows
            if is_known(row[self.value]) and (row[self.value] or row[self.label] in self.levels)
        ]
        return figures.bridge(steps, self.axis(data, "money", self.axis_title))


@dataclass(frozen=True, kw_only=True)
class Map(Shape):
    """A row a field of a grid, shaded by what each customer of it brought; the count stands in it."""

    x: tuple[str, str]  # the column that places a field from left to right, the one that says what it means
    y: tuple[str, str]
    count: str
    value: str
    titles: tuple[Text, Text]

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        xs, ys = ({row[place]: row[means] for row in rows} for place, means in (self.x, self.y))
        across, up = sorted(xs), sorted(ys)
        fields = [
            Field(across.index(row[self.x[0]]), up.index(row[self.y[0]]), row[self.count], row[self.value])
            for row in rows
        ]
        names = [xs[at] for at in across], [ys[at] for at in up]
        return plots.grid(fields, names, self.titles, data.company.currency)


@dataclass(frozen=True, kw_only=True)
class Network(Shape):
    """A row a link between two groups of people, one step apart; what is hidden is not drawn."""

    level: str  # how far from the start the link begins
    ends: tuple[str, str]
    order: Sequence[str]  # of the groups, from the top
    count: str
    levels: Sequence[Text]  # of those at the start, those one step on, ...
    too_few: Sentence

    def __call__(self, data: ReportData) -> list[Block]:
        blocks = super().__call__(data)
        return [Note(self.too_few)] if data.rows[self.query] and not blocks else blocks

    def draw(self, data: ReportData, rows: Sequence[Row]) -> Figures:
        names = {row[end]: self.word(data, row, end) for row in rows for end in self.ends}
        groups = [name for name in self.order if name in names]
        first, second = self.ends
        links = [
            Link(row[self.level], groups.index(row[first]), groups.index(row[second]), row[self.count])
            for row in rows
            if is_known(row[self.count]) and row[self.level] + 1 < len(self.levels)
        ]
        return plots.network(links, [names[group] for group in groups], self.levels)
