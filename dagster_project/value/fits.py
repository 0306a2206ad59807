"""What became of each model: its parameters, or why there are none, and why it was chosen or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dagster_project.value.forecasts import Block
from dagster_project.value.newton import Floats, Optimum


@dataclass(frozen=True)
class Holdout:
    """How the year after the earlier date went: `deviance` is least for whoever expects each customer's true mean."""

    customers: int
    expected: float
    actual: float
    deviance: float


@dataclass(frozen=True)
class Fit:
    """One model as of one date. `block` is there where it may be used."""

    run: str
    component: str
    model: str
    reason: str
    is_admissible: bool = True
    is_chosen: bool = False
    has_converged: bool | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    customers: int = 0
    tuples: int | None = None
    left_out: int | None = None
    correlation: float | None = None
    holdout: Holdout | None = None
    block: Block | None = None
    note: str = ""

    @property
    def status(self) -> str:
        return "assessed" if self.block is not None else "not_assessed"


def fitted(fit: Fit, names: Sequence[str], optimum: Optimum) -> Fit:
    """`fit` with what the ascent found; without a peak there is nothing to use."""
    parameters = dict(zip(names, (float(value) for value in optimum.parameters), strict=True))
    fit = replace(fit, parameters=parameters, log_likelihood=optimum.log_likelihood, has_converged=optimum.converged)
    if not optimum.converged or optimum.covariance is None:
        return replace(fit, reason=f"the likelihood has no peak: {_extremes(parameters)}")
    errors = np.sqrt(np.diag(optimum.covariance)) * optimum.parameters
    # Where nobody is seen to leave, or all at one chance, a and b run away: a finding, and the other parameters stand.
    # What is held at a limit has no error.
    limit = f"a parameter is at its limit ({_extremes(parameters)}); " if optimum.is_at_limit else ""
    return replace(
        fit,
        note=limit,
        standard_errors={name: float(error) for name, error in zip(names, errors, strict=True) if error > 0},
        block=Block(fit.model, np.log(optimum.parameters), optimum.covariance),
    )


def holdout(expected: Floats, actual: Floats) -> Holdout:
    """Compare what was expected of each customer with what he did."""
    return Holdout(len(actual), float(expected.sum()), float(actual.sum()), _deviance(actual, expected))


# A model of a year ago that has none to hand over to: told, and forecasts nothing.
_NONE_TODAY = "no model of this part can be used as of today, so none is chosen"


def choose(fits: Sequence[Fit]) -> list[Fit]:
    """Of the models of one component, the usable one with the least deviance in the year held out; the others say why
    not.

    Where no year could be held out, the last one named goes first: they are listed from the bolder to the safer.
    """
    usable = [fit for fit in fits if fit.run == "current" and fit.block is not None]
    if not usable:
        return [fit if fit.block is None else replace(fit, reason=fit.note + _NONE_TODAY) for fit in fits]
    held = [fit for fit in usable if fit.holdout is not None]
    best = min(held, key=lambda fit: fit.holdout.deviance if fit.holdout else 0.0) if held else usable[-1]
    return [_told(fit, best, len(usable)) for fit in fits]


def _told(fit: Fit, best: Fit, rivals: int) -> Fit:
    if fit.block is None:
        return fit
    if fit.model == best.model:
        why = "the only usable model" if rivals == 1 else "nothing could be held out to choose by"
        if fit.holdout is not None and rivals > 1:
            why = f"least deviance in the year held out: {fit.holdout.deviance:.4f}"
        return replace(fit, is_chosen=True, reason=fit.note + why)
    why = f"{best.model} was chosen"
    if fit.holdout is not None and best.holdout is not None:
        mine, its = fit.holdout.deviance, best.holdout.deviance
        why = f"deviance in the year held out {mine:.4f}, that of {best.model} {its:.4f}"
    return replace(fit, reason=fit.note + why)


def _deviance(actual: Floats, expected: Floats) -> float:
    """Mean Poisson deviance. It scores means alone, so the counts need not be Poisson."""
    expected = np.maximum(expected, 1e-9)
    logs = np.where(actual > 0, actual * np.log(np.maximum(actual, 1e-9) / expected), 0.0)
    return float(np.mean(2 * (logs - (actual - expected)))) if len(actual) else float("nan")


def _extremes(parameters: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in parameters.items())
