"""Which model speaks, and why: also for books too thin for any."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dagster_project.value.assess import Book, assess
from dagster_project.value.fits import Fit, Holdout, choose
from dagster_project.value.forecasts import Block, Scenario

BLOCK = Block("mbg_nbd", np.zeros(4), np.eye(4))
NO_PEAK = "the likelihood has no peak"


def _fit(run: str, model: str, block: Block | None, deviance: float | None = None, reason: str = "") -> Fit:
    held = None if deviance is None else Holdout(9, 1.0, 1.0, deviance)
    return Fit(run, "purchases", model, reason, block=block, holdout=held)


def test_a_model_of_a_year_ago_without_a_successor_is_told() -> None:
    """A fit that stood a year ago while none stands today was published without a reason, and the refresh refused:
    anlan_safety as of 2026-03-31."""
    told = choose(
        [
            _fit("backtest", "bg_nbd", None, None, NO_PEAK),
            _fit("current", "bg_nbd", None, None, NO_PEAK),
            _fit("backtest", "mbg_nbd", BLOCK, 1.1),
            _fit("current", "mbg_nbd", None, 1.1, NO_PEAK),
        ]
    )
    assert [fit.reason for fit in told if fit.block is None] == [NO_PEAK] * 3
    assert all(fit.reason and not fit.is_chosen for fit in told)


def test_the_year_held_out_chooses_and_the_other_says_why_not() -> None:
    """The better fit of the past is not the better forecast."""
    models = (("bg_nbd", 1.2), ("mbg_nbd", 1.1))
    told = choose([_fit(run, model, BLOCK, held) for model, held in models for run in ("backtest", "current")])
    assert {fit.model for fit in told if fit.is_chosen} == {"mbg_nbd"}
    assert all("1.1000" in fit.reason for fit in told)


def test_a_model_without_a_past_gives_way_to_one_that_was_held_out() -> None:
    """Chosen unseen, a model that could not be fitted a year ago would be beyond any check."""
    told = choose(
        [
            _fit("backtest", "bg_nbd", None, None, NO_PEAK),
            _fit("current", "bg_nbd", BLOCK),
            _fit("backtest", "mbg_nbd", BLOCK, 1.1),
            _fit("current", "mbg_nbd", BLOCK, 1.1),
        ]
    )
    assert {(fit.run, fit.model) for fit in told if fit.is_chosen} == {("backtest", "mbg_nbd"), ("current", "mbg_nbd")}
    assert all(fit.reason for fit in told)


TEXT, FLAG = ("run", "customer_id", "contract_id", "state"), ("is_referred", "had_come_back", "is_booked")
COLUMNS = {
    "purchase_tuples": "run customer_id frequency recency_days age_days repeat_margin_mean later_purchases",
    "renewals": "run contract_id customer_id renewals_before state days_left term_days annual_margin is_booked",
    "customer_events": "run customer_id days_since_event follow_ons is_referred follow_on_margin_net later_follow_ons",
    "follow_on_months": "run months_since had_come_back is_referred customers came_back",
    "referrers": "run customer_id days_since_first_order brought is_referred later_brought",
    "referral_months": "run months_since had_come_back is_referred customers came_back",
    "referred_customers": "customer_id first_year_margin_net is_first_year_over",
}
MODELS = ("bg_nbd", "mbg_nbd", "gamma_gamma", "shifted_beta_geometric", "follow_on_hazard", "referral_hazard")
SETTINGS = {
    "horizon_months": 60,
    "discount_rate": 0.12,
    "minimum_customers": 3,
    "minimum_repeaters": 2,
    "minimum_contracts_lost": 1,
    "minimum_events": 30,
}


def book(**rows: dict[str, list[Any]]) -> Book:
    """Tables with these rows, others empty; every model admitted."""
    tables = {}
    for table, columns in COLUMNS.items():
        given = rows.get(table, {})
        tables[table] = {
            name: np.array(given.get(name, []), dtype=object if name in TEXT else bool if name in FLAG else float)
            for name in columns.split()
        }
    return Book(tables, dict.fromkeys(MODELS, (True, "")), SETTINGS, [Scenario("base", 0, 1, 1)])


def test_an_empty_book_says_so_in_every_part() -> None:
    """The first month of a company, or a date before its first order, must be not_assessed and no traceback."""
    found = assess(book())
    assert {fit.component for fit in found.fits} == {"purchases", "margin", "renewals", "follow_on", "referral"}
    assert all(fit.status == "not_assessed" and fit.reason for fit in found.fits)
    assert not found.forecasts


@pytest.mark.parametrize("run", ["backtest", "current"])
def test_a_book_of_one_date_alone_is_told(run: str) -> None:
    """A company a few months old has nobody a year ago; a company that has lost everybody has nobody now."""
    past = {"frequency": [2, 1, 0, 3], "recency_days": [40, 30, 0, 90], "age_days": [90, 80, 70, 100]}
    n = 4
    found = assess(
        book(
            purchase_tuples={
                "run": [run] * n, "customer_id": list("abcd"), **past,
                "repeat_margin_mean": [10, 12, np.nan, 30], "later_purchases": [0] * n,
            }
        )
    )  # fmt: skip
    assert all(fit.reason for fit in found.fits)
    assert sum(fit.is_chosen for fit in found.fits if fit.component == "purchases" and fit.run == run) <= 1
