"""What each part of the book is expected to bring, customer by customer, with both kinds of doubt.

A part predicts orders by month, the margin of the next twelve months and the discounted residual value from its models'
parameters. Process variance says how far a customer may stray from what the model expects of him; parameter doubt is
how the predictions shift, all customers together, when a model moves by one standard error along each of its
directions. Shifts add up over any group of customers before they are squared, process variances as they are: so any
group has its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.value import hazards, margins, outlook, renewals
from dagster_project.value.newton import Floats
from dagster_project.value.purchases import Model

DAYS_A_MONTH = 365.25 / 12
MONTHS_AHEAD = 12


@dataclass(frozen=True)
class Horizon:
    """How far ahead value is counted, and what money that comes later is worth today."""

    months: int
    discount_rate: float

    def weights(self, months_ahead: Floats) -> Floats:
        """Present value of one unit that comes after so many months; none beyond the horizon."""
        return np.where(months_ahead <= self.months, (1 + self.discount_rate) ** (-months_ahead / 12), 0.0)


@dataclass(frozen=True)
class Scenario:
    """Another world: money costs more or less, customers order and earn more or less."""

    name: str
    discount_shift: float
    demand_factor: float
    margin_factor: float


@dataclass(frozen=True)
class Estimates:
    """Expectations by customer. Margins and values are nan where no margin is known."""

    monthly: Floats  # customers x 12: orders
    margin_12m: Floats
    value: Floats

    @property
    def orders_12m(self) -> Floats:
        return self.monthly.sum(axis=1)


@dataclass(frozen=True)
class Block:
    """The parameters of one fitted model, unbounded, with their covariance."""

    name: str
    point: Floats
    covariance: Floats


@dataclass(frozen=True)
class Shift:
    """How the predictions of all customers move together by one standard error along one direction."""

    direction: str
    estimates: Estimates


@dataclass(frozen=True)
class Forecast:
    """One part of the book as of one date."""

    component: str
    model: str
    customers: NDArray[Any]
    p_alive: Floats  # nan where the model knows no such thing
    margin_per_order: Floats
    estimates: Estimates
    orders_variance: Floats
    margin_variance: Floats
    value_variance: Floats
    monthly_variance: Floats  # 12, of the book's sum
    shifts: Sequence[Shift] = ()
    scenarios: Mapping[str, Floats] = field(default_factory=dict)


Predict = Callable[[Sequence[Floats], Horizon], Estimates]


def shifts(predict: Predict, blocks: Sequence[Block], horizon: Horizon) -> list[Shift]:
    """Central differences over one standard error each way along the columns of each covariance's square root."""
    found = []
    points = [block.point for block in blocks]
    for position, block in enumerate(blocks):
        bends, axes = np.linalg.eigh(block.covariance)
        for number, direction in enumerate((axes * np.sqrt(np.maximum(bends, 0))).T, start=1):
            # A parameter that is hardly known must not be tried where the model makes no sense.
            scale = min(1.0, 1.0 / max(1e-12, float(np.abs(direction).max())))
            ends = []
            for sign in (1.0, -1.0):
                moved = [*points]
                moved[position] = block.point + sign * scale * direction
                ends.append(predict(moved, horizon))
            up, down = ends
            half = 0.5 / scale
            moved_by = Estimates(
                (up.monthly - down.monthly) * half,
                (up.margin_12m - down.margin_12m) * half,
                (up.value - down.value) * half,
            )
            found.append(Shift(f"{block.name}:{number}", moved_by))
    return found


def scenario_values(
    predict: Predict, blocks: Sequence[Block], horizon: Horizon, scenarios: Sequence[Scenario]
) -> dict[str, Floats]:
    """The residual value of each customer in each scenario."""
    points = [block.point for block in blocks]
    values = {}
    for scenario in scenarios:
        other = Horizon(horizon.months, horizon.discount_rate + scenario.discount_shift)
        values[scenario.name] = predict(points, other).value * scenario.demand_factor * scenario.margin_factor
    return values


# Purchases


@dataclass(frozen=True)
class Buyers:
    """Customers of the purchase models; `mean` is the margin of a repeat purchase, nan where unknown."""

    customers: NDArray[Any]
    frequency: NDArray[Any]
    recency: NDArray[Any]
    age: NDArray[Any]
    mean: Floats

    def of(self, chosen: NDArray[Any]) -> Buyers:
        """Some of them."""
        return Buyers(*(getattr(self, name)[chosen] for name in ("customers", "frequency", "recency", "age", "mean")))


