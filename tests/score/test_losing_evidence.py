"""What losing an entity does to the score, over every entity; and whether intervals hold the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.score import Loss, coverage, without_entities
from dagster_project.ingest.contract import entities
from dagster_project.score.agreement import Rating
from dagster_project.score.book import Indicator
from dagster_project.score.tables import Inputs
from tests.score.books import PROFILES, judgements, pillars, rows, settings

# Of an end of the interval, from seed to seed, with this many draws.
MONTE_CARLO = 0.6
DRAWS = 4000


def whole_book(profile: str) -> tuple[Inputs, dict[str, dict[int, set[str]]]]:
    """Every indicator with goalposts in this trade, assessed, of any quality; and the entities each needs."""
    rng = np.random.default_rng(len(profile))
    catalogue = {row["indicator_code"]: row for row in rows("indicators")}
    excluded = {row["indicator_code"] for row in rows("profile_exclusions") if row["profile"] == profile}
    indicators = []
    for row in rows("goalposts"):
        code = row["indicator_code"]
        if row["profile"] != profile or code in excluded:
            continue
        floor, target = float(row["floor_value"]), float(row["target_value"])
        place, spread = rng.uniform(0.05, 0.95), rng.uniform(0.02, 0.25)
        value, half = floor + place * (target - floor), abs(target - floor) * spread
        indicators.append(
            Indicator(
                code=code, dimension=catalogue[code]["dimension"], is_rated=catalogue[code]["method"] == "qualitative",
                value=value, ci_low=value - half, ci_high=value + half, successes=None, trials=None, floor=floor,
                target=target, sweet=None, cap=None, is_log=False, is_sourced=row["basis"] != "judgement",
            )
        )  # fmt: skip
    needs: dict[str, dict[int, set[str]]] = {}
    for row in rows("indicator_inputs"):
        needs.setdefault(row["indicator_code"], {}).setdefault(int(row["alternative"]), set()).add(row["entity"])
    rated = [each.code for each in indicators if each.is_rated]
    marks = [Rating(f"r{rater}", code, float(1 + place % 5)) for place, code in enumerate(rated) for rater in (1, 2)]
    inputs = Inputs(
        settings=settings(draws=DRAWS, sensitivity_draws=64),
        pillars=pillars(),
        judgements=judgements(profile),
        indicators=indicators,
        ratings=marks,
        evidence_shares=dict.fromkeys(rated, 1.0),
        documents={},
        flaws={},
    )
    return inputs, needs


@pytest.fixture(scope="module", params=PROFILES)
def losses(request: pytest.FixtureRequest) -> list[Loss]:
    return without_entities(*whole_book(request.param))


def test_losing_an_entity_never_narrows_the_interval(losses: list[Loss]) -> None:
    """A seller who holds something back and is rewarded with a surer score."""
    whole, *rest = losses
    assert len(rest) > 20
    assert {loss.entity for loss in rest} <= set(entities())
    narrower = {
        loss.entity: (whole.high - whole.low) - (loss.high - loss.low)
        for loss in rest
        if (whole.high - whole.low) - (loss.high - loss.low) > MONTE_CARLO
    }
    assert narrower == {}


def test_losing_an_entity_never_moves_the_score_in_silence(losses: list[Loss]) -> None:
    """A score that moved out of its own interval while the page says nothing of what is missing."""
    whole, *rest = losses
    for loss in rest:
        if not whole.low <= loss.score <= whole.high:
            assert loss.evidence_share < whole.evidence_share - 0.05, loss
        if not loss.indicators:
            assert (loss.score, loss.low, loss.high) == (whole.score, whole.low, whole.high)
        else:
            assert loss.evidence_share < whole.evidence_share


def test_what_is_held_back_counts_with_the_middle() -> None:
    """Holding back what is good must cost, and holding back what is bad must not pay more than the middle."""
    inputs, needs = whole_book("generic_b2c")
    good = replace(inputs, indicators=[replace(each, value=each.target) for each in inputs.indicators])
    whole, *rest = without_entities(good, {code: needs[code] for code in needs})
    assert all(loss.score < whole.score for loss in rest if loss.indicators)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Intervals that are too narrow promise what they cannot keep; the benchmark takes 1,000 rounds."""
    found = coverage(120, settings())
    assert 0.82 <= found["total"] <= 0.97
    assert all(0.8 <= share <= 1 for share in found.values())
