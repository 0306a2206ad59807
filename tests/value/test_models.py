"""The models on books made up, and on books that no model can read."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.random import default_rng

from dagster_project.value import hazards, margins, outlook, purchases, renewals
from dagster_project.value.fits import Fit, fitted
from dagster_project.value.forecasts import (
    Block,
    Buyers,
    Earning,
    Horizon,
    LiveContracts,
    MarginModel,
    Scenario,
    Starters,
    hazard_forecast,
    purchases_forecast,
    renewals_forecast,
)
from dagster_project.value.newton import Floats
from tests.value import cdnow, simulated

TRUE = np.array([0.6, 80.0, 0.9, 3.0])
HORIZON = Horizon(60, 0.12)


def _slopes(evaluate, at: Floats) -> tuple[Floats, Floats]:
    steps = 1e-6 * at * np.eye(len(at))
    up, down = ([evaluate(at + sign * step) for step in steps] for sign in (1, -1))
    width = 2e-6 * at
    gradient = np.array([(u[0] - d[0]) / w for u, d, w in zip(up, down, width, strict=True)])
    hessian = np.array([(u[1] - d[1]) / w for u, d, w in zip(up, down, width, strict=True)])
    return gradient, hessian


CDNOW = cdnow.tuples()
DAYS = purchases.purchases(CDNOW.frequency, CDNOW.recency, CDNOW.age)


@pytest.mark.parametrize(
    ("evaluate", "at"),
    [
        (partial(purchases.evaluate, "bg_nbd", DAYS), [0.3, 40.0, 0.7, 2.0]),
        (partial(purchases.evaluate, "mbg_nbd", DAYS), [0.3, 40.0, 0.7, 2.0]),
        (partial(margins.evaluate, margins.spending(CDNOW.frequency, CDNOW.mean)), [5.0, 3.0, 14.0]),
        (partial(renewals.evaluate, np.array([9.0, 5, 2]), np.array([1.0, 2, 30])), [0.7, 1.5]),
    ],
    ids=["bg_nbd", "mbg_nbd", "gamma_gamma", "shifted_beta_geometric"],
)
def test_derivatives_are_those_of_the_likelihood(evaluate, at: list[float]) -> None:
    """A wrong slope still climbs, slowly; a wrong curvature gives wrong standard errors and nobody sees it."""
    _, gradient, hessian = evaluate(np.array(at))
    slope, curve = _slopes(evaluate, np.array(at))
    assert gradient == pytest.approx(slope, rel=1e-4)
    assert hessian == pytest.approx(curve, rel=1e-4)


def test_grouping_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large books are summed row by row in threads, small ones by distinct tuple: two codes for one number."""
    random = default_rng(8)
    x = random.integers(0, 5, 300_000)
    age = random.integers(100, 900, 300_000)
    t = np.where(x > 0, (age * random.uniform(0.1, 1, 300_000)).astype(int), 0)
    rows = purchases.purchases(x, t, age)
    monkeypatch.setattr(purchases, "_GROUPED_UP_TO", 10**9)
    grouped = purchases.purchases(x, t, age)
    assert rows.count is None and grouped.count is not None
    assert (rows.customers, rows.repeaters) == (grouped.customers, grouped.repeaters)
    for model in purchases.MODELS:
        one, other = (purchases.evaluate(model, book, TRUE) for book in (rows, grouped))
        assert one[0] == pytest.approx(other[0], rel=1e-12)
        assert one[1] == pytest.approx(other[1], rel=1e-9)


@pytest.mark.parametrize(
    ("x", "t", "age", "why"),
    [
        ([], [], [], "no customer"),
        ([0, 0], [0, 0], [9, 8], "nobody has bought twice"),
        ([1, 2], [9, 8], [9, 8], "everybody bought on the last day"),
    ],
)
def test_what_cannot_be_read_says_why(x: list[int], t: list[int], age: list[int], why: str) -> None:
    """A likelihood without a peak ends somewhere, and that somewhere would pass for an estimate."""
    reason = purchases.why_not_estimable(purchases.purchases(np.array(x, int), np.array(t, int), np.array(age, int)))
    assert reason is not None and why in reason


