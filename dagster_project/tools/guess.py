"""A profiled table -> its entity, and which column feeds which: aliases of headers, weighed by what cells hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath

from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.tools import words
from dagster_project.tools.profile import ColumnProfile, FileProfile

# A header that only contains an alias says little; these endings say nothing at all.
_GENERIC = {"date", "time", "name", "type", "id", "amount", "status", "number", "code", "no", "at", "on", "data",
            "日期", "时间", "名称", "类型", "编号", "金额", "状态", "编码", "号"}  # fmt: skip
_WRAPPERS = (
    (r"^property_hs_", ""), (r"^property_", ""), (r"^hs_", ""), (r"__c$", ""), (r"_c$", ""), (r"^x_studio_", ""),
    (r"_set_shop_(money_)?amount$", ""),
)  # fmt: skip
_NOISE_WORDS = {"data", "export", "sf", "shopify", "gql", "hubspot", "zendesk", "salesforce", "crm", "erp", "report",
                "all", "csv", "xlsx", "full", "dump", "table", "dim", "fct", "stg", "tbl"}  # fmt: skip
_CERTAIN = 0.8
_LEAST_SCORE = 4.0
_REQUIRED_MISSING = 2.0


@dataclass(frozen=True)
class Match:
    """A column of the file that feeds `target`; `score` is 0 to about 1.1, `doubts` say why it may be wrong."""

    target: str
    column: ColumnProfile
    score: float
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """What a table is. `entity` is None where the contract has no place for it or nothing fits."""

    file: FileProfile
    entity: Entity | None
    matches: Mapping[str, Match] = field(default_factory=dict)
    extras: Mapping[str, Match] = field(default_factory=dict)  # +deleted, +stage ...: no place in the contract
    score: float = 0.0
    second: tuple[str, float] = ("", 0.0)
    missing: tuple[str, ...] = ()  # required columns nothing looks like

    @property
    def name(self) -> str:
        """Of the entity; empty where there is none."""
        return self.entity.name if self.entity else ""

    @property
    def is_sure(self) -> bool:
        return self.entity is not None and not self.missing and self.score >= 1.3 * self.second[1]


def guess(file: FileProfile) -> Guess:
    """The best-scoring entity of one table."""
    if not file.columns:
        return Guess(file, None)
    hints, none = _hints(file)
    strongest = max(hints.values(), default=0.0)
    if none and none >= strongest:
        return Guess(file, None)
    scored = sorted((_score(file, e, hints.get(e.name, 0.0)) for e in entities().values()), key=lambda g: -g.score)
    best, second = scored[0], scored[1]
    if best.name == "contacts" and "customer_id" in best.missing:
        # People without the company they belong to are the customers themselves.
        second, found = best, next(g for g in scored if g.name == "customers")
        best = replace(found, score=found.score + strongest)
        hints = {**hints, "customers": strongest}
    keyless = best.entity is not None and any(c in best.missing for c in best.entity.key)
    if best.score < _LEAST_SCORE or (keyless and best.name not in hints) or len(best.missing) > 2:
        return Guess(file, None, second=(best.name, best.score))
    return replace(best, second=(second.name, second.score))


def _score(file: FileProfile, entity: Entity, hint: float) -> Guess:
    matches, extras = _assign(file, entity)
    missing = tuple(c.name for c in entity.columns.values() if c.required and c.name not in matches)
    score = hint - _REQUIRED_MISSING * len(missing)
    for match in matches.values():
        required = entity.columns[match.target].required
        score += match.score * (2.0 if required else 1.0) / _popularity(match.column.name) ** 0.5
    score += 0.5 * len([e for e in extras if e not in ("+deleted", "+merged", "+name")])
    key = [matches[c].column for c in entity.key if c in matches]
    if len(entity.key) == 1 and key and key[0].filled >= 5 and not key[0].is_unique:
        score -= 3.0
    return Guess(file, entity, matches, extras, score, missing=missing)


def _hints(file: FileProfile) -> tuple[dict[str, float], float]:
    """What the names of file and sheet say: entity -> weight, and the weight of being nothing of interest."""
    sheet = file.layout.sheet or ""
    plain = "" if re.fullmatch(r"(?i)sheet\s*\d*|工作表\d*", sheet.strip()) else sheet
    stem = plain or PurePosixPath(file.pattern).name.partition(".")[0]
    name = tuple(w for w in words.tokens(stem) if w not in _NOISE_WORDS)
    out: dict[str, float] = {}
    none = 0.0
    for entity, hint in words.file_hints():
        weight = _hint_weight(name, hint)
        if entity == words.NONE:
            none = max(none, weight)
        elif weight:
            out[entity] = max(weight, out.get(entity, 0.0))
    return out, none


def _hint_weight(name: tuple[str, ...], hint: tuple[str, ...]) -> float:
    """Longer hints weigh more, those at the end more than those in front, the whole name most."""
    size = sum(len(w) if w[0] > "\u3400" else 2 for w in hint)
    if name == hint:
        return 7.0 + size / 2
    if len(hint) == 1 and hint[0][0] > "\u3400":
        return max(((3.0 if w.endswith(hint[0]) else 2.0) + size / 2 for w in name if hint[0] in w), default=0.0)
    if name[-len(hint) :] == hint:
        return 3.0 + size / 2
    inside = any(name[i : i + len(hint)] == hint for i in range(len(name)))
    return 1.0 + size / 4 if inside else 0.0


def _assign(file: FileProfile, entity: Entity) -> tuple[dict[str, Match], dict[str, Match]]:
    """Each column to at most one target, each target from one column, the best pairs first."""
    order = {name: i for i, name in enumerate(entity.columns)}
    pairs = []
    for at, profile in enumerate(file.columns):
        for target, strength in _strengths(profile, entity).items():
            column = entity.columns.get(target)
            fit, doubts = _fit(profile, column) if column else (1.0, [])
            if strength * fit > 0.3:
                if strength < _CERTAIN:
                    doubts = [*doubts, f"the name {profile.name!r} only suggests it"]
                rank = (-round(strength * fit, 3), not (column and column.required), order.get(target, 999), at)
                pairs.append((rank, Match(target, profile, strength * fit, tuple(doubts))))
    matches: dict[str, Match] = {}
    extras: dict[str, Match] = {}
    taken: set[str] = set()
    for _, match in sorted(pairs, key=lambda item: item[0]):
        if match.target.startswith("+"):
            extras.setdefault(match.target, match)
        elif match.target not in matches and match.column.name not in taken:
            matches[match.target] = match
            taken.add(match.column.name)
    return matches, {t: m for t, m in extras.items() if t == "+name" or m.column.name not in taken}


def _strengths(profile: ColumnProfile, entity: Entity) -> dict[str, float]:
    """Targets a header may name, by exact alias, then by alias inside it; and by what its cells look like."""
    known = words.aliases().strengths[entity.name]
    out: dict[str, float] = {}
    for form, factor in _forms(profile.name):
        for target, strength in known.get(words.normal(form), {}).items():
            out[target] = max(strength * factor, out.get(target, 0.0))
    if not out:
        out = _partial(profile.name, entity.name)
    for shape, target in (("email", "email"), ("national_id", "national_id"), ("phone", "phone")):
        if target in entity.columns and profile.filled >= 3 and profile.shapes[shape] > 0.9:
            out[target] = max(0.5, out.get(target, 0.0))
    return out


def _forms(header: str) -> Iterator[tuple[str, float]]:
    yield header, 1.0
    text = header.strip()
    for pattern, replacement in _WRAPPERS:
        bare = re.sub(pattern, replacement, text, flags=re.I)
        if bare != text:
            yield bare, 0.97


@cache
def _partial(header: str, entity: str) -> dict[str, float]:
    have = words.tokens(header)
    out: dict[str, float] = {}
    for alias, target in words.aliases().words[entity]:
        if not alias or target.startswith("+") or " ".join(alias) in _GENERIC or not have:
            continue
        wide = alias[0][0] > "\u3400"
        if wide:
            inside = len(alias[0]) >= 2 and any(w.endswith(alias[0]) or w.startswith(alias[0]) for w in have)
        else:
            inside = len("".join(alias)) >= 4 and len(have) <= len(alias) + 1 and have[-len(alias) :] == alias
        if inside:
            out[target] = max(0.5, out.get(target, 0.0))
    return out


@cache
def _popularity(header: str) -> int:
    """In how many entities a header is known: `id` or 日期 say little about which one it is."""
    found = words.aliases().strengths
    forms = [words.normal(f) for f, _ in _forms(header)]
    return max(1, sum(any(not t.startswith("+") for f in forms for t in found[e].get(f, {})) for e in found))


def _fit(profile: ColumnProfile, column: Column) -> tuple[float, list[str]]:
    """How well the cells suit the type, 0 to 1.1, and what does not suit."""
    if profile.filled == 0:
        return 0.9, ["the column is empty in the sample"]
    if column.type in ("date", "timestamp"):
        return _graded(max(profile.date_share, profile.shapes["epoch_ms"], profile.shapes["epoch_s"]), "dates")
    if column.type in ("money", "number"):
        return _graded(max(profile.numbers, profile.shapes["decimal_comma"]), "numbers")
    if column.type == "integer":
        return _graded(profile.integers, "whole numbers")
    if column.type == "boolean":
        return _graded(profile.booleans, "yes or no")
    if column.type == "category":
        return (1.0, []) if profile.values else (0.4, [f"{profile.distinct} different values in the sample"])
    if column.type.endswith("id") and profile.shapes["decimal_point"] > 0.5:
        return 0.4, ["the cells look like amounts"]
    if profile.date_share > 0.9 and profile.numbers < 0.5:
        return 0.4, ["the cells look like dates"]
    return 1.0, []


def _graded(share: float, what: str) -> tuple[float, list[str]]:
    if share >= 0.995:
        return 1.1, []
    if share >= 0.9:
        return 1.05, []
    if share >= 0.5:
        return 0.8, [f"{1 - share:.0%} of the cells are no {what}"]
    return 0.0, []
