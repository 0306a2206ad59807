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
from dagster_project.value.purchases import Model, stay_shape

# Against the hypergeometric form: 1e-9 relative with 32 points, for x up to 1000 and horizons of ten times T.
_POINTS = 32
_CELLS = 4096


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
    r, alpha, a, b = parameters
    inverse = np.maximum(stay_shape(model, b, frequency) - 1, 1e-300)
    log_odds = np.log(a / inverse) + (r + frequency) * np.log((alpha + age) / (alpha + recency))
    alive = np.exp(-np.logaddexp(0.0, log_odds))
    return np.where(frequency == 0, 1.0, alive) if model == "bg_nbd" else alive


def purchases_ahead(
    model: Model, parameters: Floats, frequency: NDArray[Any], age: NDArray[Any], horizons: Floats
) -> Counts:
    """Moments of the purchases up to each horizon by customers still there. They depend on (x, T) alone: give distinct
    pairs of a large book."""
    mean = np.empty((len(frequency), len(horizons)))
    pairs = np.empty(len(frequency))
    distinct, position = np.unique(frequency, return_inverse=True)
    chances, weights = _beta_points(float(parameters[2]), stay_shape(model, float(parameters[3]), distinct))
    for first in range(0, len(frequency), _CELLS):
        rows = slice(first, first + _CELLS)
        at = position[rows]
        _fill(mean[rows], pairs[rows], parameters, frequency[rows], age[rows], horizons, chances[at], weights[at])
    return Counts(mean, pairs)


def _fill(
    mean: Floats,
    pairs: Floats,
    parameters: Floats,
    frequency: NDArray[Any],
    age: NDArray[Any],
    horizons: Floats,
    chances: Floats,
    weights: Floats,
) -> None:
    shape = (parameters[0] + frequency)[:, None]
    rate = (parameters[1] + age)[:, None]
    for number, horizon in enumerate(horizons):
        reach = np.log1p(chances * (horizon / rate))
        # 1 - E[exp(-rate x chance x t)]: the share of leavers by t.
        share = -np.expm1(-shape * reach)
        mean[:, number] = np.einsum("ij,ij->i", weights, share / chances)
    still = horizon * shape / rate * np.exp(-(shape + 1) * reach)
    pairs[:] = np.einsum("ij,ij->i", weights, 2 * (1 - chances) / chances * (share / chances - still))


def _beta_points(a: float, b: Floats) -> tuple[Floats, Floats]:
    """Gauss-Jacobi points and weights for beta(a, b), one row for each b (Golub and Welsch 1969)."""
    left, right = b[:, None] - 1.0, a - 1.0
    n = np.arange(_POINTS, dtype=np.float64)[None, :]
    total = 2 * n + left + right
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (right**2 - left**2) / (total * (total + 2))
        k, together = n[:, 1:], total[:, 1:]
        beside = 4 * k * (k + left) * (k + right) * (k + left + right)
        beside = beside / (together**2 * (together + 1) * (together - 1))
    middle[:, 0] = ((right - left) / (left + right + 2))[:, 0]
    beside[:, 0] = (4 * (1 + left) * (1 + right) / ((2 + left + right) ** 2 * (3 + left + right)))[:, 0]
    matrix = np.zeros((len(b), _POINTS, _POINTS))
    diagonal = np.arange(_POINTS)
    matrix[:, diagonal, diagonal] = middle
    matrix[:, diagonal[:-1], diagonal[1:]] = matrix[:, diagonal[1:], diagonal[:-1]] = np.sqrt(beside)
    points, vectors = np.linalg.eigh(matrix)
    return np.clip((1 + points) / 2, 1e-15, 1.0), vectors[:, 0, :] ** 2