def test_a_book_that_nobody_leaves_is_still_forecast() -> None:
    """Where no loss shows its parameters run to a limit: the rates stand, everybody is there, doubt is finite."""
    random = default_rng(10)
    age = random.integers(300, 900, 4000)
    x = random.poisson(random.gamma(0.8, 60**-1, 4000) * age)
    t = np.where(x > 0, age * random.beta(np.maximum(x, 1), 1), 0).astype(int)
    found = purchases.fit("bg_nbd", purchases.purchases(x, t, age))
    assert found.converged and found.covariance is not None
    assert found.parameters[:2] == pytest.approx([0.8, 60], rel=0.15)
    buyers = Buyers(np.arange(4000).astype(str), x, t, age, np.full(4000, np.nan))
    block = Block("bg_nbd", np.log(found.parameters), found.covariance)
    made = purchases_forecast("bg_nbd", buyers, block, None, HORIZON)
    assert made.p_alive.min() > 0.95
    assert made.estimates.orders_12m.sum() == pytest.approx(((0.8 + x) / (60 + age)).sum() * 365.25, rel=0.05)
    doubt = sum(shift.estimates.orders_12m.sum() ** 2 for shift in made.shifts) ** 0.5
    assert 0 < doubt < 0.1 * made.estimates.orders_12m.sum()


@pytest.mark.parametrize("model", purchases.MODELS)
def test_a_book_that_leaves_at_one_chance_is_still_forecast(model: purchases.Model) -> None:
    """As above where chances to leave do not differ: anlan_safety as of 2026-03-31 went without a forecast for it."""
    random, n, chance = default_rng(1), 3000, 0.12
    drawn = simulated.buyers(model, np.array([2.0, 100.0, chance * 1e9, (1 - chance) * 1e9]), n, random)
    found = purchases.fit(model, purchases.purchases(drawn.x, drawn.t, drawn.age))
    assert found.converged and found.is_at_limit and found.covariance is not None
    a, b = found.parameters[2:]
    assert a / (a + b) == pytest.approx(chance, rel=0.15)
    assert found.parameters[:2] == pytest.approx([2.0, 100.0], rel=0.15)
    told = fitted(Fit("current", "purchases", model, ""), purchases.PARAMETERS, found)
    assert told.block is not None
    assert "at its limit" in told.note
    assert "a" in told.standard_errors and "b" not in told.standard_errors


def test_a_past_that_cannot_be_is_refused() -> None:
    """A last purchase after the end of the watch turns logs into nan."""
    with pytest.raises(ValueError, match="recency"):
        purchases.purchases(np.array([1]), np.array([5]), np.array([4]))


def test_whoever_never_came_back_may_be_gone() -> None:
    """BG/NBD is sure that he is still there, however long ago that was; MBG/NBD is not, and less so with time."""
    x, t, age = np.array([0, 0]), np.array([0, 0]), np.array([30, 900])
    assert outlook.p_alive("bg_nbd", TRUE, x, t, age).tolist() == [1.0, 1.0]
    soon, late = outlook.p_alive("mbg_nbd", TRUE, x, t, age)
    assert 0 < late < soon < 1


def test_negative_margins_are_counted_and_still_predicted() -> None:
    """A customer who costs money, dropped silently, makes the book look better than it is."""
    grouped = margins.spending(np.array([2, 3, 1, 4, 0]), np.array([10.0, -5.0, 20.0, 12.0, np.nan]))
    assert (grouped.customers, grouped.left_out) == (3, 1)
    mean, doubt = margins.expected(np.array([6.0, 4.0, 15.0]), np.array([3, 0]), np.array([-50.0, np.nan]))
    assert mean[0] < 0
    assert mean[1] == pytest.approx(30.0)
    assert (doubt > 0).all()