@dataclass(frozen=True)
class MarginModel:
    """Margins per order: Gamma-Gamma with its block, or the book's mean for everybody."""

    model: str
    block: Block
    spread: float = 0.0  # pooled: variance of an order around the mean

    def per_order(self, point: Floats, buyers: Buyers) -> tuple[Floats, Floats, Floats]:
        """Each customer's mean margin, the variance of that mean, and the variance of an order around it."""
        if self.model == "gamma_gamma":
            parameters = np.exp(point)
            mean, doubt = margins.expected(parameters, buyers.frequency, buyers.mean)
            return mean, doubt, (mean**2 + doubt) / parameters[0]
        everybody = np.ones(len(buyers.customers))
        return point[0] * everybody, 0.0 * everybody, self.spread * everybody


def purchases_forecast(
    model: Model,
    buyers: Buyers,
    block: Block,
    margin: MarginModel | None,
    horizon: Horizon,
    scenarios: Sequence[Scenario] = (),
) -> Forecast:
    """Orders and margins of customers who may leave unseen. Without a margin model orders alone are predicted."""
    months = _steps(horizon.months)
    middles = (np.concatenate(([0], months[:-1])) + months) / 2
    cells, cell = _cells(buyers)

    def predict(points: Sequence[Floats], ahead: Horizon) -> Estimates:
        parameters = np.exp(points[0])
        alive = outlook.p_alive(model, parameters, buyers.frequency, buyers.recency, buyers.age)
        reached = outlook.purchases_ahead(model, parameters, cells[:, 0], cells[:, 1], months * DAYS_A_MONTH).mean
        steps = alive[:, None] * np.diff(reached, axis=1, prepend=0.0)[cell]
        monthly = steps[:, :MONTHS_AHEAD]
        if margin is None:
            unknown = np.full(len(alive), np.nan)
            return Estimates(monthly, unknown, unknown)
        each = margin.per_order(points[1], buyers)[0]
        return Estimates(monthly, each * monthly.sum(axis=1), each * (steps @ ahead.weights(middles)))

    blocks = [block] if margin is None else [block, margin.block]
    points = [each.point for each in blocks]
    base = predict(points, horizon)
    parameters = np.exp(block.point)
    alive = outlook.p_alive(model, parameters, buyers.frequency, buyers.recency, buyers.age)

    def spread(number_of_months: float) -> tuple[Floats, Floats]:
        """Mean and variance of the orders within so many months."""
        ahead = np.array([number_of_months * DAYS_A_MONTH])
        counts = outlook.purchases_ahead(model, parameters, cells[:, 0], cells[:, 1], ahead)
        mean = alive * counts.mean[cell, 0]
        return mean, alive * (counts.pairs[cell] + counts.mean[cell, 0]) - mean**2

    orders_12m, orders_variance = spread(MONTHS_AHEAD)
    orders_all, all_variance = spread(horizon.months)
    # A month's orders stray less than the year's by the share of the year's they are, apart from chance.
    share = base.monthly / np.maximum(orders_12m, 1e-300)[:, None]
    monthly_variance = (base.monthly + (orders_variance - orders_12m)[:, None] * share**2).sum(axis=0)
    if margin is None:
        each = margin_variance = value_variance = np.full(len(alive), np.nan)
    else:
        each, doubt, noise = margin.per_order(margin.block.point, buyers)
        margin_variance = (each**2 + doubt) * orders_variance + doubt * orders_12m**2 + noise * orders_12m
        # Discounting shrinks every order by about the same factor.
        worth = np.where(orders_all > 0, base.value / np.where(each == 0, 1, each) / np.maximum(orders_all, 1e-300), 0)
        value_variance = worth**2 * ((each**2 + doubt) * all_variance + doubt * orders_all**2 + noise * orders_all)
    return Forecast(
        component="purchases",
        model=model,
        customers=buyers.customers,
        p_alive=alive,
        margin_per_order=each,
        estimates=base,
        orders_variance=orders_variance,
        margin_variance=margin_variance,
        value_variance=value_variance,
        monthly_variance=monthly_variance,
        shifts=shifts(predict, blocks, horizon),
        scenarios=scenario_values(predict, blocks, horizon, scenarios),
    )


