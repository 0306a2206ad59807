"""BG/NBD and MBG/NBD: purchases of customers who owe nothing and may leave unseen.

While alive a customer buys as a Poisson process with a rate that is gamma over the book (shape r, rate alpha); after
each purchase (MBG/NBD: after the first one too) he leaves with a chance that is beta over the book (a, b). Fader,
Hardie and Lee 2005; Batislam, Denizel and Filiztekin 2007.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

from dagster_project.value.newton import Evaluation, Floats, Optimum, maximize

Part = TypeVar("Part")
Model = Literal["bg_nbd", "mbg_nbd"]
MODELS: tuple[Model, ...] = ("bg_nbd", "mbg_nbd")
PARAMETERS = ("r", "alpha", "a", "b")

# Rows worked on at once: their columns stay in the processor's cache.
CHUNK = 8192
# Larger books are not grouped: sorting them costs more than the rows it saves.
_GROUPED_UP_TO = 200_000
# Every how-many-eth row a first fit sees; the last fits see all.
_FIRST_LOOKS = (20_000, 150_000, 1_000_000)
_WORKERS = max(1, min(4, os.cpu_count() or 1))


@dataclass(frozen=True)
class Purchases:
    """Customers by their past: x repeat purchases, the last t_x after the first, observed for T; with how many each.

    Those who never came back are kept by T alone, which is all that the models know of them.
    """

    frequency: NDArray[Any]
    recency: NDArray[Any]
    age: NDArray[Any]
    count: Floats | None  # None: one customer a row
    single_age: Floats
    single_count: Floats

    @property
    def tuples(self) -> int:
        return len(self.frequency) + len(self.single_age)

    @cached_property
    def repeaters(self) -> int:
        return len(self.frequency) if self.count is None else round(float(self.count.sum()))

    @property
    def customers(self) -> int:
        return self.repeaters + round(float(self.single_count.sum()))

    @cached_property
    def by_frequency(self) -> tuple[Floats, Floats]:
        """Each distinct x and how many customers have it."""
        values, customers = _totals(self.frequency, self.count)
        return np.append(0.0, values), np.append(self.single_count.sum(), customers)

    @cached_property
    def by_age(self) -> tuple[Floats, Floats, Floats]:
        """Each distinct T, how many customers have it, and how many repeat purchases of theirs."""
        count = self.frequency if self.count is None else self.frequency * self.count
        values, customers = _totals(self.age, self.count)
        bought = _totals(self.age, count)[1]
        return (
            np.append(values, self.single_age),
            np.append(customers, self.single_count),
            np.append(bought, np.zeros_like(self.single_age)),
        )


def purchases(frequency: NDArray[Any], recency: NDArray[Any], age: NDArray[Any]) -> Purchases:
    """Group customers. Raises `ValueError` for a past that cannot be: a last purchase after the end, a negative
    count."""
    if len(frequency) and (frequency.min() < 0 or recency.min() < 0 or bool(np.any(recency > age))):
        raise ValueError("purchases need 0 <= recency <= age and a frequency of 0 or more")
    is_repeater = frequency > 0
    x, t, age_of = frequency[is_repeater], recency[is_repeater], age[is_repeater]
    single_age, single_count = _totals(age[~is_repeater], None)
    count: Floats | None = None
    if len(x) and len(frequency) <= _GROUPED_UP_TO:
        x, t, age_of, count = _grouped(x, t, age_of)
    return Purchases(x, t, age_of, count, single_age, single_count)


def _grouped(x: NDArray[Any], t: NDArray[Any], age: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    """Distinct rows and how many there are of each. Whole days fit into one number, which sorts ten times faster."""
    width = int(age.max()) + 1
    if all(np.issubdtype(column.dtype, np.integer) for column in (x, t, age)) and int(x.max()) * width**2 < 2**62:
        keys, counts = np.unique((x.astype(np.int64) * width + t) * width + age, return_counts=True)
        rows = np.column_stack((keys // width**2, keys // width % width, keys % width)).astype(np.float64)
    else:
        rows, counts = np.unique(np.column_stack((x, t, age)).astype(np.float64), axis=0, return_counts=True)
    return rows[:, 0], rows[:, 1], rows[:, 2], counts.astype(np.float64)


def _totals(values: NDArray[Any], weights: NDArray[Any] | None) -> tuple[Floats, Floats]:
    """Distinct values and the sum of weights of each. Whole days are counted in place; anything else is sorted."""
    if np.issubdtype(values.dtype, np.integer) and len(values):
        sums = np.bincount(values, weights)
        found = np.flatnonzero(np.bincount(values))
        return found.astype(np.float64), sums[found].astype(np.float64)
    distinct, position = np.unique(values, return_inverse=True)
    return distinct.astype(np.float64), np.bincount(position, weights, minlength=len(distinct)).astype(np.float64)


def why_not_estimable(book: Purchases) -> str | None:
    """What about these customers no parameter can be read from; None where there is enough."""
    if book.customers == 0:
        return "no customer has bought by the date"
    if book.repeaters == 0:
        return "nobody has bought twice, so neither rate nor loss shows"
    if bool(np.all(book.recency == book.age)) and not len(book.single_age):
        return "everybody bought on the last day, so nobody can be told to have left"
    return None


def fit(model: Model, book: Purchases, on_step: Callable[[str], None] = lambda message: None) -> Optimum:
    """Maximum likelihood. Large books are climbed on every so-many-eth customer first, then on all of them."""
    start = np.array([0.5, max(1.0, _mean_age(book) / 2), 0.8, 2.5])
    for looks in _FIRST_LOOKS:
        if book.count is None and len(book.frequency) > 2 * looks:
            found = maximize(partial(evaluate, model, _every(book, len(book.frequency) // looks)), start)
            start = found.parameters
            on_step(f"{model}: {found.evaluations} evaluations on {looks:,} repeat customers")
    found = maximize(
        partial(evaluate, model, book),
        start,
        on_step=lambda step, value: on_step(f"{model}: step {step} on {book.tuples:,} tuples, {value:,.4f}"),
    )
    return found if found.converged else _at_a_limit(model, book, found)


# A chance to leave of one in a billion.
_NOBODY_LEAVES = np.array([1e-3, 1e6])
# So large a b leaves no room for chances that differ.
_ALL_ALIKE = np.array([1e5])
# What a likelihood may still gain beyond a limit and be called flat.
_NO_GAIN = 0.05


def _at_a_limit(model: Model, book: Purchases, found: Optimum) -> Optimum:
    """Where a and b run away the climb has no top. Either nobody is seen to leave, and it is that of the rates alone;
    or all leave at one chance, and it is that of the rates and this chance."""
    alike = np.append(found.parameters[:2], found.parameters[2] / found.parameters[3] * _ALL_ALIKE)
    for fixed, start in ((_NOBODY_LEAVES, found.parameters[:2]), (_ALL_ALIKE, alike)):
        still = _with_fixed(model, book, fixed, start)
        if still.converged and still.covariance is not None and still.log_likelihood > found.log_likelihood - _NO_GAIN:
            free = len(start)
            covariance = np.zeros((4, 4))
            covariance[:free, :free] = still.covariance
            parameters = np.concatenate((still.parameters, fixed))
            evaluations = found.evaluations + still.evaluations
            return Optimum(parameters, still.log_likelihood, covariance, True, evaluations, is_at_limit=True)
    return found


def _with_fixed(model: Model, book: Purchases, fixed: Floats, start: Floats) -> Optimum:
    """The last parameters as given, the others climbed."""
    free = len(start)

    def freed(parameters: Floats) -> Evaluation:
        value, gradient, hessian = evaluate(model, book, np.concatenate((parameters, fixed)))
        return value, gradient[:free], hessian[:free, :free]

    return maximize(freed, start)


def evaluate(model: Model, book: Purchases, parameters: Floats) -> Evaluation:
    """Log-likelihood, gradient and Hessian at `parameters` (r, alpha, a, b)."""
    sums = _Sums(0.0, np.zeros(4), np.zeros((4, 4)))
    sums.add(_gammas(model, parameters, *book.by_frequency))
    sums.add(_waits(parameters, *book.by_age))
    if model == "mbg_nbd":
        nothing = np.zeros_like(book.single_age)
        sums.add(_departures(model, parameters, nothing, nothing, book.single_age, book.single_count))
    for part in in_threads(partial(_departures_of, model, parameters, book), len(book.frequency)):
        sums.add(part)
    return sums.value, sums.gradient, sums.hessian


def stay_shape(model: Model, b: float, x: Floats) -> Floats:
    """b after x repeat purchases survived; under MBG/NBD the first purchase was survived too."""
    return b + x + (1.0 if model == "mbg_nbd" else 0.0)


def _departures_of(model: Model, parameters: Floats, book: Purchases, first: int, last: int) -> Evaluation:
    rows = slice(first, last)
    count = None if book.count is None else book.count[rows]
    return _departures(model, parameters, book.frequency[rows], book.recency[rows], book.age[rows], count)


@dataclass
class _Sums:
    """Adds up the parts of one evaluation."""

    value: float
    gradient: Floats
    hessian: Floats

    def add(self, part: Evaluation) -> None:
        self.value += part[0]
        self.gradient += part[1]
        self.hessian += part[2]


def _mean_age(book: Purchases) -> float:
    age, customers, _ = book.by_age
    return float(age @ customers) / max(1.0, float(customers.sum()))


def _every(book: Purchases, step: int) -> Purchases:
    """Every `step`-th repeater, and the others with their counts scaled alike."""
    x, t, age = book.frequency[::step], book.recency[::step], book.age[::step]
    singles = book.single_count / step
    return Purchases(x, t, age, None, book.single_age, singles)


def in_threads(work: Callable[[int, int], Part], rows: int) -> Iterator[Part]:
    """What `work` makes of the rows from one to before another. numpy lets go of the interpreter while it computes, so
    that threads share them."""
    if rows < 16 * CHUNK:
        yield work(0, rows)
        return
    edges = [rows * part // _WORKERS for part in range(_WORKERS + 1)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        yield from pool.map(work, edges[:-1], edges[1:])


def _gammas(model: Model, parameters: Floats, x: Floats, count: Floats) -> Evaluation:
    """The terms in gamma functions, which need each distinct x once."""
    r, alpha, a, b = parameters
    stays = stay_shape(model, b, x)
    customers = count.sum()
    value = gammaln(r + x) - gammaln(r) + gammaln(stays) - gammaln(a + stays) + gammaln(a + b) - gammaln(b)
    gradient = np.array(
        [
            count @ (digamma(r + x) - digamma(r)) + customers * np.log(alpha),
            customers * r / alpha,
            count @ (digamma(a + b) - digamma(a + stays)),
            count @ (digamma(stays) - digamma(a + stays) + digamma(a + b) - digamma(b)),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = count @ (polygamma(1, r + x) - polygamma(1, r))
    hessian[0, 1] = hessian[1, 0] = customers / alpha
    hessian[1, 1] = -customers * r / alpha**2
    together = count @ (polygamma(1, a + b) - polygamma(1, a + stays))
    hessian[2:, 2:] = together
    hessian[3, 3] += count @ (polygamma(1, stays) - polygamma(1, b))
    return float(count @ value) + float(customers * r * np.log(alpha)), gradient, hessian


def _waits(parameters: Floats, age: Floats, count: Floats, bought: Floats) -> Evaluation:
    """-(r + x) ln(alpha + T), which needs each distinct T once: how many customers, and how many purchases of
    theirs."""
    r, alpha, _, _ = parameters
    logs, inverse, rx = np.log(alpha + age), 1 / (alpha + age), r * count + bought
    gradient = np.array([-(count @ logs), -(rx @ inverse), 0.0, 0.0])
    hessian = np.zeros((4, 4))
    hessian[0, 1] = hessian[1, 0] = -(count @ inverse)
    hessian[1, 1] = rx @ inverse**2
    return -float(rx @ logs), gradient, hessian


def _departures(
    model: Model, parameters: Floats, x: NDArray[Any], t: NDArray[Any], age: NDArray[Any], count: Floats | None
) -> Evaluation:
    """ln(1 + odds of having left), the one term that needs every tuple; rows are worked on a cacheful at a time."""
    r, alpha, a, b = parameters
    value, gradient, hessian, curves = 0.0, np.zeros(4), np.zeros((4, 4)), np.zeros(4)
    for first in range(0, len(x), CHUNK):
        rows = slice(first, first + CHUNK)
        ending, last = 1 / (alpha + age[rows]), 1 / (alpha + t[rows])
        wait = np.log(last / ending)
        rx = r + x[rows]
        survived = 1 / (stay_shape(model, b, x[rows]) - 1)
        log_odds = np.log(a * survived) + rx * wait
        small = np.exp(-np.abs(log_odds))
        larger = 1 / (1 + small)
        left = np.where(log_odds >= 0, larger, small * larger)
        spread = small * larger * larger
        gain = np.maximum(log_odds, 0) - np.log(larger)
        if count is not None:
            left, spread, gain = left * count[rows], spread * count[rows], gain * count[rows]
        shrinks = ending - last
        slopes = np.stack((wait, rx * shrinks, np.full_like(wait, 1 / a), -survived))
        value += float(gain.sum())
        gradient += slopes @ left
        hessian += (slopes * spread) @ slopes.T
        curves += np.stack((shrinks, slopes[1] * (ending + last), np.ones_like(wait), survived * survived)) @ left
    hessian[0, 1] += curves[0]
    hessian[1, 0] += curves[0]
    hessian[1, 1] -= curves[1]
    hessian[2, 2] -= curves[2] / a**2
    hessian[3, 3] += curves[3]
    return value, gradient, hessian