def _buyers(model: purchases.Model, customers: int, seed: int, ahead: float) -> tuple[Buyers, np.ndarray]:
    made = simulated.buyers(model, TRUE, customers, default_rng(seed), ahead)
    mean = np.where(made.x > 0, 50.0, np.nan)
    return Buyers(np.arange(customers).astype(str), made.x, made.t, made.age, mean), made.later


def test_intervals_hold_the_year_ahead() -> None:
    """An interval of parameter doubt alone, or of chance alone, is too narrow, and a buyer would trust it."""
    inside = []
    for seed in range(20, 40):
        buyers, later = _buyers("mbg_nbd", 1500, seed, 365.25)
        found = purchases.fit("mbg_nbd", purchases.purchases(buyers.frequency, buyers.recency, buyers.age))
        assert found.covariance is not None
        block = Block("mbg_nbd", np.log(found.parameters), found.covariance)
        made = purchases_forecast("mbg_nbd", buyers, block, None, HORIZON)
        together = sum(shift.estimates.orders_12m.sum() ** 2 for shift in made.shifts)
        error = np.sqrt(made.orders_variance.sum() + together)
        inside.append(abs(later.sum() - made.estimates.orders_12m.sum()) < 1.96 * error)
    assert 16 <= sum(inside) <= 20


def test_the_variance_of_a_customer_is_that_of_the_model() -> None:
    """Against drawing his futures: rate, chance to leave and margin, a hundred thousand times."""
    random, n = default_rng(11), 200_000
    parameters, margin = np.array([0.6, 80.0, 0.9, 3.0]), np.array([6.0, 8.0, 300.0])
    buyers = Buyers(np.array(["a"]), np.array([4]), np.array([300]), np.array([400]), np.array([45.0]))
    block = Block("mbg_nbd", np.log(parameters), np.zeros((4, 4)))
    made = purchases_forecast(
        "mbg_nbd", buyers, block, MarginModel("gamma_gamma", Block("g", np.log(margin), np.zeros((3, 3)))), HORIZON
    )
    alive = random.uniform(size=n) < made.p_alive[0]
    rate, chance = random.gamma(4.6, 1 / 480.0, n), random.beta(0.9, 8.0, n)
    orders = np.where(alive, np.minimum(random.poisson(rate * 365.25), random.geometric(chance)), 0)
    scale = random.gamma(margin[0] * 4 + margin[1], 1 / (margin[2] + 4 * 45.0), n)
    money = np.where(orders > 0, random.gamma(margin[0] * np.maximum(orders, 1), 1 / scale), 0)
    assert made.estimates.orders_12m[0] == pytest.approx(orders.mean(), rel=0.02)
    assert made.orders_variance[0] == pytest.approx(orders.var(), rel=0.03)
    assert made.estimates.margin_12m[0] == pytest.approx(money.mean(), rel=0.02)
    assert made.margin_variance[0] == pytest.approx(money.var(), rel=0.05)


def test_a_dearer_capital_is_worth_less_and_the_year_stays() -> None:
    """A scenario that moves what it should not, or does not move what it should."""
    buyers, _ = _buyers("mbg_nbd", 50, 3, 0.0)
    block = Block("mbg_nbd", np.log(TRUE), np.eye(4) * 0.01)
    margin = MarginModel("pooled_mean", Block("pooled_mean", np.array([40.0]), np.array([[4.0]])), 25.0)
    worlds = [Scenario("base", 0, 1, 1), Scenario("dear", 0.1, 1, 1), Scenario("half", 0, 0.5, 1)]
    made = purchases_forecast("mbg_nbd", buyers, block, margin, HORIZON, worlds)
    assert made.scenarios["base"] == pytest.approx(made.estimates.value)
    assert (made.scenarios["dear"] < made.scenarios["base"]).all()
    assert made.scenarios["half"] == pytest.approx(made.scenarios["base"] / 2)
    assert made.estimates.margin_12m == pytest.approx(40 * made.estimates.orders_12m)
    assert made.estimates.monthly.shape == (50, 12)


