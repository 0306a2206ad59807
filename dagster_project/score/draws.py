"""What is not known about a score, drawn: one stream per source and indicator, so that an indicator's draws do not
hang on which others there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args
from zlib import crc32

import numpy as np
from scipy.special import ndtr

from dagster_project.score.book import Book, Indicator
from dagster_project.score.normalise import Floats
from dagster_project.score.settings import ScoreSettings

Source = Literal["sampling", "records", "evidence", "weights", "goalposts", "aggregation", "raters"]
SOURCES: tuple[Source, ...] = get_args(Source)

# Half the width of a 95% interval, in standard deviations.
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Draws:
    """Rows are draws, columns indicators (or dimensions, in `across`). A single row stands for no variation."""

    values: Floats  # of assessed indicators, quantitative ones
    ratings: Floats  # of assessed indicators, rated ones
    missing: Floats  # scores of indicators that were not assessed
    flaws: Floats  # what wrong records could say, as score away from the middle
    within: Floats
    across: Floats
    floor_shift: Floats
    target_shift: Floats
    exponent: Floats  # of the power mean across dimensions: 0 is geometric

    def first(self, rows: int) -> Draws:
        return Draws(*(getattr(self, name)[:rows] for name in self.__dataclass_fields__))

    def taking(self, source: Source, other: Draws) -> Draws:
        """These draws, with one source from `other`."""
        return replace(self, **{name: getattr(other, name) for name in _FIELDS[source]})


_FIELDS: dict[Source, tuple[str, ...]] = {
    "sampling": ("values",),
    "records": ("flaws",),
    "evidence": ("missing",),
    "weights": ("within", "across"),
    "goalposts": ("floor_shift", "target_shift"),
    "aggregation": ("exponent",),
    "raters": ("ratings",),
}


def still(book: Book, settings: ScoreSettings) -> Draws:
    """One row without variation: the score itself."""
    size = len(book.indicators)
    return Draws(
        values=book.values[None, :],
        ratings=book.values[None, :],
        missing=np.full((1, size), settings.missing_middle),
        flaws=np.zeros((1, size)),
        within=book.within[None, :],
        across=book.across[None, :],
        floor_shift=np.zeros((1, size)),
        target_shift=np.zeros((1, size)),
        exponent=np.zeros(1),
    )


def draw(book: Book, settings: ScoreSettings, rows: int, stream: int) -> Draws:
    """`rows` draws of everything at once; another `stream` gives independent ones."""

    def rng(source: str, code: str) -> np.random.Generator:
        return np.random.default_rng([settings.seed, stream, crc32(source.encode()), crc32(code.encode())])

    size = len(book.indicators)
    shape = (rows, size)
    values, ratings = np.broadcast_to(book.values, shape).copy(), np.broadcast_to(book.values, shape).copy()
    missing, flaws = np.full(shape, settings.missing_middle), np.zeros(shape)
    within, shifts = np.empty(shape), (np.empty(shape), np.empty(shape))
    common = {name: rng("evidence", name).standard_normal(rows) for name in book.dimensions}
    shape_of_weights = _gamma_shapes(book, settings)
    for place, each in enumerate(book.indicators):
        if each.value is None:
            rho = settings.missing_correlation
            own = rng("evidence", each.code).standard_normal(rows)
            normal = np.sqrt(rho) * common[each.dimension] + np.sqrt(1 - rho) * own
            missing[:, place] = _anything(normal, settings)
        elif each.is_rated:
            ratings[:, place] = _around(each, rng("raters", each.code), rows)
        else:
            values[:, place] = _around(each, rng("sampling", each.code), rows)
        if each.value is not None and each.flawed > 0:
            own = rng("records", each.code).standard_normal(rows)
            flaws[:, place] = _anything(own, settings) - settings.missing_middle
        within[:, place] = _gamma(rng("weights", each.code), shape_of_weights[place], rows) * each.reliability
        sd = settings.goalpost_sd_source if each.is_sourced else settings.goalpost_sd_judgement
        normals = np.clip(rng("goalposts", each.code).standard_normal((2, rows)), -3, 3)
        shifts[0][:, place], shifts[1][:, place] = sd * normals
    reach = settings.compensation_range
    return Draws(
        values=values,
        ratings=ratings,
        missing=missing,
        flaws=flaws,
        within=within,
        across=_across(book, settings, rows, stream),
        floor_shift=shifts[0],
        target_shift=shifts[1],
        exponent=rng("aggregation", "").uniform(-reach, reach, rows),
    )


def _anything(normal: Floats, settings: ScoreSettings) -> Floats:
    """Scores anywhere between the ends, which are likelier than the middle, as what is held back tends to be: Jeffreys'
    prior of a share."""
    scores: Floats = 2 * settings.missing_middle * np.sin(np.pi / 2 * ndtr(normal)) ** 2
    return scores


def _around(each: Indicator, rng: np.random.Generator, rows: int) -> Floats:
    """Figures an assessed indicator could really have. A share of counts follows Jeffreys' posterior; any other has a
    normal half on either side, as wide as its interval; without an interval it is taken as it is."""
    assert each.value is not None
    if each.trials and each.successes is not None and 0 <= each.successes <= each.trials:
        return rng.beta(each.successes + 0.5, each.trials - each.successes + 0.5, rows)
    if each.ci_low is None or each.ci_high is None:
        return np.full(rows, each.value)
    normals = rng.standard_normal(rows)
    below, above = max(each.value - each.ci_low, 0) / _Z95, max(each.ci_high - each.value, 0) / _Z95
    return each.value + normals * np.where(normals < 0, below, above)


def _across(book: Book, settings: ScoreSettings, rows: int, stream: int) -> Floats:
    """Dirichlet around the judged weights, pillars first, then the dimensions of each."""

    def node(code: str, weights: dict[str, float]) -> dict[str, Floats]:
        concentration = _concentration(len(weights), settings)
        drawn = {
            name: _gamma(
                np.random.default_rng([settings.seed, stream, crc32(code.encode()), crc32(name.encode())]),
                weight * concentration,
                rows,
            )
            for name, weight in weights.items()
        }
        total = sum(drawn.values(), np.zeros(rows))
        return {name: column / total for name, column in drawn.items()}

    pillars = node("total", dict(book.tree.total.weights))
    columns = {
        name: pillars[pillar] * column
        for pillar, children in book.tree.pillars.items()
        for name, column in node(pillar, dict(children.weights)).items()
    }
    return np.column_stack([columns[name] for name in book.dimensions])


def _gamma_shapes(book: Book, settings: ScoreSettings) -> list[float]:
    nodes = book.tree.dimensions
    return [
        nodes[each.dimension].weights[each.code] * _concentration(len(nodes[each.dimension].weights), settings)
        for each in book.indicators
    ]


def _concentration(children: int, settings: ScoreSettings) -> float:
    """That makes a weight of average size vary by `weight_relative_sd` of itself; an only child does not vary."""
    if children < 2 or settings.weight_relative_sd <= 0:
        return np.inf
    return (children - 1) / settings.weight_relative_sd**2 - 1


def _gamma(rng: np.random.Generator, shape: float, rows: int) -> Floats:
    """Gamma draws that a Dirichlet is made of; an infinite shape stands still."""
    if not np.isfinite(shape):
        return np.ones(rows)
    return rng.standard_gamma(shape, rows)
