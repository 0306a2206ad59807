"""How far raters agree (Krippendorff's alpha), and what their ratings weigh for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dagster_project.score.settings import ScoreSettings

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True)
class Rating:
    rater: str
    item: str
    score: float


@dataclass(frozen=True)
class Agreement:
    """`factor` is what the ratings weigh, 0 to 1; `rule` says which rule gave it: agreed, disagreed, few_items or
    no_variation. `alpha` is None where it cannot be told."""

    items: int
    raters: int
    alpha: float | None
    factor: float
    rule: str


def alpha(ratings: npt.ArrayLike, metric: Metric) -> float | None:
    """Krippendorff's alpha of raters x items, NaN where a rater left an item out. None without two different values:
    agreement then cannot be told from everybody always saying the same."""
    import krippendorff

    table = np.asarray(ratings, dtype=float)
    pairable = table[:, np.sum(~np.isnan(table), axis=0) >= 2]
    if len(np.unique(pairable[~np.isnan(pairable)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=metric))


def agreement(ratings: Sequence[Rating], settings: ScoreSettings) -> Agreement:
    """Alpha over every item two raters or more rated, on the ordinal metric, and the weight that follows from it."""
    raters = sorted({rating.rater for rating in ratings})
    items = sorted({rating.item for rating in ratings})
    table = np.full((len(raters), len(items)), np.nan)
    for rating in ratings:
        table[raters.index(rating.rater), items.index(rating.item)] = rating.score
    shared = int(np.sum(np.sum(~np.isnan(table), axis=0) >= 2)) if items else 0
    found = alpha(table, "ordinal") if shared else None
    if shared < settings.rated_items_needed:
        return Agreement(shared, len(raters), found, settings.few_items_factor, "few_items")
    if found is None:
        return Agreement(shared, len(raters), None, settings.few_items_factor, "no_variation")
    if found >= settings.agreement_needed:
        return Agreement(shared, len(raters), found, 1.0, "agreed")
    factor = max(found / settings.agreement_needed, settings.least_agreement_factor)
    return Agreement(shared, len(raters), found, factor, "disagreed")
