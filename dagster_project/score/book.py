"""The indicators that make up a score, as arrays: what the simulation draws around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dagster_project.score.normalise import Floats, Goalposts
from dagster_project.score.weights import Tree

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Indicator:
    """One indicator with goalposts in this trade: assessed, or missing (`value` is None). `successes` and `trials` are
    given for shares of counts, `ci_low` and `ci_high` (95%) where there is an interval, `flawed` is the share of wrong
    records behind it."""

    code: str
    dimension: str
    is_rated: bool
    value: float | None
    ci_low: float | None
    ci_high: float | None
    successes: float | None
    trials: float | None
    floor: float
    target: float
    sweet: float | None
    cap: float | None
    is_log: bool
    is_sourced: bool
    reliability: float = 1.0
    flawed: float = 0.0


@dataclass(frozen=True)
class Book:
    """Indicators ordered by dimension, with their weights within it (reliability included) and the dimensions' own."""

    indicators: tuple[Indicator, ...]
    tree: Tree
    within: Floats = field(repr=False)

    @classmethod
    def of(cls, indicators: Sequence[Indicator], tree: Tree) -> Book:
        order = {dimension: place for place, dimension in enumerate(tree.dimension_weights())}
        ordered = tuple(sorted(indicators, key=lambda each: (order[each.dimension], each.code)))
        within = [tree.dimensions[each.dimension].weights[each.code] * each.reliability for each in ordered]
        return cls(ordered, tree, np.array(within))

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.dimension for each in self.indicators))

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """Where each dimension's indicators begin."""
        names = [each.dimension for each in self.indicators]
        return np.array([names.index(name) for name in self.dimensions], dtype=np.intp)

    @cached_property
    def sizes(self) -> npt.NDArray[np.intp]:
        return np.diff(np.append(self.starts, len(self.indicators)))

    @cached_property
    def pillar_of(self) -> Mapping[str, str]:
        return {name: pillar for pillar, node in self.tree.pillars.items() for name in node.weights}

    @cached_property
    def across(self) -> Floats:
        """Weight of each dimension in the total."""
        weights = self.tree.dimension_weights()
        found = np.array([weights[name] for name in self.dimensions])
        return found / found.sum() if len(found) else found

    @cached_property
    def is_missing(self) -> Booleans:
        return np.array([each.value is None for each in self.indicators], dtype=bool)

    @cached_property
    def is_rated(self) -> Booleans:
        return np.array([each.is_rated for each in self.indicators], dtype=bool)

    @cached_property
    def flawed(self) -> Floats:
        return np.array([each.flawed for each in self.indicators])

    @cached_property
    def values(self) -> Floats:
        return np.array([np.nan if each.value is None else each.value for each in self.indicators])

    @cached_property
    def posts(self) -> Goalposts:
        def column(name: str) -> Floats:
            found = [getattr(each, name) for each in self.indicators]
            return np.array([np.nan if value is None else value for value in found], dtype=float)

        is_log = np.array([each.is_log for each in self.indicators], dtype=bool)
        return Goalposts(column("floor"), column("target"), column("sweet"), column("cap"), is_log)
