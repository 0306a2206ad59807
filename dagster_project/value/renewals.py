"""Shifted beta-geometric: contracts that are renewed or not (Fader and Hardie 2007).

Each customer has his own chance of not renewing, beta over the book (alpha, beta). Those who leave early take the high
chances with them, so that the renewal rate of those who stay rises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, polygamma

from dagster_project.value.newton import Evaluation, Floats, Optimum, maximize

PARAMETERS = ("alpha", "beta")


def why_not_estimable(lost: Floats, kept: Floats) -> str | None:
    """What about these contracts no parameter can be read from; None where there is enough."""
    if lost.sum() + kept.sum() == 0:
        return "no contract has come up for renewal"
    if lost.sum() == 0:
        return "no contract was lost, so no chance of loss shows"
    if kept.sum() == 0:
        return "no contract was renewed, so no chance of renewal shows"
    return None


def fit(lost: Floats, kept: Floats, on_step: Callable[[str], None] = lambda message: None) -> Optimum:
    """Maximum likelihood. `lost[t-1]`: customers lost at their t-th renewal; `kept[t-1]`: those whose last decision
    so far was to renew for the t-th time."""
    return maximize(
        partial(evaluate, lost, kept),
        np.array([1.0, 3.0]),
        on_step=lambda step, value: on_step(f"shifted_beta_geometric: step {step}, {value:,.4f}"),
    )


def evaluate(lost: Floats, kept: Floats, parameters: Floats) -> Evaluation:
    """Log-likelihood, gradient and Hessian at `parameters` (alpha, beta)."""
    alpha, beta = parameters
    turn = np.arange(1, len(lost) + 1)
    value = lost @ (betaln(alpha + 1, beta + turn - 1) - betaln(alpha, beta))
    value += kept @ (betaln(alpha, beta + turn) - betaln(alpha, beta))
    decided = lost + kept
    ended, start = alpha + beta + turn, alpha + beta
    gradient = np.array(
        [
            lost.sum() / alpha + decided @ (digamma(start) - digamma(ended)),
            lost @ digamma(beta + turn - 1)
            + kept @ digamma(beta + turn)
            + decided @ (digamma(start) - digamma(ended) - digamma(beta)),
        ]
    )
    shared = decided @ (polygamma(1, start) - polygamma(1, ended))
    hessian = np.array([[shared - lost.sum() / alpha**2, shared], [shared, shared]])
    hessian[1, 1] += (
        lost @ polygamma(1, beta + turn - 1) + kept @ polygamma(1, beta + turn) - decided.sum() * polygamma(1, beta)
    )
    return float(value), gradient, hessian


def survival(parameters: Floats, renewed: NDArray[np.int64], turns: int) -> Floats:
    """The chance to renew 1, 2, ... `turns` times more, for customers who renewed so many times already."""
    alpha, beta = parameters
    ahead = renewed[:, None] + np.arange(1, turns + 1)[None, :]
    return np.exp(betaln(alpha, beta + ahead) - betaln(alpha, beta + renewed)[:, None])
