"""Newton's method on the logarithms of positive parameters, with the analytic Hessian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Log-likelihood, gradient and Hessian in the parameters themselves.
Evaluation = tuple[float, Floats, Floats]

# Beyond these a parameter is no estimate: the likelihood keeps rising towards the limit.
LEAST, MOST = 1e-5, 1e6
# Half of the Newton decrement is what the next step could still gain, in units of log-likelihood.
ENOUGH, ENOUGH_SHARE = 1e-12, 3e-12
_LONGEST_STEP = 2.0


@dataclass(frozen=True)
class Optimum:
    """Where the ascent ended. `covariance` is of the logarithms; None where the curvature is not that of a peak."""

    parameters: Floats
    log_likelihood: float
    covariance: Floats | None
    converged: bool
    evaluations: int
    is_at_limit: bool = False


def maximize(
    evaluate: Callable[[Floats], Evaluation],
    start: Floats,
    *,
    most_steps: int = 60,
    on_step: Callable[[int, float], None] = lambda step, log_likelihood: None,
) -> Optimum:
    """Climb from `start`. Stops on the Newton decrement: a tolerance on the gradient stalls on large books."""
    logs = np.log(start)
    value, gradient, curvature = _in_logs(evaluate, logs)
    evaluations, converged = 1, False
    for step in range(most_steps):
        on_step(step, value)
        direction, is_peak = _ascent(gradient, curvature)
        gain = 0.5 * float(gradient @ direction)
        # The last step is taken unseen: what it could miss is smaller than its gain by far.
        if is_peak and gain < max(ENOUGH, ENOUGH_SHARE * abs(value)):
            logs, value, converged = logs + direction, value + gain, True
            break
        direction *= min(1.0, _LONGEST_STEP / float(np.abs(direction).max()))
        for halving in range(30):
            tried = np.clip(logs + direction * 0.5**halving, np.log(LEAST), np.log(MOST))
            found = _in_logs(evaluate, tried)
            evaluations += 1
            if found[0] >= value - 1e-13 * abs(value):
                break
        else:
            break
        is_still = bool(np.all(np.abs(tried - logs) < 1e-14))
        logs, (value, gradient, curvature) = tried, found
        if is_still:
            break
    parameters = np.exp(logs)
    is_inside = bool(np.all((parameters > LEAST * 1.01) & (parameters < MOST / 1.01)))
    covariance = _covariance(curvature) if is_inside else None
    return Optimum(parameters, value, covariance, converged and covariance is not None, evaluations)


def _in_logs(evaluate: Callable[[Floats], Evaluation], logs: Floats) -> Evaluation:
    parameters = np.exp(logs)
    value, gradient, hessian = evaluate(parameters)
    in_logs = parameters * gradient
    return value, in_logs, np.outer(parameters, parameters) * hessian + np.diag(in_logs)


def _ascent(gradient: Floats, curvature: Floats) -> tuple[Floats, bool]:
    """The Newton direction; where the surface bends upwards, its bend is taken with the other sign, so that it
    climbs."""
    bends, axes = np.linalg.eigh(-curvature)
    is_peak = bool(bends.min() > 0)
    usable = np.maximum(np.abs(bends), 1e-10 * max(1.0, float(np.abs(bends).max())))
    return axes @ ((axes.T @ gradient) / usable), is_peak


def _covariance(curvature: Floats) -> Floats | None:
    bends, axes = np.linalg.eigh(-curvature)
    if bends.min() <= 1e-12 * bends.max():
        return None
    return (axes / bends) @ axes.T
