"""Pareto/NBD (Schmittlein, Morrison, Colombo 1987) in its plainest form: a yardstick for the product's models.

Slow, without derivatives, and written from the other end of the theory: time to leave is exponential instead of a
chance after each purchase. Where both fit, they must tell the same story.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from dagster_project.value.newton import Floats


def log_likelihoods(parameters: Floats, x: np.ndarray, t: np.ndarray, age: np.ndarray) -> Floats:
    """Of each customer (Fader and Hardie 2005, equation for alpha and beta in either order)."""
    r, alpha, s, beta = parameters
    total = r + s + x
    larger, smaller = max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def inverse(time: np.ndarray) -> Floats:
        """In logs: powers of a hundred purchases overflow."""
        ratio = hyp2f1(total, second, total + 1, (larger - smaller) / (larger + time))
        return np.log(ratio) - total * np.log(larger + time)

    at_last, at_end = inverse(t), inverse(age)
    base = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    gone = np.log(s / total) + at_last + np.log(np.maximum(-np.expm1(at_end - at_last), 1e-300))
    return base + np.logaddexp(alive, gone)


def fit(x: np.ndarray, t: np.ndarray, age: np.ndarray) -> tuple[Floats, float]:
    """Maximum likelihood over unique tuples."""
    rows, count = np.unique(np.column_stack((x, t, age)).astype(float), axis=0, return_counts=True)

    def loss(logs: Floats) -> float:
        return -float(count @ log_likelihoods(np.exp(logs), *rows.T))

    start = np.log([0.5, 10.0, 0.6, 11.0])
    found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8, "maxiter": 4000})
    return np.exp(found.x), -float(found.fun)


def p_alive(parameters: Floats, x: np.ndarray, t: np.ndarray, age: np.ndarray) -> Floats:
    """The chance of not having left."""
    r, alpha, s, beta = parameters
    base = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive = base - (r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return np.exp(alive - log_likelihoods(parameters, x, t, age))


def expected_purchases(parameters: Floats, x: np.ndarray, t: np.ndarray, age: np.ndarray, horizon: float) -> Floats:
    """Purchases in the time ahead."""
    r, alpha, s, beta = parameters
    growth = (r + x) * (beta + age) / ((alpha + age) * (s - 1))
    return p_alive(parameters, x, t, age) * growth * (1 - ((beta + age) / (beta + age + horizon)) ** (s - 1))
