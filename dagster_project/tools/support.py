"""Which columns each indicator needs, and whether a delivery brings them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from dagster_project.settings import REFERENCE_DIR
from dagster_project.tools import words

Input = tuple[str, str]  # entity, column


@dataclass(frozen=True)
class Indicator:
    code: str
    name_en: str
    name_zh: str
    dimension: str
    sections: tuple[str, ...]
    alternatives: tuple[frozenset[Input], ...]  # any one of them will do; none: needs nothing delivered


@dataclass(frozen=True)
class Support:
    """One indicator against one delivery. `missing` is the shortest list that would open it."""

    indicator: Indicator
    is_supported: bool
    missing: tuple[Input, ...]


@cache
def indicators() -> tuple[Indicator, ...]:
    """The catalogue with its inputs, in its order."""
    inputs: dict[str, dict[int, set[Input]]] = defaultdict(lambda: defaultdict(set))
    for row in words.rows(REFERENCE_DIR / "indicator_inputs.csv"):
        inputs[row["indicator_code"]][int(row["alternative"])].add((row["entity"], row["column_name"]))
    return tuple(
        Indicator(
            row["indicator_code"],
            row["name_en"],
            row["name_zh"],
            row["dimension"],
            tuple(row["sections"].split()),
            tuple(frozenset(inputs[row["indicator_code"]][n]) for n in sorted(inputs[row["indicator_code"]])),
        )
        for row in words.rows(REFERENCE_DIR / "indicators.csv")
    )


@cache
def exclusions() -> Mapping[tuple[str, str], str]:
    """(profile, indicator) -> why it means nothing in this trade."""
    return {
        (r["profile"], r["indicator_code"]): r["reason_en"]
        for r in words.rows(REFERENCE_DIR / "profile_exclusions.csv")
    }


def applicable(profile: str) -> tuple[Indicator, ...]:
    """Indicators that mean something in this trade."""
    return tuple(i for i in indicators() if (profile, i.code) not in exclusions())


def supported(profile: str, delivered: Iterable[Input]) -> list[Support]:
    """Every applicable indicator; `delivered` are the columns that came with at least one value."""
    have = frozenset(delivered)
    out = []
    for indicator in applicable(profile):
        gaps = sorted((sorted(a - have) for a in indicator.alternatives), key=lambda gap: (len(gap), gap))
        out.append(Support(indicator, not gaps or not gaps[0], tuple(gaps[0]) if gaps else ()))
    return out
