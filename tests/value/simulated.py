"""Books made up with known parameters, drawn event by event: nothing of the product's own formulas is in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from dagster_project.value.newton import Floats
from dagster_project.value.purchases import Model


@dataclass(frozen=True)
class Drawn:
    """x, t_x and T in whole days, and the purchases of the time ahead."""

    x: np.ndarray
    t: np.ndarray
    age: np.ndarray
    later: np.ndarray


def buyers(model: Model, parameters: Floats, customers: int, random: Generator, ahead: float = 0.0) -> Drawn:
    """Customers who buy at their own pace and leave after a purchase at their own chance."""
    r, alpha, a, b = parameters
    age = random.integers(200, 900, customers)
    rate, chance = random.gamma(r, 1 / alpha, customers), np.maximum(random.beta(a, b, customers), 1e-12)
    # Purchases until he leaves; under MBG/NBD the first may be his last.
    lives = random.geometric(chance) - (1 if model == "mbg_nbd" else 0)
    return _watched(age, ahead, rate, lambda i, times: times[: lives[i]], random)


def pareto_buyers(parameters: Floats, customers: int, random: Generator) -> Drawn:
    """Customers of Pareto/NBD: who leaves does so at a time of his own, bought or not."""
    r, alpha, s, beta = parameters
    age = random.integers(200, 900, customers)
    rate = random.gamma(r, 1 / alpha, customers)
    ends = random.exponential(1 / np.maximum(random.gamma(s, 1 / beta, customers), 1e-12))
    return _watched(age, 0.0, rate, lambda i, times: times[times <= ends[i]], random)


def margins(parameters: Floats, customers: int, random: Generator) -> tuple[np.ndarray, Floats]:
    """How often each bought again, and the mean of it."""
    p, q, gamma = parameters
    rate, x = random.gamma(q, 1 / gamma, customers), random.integers(1, 9, customers)
    return x, random.gamma(p * x, 1 / (rate * x))


def renewals(parameters: Floats, customers: int, random: Generator) -> tuple[Floats, Floats]:
    """How many were lost at their t-th renewal, how many stood at t, watched for one to eight years."""
    alpha, beta = parameters
    ends, watched = random.geometric(random.beta(alpha, beta, customers)), random.integers(1, 9, customers)
    lost = np.bincount(ends[ends <= watched] - 1, minlength=8).astype(float)
    return lost, np.bincount(watched[ends > watched] - 1, minlength=8).astype(float)


def _watched(age: np.ndarray, ahead: float, rate: Floats, while_there, random: Generator) -> Drawn:
    customers = len(age)
    possible = np.minimum(random.poisson(rate * (age + ahead)), 3000)
    x, t, later = np.zeros(customers, int), np.zeros(customers, int), np.zeros(customers, int)
    for i in range(customers):
        times = while_there(i, np.sort(random.uniform(0, age[i] + ahead, possible[i])))
        seen = times[times <= age[i]]
        x[i], t[i], later[i] = len(seen), int(seen[-1]) if len(seen) else 0, len(times) - len(seen)
    return Drawn(x, t, age, later)
