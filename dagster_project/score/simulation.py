"""From draws to scores, intervals, and the share of variance each source brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dagster_project.score.book import Book, Booleans
from dagster_project.score.draws import SOURCES, Draws, Source, draw, still
from dagster_project.score.normalise import Floats, normalise
from dagster_project.score.settings import ScoreSettings

# A power mean with an exponent closer to zero is the geometric mean to twelve digits.
_GEOMETRIC = 1e-7
_RESAMPLES = 30


@dataclass(frozen=True)
class Interval:
    """Where `settings.interval_share` of the draws lie. `level`: total, pillar or dimension; `variant`: combined,
    quantitative or qualitative."""

    level: str
    code: str
    variant: str
    low: float
    middle: float
    high: float
    spread: float


@dataclass(frozen=True)
class SourceShare:
    """Sobol indices of one source for the total, and half the width of the total's interval if it alone varied."""

    source: Source
    first_order: float
    first_order_error: float
    total_effect: float
    points_alone: float


@dataclass(frozen=True)
class Simulated:
    """Rows are draws: `scores` of indicators, `dimensions` and the `total`."""

    scores: Floats
    dimensions: Floats
    total: Floats


def evaluate(book: Book, draws: Draws, settings: ScoreSettings) -> Simulated:
    """The score in each draw: weighted mean within a dimension, power mean across."""
    scores = indicator_scores(book, draws)
    dimensions = dimension_scores(book, scores, draws.within)
    return Simulated(scores, dimensions, combine(dimensions, draws.across, draws.exponent, settings))


def indicator_scores(book: Book, draws: Draws) -> Floats:
    values = np.where(book.is_rated, draws.ratings, draws.values)
    scores = normalise(values, book.posts, draws.floor_shift, draws.target_shift)
    if book.flawed.any():
        # Of a share of the records behind a figure nobody knows what they should have said.
        scores = np.clip(scores + book.flawed * draws.flaws, 0, 100)
    return np.where(book.is_missing, draws.missing, scores)


def dimension_scores(book: Book, scores: Floats, within: Floats, columns: Booleans | None = None) -> Floats:
    """Weighted means by dimension; of some `columns` only, NaN where a dimension has none of them."""
    weights = within if columns is None else within * columns
    with np.errstate(invalid="ignore"):
        sums: Floats = np.add.reduceat(np.where(weights > 0, scores, 0) * weights, book.starts, axis=1)
        return sums / np.add.reduceat(weights, book.starts, axis=1)


def combine(dimensions: Floats, across: Floats, exponent: Floats, settings: ScoreSettings) -> Floats:
    """Power mean across dimensions, each floored so that one zero does not erase the rest."""
    weights = across / across.sum(axis=1, keepdims=True)
    logs = np.log(np.maximum(dimensions, settings.dimension_floor))
    powers = np.where(np.abs(exponent) < _GEOMETRIC, _GEOMETRIC, exponent)[:, None]
    means: Floats = np.exp(np.log(np.sum(weights * np.exp(powers * logs), axis=1)) / powers[:, 0])
    return means


def intervals(book: Book, draws: Draws, simulated: Simulated, settings: ScoreSettings) -> list[Interval]:
    """Of the total, every pillar and every dimension; of the total and the dimensions also by how they are known."""
    found: list[Interval] = []
    variants: Sequence[tuple[str, Booleans]] = (
        ("combined", np.ones(len(book.indicators), dtype=bool)),
        ("quantitative", ~book.is_rated),
        ("qualitative", book.is_rated),
    )
    for variant, columns in variants:
        kept = np.add.reduceat(columns.astype(int), book.starts) > 0
        if not kept.any():
            continue
        dimensions = dimension_scores(book, simulated.scores, draws.within, columns)
        groups = [("total", "total", kept)]
        if variant == "combined":
            pillar_of = np.array([book.pillar_of[name] for name in book.dimensions])
            groups += [("pillar", pillar, pillar_of == pillar) for pillar in book.tree.pillars]
        for level, code, group in groups:
            mean = combine(dimensions[:, group], draws.across[:, group], draws.exponent, settings)
            found.append(_interval(level, code, variant, mean, settings))
        found += [
            _interval("dimension", book.dimensions[place], variant, dimensions[:, place], settings)
            for place in np.flatnonzero(kept)
        ]
    return found


def width(total: Floats, settings: ScoreSettings) -> float:
    """Of the interval of these draws."""
    low, high = np.quantile(total, _ends(settings))
    return float(high - low)


def source_shares(book: Book, settings: ScoreSettings) -> list[SourceShare]:
    """Sobol indices by Saltelli's design (2010): each source's draws swapped in turn, all at once over its inputs."""
    from SALib.analyze import sobol

    rows = settings.sensitivity_draws
    base, other, unmoved = draw(book, settings, rows, 0), draw(book, settings, rows, 1), still(book, settings)
    swapped = [evaluate(book, base.taking(source, other), settings).total for source in SOURCES]
    outcomes = np.column_stack(
        [evaluate(book, base, settings).total, *swapped, evaluate(book, other, settings).total]
    ).ravel()
    alone = [width(evaluate(book, unmoved.taking(source, base), settings).total, settings) / 2 for source in SOURCES]
    if np.ptp(outcomes) < 1e-9:
        return [SourceShare(source, 0.0, 0.0, 0.0, points) for source, points in zip(SOURCES, alone, strict=True)]
    problem = {"num_vars": len(SOURCES), "names": list(SOURCES), "bounds": [[0, 1]] * len(SOURCES)}
    indices = sobol.analyze(problem, outcomes, calc_second_order=False, num_resamples=_RESAMPLES, seed=settings.seed)
    return [
        SourceShare(
            source,
            float(np.clip(indices["S1"][place], 0, 1)),
            float(indices["S1_conf"][place]),
            float(np.clip(indices["ST"][place], 0, 1)),
            alone[place],
        )
        for place, source in enumerate(SOURCES)
    ]


def _interval(level: str, code: str, variant: str, draws: Floats, settings: ScoreSettings) -> Interval:
    low, middle, high = np.quantile(draws, [_ends(settings)[0], 0.5, _ends(settings)[1]])
    return Interval(level, code, variant, float(low), float(middle), float(high), float(np.std(draws)))


def _ends(settings: ScoreSettings) -> npt.NDArray[np.float64]:
    tail = (1 - settings.interval_share) / 2
    return np.array([tail, 1 - tail])
