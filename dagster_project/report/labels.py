"""Names in both languages, from the seeds: labels, catalogue definitions, dimensions and profiles."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dagster_project.report.content import Language, Text, verbatim
from dagster_project.report.errors import ReportError
from dagster_project.settings import REFERENCE_DIR

LANGUAGES: tuple[Language, ...] = ("en", "zh")
_CODE = re.compile(r"(?<![\w.])[a-z0-9]+(?:_[a-z0-9]+)+(?![\w.]\w)", re.ASCII)
# Breakdowns whose buckets are the words of another area.
NAMED_BY = {"stage": "lifecycle", "from_stage": "lifecycle", "rule": "churn_rule", "ageing_bucket": "ageing"}


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one indicator."""

    code: str
    dimension: str
    name: Text
    definition: Text
    method: str
    interval_kind: str
    window_kind: str
    mart: str
    sections: tuple[str, ...]


@dataclass(frozen=True)
class Labels:
    """`area, code -> Text`; a word the seed lacks is an error, a value as delivered stands for itself."""

    names: Mapping[tuple[str, str], Text]
    catalogue: Mapping[str, Entry]  # by indicator code, in the catalogue's order
    dimensions: tuple[str, ...]  # in the catalogue's order
    templates: Mapping[str, Sequence[str]]  # by area: the codes with a gap to fill, the most telling first

    def __call__(self, area: str, code: str) -> Text:
        try:
            return self.names[area, code]
        except KeyError:
            raise ReportError(f"report_labels.csv has no {area} {code!r}; add a row with both names") from None

    def known(self, area: str, code: str) -> bool:
        return (area, code) in self.names

    def or_verbatim(self, area: str, code: str) -> Text:
        """The label where there is one, else the code itself: for words that come from dbt or the contract."""
        return self.names.get((area, code)) or self._phrase(area, code) or verbatim(code)

    def _phrase(self, area: str, said: str) -> Text | None:
        """What a model says of itself, `needs {} events, has {}`: the words translated, what they name looked up."""
        for template in self.templates.get(area, ()):
            match = re.fullmatch(re.escape(template).replace(r"\{\}", "(.+)"), said)
            if match:
                label = self.names[area, template]
                parts = [self.or_verbatim(area, part) for part in match.groups()]
                return Text(*(label.of(to).format(*(part.of(to) for part in parts)) for to in LANGUAGES))
        return None

    def spoken(self, text: Text) -> Text:
        """`text` with the names of the indicators in place of their codes."""
        return Text(self._spoken(text.en, "en"), self._spoken(text.zh, "zh"))

    def _spoken(self, text: str, language: Language) -> str:
        def name(found: re.Match[str]) -> str:
            entry = self.catalogue.get(found[0])
            return found[0] if entry is None else f"“{entry.name.of(language)}”"

        return _CODE.sub(name, text)

    def bucket(self, breakdown: str, value: str) -> Text:
        """A bucket of a breakdown; what a company delivered as its own word stays as delivered."""
        return (
            self.names.get(("bucket", f"{breakdown}.{value}"))
            or self.names.get((NAMED_BY.get(breakdown, breakdown), value))
            or (self.names["bucket", value] if value == "unknown" else None)
            or verbatim(value)
        )


@cache
def load_labels(folder: Path = REFERENCE_DIR) -> Labels:
    """Read the seeds. `ReportError` where a name lacks one of its languages."""
    names: dict[tuple[str, str], Text] = {}
    for row in _rows(folder / "report_labels.csv"):
        names[row["area"], row["code"]] = _text(row, "name", folder / "report_labels.csv")
    dimensions = sorted(_rows(folder / "dimensions.csv"), key=lambda row: int(row["position"]))
    for row in dimensions:
        names["dimension", row["dimension"]] = _text(row, "name", folder / "dimensions.csv")
    for row in _rows(folder / "profiles.csv"):
        names["profile", row["profile"]] = _text(row, "name", folder / "profiles.csv")
    for row in _rows(folder / "value_models.csv"):
        if row["reason_en"]:
            names["model_reason", row["reason_en"]] = _text(row, "reason", folder / "value_models.csv")
    catalogue = sorted(_rows(folder / "indicators.csv"), key=lambda row: int(row["position"]))
    for row in catalogue:
        names["indicator_code", row["indicator_code"]] = _text(row, "name", folder / "indicators.csv")
    return Labels(
        names=names,
        catalogue={row["indicator_code"]: _entry(row, names, folder / "indicators.csv") for row in catalogue},
        dimensions=tuple(row["dimension"] for row in dimensions),
        templates=_templates(names),
    )


def _templates(names: Mapping[tuple[str, str], Text]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for area, code in sorted(names, key=lambda name: -len(name[1])):
        if "{}" in code:
            out.setdefault(area, []).append(code)
    return out


def _entry(row: Mapping[str, str], names: Mapping[tuple[str, str], Text], path: Path) -> Entry:
    return Entry(
        code=row["indicator_code"],
        dimension=row["dimension"],
        name=_text(row, "name", path),
        definition=_definition(row, names, path),
        method=row["method"],
        interval_kind=row["interval_kind"],
        window_kind=row["window_kind"],
        mart=row["mart"],
        sections=tuple(row["sections"].split()),
    )


def _definition(row: Mapping[str, str], names: Mapping[tuple[str, str], Text], path: Path) -> Text:
    """A definition with the words a reader sees in place of the codes of cuts and measures it names."""
    text = _text(row, "definition", path)
    en, zh = row["definition_en"], text.zh
    for code in re.findall(r"`(\w+)`", en):
        label = names.get(("breakdown", code)) or names.get(("bucket", f"measure.{code}"))
        if label is not None:
            en = en.replace(f"`{code}`", f"“{label.en[:1].lower()}{label.en[1:]}”")
            zh = re.sub(rf"(?<!\w){code}(?!\w)", f"“{label.zh}”", zh, flags=re.ASCII)
    return Text(en.replace("`", "").strip(), zh)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _text(row: Mapping[str, str], stem: str, path: Path) -> Text:
    en, zh = (row[f"{stem}_{language}"].replace("`", "").strip() for language in ("en", "zh"))
    if not en or not zh:
        raise ReportError(f"{path.name}: {next(iter(row.values()))} lacks {stem}_{'en' if not en else 'zh'}")
    return Text(en, zh)
