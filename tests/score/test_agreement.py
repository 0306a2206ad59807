"""Rater agreement against Krippendorff's worked data, and what ratings weigh for it."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.score.agreement import Metric, Rating, agreement, alpha
from dagster_project.score.run import weighed
from tests.score.books import indicator, settings

NAN = np.nan
# Krippendorff, Computing Krippendorff's alpha-reliability (2011), data C: four observers, twelve units.
DATA_C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_worked_data(metric: Metric, published: float) -> None:
    """Another distance, or units only one observer judged counted in."""
    assert alpha(DATA_C, metric) == pytest.approx(published, abs=5e-4)


def ratings(*by_rater: list[float]) -> list[Rating]:
    return [
        Rating(f"r{rater}", f"i{item:02}", score)
        for rater, scores in enumerate(by_rater)
        for item, score in enumerate(scores)
    ]


def test_raters_who_agree_weigh_in_full() -> None:
    """A discount on ratings that deserve none."""
    scores = [float(1 + item % 5) for item in range(16)]
    found = agreement(ratings(scores, scores), settings())
    assert (found.items, found.raters, found.alpha, found.factor, found.rule) == (16, 2, 1.0, 1.0, "agreed")


def test_raters_who_disagree_weigh_less_the_more_they_do() -> None:
    """Ratings below alpha 0.667 counted as if they told something, or dropped outright."""
    scores = [float(1 + item % 5) for item in range(20)]
    near = [*scores[:-5], 3.0, 4.0, 4.0, 2.0, 2.0]
    apart = scores[::-1]
    some, none = (
        agreement(ratings(scores, near), settings(agreement_needed=0.95)),
        agreement(ratings(scores, apart), settings()),
    )
    assert some.rule == none.rule == "disagreed"
    assert some.alpha is not None
    assert some.factor == pytest.approx(some.alpha / 0.95)
    assert none.factor == settings().least_agreement_factor < some.factor < 1


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ([[1.0, 2, 3, 4, 5], [1.0, 2, 3, 4, 5]], "few_items"),
        ([[4.0] * 16, [4.0] * 16], "no_variation"),
        ([[1.0, 2, 3, 4] * 5], "few_items"),
        ([], "few_items"),
    ],
)
def test_agreement_that_cannot_be_told_has_the_fixed_discount(table: list[list[float]], rule: str) -> None:
    """Perfect agreement out of five items, of one rater with himself, or of raters who give everything a four."""
    found = agreement(ratings(*table), settings())
    assert (found.rule, found.factor) == (rule, settings().few_items_factor)


def test_ratings_without_evidence_weigh_less() -> None:
    """A mark somebody can show grounds for counts as much as one nobody can."""
    agreed = agreement(ratings([1.0, 2, 3, 4] * 4, [1.0, 2, 3, 4] * 4), settings())
    rated, measured = indicator("r", "strategy", 3.0, is_rated=True), indicator("m", "strategy", 0.5)
    shares = {"r": 0.5, "m": 0.0}
    assert weighed(rated, agreed, shares, settings()).reliability == pytest.approx(0.75)
    assert weighed(rated, agreed, {}, settings()).reliability == pytest.approx(0.5)
    assert weighed(rated, agreed, {"r": 1.0}, settings()).reliability == 1
    assert weighed(measured, agreed, shares, settings()).reliability == 1
