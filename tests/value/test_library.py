"""Log-likelihoods against the field's own library, `lifetimes` (the extra `parity`), at 1e-6 relative.

No library at hand has the shifted beta-geometric: there the recursion it was published with, written out in plain
floats and climbed without derivatives, stands in.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.optimize import minimize

from dagster_project.value import margins, purchases, renewals
from dagster_project.value.newton import Floats
from tests.value import cdnow, pareto_nbd, simulated

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    lifetimes = pytest.importorskip("lifetimes", reason="the extra `parity` is not installed")

CDNOW = cdnow.tuples()
SETS = ("cdnow", "made up", "made up, quick")
MADE_UP = {"made up": [0.6, 80.0, 0.9, 3.0], "made up, quick": [1.8, 40.0, 0.4, 0.9]}


def _book(model: purchases.Model, source: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if source == "cdnow":
        return CDNOW.frequency, CDNOW.recency / 7, CDNOW.age / 7
    drawn = simulated.buyers(model, np.array(MADE_UP[source]), 3000, default_rng(9))
    return drawn.x, drawn.t, drawn.age


def _theirs(fitter: Any, parameters: Floats, *columns: np.ndarray) -> float:
    """The library's log-likelihood at these parameters: of all customers for Pareto/NBD, their mean for the others."""
    arrays = [np.asarray(column, dtype=float) for column in columns]
    found = -float(fitter._negative_log_likelihood(parameters, *arrays, np.ones(len(arrays[0])), 0.0))
    return found if fitter is lifetimes.ParetoNBDFitter else found * len(arrays[0])


@pytest.mark.parametrize("source", SETS)
@pytest.mark.parametrize("model", purchases.MODELS)
def test_purchases(model: purchases.Model, source: str) -> None:
    """On the same data at the same parameters, and where each of the two ends by itself."""
    columns = _book(model, source)
    found = purchases.fit(model, purchases.purchases(*columns))
    library = lifetimes.BetaGeoFitter if model == "bg_nbd" else lifetimes.ModifiedBetaGeoFitter
    assert found.log_likelihood == pytest.approx(_theirs(library, np.log(found.parameters), *columns), rel=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = library().fit(*columns)
    theirs = np.array([fitter.params_[name] for name in purchases.PARAMETERS])
    reached = purchases.evaluate(model, purchases.purchases(*columns), theirs)[0]
    assert reached == pytest.approx(_theirs(library, np.log(theirs), *columns), rel=1e-6)
    assert found.log_likelihood == pytest.approx(reached, rel=1e-6)
    assert found.log_likelihood >= reached - 1e-6


@pytest.mark.parametrize("source", SETS)
def test_margins(source: str) -> None:
    """As above, for Gamma-Gamma."""
    x, mean = CDNOW.frequency, CDNOW.mean
    if source != "cdnow":
        x, mean = simulated.margins(np.array([4.0, 5.0, 80.0]), 4000, default_rng(13))
    x, mean = x[x > 0], mean[x > 0]
    if source == "made up, quick":
        mean = np.round(mean * 1000, 2)
    found = margins.fit(margins.spending(x, mean))
    theirs = _theirs(lifetimes.GammaGammaFitter, np.log(found.parameters), x, mean)
    assert found.log_likelihood == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("source", ["cdnow", "made up"])
def test_the_yardstick(source: str) -> None:
    """As above, for Pareto/NBD, which the product's models are checked with."""
    columns: tuple[np.ndarray, ...] = (CDNOW.frequency, CDNOW.recency / 7, CDNOW.age / 7)
    parameters = np.array([0.5533, 10.578, 0.6062, 11.668])
    if source == "made up":
        parameters = np.array([0.8, 60.0, 0.7, 200.0])
        drawn = simulated.pareto_buyers(parameters, 2000, default_rng(14))
        columns = (drawn.x, drawn.t, drawn.age)
    ours = float(pareto_nbd.log_likelihoods(parameters, *columns).sum())
    assert ours == pytest.approx(_theirs(lifetimes.ParetoNBDFitter, parameters, *columns), rel=1e-6)


def _by_recursion(logs: Floats, lost: Floats, kept: Floats) -> float:
    """Fader and Hardie 2007: P(1) = alpha / (alpha + beta), P(t) = P(t - 1) (beta + t - 2) / (alpha + beta + t - 1)."""
    alpha, beta = np.exp(logs)
    chance, stays, value = alpha / (alpha + beta), 1.0, 0.0
    for turn, (gone, still) in enumerate(zip(lost, kept, strict=True), start=1):
        if turn > 1:
            chance *= (beta + turn - 2) / (alpha + beta + turn - 1)
        stays -= chance
        value += gone * np.log(chance) + still * np.log(stays)
    return value


@pytest.mark.parametrize("source", SETS)
def test_renewals(source: str) -> None:
    """The same number by another way, and the same top by another climb."""
    lost = np.array([131.0, 126, 90, 60, 42, 34, 26])
    kept = np.append(np.zeros(6), 491.0)  # the published high-end customers
    if source != "cdnow":
        lost, kept = simulated.renewals(np.array([1.0, 6.5]), 3000, default_rng(15 + len(source)))
    found = renewals.fit(lost, kept)
    assert found.log_likelihood == pytest.approx(_by_recursion(np.log(found.parameters), lost, kept), rel=1e-9)
    other = minimize(
        lambda logs: -_by_recursion(logs, lost, kept),
        np.log([0.5, 2.0]),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000},
    )
    assert found.log_likelihood == pytest.approx(-float(other.fun), rel=1e-9)
    assert found.parameters == pytest.approx(np.exp(other.x), rel=1e-4)
