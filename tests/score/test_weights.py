"""Weights from judgements, against published examples, and what cannot be used as one."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.score import ScoreError
from dagster_project.score.weights import judge_node, most_inconsistent, priorities, weight_tree
from tests.score.books import PROFILES, judgements, pillars, shipped_settings

# OECD/JRC Handbook on Constructing Composite Indicators (2008), Table 20: patents, royalties, internet, technology
# exports, telephones, electricity, schooling, university.
TABLE_20 = [
    [1, 2, 3, 2, 5, 5, 1, 3],
    [1 / 2, 1, 2, 1 / 2, 4, 4, 1 / 2, 3],
    [1 / 3, 1 / 2, 1, 1 / 4, 2, 2, 1 / 5, 1 / 2],
    [1 / 2, 2, 4, 1, 4, 4, 1 / 2, 3],
    [1 / 5, 1 / 4, 1 / 2, 1 / 4, 1, 1, 1 / 5, 1 / 2],
    [1 / 5, 1 / 4, 1 / 2, 1 / 4, 1, 1, 1 / 5, 1 / 2],
    [1, 2, 5, 2, 5, 5, 1, 4],
    [1 / 3, 1 / 3, 2, 1 / 3, 2, 2, 1 / 4, 1],
]
# Saaty, How to make a decision: the analytic hierarchy process (1990): buying a house.
HOUSE_ITEMS = ["size", "transport", "neighbourhood", "age", "yard", "facilities", "condition", "financing"]
HOUSE = [
    [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
    [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
    [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
    [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
    [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
    [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
    [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
    [4, 7, 5, 8, 6, 6, 2, 1],
]


def test_the_handbooks_table_20() -> None:
    """An eigenvector or a random index that is not the published method's."""
    found = priorities(TABLE_20)
    assert found.lambda_max == pytest.approx(8.2111, abs=5e-5)
    assert found.consistency_index == pytest.approx(0.0302, abs=5e-5)
    assert found.consistency_ratio == pytest.approx(0.0214, abs=5e-5)
    assert sum(found.weights) == pytest.approx(1)


def test_saatys_house() -> None:
    """Weights in another order, or judgements that contradict one another taken for consistent."""
    found = priorities(HOUSE)
    assert found.lambda_max == pytest.approx(9.669, abs=5e-4)
    assert found.consistency_index == pytest.approx(0.238, abs=5e-4)
    assert found.consistency_ratio == pytest.approx(0.169, abs=5e-4)
    assert found.weights == pytest.approx((0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333), abs=5e-4)


def test_contradicting_judgements_are_refused_and_the_worst_is_named() -> None:
    """Weights out of judgements that contradict one another, or a refusal that leaves people to look for the cause."""
    row, column, implied = most_inconsistent(HOUSE)
    assert (HOUSE_ITEMS[row], HOUSE_ITEMS[column]) == ("neighbourhood", "condition")
    assert implied == pytest.approx(0.188 / 0.167, abs=0.01)
    three = {("a", "b"): "5", ("b", "c"): "5", ("a", "c"): "1/5"}
    with pytest.raises(ScoreError, match=r"weights of node: .*consistency ratio .*Most inconsistent: . against . is"):
        judge_node("node", ["a", "b", "c"], three, 0.1)


def test_the_more_important_item_weighs_more_whichever_way_it_is_written() -> None:
    """1/3 read as 3, or a pair looked up in one direction only."""
    one = judge_node("node", ["a", "b"], {("a", "b"): "1/3"}, 0.1)
    other = judge_node("node", ["a", "b"], {("b", "a"): "3"}, 0.1)
    assert one.weights == pytest.approx({"a": 0.25, "b": 0.75})
    assert other.weights == pytest.approx(one.weights)


@pytest.mark.parametrize("text", ["10", "0", "-2", "many", "1/0", ""])
def test_what_is_no_judgement_is_refused(text: str) -> None:
    """A typing error becomes a weight."""
    with pytest.raises(ScoreError, match=r"judgements run from 1/9 to 9"):
        judge_node("node", ["a", "b"], {("a", "b"): text}, 0.1)


def test_a_pair_nobody_judged_is_refused() -> None:
    """A gap filled by a guess."""
    with pytest.raises(ScoreError, match="nobody judged a against c"):
        judge_node("node", ["a", "b", "c"], {("a", "b"): "1", ("b", "c"): "1"}, 0.1)


def test_more_than_seven_children_are_refused() -> None:
    """Nobody compares eight things consistently (Miller's seven)."""
    with pytest.raises(ScoreError, match="at most 7"):
        judge_node("node", list("abcdefgh"), {}, 0.1)


@pytest.mark.parametrize("matrix", [[[1, 2], [2, 1]], [[1, 2, 3]], np.ones((11, 11))])
def test_what_is_no_judgement_matrix_is_refused(matrix: list[list[float]]) -> None:
    """A matrix that is not reciprocal has an eigenvector too, which means nothing."""
    with pytest.raises(ValueError, match="judgement matrix"):
        priorities(matrix)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_shipped_judgements_are_consistent_and_complete(profile: str) -> None:
    """A company of this trade could not be scored, or a dimension would weigh nothing."""
    every = {name: [f"{name}_indicator"] for names in pillars().values() for name in names}
    tree = weight_tree(pillars(), every, judgements(profile), shipped_settings().consistency_allowed)
    weights = tree.dimension_weights()
    assert len(weights) == 16
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0.005
    assert 4 <= len(tree.pillars) <= 5
    assert max(len(node.weights) for node in [tree.total, *tree.pillars.values()]) <= 7


def test_dimensions_without_an_indicator_take_no_part() -> None:
    """A dimension this trade has no indicator for takes weight from the others and gives no score for it."""
    some = {"scale": ["a", "b"], "value": ["c"], "loyalty": ["d"]}
    tree = weight_tree(pillars(), some, judgements("generic_b2c"), 0.1)
    assert set(tree.dimension_weights()) == set(some)
    assert sum(tree.dimension_weights().values()) == pytest.approx(1)
    assert tree.dimensions["scale"].weights == pytest.approx({"a": 0.5, "b": 0.5})


def test_judged_indicators_share_their_part_of_the_dimension() -> None:
    """Judging two of four indicators takes weight from the two nobody judged."""
    some = {"scale": ["a", "b", "c", "d"]}
    tree = weight_tree(pillars(), some, judgements("generic_b2c") | {"scale": {("a", "c"): "3"}}, 0.1)
    assert tree.dimensions["scale"].weights == pytest.approx({"a": 0.375, "b": 0.25, "c": 0.125, "d": 0.25})
