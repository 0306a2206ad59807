"""What a chapter is made of: bilingual text, figures that know where they came from, tables, charts and notes.

Nothing here knows HTML or Excel: `page` and `workbook` render these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

Language = Literal["en", "zh"]
Kind = Literal[
    "text", "bilingual", "named", "label", "code", "date", "flag",
    "count", "money", "share", "score", "ratio", "figure", "pair",
]  # fmt: skip
Part = Literal["summary", "dimension", "annex"]
Row = dict[str, Any]

NUMERIC: Final[frozenset[Kind]] = frozenset({"count", "money", "share", "score", "ratio", "figure", "pair"})


class Hidden:
    """Stands where a small cell, or a cell that would give one away, was taken out. There is one: `HIDDEN`."""

    def __repr__(self) -> str:
        return "HIDDEN"

    def __bool__(self) -> bool:
        return False


HIDDEN: Final = Hidden()


@dataclass(frozen=True)
class Text:
    """The same words in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


def verbatim(value: str) -> Text:
    """Text as delivered, the same in both languages."""
    return Text(value, value)


@dataclass(frozen=True)
class Number:
    """A figure in a sentence. `origin` is `query.column`, where a test finds it again."""

    value: int | float | Decimal | Hidden | None
    kind: Kind
    origin: str
    unit: str | None = None  # of kind `figure`: the unit the catalogue gives


@dataclass(frozen=True)
class Sentence:
    """Words with `{placeholders}`, filled from `values` in either language."""

    en: str
    zh: str
    values: Mapping[str, Number | Text | date] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `name` is the key in the rows and of its header's label; `kind` says how a value is written. `area` is the label
    area of a `label` column; `parts` the two row keys of a `bilingual` (en, zh) or `pair` (low, high) column. A `named`
    column holds a `Text`, with the row's `definition` under it, set back where the row `is_part` of the one above.
    """

    name: str
    kind: Kind
    area: str | None = None
    parts: tuple[str, str] | None = None
    query: str | None = None  # where its values come from, if not from the table's own query


@dataclass(frozen=True)
class Table:
    """Rows of a named query. The first column names the row."""

    id: str
    query: str
    title: Text
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    group_by: str | None = None  # rows of one value of this key stand together under it
    searchable: bool = False
    sortable: bool = True
    is_titled: bool = True  # false where a heading above says the same; the caption is then for screen readers only
    note: Sentence | None = None


@dataclass(frozen=True)
class Heat:
    """A table whose cells are shaded by their value: rows x columns of shares."""

    id: str
    query: str
    title: Text
    row_header: Text
    size_header: Text
    columns: tuple[Text, ...]
    rows: Sequence[tuple[Text, Number, Sequence[tuple[Number, int, bool]]]]  # name, size, (share, shade 0-9, complete)
    note: Sentence
    table: Table


@dataclass(frozen=True)
class Chart:
    """A Plotly figure in both languages, with the finding it shows and the table behind it."""

    id: str
    title: Text
    finding: Sentence
    figures: Mapping[Language, Mapping[str, Any]]
    table: Table | None = None
    size: Literal["small", "wide"] = "wide"


@dataclass(frozen=True)
class Paragraph:
    sentence: Sentence
    lead: bool = False


@dataclass(frozen=True)
class Note:
    """Something to know before reading on; `absent` says that a figure is missing and why."""

    sentence: Sentence
    tone: Literal["note", "absent"] = "note"


@dataclass(frozen=True)
class Heading:
    id: str
    title: Text


@dataclass(frozen=True)
class Bullets:
    items: Sequence[tuple[Text, Sentence]]


@dataclass(frozen=True)
class Code:
    """A query to run in the published marts."""

    sql: str


@dataclass(frozen=True)
class Fold:
    """Blocks behind a line to open: there to be looked up, not to be read first."""

    title: Text
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Card:
    """One key figure with its evidence."""

    label: Text
    value: Number
    low: Number | None
    high: Number | None
    n: Number | None
    window: Sentence
    between: Text = Text("95% interval", "95% 区间")


@dataclass(frozen=True)
class Cards:
    cards: Sequence[Card]


@dataclass(frozen=True)
class Verdict:
    """The grade and the score, with what they stand on."""

    grade: str
    score: Number
    interval: tuple[Number, Number] | None
    facts: Sequence[Sentence]


Block = Table | Heat | Chart | Paragraph | Note | Heading | Bullets | Cards | Verdict | Code | Fold


@dataclass(frozen=True)
class Chapter:
    """A part of the page: its blocks stand in the order given."""

    id: str
    title: Text
    blocks: Sequence[Block]
    part: Part = "summary"


def within(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, and those folded away in them."""
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from within(block.blocks)
