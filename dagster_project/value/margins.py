"""Gamma-Gamma: the margin of an order of each customer (Fader, Hardie and Lee 2005; Fader and Hardie 2013).

A customer's orders are gamma around his own mean, the means of the book inverse-gamma. The first purchase is left out
before it comes here: an opening offer is unlike what follows. The model knows positive means only; others are counted
and left out of the fit, and predicted by the same shrinkage to the book's mean, which is linear in what was observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

from dagster_project.value.newton import Evaluation, Floats, Optimum, maximize

PARAMETERS = ("p", "q", "gamma")


@dataclass(frozen=True)
class Spending:
    """Customers with a positive mean margin over x repeat purchases; how many were left out for want of one."""

    frequency: Floats
    mean: Floats
    count: Floats
    left_out: int
    correlation: float | None  # between frequency and mean: the model takes them for independent

    @property
    def customers(self) -> int:
        return round(float(self.count.sum()))


def spending(frequency: NDArray[Any], mean: NDArray[Any]) -> Spending:
    """Group customers with repeat purchases by (x, mean); means in cents repeat."""
    is_known = (frequency > 0) & np.isfinite(mean)
    usable = is_known & (mean > 0)
    pairs, count = np.unique(
        np.column_stack((frequency[usable], mean[usable])).astype(np.float64), axis=0, return_counts=True
    )
    x, z = frequency[usable].astype(np.float64), mean[usable].astype(np.float64)
    is_varied = len(x) > 2 and x.std() > 0 and z.std() > 0
    correlation = float(np.corrcoef(x, z)[0, 1]) if is_varied else None
    return Spending(pairs[:, 0], pairs[:, 1], count.astype(np.float64), int(is_known.sum() - usable.sum()), correlation)


def why_not_estimable(book: Spending) -> str | None:
    """What about these customers no parameter can be read from; None where there is enough."""
    if book.customers < 3:
        return "fewer than three customers with a repeat purchase of known, positive margin"
    if np.ptp(book.mean) == 0:
        return "every customer has the same mean margin"
    return None


def fit(book: Spending, on_step: Callable[[str], None] = lambda message: None) -> Optimum:
    """Maximum likelihood."""
    middle = float(np.average(book.mean, weights=book.count))
    start = np.array([3.0, 3.0, middle * 2 / 3])
    return maximize(
        partial(evaluate, book),
        start,
        on_step=lambda step, value: on_step(f"gamma_gamma: step {step} on {len(book.mean):,} tuples, {value:,.4f}"),
    )


def evaluate(book: Spending, parameters: Floats) -> Evaluation:
    """Log-likelihood, gradient and Hessian at `parameters` (p, q, gamma)."""
    p, q, gamma = parameters
    x, z, count = book.frequency, book.mean, book.count
    customers = count.sum()
    total = gamma + x * z
    logs, shape = np.log(total), p * x + q
    value = (
        gammaln(shape) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(z)
        + p * x * np.log(x) - shape * logs
    )  # fmt: skip
    gradient = np.array(
        [
            (count * x) @ (digamma(shape) - digamma(p * x) + np.log(z * x) - logs),
            count @ (digamma(shape) - logs) + customers * (np.log(gamma) - digamma(q)),
            customers * q / gamma - count @ (shape / total),
        ]
    )
    curve = polygamma(1, shape)
    hessian = np.empty((3, 3))
    hessian[0, 0] = (count * x * x) @ (curve - polygamma(1, p * x))
    hessian[0, 1] = hessian[1, 0] = (count * x) @ curve
    hessian[0, 2] = hessian[2, 0] = -((count * x) @ (1 / total))
    hessian[1, 1] = count @ curve - customers * polygamma(1, q)
    hessian[1, 2] = hessian[2, 1] = customers / gamma - count @ (1 / total)
    hessian[2, 2] = -customers * q / gamma**2 + count @ (shape / total**2)
    return float(count @ value), gradient, hessian


def book_mean(parameters: Floats) -> float:
    """The mean margin of an order over all customers there could be; infinite where q is 1 or less."""
    p, q, gamma = parameters
    return float(p * gamma / (q - 1)) if q > 1 else float("inf")


def expected(parameters: Floats, frequency: NDArray[Any], mean: NDArray[Any]) -> tuple[Floats, Floats]:
    """Each customer's own mean margin of an order and its variance, given what was seen of him.

    `mean` of a customer without repeat purchases is not looked at.
    """
    p, q, gamma = parameters
    spent = np.where(frequency > 0, frequency * np.where(np.isfinite(mean), mean, 0.0), 0.0)
    known = np.where(np.isfinite(mean), frequency, 0)
    shape = p * known + q
    # With q near 1 a customer never seen again has no finite mean; what one more order would tell is the least asked.
    middle = p * (gamma + spent) / np.maximum(shape - 1, 0.05)
    return middle, middle**2 / np.maximum(shape - 2, 0.5)
