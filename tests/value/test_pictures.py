"""What a run shows of its fits: every model in the table, a picture of each chosen one, and no customer in either."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.random import default_rng

from dagster_project.value import pictures
from dagster_project.value.assess import Assessment, assess
from tests.value import simulated
from tests.value.test_choice import book

PICTURE = re.compile(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([^)]*)\)")


@pytest.fixture(scope="module")
def found() -> tuple[Assessment, list[str]]:
    """A book of purchases and contracts, and what was said on the way."""
    n = 400
    drawn = simulated.buyers("mbg_nbd", np.array([0.6, 80.0, 0.9, 3.0]), n, default_rng(3), 365.0)
    random, said = default_rng(4), []
    buyers = {
        "customer_id": [f"secret-{i}" for i in range(n)], "frequency": drawn.x, "recency_days": drawn.t,
        "age_days": drawn.age, "repeat_margin_mean": np.where(drawn.x > 0, random.gamma(4, 10, n), np.nan),
        "later_purchases": drawn.later,
    }  # fmt: skip
    contracts = {
        "contract_id": [f"c{i}" for i in range(n)], "customer_id": buyers["customer_id"],
        "renewals_before": random.integers(0, 4, n), "state": random.choice(["live", "lost"], n, p=[0.8, 0.2]),
        "days_left": random.integers(1, 365, n), "term_days": [365] * n, "annual_margin": [100.0] * n,
        "is_booked": [True] * n,
    }  # fmt: skip
    both = {
        name: {"run": ["backtest"] * n + ["current"] * n, **{key: [*column] * 2 for key, column in table.items()}}
        for name, table in (("purchase_tuples", buyers), ("renewals", contracts))
    }
    return assess(book(**both), said.append), said


def test_every_fit_is_in_the_table(found: tuple[Assessment, list[str]]) -> None:
    """A model left out of the table was tried in secret."""
    table = pictures.summary(found[0].fits)
    assert table.count("\n") == len(found[0].fits) + 1
    assert "mbg_nbd" in table and "log-likelihood" in table


def test_every_chosen_model_is_drawn(found: tuple[Assessment, list[str]]) -> None:
    """An image that no viewer opens, or one with a customer in it."""
    drawn = PICTURE.findall(pictures.fit_pictures(found[0]) + pictures.holdout_picture(found[0].fits))
    titles = [title.split(":")[0] for title, _ in drawn]
    chosen = {fit.model for fit in found[0].fits if fit.is_chosen and fit.component in ("purchases", "renewals")}
    assert chosen and chosen <= set(titles)
    for _, content in drawn:
        picture = base64.b64decode(content).decode()
        assert ElementTree.fromstring(picture).tag.endswith("svg")
        assert "secret" not in picture
    assert "No model" in pictures.fit_pictures(Assessment([], []))


def test_parameters_are_numbers(found: tuple[Assessment, list[str]]) -> None:
    """What a run page plots over time has to be there for each date and model."""
    shown = pictures.parameters(found[0].fits)
    assert set(shown["current mbg_nbd"]) == {"r", "alpha", "a", "b", "log_likelihood"}
    assert "current follow_on_hazard" not in shown


def test_a_long_fit_says_how_far_it_is(found: tuple[Assessment, list[str]]) -> None:
    """Minutes without a word look like a run that hangs."""
    assert any(line.startswith("mbg_nbd: step 0 on") for line in found[1])
    assert any(line.startswith("shifted_beta_geometric: step") for line in found[1])
