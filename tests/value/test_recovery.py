"""Parameters that made a book come back from it, within three standard errors, in more than one region."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from dagster_project.value import margins, purchases, renewals
from dagster_project.value.newton import Floats, Optimum
from tests.value import pareto_nbd, simulated

LOYAL_LATE, QUICK_GONE, RARE = [0.6, 80.0, 0.9, 3.0], [1.8, 40.0, 0.4, 0.9], [0.25, 60.0, 2.5, 6.0]


def _in_errors(found: Optimum, true: Floats | list[float]) -> float:
    assert found.converged and found.covariance is not None
    return float(np.abs(np.log(found.parameters / np.asarray(true)) / np.sqrt(np.diag(found.covariance))).max())


@pytest.mark.parametrize("true", [LOYAL_LATE, QUICK_GONE, RARE], ids=["loyal", "quick", "rare"])
@pytest.mark.parametrize("model", purchases.MODELS)
def test_parameters_are_recovered(model: purchases.Model, true: list[float]) -> None:
    """A fit that does not come back to what made the data is a fit to something else."""
    drawn = simulated.buyers(model, np.array(true), 12_000, default_rng(5))
    assert _in_errors(purchases.fit(model, purchases.purchases(drawn.x, drawn.t, drawn.age)), true) < 3


@pytest.mark.parametrize("true", [[4.0, 5.0, 80.0], [1.3, 1.7, 20_000.0]])
def test_margins_are_recovered(true: list[float]) -> None:
    """As above, for Gamma-Gamma."""
    assert _in_errors(margins.fit(margins.spending(*simulated.margins(np.array(true), 6000, default_rng(6)))), true) < 3


@pytest.mark.parametrize("true", [[1.0, 6.5], [0.5, 1.2]])
def test_renewals_are_recovered(true: list[float]) -> None:
    """As above, for the shifted beta-geometric, with chains cut off at different lengths."""
    assert _in_errors(renewals.fit(*simulated.renewals(np.array(true), 4000, default_rng(7))), true) < 3


def test_standard_errors_are_those_of_repeated_books() -> None:
    """Errors too small by half would still hold the truth of one lucky book within three of them."""
    true = np.array([1.0, 6.5])
    found = [renewals.fit(*simulated.renewals(true, 2000, default_rng(seed))) for seed in range(200)]
    strayed = np.std([np.log(fit.parameters) for fit in found], axis=0)
    said = np.mean([np.sqrt(np.diag(fit.covariance)) for fit in found if fit.covariance is not None], axis=0)
    assert said == pytest.approx(strayed, rel=0.15)


def test_the_yardstick_is_recovered() -> None:
    """Pareto/NBD judges the product's models: its own fit has to come back to what made the data."""
    true = np.array([0.8, 60.0, 0.7, 200.0])
    drawn = simulated.pareto_buyers(true, 6000, default_rng(12))
    found, reached = pareto_nbd.fit(drawn.x, drawn.t, drawn.age)
    columns = (drawn.x, drawn.t, drawn.age)
    # No derivatives, no standard errors: twice the gain over the truth is chi-squared, above 18.5 once in a thousand.
    gain = 2 * (reached - float(pareto_nbd.log_likelihoods(true, *columns).sum()))
    assert 0 <= gain < 18.5
    assert found == pytest.approx(true, rel=0.3)
