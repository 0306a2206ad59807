"""Names of entities, columns, headers, files and values, kept as data beside the code."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.ingest.contract import entities

DATA_DIR = Path(__file__).with_name("data")
ANY = "*"
WEAK = "weak"  # names that will do where nothing better is there
NONE = "(none)"  # file names of things the contract has no place for


@dataclass(frozen=True)
class Label:
    en: str
    zh: str
    why_en: str = ""
    why_zh: str = ""


def rows(file: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV with a header."""
    with file.open(encoding="utf-8-sig", newline="") as f:
        yield from csv.DictReader(f)


@cache
def entity_labels() -> Mapping[str, Label]:
    return {
        r["entity"]: Label(r["name_en"], r["name_zh"], r["why_en"], r["why_zh"])
        for r in rows(DATA_DIR / "entity_labels.csv")
    }


@cache
def _column_labels() -> Mapping[tuple[str, str], Label]:
    return {
        (r["entity"], r["column_name"]): Label(r["name_en"], r["name_zh"]) for r in rows(DATA_DIR / "column_labels.csv")
    }


def column_label(entity: str, column: str) -> Label:
    """The entity's own label, else the one every entity shares."""
    labels = _column_labels()
    return labels.get((entity, column)) or labels[ANY, column]


def normal(text: str) -> str:
    """A header for comparison: letters and digits only, whatever the case, width or separators."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def tokens(text: str) -> tuple[str, ...]:
    """Words of a name: split at separators, digits and capitals; a run of Chinese is one word."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", unicodedata.normalize("NFKC", text)).casefold()
    return tuple(re.findall(r"[a-z]+|[\u3400-\u9fff]+", spaced))


@dataclass(frozen=True)
class Aliases:
    """Normal form of a header -> the columns it names in an entity, with how strongly (0 to 1)."""

    strengths: Mapping[str, Mapping[str, Mapping[str, float]]]  # entity -> header -> column -> strength
    words: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # entity -> (words of an alias, column)


@cache
def aliases() -> Aliases:
    """Aliases of every entity. A column starting with `+` has no place in the contract but tells something."""
    strengths: dict[str, dict[str, dict[str, float]]] = {e: defaultdict(dict) for e in entities()}
    words: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)

    def add(entity: str, column: str, alias: str, strength: float) -> None:
        known = strengths[entity][normal(alias)]
        known[column] = max(strength, known.get(column, 0))
        words[entity].append((tokens(alias), column))

    for row in rows(DATA_DIR / "header_aliases.csv"):
        column = row["column_name"]
        strength = 0.7 if row["system"] == WEAK else 0.9 if row["entity"] == ANY else 1.0
        for entity in (e for e in entities().values() if row["entity"] in (ANY, e.name)):
            if column in entity.columns or column.startswith("+"):
                for alias in row["aliases"].split("|"):
                    add(entity.name, column, alias, strength)
    for entity in entities().values():
        for column in entity.columns:
            label = column_label(entity.name, column)
            for alias, strength in ((column, 1.0), (label.en, 0.85), (label.zh, 0.85)):
                add(entity.name, column, alias, strength)
    return Aliases(strengths, {e: tuple(w) for e, w in words.items()})


@cache
def file_hints() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(entity or `(none)`, words): what files of an entity are called."""
    return tuple(
        (r["entity"], tokens(words)) for r in rows(DATA_DIR / "file_hints.csv") for words in r["words"].split("|")
    )


@cache
def value_aliases() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(entity, column) -> value as written, in normal form -> canonical value."""
    out: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for r in rows(DATA_DIR / "value_aliases.csv"):
        for alias in r["aliases"].split("|"):
            out[r["entity"], r["column_name"]][normal(alias)] = r["value"]
    for entity in entities().values():
        for column in entity.columns.values():
            for value in column.values:
                out[entity.name, column.name][normal(value)] = value
    return out