def _steps(months: int) -> Floats:
    """By month in the first year, by year after it."""
    later = np.arange(24, months + 12, 12)
    return np.concatenate((np.arange(1, MONTHS_AHEAD + 1), np.minimum(later, months))).astype(np.float64)


def _cells(buyers: Buyers) -> tuple[Floats, NDArray[Any]]:
    """Distinct (x, T): all that the expected purchases of those still there depend on."""
    pairs = np.column_stack((buyers.frequency, buyers.age)).astype(np.float64)
    cells, cell = np.unique(pairs, axis=0, return_inverse=True)
    return cells, cell.reshape(-1)


# Renewals


@dataclass(frozen=True)
class LiveContracts:
    """Contracts in force; `is_booked`: the running term's money is in an order already."""

    customers: NDArray[Any]
    renewals_before: NDArray[np.int64]
    days_left: Floats
    term_days: Floats
    annual_margin: Floats
    is_booked: NDArray[np.bool_]


def renewals_forecast(
    contracts: LiveContracts, block: Block, horizon: Horizon, scenarios: Sequence[Scenario] = ()
) -> Forecast:
    """Residual value of running contracts: the rest of the term at its terms, then renewals while they last."""
    years = contracts.term_days / 365.25
    turns = max(1, int(np.ceil(horizon.months * DAYS_A_MONTH / max(28.0, float(contracts.term_days.min())))) + 1)
    months_left = contracts.days_left / DAYS_A_MONTH
    # When each renewal comes, and what share of its term the horizon still holds.
    starts = months_left[:, None] + np.arange(turns)[None, :] * (contracts.term_days / DAYS_A_MONTH)[:, None]
    held = np.clip((horizon.months - starts) / (contracts.term_days / DAYS_A_MONTH)[:, None], 0.0, 1.0)
    half = np.where(contracts.is_booked, 0.0, years * 6)[:, None]
    is_within = starts < MONTHS_AHEAD
    within_year = np.where(
        contracts.is_booked[:, None],
        is_within,
        np.clip((MONTHS_AHEAD - starts) / (contracts.term_days / DAYS_A_MONTH)[:, None], 0.0, 1.0),
    )
    rest = np.where(contracts.is_booked, 0.0, contracts.annual_margin / 12)
    owners, owner = np.unique(contracts.customers, return_inverse=True)
    term_margin = contracts.annual_margin * years

    def of_owners(amounts: Floats) -> Floats:
        return np.bincount(owner, amounts, len(owners)).astype(np.float64)

    def present(ahead: Horizon) -> Floats:
        """What a renewal is worth today, if it comes."""
        weights = (1 + ahead.discount_rate) ** (-np.minimum(starts + half * held, horizon.months + 12) / 12)
        return held * weights * term_margin[:, None]

    def predict(points: Sequence[Floats], ahead: Horizon) -> Estimates:
        survives = renewals.survival(np.exp(points[0]), contracts.renewals_before, turns)
        running = rest * np.minimum(months_left, ahead.months)
        running = running * (1 + ahead.discount_rate) ** (-np.minimum(months_left, ahead.months) / 24)
        value = running + (survives * present(ahead)).sum(axis=1)
        margin = rest * np.minimum(months_left, MONTHS_AHEAD) + term_margin * (survives * within_year).sum(axis=1)
        monthly = np.stack(
            [(survives * ((starts >= month) & (starts < month + 1))).sum(axis=1) for month in range(MONTHS_AHEAD)],
            axis=1,
        )
        return Estimates(
            np.stack([of_owners(monthly[:, month]) for month in range(MONTHS_AHEAD)], axis=1),
            of_owners(margin),
            of_owners(value),
        )

    survives = renewals.survival(np.exp(block.point), contracts.renewals_before, turns)
    base = predict([block.point], horizon)
    monthly = base.monthly
    return Forecast(
        component="renewals",
        model="shifted_beta_geometric",
        customers=owners,
        p_alive=np.full(len(owners), np.nan),
        margin_per_order=of_owners(term_margin) / np.bincount(owner, minlength=len(owners)),
        estimates=base,
        orders_variance=of_owners(_chain_variance(survives, is_within.astype(np.float64))),
        margin_variance=of_owners(_chain_variance(survives, within_year * term_margin[:, None])),
        value_variance=of_owners(_chain_variance(survives, present(horizon))),
        monthly_variance=(monthly * np.maximum(0.0, 1 - monthly)).sum(axis=0),
        shifts=shifts(predict, [block], horizon),
        scenarios=scenario_values(predict, [block], horizon, scenarios),
    )


