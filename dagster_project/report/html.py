"""Content -> safe HTML. Everything that is not markup of our own is escaped here or by the templates.

A figure carries its full value and where it came from: `data-value` (cells) or `value` (`<data>`), and `data-from`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any, cast

from markupsafe import Markup, escape

from dagster_project.report.content import (
    HIDDEN,
    NUMERIC,
    Column,
    Hidden,
    Kind,
    Language,
    Number,
    Row,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.labels import Labels
from dagster_project.report.numbers import raw, written

LANGUAGES: Sequence[tuple[Language, str]] = (("en", "en"), ("zh", "zh-CN"))
LONG = 180  # characters of a reason before it is folded
_HIDDEN = Text("hidden", "隐去")
_NONE = Markup('<span class="none" aria-hidden="true">–</span>')
_TO = Text(" to ", " 至 ")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
PAIR_KINDS: Mapping[str, Kind] = {"ci_low": "figure", "score_ci_low": "score", "retention_ci_low": "share"}
_VALUED: frozenset[Kind] = NUMERIC | {"date", "flag"}
_CLASSES: Mapping[Kind, str] = {
    **dict.fromkeys(NUMERIC, ' class="num"'),
    **dict.fromkeys(("label", "date", "flag"), ' class="word"'),
    **dict.fromkeys(("text", "bilingual"), ' class="prose"'),
}
_OR = re.compile(r" or | 或 ")


@cache
def _both(text: Text) -> Markup:
    if text.en == text.zh:
        return Markup(escape(text.en))
    return Markup("").join(
        Markup('<span class="{}" lang="{}">{}</span>').format(key, lang, text.of(key)) for key, lang in LANGUAGES
    )


@dataclass(frozen=True)
class Writer:
    """Writes content for one company: its currency and its labels."""

    currency: str
    labels: Labels

    def text(self, text: Text) -> Markup:
        """Both languages, one of them shown; once where they are the same."""
        return _both(text)

    def hidden(self) -> Markup:
        return Markup('<span class="hidden-cell">{}</span>').format(self.text(_HIDDEN))

    def figure(self, number: Number) -> str:
        """How a figure that is there reads, money with its currency."""
        assert not isinstance(number.value, Hidden) and number.value is not None
        text = written(number.value, number.kind, number.unit)
        return f"{self.currency} {text}" if "money" in (number.kind, number.unit) else text

    def number(self, number: Number | None) -> Markup:
        if number is None or number.value is None:
            return _NONE
        if number.value is HIDDEN:
            return self.hidden()
        return Markup('<data value="{}" data-from="{}">{}</data>').format(
            raw(number.value), number.origin, self.figure(number)
        )

    def sentence(self, sentence: Sentence) -> Markup:
        return Markup("").join(
            Markup('<span class="{}" lang="{}">{}</span>').format(key, lang, self._filled(sentence, key))
            for key, lang in LANGUAGES
        )

    def _filled(self, sentence: Sentence, language: Language) -> Markup:
        template = sentence.en if language == "en" else sentence.zh
        parts: list[Markup] = []
        at = 0
        for match in _PLACEHOLDER.finditer(template):
            parts += [escape(template[at : match.start()]), self._value(sentence.values[match[1]], language)]
            at = match.end()
        return Markup("").join([*parts, escape(template[at:])])

    def _value(self, value: Number | Text | date, language: Language) -> Markup:
        if isinstance(value, Text):
            return escape(value.of(language))
        if isinstance(value, date):
            return Markup("<time>{}</time>").format(value.isoformat())
        if value.value is HIDDEN:
            return Markup('<span class="hidden-cell">{}</span>').format(_HIDDEN.of(language))
        return self.number(value)

    def header(self, column: Column) -> Markup:
        """A column's header; money names its currency there, so that cells hold bare figures."""
        text = self.labels("column", column.name)
        if column.kind == "money":
            text = Text(f"{text.en} ({self.currency})", f"{text.zh}（{self.currency}）")
        return self.text(text)

    def cell(self, column: Column, row: Row, table: Table, tag: str = "td") -> Markup:
        """One cell, its raw value beside it; the first cell of a row is its header."""
        # Tens of thousands of cells: plain strings, of which every part is escaped or our own.
        attributes = ' scope="row"' if tag == "th" else ""
        attributes += _CLASSES.get(column.kind, "")
        value = None if column.parts else row[column.name]
        if value is not None and value is not HIDDEN and column.kind in _VALUED:
            attributes += f' data-value="{escape(raw(value))}" data-from="{column.query or table.query}.{column.name}"'
        return Markup(f"<{tag}{attributes}>{escape(self._content(column, row, value, table))}</{tag}>")

    def _content(self, column: Column, row: Row, value: Any, table: Table) -> Markup:
        if column.kind == "pair":
            return self._pair(column, row, table)
        if column.kind == "bilingual":
            return self._bilingual(column, row)
        if value is HIDDEN:
            return self.hidden()
        if value is None or value == "":
            return self._blank(column, row)
        return self._figure(column, row, value) if column.kind in NUMERIC else self._words(column, row, value)

    def _blank(self, column: Column, row: Row) -> Markup:
        """Nothing to show; in place of an indicator's value, its status."""
        if column.name == "value" and row.get("status") in ("not_assessed", "not_applicable"):
            return Markup('<span class="none">{}</span>').format(self.text(self.labels("status", row["status"])))
        return _NONE

    def _figure(self, column: Column, row: Row, value: Any) -> Markup:
        if column.kind != "figure":  # the header of a column of money names the currency
            return Markup(escape(written(value, column.kind)))
        return Markup(escape(self.figure(Number(value, "figure", "", row.get("unit")))))

    def _words(self, column: Column, row: Row, value: Any) -> Markup:
        if column.kind == "label":
            return self.text(self._label(column, row, str(value)))
        if column.kind == "flag":
            return self.text(self.labels("flag", raw(value)))
        if column.kind == "code":
            return Markup("<code>{}</code>").format(_breakable(str(value)))
        if column.kind == "named":
            return self._named(row, value)
        if column.kind == "date":
            return Markup("<time>{}</time>").format(value.isoformat())
        if isinstance(value, Sentence):
            return self.sentence(value)
        return self.text(value) if isinstance(value, Text) else Markup(escape(str(value)))

    def _named(self, row: Row, value: Text) -> Markup:
        name = Markup('<span class="{}">{}</span>').format("part" if row["is_part"] else "name", self.text(value))
        under = row["definition"]
        return name if under is None else name + Markup('<span class="under">{}</span>').format(self.text(under))

    def _label(self, column: Column, row: Row, value: str) -> Text:
        if column.area == "bucket":
            return self.labels.bucket(row["breakdown"], value)
        return self.labels.or_verbatim(column.area or "", value)

    def _pair(self, column: Column, row: Row, table: Table) -> Markup:
        assert column.parts is not None
        low, high = (row[name] for name in column.parts)
        if low is HIDDEN or high is HIDDEN:
            return self.hidden()
        if low is None or high is None:
            return _NONE
        kind = cast("Kind", column.area) if column.area else PAIR_KINDS[column.parts[0]]
        unit = row.get("unit") if kind == "figure" else None
        numbers = [self.number(Number(row[name], kind, f"{table.query}.{name}", unit)) for name in column.parts]
        return numbers[0] + self.text(_TO) + numbers[1]

    def _bilingual(self, column: Column, row: Row) -> Markup:
        assert column.parts is not None
        en, zh = (row[name] for name in column.parts)
        if en is None and zh is None:
            return _NONE
        text = self.labels.spoken(Text(en or zh, zh or en))
        if len(text.en) <= LONG:
            return self.text(text)
        first = Text(*(f"{_OR.split(words, maxsplit=1)[0][:LONG]} …" for words in (text.en, text.zh)))
        return Markup('<details class="long"><summary>{}</summary>{}</details>').format(
            self.text(first), self.text(text)
        )


def _breakable(code: str) -> Markup:
    """A long identifier may break after its dots and underscores."""
    return Markup(re.sub(r"([._,])", r"\1<wbr>", str(escape(code))))


def grouped(table: Table, labels: Labels) -> list[tuple[Text | None, list[Row]]]:
    """Rows in runs of one value of `group_by`, named by it; one run without a name where the table has no groups."""
    if table.group_by is None:
        return [(None, list(table.rows))]
    by = table.group_by
    return [
        (labels.or_verbatim(by, str(value)), list(rows)) for value, rows in groupby(table.rows, key=lambda row: row[by])
    ]