def test_contracts_keep_their_terms() -> None:
    """A term booked already counted again, a three-year term taken for a year's, or money beyond the horizon."""
    live = LiveContracts(
        np.array(["booked", "running", "long"]),
        np.array([1, 1, 0]),
        np.array([182.625, 182.625, 900.0]),
        np.array([365.25, 365.25, 1095.75]),
        np.array([100.0, 100.0, 100.0]),
        np.array([True, False, True]),
    )
    # Renewals all but certain: what is left is arithmetic.
    block = Block("sbg", np.log([1e-4, 1e4]), np.zeros((2, 2)))
    made = renewals_forecast(live, block, Horizon(12, 0.0))
    value = dict(zip(made.customers, made.estimates.value, strict=True))
    margin = dict(zip(made.customers, made.estimates.margin_12m, strict=True))
    # Half a year is left, then a renewal of which the horizon holds half.
    assert value["booked"] == pytest.approx(50, rel=1e-3)
    assert value["running"] == pytest.approx(100, rel=1e-3)
    assert value["long"] == 0
    assert margin["booked"] == pytest.approx(100, rel=1e-3)  # the renewal is booked whole
    assert margin["running"] == pytest.approx(100, rel=1e-3)
    assert made.estimates.monthly.sum(axis=1) == pytest.approx([1, 0, 1], abs=1e-3)


def test_a_hazard_sees_when_and_for_whom() -> None:
    """Anniversaries smeared over the year, or a covariate that moves the wrong way."""
    months = np.repeat(np.arange(24), 2)
    had = np.tile([0.0, 1.0], 24)
    watched = np.full(48, 4000.0)
    chance = np.where(months == 12, 0.05, 0.01) * np.where(had == 1, 2.0, 1.0)
    hazard = hazards.fit(hazards.Exposure(months, had, np.zeros(48), watched, np.round(watched * chance)))
    assert hazard.converged
    assert hazard.covariates == ("had_before",)
    at = hazards.chances(hazard, hazard.coefficients, np.array([11, 12, 13, -1, 30]), np.zeros(5), np.zeros(5))
    assert at[:3] == pytest.approx([0.01, 0.05, 0.01], rel=0.15)
    assert at[3:].tolist() == [0.0, 0.0]  # before the event, and beyond what was watched
    twice = hazards.chances(hazard, hazard.coefficients, np.array([5]), np.ones(1), np.zeros(1))
    assert twice[0] == pytest.approx(2 * at[0], rel=0.15)


def test_rare_months_are_told_from_unseen_ones() -> None:
    """Months watched for long in which hardly anything happened, given the chance of the lively months before them."""
    months = np.arange(12)
    events = np.where(months < 6, 100.0, 1.0)
    hazard = hazards.fit(hazards.Exposure(months, np.zeros(12), np.zeros(12), np.full(12, 1000.0), events))
    late = hazards.chances(hazard, hazard.coefficients, np.array([9]), np.zeros(1), np.zeros(1))
    assert late[0] < 0.005


def test_follow_on_work_waits_for_its_event() -> None:
    """A couple whose wedding lies ahead booked as due now, or one long past as due for ever."""
    months = np.arange(24)
    hazard = hazards.fit(hazards.Exposure(months, np.zeros(24), np.zeros(24), np.full(24, 5000.0), np.full(24, 100.0)))
    starters = Starters(
        np.array(["ahead", "now", "past"]), np.array([-400.0, 0.0, 1000.0]), np.zeros(3, bool), np.zeros(3, bool)
    )
    made = hazard_forecast("follow_on", hazard, starters, Earning(100.0, 5.0, 400.0), HORIZON)
    ahead, now, past = made.estimates.orders_12m
    assert ahead == 0 and past == 0
    assert now == pytest.approx(12 * 0.02, rel=0.05)
    assert made.estimates.value[0] > 0  # within five years the wedding comes
    assert made.estimates.value[0] < made.estimates.value[1]
