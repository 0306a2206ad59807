"""What a fitted purchase model says of a customer: is he still there, and what will he still buy?

Given that he is there, his rate is gamma (r + x, alpha + T) and his chance of leaving beta (a, b after what he
survived). Moments of his purchases in t have a closed form for a given chance of leaving and any rate; over the
chance they are summed at Gauss-Jacobi points. Unlike the closed form with a hypergeometric function this has no
singularity at a = 1, does not overflow at a thousand purchases, and gives the variance too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.value.newton import Floats
from dagster_project.value.purchases import CHUNK, Model, in_threads, stay_shape

# Gauss's rule gains a factor of rho squared a point, rho by how far below nothing the integrand's one singularity lies
# and how steeply it rises on the way there (Trefethen 2008). As many points are taken as this error asks for, in logs,
# against the hypergeometric form; a great many purchases in a short time, or a horizon of many times T, get the most.
_ERROR, _WAY = 23.0, np.array([0.2, 0.4, 0.6, 0.8, 0.95])
_STEP, _FEWEST, _MOST = 4, 8, 32
# Cells worked on at once: their points stay in the processor's cache.
_CELLS = 512


@dataclass(frozen=True)
class Counts:
    """Purchases in the time ahead, given that the customer is still there: means at each horizon, and the last's second
    factorial moment."""

    mean: Floats  # customers x horizons
    pairs: Floats  # E[X (X - 1)] at the last horizon


def p_alive(
    model: Model, parameters: Floats, frequency: NDArray[Any], recency: NDArray[Any], age: NDArray[Any]
) -> Floats:
    """The chance that a customer with this past is still there. BG/NBD lets nobody leave before a second purchase."""
    alive = np.empty(len(frequency))

    def fill(first: int, last: int) -> None:
        for start in range(first, last, CHUNK):
            rows = slice(start, min(start + CHUNK, last))
            alive[rows] = _p_alive(model, parameters, frequency[rows], recency[rows], age[rows])

    for _ in in_threads(fill, len(alive)):
        pass
    return alive


def _p_alive(
    model: Model, parameters: Floats, frequency: NDArray[Any], recency: NDArray[Any], age: NDArray[Any]
) -> Floats:
    r, alpha, a, b = parameters
    odds = a / np.maximum(stay_shape(model, b, frequency) - 1, 1e-300)
    log_odds = np.log(odds) + (r + frequency) * np.log((alpha + age) / (alpha + recency))
    # Beyond this exp overflows, and the chance is nothing either way.
    alive = 1 / (1 + np.exp(np.minimum(log_odds, 700.0)))
    return np.where(frequency == 0, 1.0, alive) if model == "bg_nbd" else alive


def purchases_ahead(
    model: Model, parameters: Floats, frequency: NDArray[Any], age: NDArray[Any], horizons: Floats
) -> Counts:
    """Moments of the purchases up to each horizon by customers still there. They depend on (x, T) alone: give distinct
    pairs of a large book."""
    mean = np.empty((len(frequency), len(horizons)))
    pairs = np.empty(len(frequency))
    if not len(frequency):
        return Counts(mean, pairs)
    distinct, position = np.unique(frequency, return_inverse=True)
    least = np.full(len(distinct), np.inf)
    np.minimum.at(least, position, age)
    points = _points(parameters[0] + distinct, (parameters[1] + least) / float(np.max(horizons)))
    for number in np.unique(points):
        known = distinct[points == number]
        chances, weights = _beta_points(
            float(parameters[2]), stay_shape(model, float(parameters[3]), known), int(number)
        )
        members = np.flatnonzero(points[position] == number)
        for first in range(0, len(members), _CELLS):
            rows = members[first : first + _CELLS]
            at = np.searchsorted(known, frequency[rows])
            mean[rows], pairs[rows] = _moments(
                parameters, frequency[rows], age[rows], horizons, chances[at], weights[at]
            )
    return Counts(mean, pairs)


def _moments(
    parameters: Floats,
    frequency: NDArray[Any],
    age: NDArray[Any],
    horizons: Floats,
    chances: Floats,
    weights: Floats,
) -> tuple[Floats, Floats]:
    mean = np.empty((len(frequency), len(horizons)))
    shape = (parameters[0] + frequency)[:, None]
    rate = (parameters[1] + age)[:, None]
    for number, horizon in enumerate(horizons):
        reach = np.log1p(chances * (horizon / rate))
        # 1 - E[exp(-rate x chance x t)]: the share of leavers by t.
        share = -np.expm1(-shape * reach)
        mean[:, number] = np.einsum("ij,ij->i", weights, share / chances)
    still = horizon * shape / rate * np.exp(-(shape + 1) * reach)
    return mean, np.einsum("ij,ij->i", weights, 2 * (1 - chances) / chances * (share / chances - still))


def _points(shape: Floats, distance: Floats) -> NDArray[np.int64]:
    """How many points are enough, for each shape of the rates with its singularity at so much below nothing: the least
    asked for on the way there."""
    middle = 1 + 2 * distance[:, None] * _WAY
    gain = 2 * np.log(middle + np.sqrt(middle**2 - 1))
    needed = ((_ERROR - shape[:, None] * np.log1p(-_WAY)) / gain).min(axis=1)
    return np.clip(_STEP * np.ceil(needed / _STEP), _FEWEST, _MOST).astype(np.int64)


def _beta_points(a: float, b: Floats, points: int) -> tuple[Floats, Floats]:
    """Gauss-Jacobi points and weights for beta(a, b), one row for each b (Golub and Welsch 1969)."""
    left, right = b[:, None] - 1.0, a - 1.0
    n = np.arange(points, dtype=np.float64)[None, :]
    total = 2 * n + left + right
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (right**2 - left**2) / (total * (total + 2))
        k, together = n[:, 1:], total[:, 1:]
        beside = 4 * k * (k + left) * (k + right) * (k + left + right)
        beside = beside / (together**2 * (together + 1) * (together - 1))
    middle[:, 0] = ((right - left) / (left + right + 2))[:, 0]
    beside[:, 0] = (4 * (1 + left) * (1 + right) / ((2 + left + right) ** 2 * (3 + left + right)))[:, 0]
    matrix = np.zeros((len(b), points, points))
    diagonal = np.arange(points)
    matrix[:, diagonal, diagonal] = middle
    matrix[:, diagonal[:-1], diagonal[1:]] = matrix[:, diagonal[1:], diagonal[:-1]] = np.sqrt(beside)
    roots, vectors = np.linalg.eigh(matrix)
    return np.clip((1 + roots) / 2, 1e-15, 1.0), vectors[:, 0, :] ** 2
