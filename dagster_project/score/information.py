"""What one more document or a mended method would do to the interval of the total: the value of information."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dagster_project.score.book import Book
from dagster_project.score.draws import Draws, Source, still
from dagster_project.score.normalise import Floats
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.simulation import Simulated, combine, evaluate, width

# What a document may turn out to say: the interval after it is averaged over these quantiles of what is missing.
_OUTCOMES = (0.1, 0.3, 0.5, 0.7, 0.9)

# Four times the records halve the sampling error.
_ERROR_LEFT = 0.5

METHODS: Mapping[str, Source] = {
    "agree_weights": "weights",
    "agree_goalposts": "goalposts",
    "agree_aggregation": "aggregation",
    "more_raters": "raters",
}


@dataclass(frozen=True)
class Step:
    """One thing somebody could do. `kind`: deliver (a document), record (start keeping it), sample (four times the
    records), mend (wrong records) or method. `width_after` is the expected interval of the total."""

    item: str
    kind: str
    indicators: int
    width_before: float
    width_after: float


def steps(
    book: Book,
    draws: Draws,
    simulated: Simulated,
    documents: Mapping[str, tuple[str, str]],
    flaws: Mapping[str, tuple[str, float]],
    settings: ScoreSettings,
) -> list[Step]:
    """Every step with what it would do. `documents`: indicator code -> (kind, item) that would settle it; `flaws`: ->
    (item, share) of the wrong records behind it."""
    before = width(simulated.total, settings)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, each in enumerate(book.indicators):
        if each.code in documents:
            groups[documents[each.code]].append(place)
        if each.flawed > 0 and each.code in flaws:
            groups["mend", flaws[each.code][0]].append(place)
    found = [
        Step(item, kind, len(places), before, _width_after(book, draws, simulated, kind, places, settings))
        for (kind, item), places in sorted(groups.items())
    ]
    unmoved = still(book, settings)
    found += [
        Step(
            method, "method", 0, before, width(evaluate(book, draws.taking(source, unmoved), settings).total, settings)
        )
        for method, source in METHODS.items()
    ]
    return found


def _width_after(
    book: Book, draws: Draws, simulated: Simulated, kind: str, places: Sequence[int], settings: ScoreSettings
) -> float:
    columns = np.array(places)
    now = simulated.scores[:, columns]
    if kind == "mend":
        # Without regard to the ends of the scale, where flaws are cut off: that is no more than rounding.
        after = [np.clip(now - book.flawed[columns] * draws.flaws[:, columns], 0, 100)]
    elif kind == "sample":
        middle = np.median(now, axis=0)
        after = [middle + _ERROR_LEFT * (now - middle)]
    else:
        after = [np.quantile(now, outcome, axis=0)[None, :] for outcome in _OUTCOMES]
    return float(np.mean([_total_width(book, draws, simulated, columns, scores - now, settings) for scores in after]))


def _total_width(
    book: Book,
    draws: Draws,
    simulated: Simulated,
    columns: npt.NDArray[np.int_],
    change: Floats,
    settings: ScoreSettings,
) -> float:
    """Width of the total's interval if these columns' scores changed by so much: only their dimensions move."""
    dimensions = simulated.dimensions.copy()
    places = np.searchsorted(book.starts, columns, side="right") - 1
    for place in np.unique(places):
        here = places == place
        start, size = book.starts[place], book.sizes[place]
        weight = draws.within[:, start : start + size].sum(axis=1)
        dimensions[:, place] += np.sum(change[:, here] * draws.within[:, columns[here]], axis=1) / weight
    return width(combine(dimensions, draws.across, draws.exponent, settings), settings)
