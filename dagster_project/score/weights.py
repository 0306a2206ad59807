"""Weights from pairwise judgements (analytic hierarchy process, Saaty 1980), checked for consistency node by node."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
import numpy.typing as npt

from dagster_project.score import ScoreError

MOST_CHILDREN = 7
TOTAL = "total"

# Mean consistency index of random matrices of 1, 2, 3 ... items (Saaty 1980).
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)

Pair = tuple[str, str]


@dataclass(frozen=True)
class Priorities:
    """The principal eigenvector of a judgement matrix, and how far the judgements agree with one another."""

    weights: tuple[float, ...]
    lambda_max: float
    consistency_index: float
    consistency_ratio: float


@dataclass(frozen=True)
class Node:
    """The children of one node with their weights, which sum to 1. `priorities` is None where nobody judged."""

    code: str
    weights: Mapping[str, float]
    priorities: Priorities | None


@dataclass(frozen=True)
class Tree:
    """Pillars under `total`, dimensions under pillars, indicators under dimensions."""

    total: Node
    pillars: Mapping[str, Node]
    dimensions: Mapping[str, Node]

    @property
    def nodes(self) -> list[Node]:
        return [self.total, *self.pillars.values(), *self.dimensions.values()]

    def dimension_weights(self) -> dict[str, float]:
        """Weight of each dimension in the total."""
        return {
            dimension: weight * self.total.weights[pillar]
            for pillar, node in self.pillars.items()
            for dimension, weight in node.weights.items()
        }


def priorities(matrix: npt.ArrayLike) -> Priorities:
    """Weights, largest eigenvalue, consistency index and ratio of a reciprocal matrix of at most ten items."""
    judged = np.asarray(matrix, dtype=float)
    size = len(judged)
    if judged.shape != (size, size) or not 1 <= size <= len(_RANDOM_INDEX):
        raise ValueError(f"a judgement matrix is square, of 1 to {len(_RANDOM_INDEX)} items; this is {judged.shape}")
    if not np.allclose(judged * judged.T, 1):
        raise ValueError("a judgement matrix is reciprocal: a against b is one over b against a")
    values, vectors = np.linalg.eig(judged)
    largest = int(np.argmax(values.real))
    weights = np.abs(vectors[:, largest].real)
    weights /= weights.sum()
    lambda_max = float(values[largest].real)
    index = (lambda_max - size) / (size - 1) if size > 2 else 0.0
    ratio = index / _RANDOM_INDEX[size - 1] if size > 2 else 0.0
    return Priorities(tuple(float(weight) for weight in weights), lambda_max, index, ratio)


def most_inconsistent(matrix: npt.ArrayLike) -> tuple[int, int, float]:
    """The judgement furthest from what all the others together imply: its row, its column, and what they imply."""
    judged = np.asarray(matrix, dtype=float)
    weights = np.asarray(priorities(judged).weights)
    implied = weights[:, None] / weights[None, :]
    distance = np.abs(np.log(judged / implied))
    row, column = divmod(int(np.argmax(np.triu(distance, 1))), len(judged))
    return row, column, float(implied[row, column])


def judge_node(code: str, items: Sequence[str], judgements: Mapping[Pair, str], allowed: float) -> Node:
    """Weights of a node's children from every pair of them. Raises `ScoreError` for too many children, a pair nobody
    judged, a judgement off the scale, or judgements that contradict one another by more than `allowed`."""
    if len(items) > MOST_CHILDREN:
        raise ScoreError(f"weights of {code}: {len(items)} children; at most {MOST_CHILDREN} can be compared")
    matrix = np.ones((len(items), len(items)))
    for (row, item), (column, other) in combinations(enumerate(items), 2):
        matrix[row, column] = _judgement(code, item, other, judgements)
        matrix[column, row] = 1 / matrix[row, column]
    found = priorities(matrix)
    if found.consistency_ratio > allowed:
        row, column, implied = most_inconsistent(matrix)
        raise ScoreError(
            f"weights of {code}: the judgements contradict one another (consistency ratio "
            f"{found.consistency_ratio:.3f}, allowed {allowed:g}). Most inconsistent: {items[row]} against "
            f"{items[column]} is judged {matrix[row, column]:.3g}, the others imply {implied:.2g}."
        )
    return Node(code, dict(zip(items, found.weights, strict=True)), found)


def weight_tree(
    pillars: Mapping[str, Sequence[str]],
    indicators: Mapping[str, Sequence[str]],
    judgements: Mapping[str, Mapping[Pair, str]],
    allowed: float,
) -> Tree:
    """The tree of one profile. `pillars` and `indicators` name the children, `judgements` the pairs by node.

    Dimensions that no indicator stands for in this trade take no part. Indicators weigh alike unless judged.
    """
    kept = {pillar: [name for name in names if indicators.get(name)] for pillar, names in pillars.items()}
    kept = {pillar: names for pillar, names in kept.items() if names}
    return Tree(
        total=judge_node(TOTAL, list(kept), judgements.get(TOTAL, {}), allowed),
        pillars={
            pillar: judge_node(pillar, names, judgements.get(pillar, {}), allowed) for pillar, names in kept.items()
        },
        dimensions={
            dimension: _indicator_node(dimension, indicators[dimension], judgements.get(dimension, {}), allowed)
            for names in kept.values()
            for dimension in names
        },
    )


def equal_weights(items: Sequence[str]) -> dict[str, float]:
    """The alternative to judging."""
    return {item: 1 / len(items) for item in items}


def _indicator_node(code: str, items: Sequence[str], judgements: Mapping[Pair, str], allowed: float) -> Node:
    """Judged indicators share among them the weight they would have if all weighed alike."""
    named = {item for pair in judgements for item in pair}
    judged = [item for item in items if item in named]
    weights = equal_weights(items)
    if len(judged) < 2:
        return Node(code, weights, None)
    node = judge_node(code, judged, judgements, allowed)
    share = len(judged) / len(items)
    return Node(code, weights | {item: weight * share for item, weight in node.weights.items()}, node.priorities)


def _judgement(code: str, item: str, other: str, judgements: Mapping[Pair, str]) -> float:
    if (item, other) in judgements:
        return _number(code, item, other, judgements[item, other])
    if (other, item) in judgements:
        return 1 / _number(code, other, item, judgements[other, item])
    raise ScoreError(f"weights of {code}: nobody judged {item} against {other}; add a row to weight_judgements.csv")


def _number(code: str, item: str, other: str, text: str) -> float:
    """A judgement as people write it: 3, 1/3, 0.5."""
    try:
        number = float(Fraction(text.strip()))
    except (ValueError, ZeroDivisionError):
        number = math.nan
    if not 1 / 9 <= number <= 9:
        raise ScoreError(f"weights of {code}: {item} against {other} is {text!r}; judgements run from 1/9 to 9")
    return number