def _chain_variance(survives: Floats, amounts: Floats) -> Floats:
    """Variance of what a chain of renewals brings: a later one comes only if the earlier ones did."""
    both = np.minimum(survives[:, :, None], survives[:, None, :])
    covariance = both - survives[:, :, None] * survives[:, None, :]
    return np.einsum("ij,ijk,ik->i", amounts, covariance, amounts)


# Follow-on work and referrals


@dataclass(frozen=True)
class Starters:
    """Customers counted from a start (the wedding, the first order); `days_since` is negative where it lies ahead."""

    customers: NDArray[Any]
    days_since: Floats
    had_before: NDArray[np.bool_]
    is_referred: NDArray[np.bool_]


@dataclass(frozen=True)
class Earning:
    """What one event earns: mean, its standard error, and the variance of single ones around it."""

    mean: float
    standard_error: float
    spread: float


def hazard_forecast(
    component: str,
    hazard: hazards.Hazard,
    starters: Starters,
    earning: Earning | None,
    horizon: Horizon,
    scenarios: Sequence[Scenario] = (),
) -> Forecast:
    """Events to come by month since each customer's start. Whoever has one moves among those who had one before."""
    ahead_of = np.arange(horizon.months, dtype=np.float64) + 0.5
    # Customers in the same month since their start and with the same covariates have the same chances.
    begun = np.floor(starters.days_since / DAYS_A_MONTH + 0.5)
    cells, cell = np.unique(
        np.column_stack((begun, starters.had_before, starters.is_referred)), axis=0, return_inverse=True
    )
    cell = cell.reshape(-1)
    month = (cells[:, :1] + np.arange(horizon.months)).astype(np.int64)

    def expected(coefficients: Floats) -> Floats:
        referred = np.broadcast_to(cells[:, 2:], month.shape)
        first, again = (
            hazards.chances(hazard, coefficients, month, np.full(month.shape, had), referred) for had in (0.0, 1.0)
        )
        events = np.empty(month.shape)
        not_yet = 1.0 - cells[:, 1]
        for step in range(month.shape[1]):
            events[:, step] = not_yet * first[:, step] + (1 - not_yet) * again[:, step]
            not_yet = not_yet * (1 - first[:, step])
        return events

    def predict(points: Sequence[Floats], ahead: Horizon) -> Estimates:
        events = expected(points[0])
        monthly = events[:, :MONTHS_AHEAD]
        if earning is None:
            unknown = np.full(len(cell), np.nan)
            return Estimates(monthly[cell], unknown, unknown)
        mean = points[1][0]
        margin, value = mean * monthly.sum(axis=1), mean * (events @ ahead.weights(ahead_of))
        return Estimates(monthly[cell], margin[cell], value[cell])

    blocks = [Block(component, hazard.coefficients, hazard.covariance)]
    if earning is not None:
        blocks.append(Block(f"{component}_margin", np.array([earning.mean]), np.array([[earning.standard_error**2]])))
    base = predict([block.point for block in blocks], horizon)
    events = expected(hazard.coefficients)[cell]
    chance = events * (1 - events)
    if earning is None:
        margin_variance = value_variance = each = np.full(len(events), np.nan)
    else:
        each = np.full(len(events), earning.mean)
        single = chance * earning.mean**2 + events * earning.spread
        margin_variance = single[:, :MONTHS_AHEAD].sum(axis=1)
        value_variance = single @ horizon.weights(ahead_of) ** 2
    return Forecast(
        component=component,
        model=f"{component}_hazard",
        customers=starters.customers,
        p_alive=np.full(len(events), np.nan),
        margin_per_order=each,
        estimates=base,
        orders_variance=chance[:, :MONTHS_AHEAD].sum(axis=1),
        margin_variance=margin_variance,
        value_variance=value_variance,
        monthly_variance=chance[:, :MONTHS_AHEAD].sum(axis=0),
        shifts=shifts(predict, blocks, horizon),
        scenarios=scenario_values(predict, blocks, horizon, scenarios),
    )
