"""Settings, trees and indicators for tests of the score."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from dagster_project.score.book import Book, Indicator
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.weights import Tree, weight_tree
from dagster_project.settings import REFERENCE_DIR

PROFILES = ("wedding_photography", "public_safety_equipment", "generic_b2c", "generic_b2b")


def rows(name: str) -> list[dict[str, str]]:
    """A reference seed as it lies there."""
    with (REFERENCE_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def shipped_settings() -> ScoreSettings:
    return ScoreSettings.read({row["setting"]: float(row["value"]) for row in rows("score_settings")})


def settings(**changes: Any) -> ScoreSettings:
    return replace(shipped_settings(), **changes)


def pillars() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {row["pillar"]: [] for row in rows("pillars")}
    for row in rows("dimensions"):
        found[row["pillar"]].append(row["dimension"])
    return found


def judgements(profile: str) -> dict[str, dict[tuple[str, str], str]]:
    found: dict[str, dict[tuple[str, str], str]] = {}
    for row in rows("weight_judgements"):
        if row["profile"] == profile:
            found.setdefault(row["node"], {})[row["item"], row["other_item"]] = row["judgement"]
    return found


def indicator(code: str, dimension: str, value: float | None, **changes: Any) -> Indicator:
    """On a line from 0 to 1, unless changed; missing where `value` is None."""
    plain = Indicator(
        code=code,
        dimension=dimension,
        is_rated=False,
        value=value,
        ci_low=None,
        ci_high=None,
        successes=None,
        trials=None,
        floor=0.0,
        target=1.0,
        sweet=None,
        cap=None,
        is_log=False,
        is_sourced=False,
    )
    return replace(plain, **changes)


def tree(indicators: Sequence[Indicator], profile: str = "generic_b2c") -> Tree:
    by_dimension: dict[str, list[str]] = {}
    for each in indicators:
        by_dimension.setdefault(each.dimension, []).append(each.code)
    return weight_tree(pillars(), by_dimension, judgements(profile), shipped_settings().consistency_allowed)


def book(*indicators: Indicator, profile: str = "generic_b2c") -> Book:
    return Book.of(indicators, tree(indicators, profile))
