"""Discrete-time hazards: the chance of an event in each month since a start, for follow-on work and for referrals.

A grouped logistic regression: one level for each stretch of months that saw enough events, and covariates where there
are enough events to tell their effect (Singer and Willett 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

from dagster_project.value.newton import Floats

# The usual rule: ten events for each parameter.
EVENTS_A_PARAMETER = 10
# Where ten were due, three tell that they are rare, and how doubtful that is.
FEW_EVENTS = 3
COVARIATES = ("had_before", "is_referred")


@dataclass(frozen=True)
class Exposure:
    """Customer-months by months since the start and covariates, and how many of them saw the event."""

    month: NDArray[Any]
    had_before: NDArray[Any]
    is_referred: NDArray[Any]
    watched: Floats
    events: Floats


@dataclass(frozen=True)
class Hazard:
    """`stretch[m]`: which level month m since the start has; -1 where no month was watched. Months without an event in
    reach belong to the stretch they were grown into."""

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    stretch: NDArray[np.int64]
    covariates: tuple[str, ...]
    log_likelihood: float
    converged: bool
    cells: int


def why_not_estimable(exposure: Exposure, minimum_events: float) -> str | None:
    """What about these months no hazard can be read from; None where there is enough."""
    events = float(exposure.events.sum())
    if events < minimum_events:
        return f"needs {minimum_events:.0f} events, has {events:.0f}"
    return None


def fit(exposure: Exposure) -> Hazard:
    """Maximum likelihood by Newton's method; there must be events."""
    stretch = _stretches(exposure)
    levels = int(stretch.max()) + 1
    covariates = tuple(name for name in COVARIATES if _is_told_apart(exposure, name, levels))
    names = (*_names(stretch), *covariates)
    design = _design(stretch, exposure.month, [getattr(exposure, name) for name in covariates], levels)
    watched, events = exposure.watched, exposure.events
    coefficients = np.zeros(design.shape[1])
    coefficients[:levels] = np.log(events.sum() / watched.sum())
    converged = False
    for _ in range(50):
        chance = expit(design @ coefficients)
        information = (design.T * (watched * chance * (1 - chance))) @ design
        gradient = design.T @ (events - watched * chance)
        step = np.linalg.solve(information + 1e-9 * np.eye(len(names)), gradient)
        coefficients = coefficients + np.clip(step, -2, 2)
        if float(gradient @ step) < 1e-10:
            converged = True
            break
    chance = expit(design @ coefficients)
    information = (design.T * (watched * chance * (1 - chance))) @ design
    choices = gammaln(watched + 1) - gammaln(events + 1) - gammaln(watched - events + 1)
    value = float(np.sum(choices + events * np.log(chance) + (watched - events) * np.log1p(-chance)))
    covariance = np.linalg.pinv(information)
    return Hazard(names, coefficients, covariance, stretch, covariates, value, converged, len(watched))


def chances(
    hazard: Hazard, coefficients: Floats, month: NDArray[Any], had_before: NDArray[Any], is_referred: NDArray[Any]
) -> Floats:
    """The chance in each month since the start. Nothing happens before the start, nor in months that nobody has
    reached: what was never watched is not made up."""
    is_inside = (month >= 0) & (month < len(hazard.stretch))
    level = np.where(is_inside, hazard.stretch[np.clip(month, 0, len(hazard.stretch) - 1)], -1)
    log_odds = coefficients[np.maximum(level, 0)]
    given = {"had_before": had_before, "is_referred": is_referred}
    for position, name in enumerate(hazard.covariates, start=int(hazard.stretch.max()) + 1):
        log_odds = log_odds + coefficients[position] * given[name]
    return np.where(level >= 0, expit(log_odds), 0.0)


def _stretches(exposure: Exposure) -> NDArray[np.int64]:
    """Grow stretches of months until each holds enough events, or was watched for so long that there should have been
    enough and a few show that they are rare. A last one short of that joins the one before."""
    months = int(exposure.month.max()) + 1
    events = np.bincount(exposure.month, exposure.events, minlength=months)
    watched = np.bincount(exposure.month, exposure.watched, minlength=months)
    usual = watched * events.sum() / watched.sum()
    stretch, current, held, due = np.full(months, -1, dtype=np.int64), 0, 0.0, 0.0
    for month in np.flatnonzero(watched):
        stretch[month] = current
        held, due = held + events[month], due + usual[month]
        if held >= EVENTS_A_PARAMETER or (held >= FEW_EVENTS and due >= EVENTS_A_PARAMETER):
            current, held, due = current + 1, 0.0, 0.0
    if due > 0:
        stretch[stretch == current] = max(current - 1, 0)
    return stretch


def _is_told_apart(exposure: Exposure, name: str, levels: int) -> bool:
    flag = getattr(exposure, name).astype(bool)
    each = min(exposure.events[flag].sum(), exposure.events[~flag].sum())
    return bool(each >= EVENTS_A_PARAMETER and exposure.events.sum() >= EVENTS_A_PARAMETER * (levels + 1))


def _names(stretch: NDArray[np.int64]) -> tuple[str, ...]:
    names = []
    for level in range(int(stretch.max()) + 1):
        months = np.flatnonzero(stretch == level)
        names.append(f"month_{months[0]}" + (f"_{months[-1]}" if len(months) > 1 else ""))
    return tuple(names)


def _design(stretch: NDArray[np.int64], month: NDArray[Any], covariates: list[NDArray[Any]], levels: int) -> Floats:
    design = np.zeros((len(month), levels + len(covariates)))
    design[np.arange(len(month)), stretch[month]] = 1.0
    for position, covariate in enumerate(covariates, start=levels):
        design[:, position] = covariate
    return design
