"""From what the work file knows of each customer to fits and forecasts, as of today and as of a year ago.

The models admitted for the trade are fitted at both dates. The year that followed the earlier date chooses among
them; the choice then speaks for the years to come. What cannot be fitted says why, and forecasts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dagster_project.value import hazards, margins, purchases, renewals
from dagster_project.value.fits import Fit, choose, fitted, holdout
from dagster_project.value.forecasts import (
    Block,
    Buyers,
    Earning,
    Forecast,
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

RUNS = ("backtest", "current")
Table = Mapping[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Book:
    """What was read: tables as arrays, the trade's models (admitted or not, and why), assumptions and scenarios."""

    tables: Mapping[str, Table]
    models: Mapping[str, tuple[bool, str]]
    settings: Mapping[str, float]
    scenarios: Sequence[Scenario]

    @property
    def horizon(self) -> Horizon:
        return Horizon(int(self.settings["horizon_months"]), self.settings["discount_rate"])

    def rows(self, table: str, run: str) -> dict[str, Any]:
        """The rows of one date."""
        columns = self.tables[table]
        chosen = columns["run"] == run
        return {name: values[chosen] for name, values in columns.items()}

    def scenarios_of(self, run: str) -> Sequence[Scenario]:
        return self.scenarios if run == "current" else ()

    def blank(self, run: str, component: str, model: str, **found: Any) -> Fit:
        """A fit not tried yet; a model the trade does not admit stays one."""
        is_admissible, why = self.models[model]
        reason = "" if is_admissible else f"not admitted for this trade: {why}"
        return Fit(run, component, model, reason, is_admissible, **found)


@dataclass(frozen=True)
class Assessment:
    """Every fit, tried or not, and the forecasts of the chosen ones."""

    fits: Sequence[Fit]
    forecasts: Sequence[tuple[str, Forecast]]  # with the run


Part = tuple[list[Fit], list[tuple[str, Forecast]]]


def assess(book: Book, say: Say = lambda message: None) -> Assessment:
    """Fit, choose, forecast; `say` is told about each step of a fit."""
    fits: list[Fit] = []
    forecasts: list[tuple[str, Forecast]] = []
    for part in (_purchases, _renewals, _follow_on, _referrals):
        found, made = part(book, say)
        fits += found
        forecasts += made
    return Assessment(fits, forecasts)


# Purchases


def _purchases(book: Book, say: Say) -> Part:
    buyers = {run: _buyers(book.rows("purchase_tuples", run)) for run in RUNS}
    margin_fits = {run: _margin_fit(book, run, buyers[run], say) for run in RUNS}
    margin = {run: _margin_model(margin_fits[run], buyers[run]) for run in RUNS}
    later = book.rows("purchase_tuples", "backtest")["later_purchases"]
    fits: list[Fit] = []
    for model in purchases.MODELS:
        past, present = (_purchase_fit(book, run, model, buyers[run], say) for run in RUNS)
        if past.block is not None:
            made = purchases_forecast(model, buyers["backtest"], past.block, None, book.horizon)
            held = holdout(made.estimates.orders_12m, later)
            past, present = replace(past, holdout=held), replace(present, holdout=held)
        fits += [past, present]
    fits = choose(fits)
    forecasts = [
        (run, made)
        for run in RUNS
        for made in _chosen_forecasts(book, run, [fit for fit in fits if fit.run == run], buyers[run], margin[run])
    ]
    return [*fits, *margin_fits.values(), *_pooled_fits(margin_fits, margin)], forecasts


def _buyers(rows: Table) -> Buyers:
    return Buyers(
        rows["customer_id"],
        rows["frequency"].astype(np.int64),
        rows["recency_days"].astype(np.int64),
        rows["age_days"].astype(np.int64),
        rows["repeat_margin_mean"],
    )


def _purchase_fit(book: Book, run: str, model: purchases.Model, buyers: Buyers, say: Say) -> Fit:
    grouped = purchases.purchases(buyers.frequency, buyers.recency, buyers.age)
    fit = book.blank(run, "purchases", model, customers=grouped.customers, tuples=grouped.tuples)
    if not fit.is_admissible:
        return fit
    reason = purchases.why_not_estimable(grouped)
    for name, found in (("customers", grouped.customers), ("repeaters", grouped.repeaters)):
        needed = book.settings[f"minimum_{name}"]
        if reason is None and found < needed:
            reason = f"needs {needed:.0f} {name}, has {found}"
    if reason is not None:
        return replace(fit, reason=reason)
    return fitted(fit, purchases.PARAMETERS, purchases.fit(model, grouped, say))


def _chosen_forecasts(
    book: Book, run: str, fits: Sequence[Fit], buyers: Buyers, margin: MarginModel | None
) -> list[Forecast]:
    """BG/NBD cannot let anybody leave before a second purchase, so whoever never came back would be there for certain:
    where it is chosen, MBG/NBD speaks for them."""
    blocks = {fit.model: fit.block for fit in fits if fit.block is not None}
    chosen = next((fit.model for fit in fits if fit.is_chosen), None)
    if chosen is None:
        return []
    came_back = buyers.frequency > 0
    groups: list[tuple[purchases.Model, Buyers]] = [("mbg_nbd", buyers)]
    if chosen == "bg_nbd":
        groups = [("bg_nbd", buyers.of(came_back)), ("mbg_nbd", buyers.of(~came_back))]
    return [
        purchases_forecast(model, group, block, margin, book.horizon, book.scenarios_of(run))
        for model, group in groups
        if (block := blocks.get(model)) is not None and len(group.customers)
    ]


def _margin_fit(book: Book, run: str, buyers: Buyers, say: Say) -> Fit:
    grouped = margins.spending(buyers.frequency, buyers.mean)
    fit = book.blank(
        run, "margin", "gamma_gamma", customers=grouped.customers, tuples=len(grouped.mean),
        left_out=grouped.left_out, correlation=grouped.correlation,
    )  # fmt: skip
    if not fit.is_admissible:
        return fit
    reason = margins.why_not_estimable(grouped)
    needed = book.settings["minimum_repeaters"]
    if reason is None and grouped.customers < needed:
        reason = f"needs {needed:.0f} customers with a known margin on repeat purchases, has {grouped.customers}"
    if reason is not None:
        return replace(fit, reason=reason)
    fit = fitted(fit, margins.PARAMETERS, margins.fit(grouped, say))
    if fit.block is not None and fit.parameters["q"] <= 1:
        return replace(fit, block=None, reason="the book's mean margin has no finite expectation (q is 1 or less)")
    return replace(fit, is_chosen=fit.block is not None, reason=fit.reason or f"{fit.note}margins differ by customer")


def _margin_model(fit: Fit, buyers: Buyers) -> MarginModel | None:
    """Gamma-Gamma, else the mean over the repeat purchases that are known; None where none is."""
    if fit.block is not None:
        return MarginModel("gamma_gamma", fit.block)
    known = (buyers.frequency > 0) & np.isfinite(buyers.mean)
    if not fit.is_admissible or known.sum() < 2:
        return None
    weights = buyers.frequency[known].astype(np.float64)
    mean = float(np.average(buyers.mean[known], weights=weights))
    between = float(np.average((buyers.mean[known] - mean) ** 2, weights=weights))
    error = between * float((weights**2).sum()) / float(weights.sum()) ** 2
    return MarginModel("pooled_mean", Block("pooled_mean", np.array([mean]), np.array([[error]])), between)


def _pooled_fits(fits: Mapping[str, Fit], models: Mapping[str, MarginModel | None]) -> list[Fit]:
    return [
        Fit(
            run,
            "margin",
            "pooled_mean",
            f"in place of gamma_gamma: {fits[run].reason}",
            is_chosen=True,
            has_converged=True,
            parameters={"mean": float(model.block.point[0])},
            standard_errors={"mean": float(np.sqrt(model.block.covariance[0, 0]))},
            customers=fits[run].customers,
            block=model.block,
        )
        for run, model in models.items()
        if model is not None and model.model == "pooled_mean"
    ]


# Renewals


def _renewals(book: Book, say: Say) -> Part:
    fits, forecasts = [], []
    for run in RUNS:
        rows = book.rows("renewals", run)
        lost, kept = _turns(rows)
        chains = int(lost.sum() + kept.sum())
        fit = book.blank(run, "renewals", "shifted_beta_geometric", customers=chains, tuples=int(len(lost) * 2))
        if fit.is_admissible:
            fit = _renewal_fit(book, fit, lost, kept, say)
        fits.append(fit)
        live = _live(rows)
        if fit.block is not None and len(live.customers):
            forecasts.append((run, renewals_forecast(live, fit.block, book.horizon, book.scenarios_of(run))))
    return fits, forecasts


def _renewal_fit(book: Book, fit: Fit, lost: Floats, kept: Floats, say: Say) -> Fit:
    reason = renewals.why_not_estimable(lost, kept)
    needed = book.settings["minimum_contracts_lost"]
    if reason is None and lost.sum() < needed:
        reason = f"needs {needed:.0f} contracts lost, has {lost.sum():.0f}"
    if reason is not None:
        return replace(fit, reason=reason)
    fit = fitted(fit, renewals.PARAMETERS, renewals.fit(lost, kept, say))
    return replace(fit, is_chosen=fit.block is not None, reason=fit.reason or f"{fit.note}the only model of renewals")


def _turns(rows: Table) -> tuple[Floats, Floats]:
    """Chains by how they stand: lost at their t-th renewal, or renewed t times and not decided again yet."""
    before = rows["renewals_before"].astype(np.int64)
    is_lost = rows["state"] == "lost"
    is_open = (rows["state"] == "live") | (rows["state"] == "undecided")
    turns = int(before.max()) + 1 if len(before) else 1
    lost = np.bincount(before[is_lost], minlength=turns).astype(np.float64)
    # The first term has not been decided at all: it tells nothing yet.
    kept = np.bincount(np.maximum(before[is_open & (before > 0)] - 1, 0), minlength=turns).astype(np.float64)
    return lost, kept


def _live(rows: Table) -> LiveContracts:
    chosen = (rows["state"] == "live") & np.isfinite(rows["annual_margin"])
    return LiveContracts(
        rows["customer_id"][chosen],
        rows["renewals_before"][chosen].astype(np.int64),
        rows["days_left"][chosen],
        rows["term_days"][chosen],
        rows["annual_margin"][chosen],
        rows["is_booked"][chosen],
    )


# Follow-on work and referrals


def _follow_on(book: Book, say: Say) -> Part:
    return _hazards(book, "follow_on", "follow_on_months", _event_starters, _follow_on_earning, say)


def _referrals(book: Book, say: Say) -> Part:
    return _hazards(book, "referral", "referral_months", _referrer_starters, _referral_earning, say)


def _hazards(
    book: Book,
    component: str,
    months: str,
    starters_of: Callable[[Book, str], tuple[Starters, Floats]],
    earning_of: Callable[[Book, str], Earning | None],
    say: Say,
) -> Part:
    fits, forecasts = [], []
    for run in RUNS:
        rows = book.rows(months, run)
        exposure = hazards.Exposure(
            rows["months_since"].astype(np.int64),
            rows["had_come_back"].astype(np.float64),
            rows["is_referred"].astype(np.float64),
            rows["customers"],
            rows["came_back"],
        )
        starters, later = starters_of(book, run)
        fit = book.blank(run, component, f"{component}_hazard", customers=len(starters.customers), tuples=len(later))
        if fit.is_admissible:
            fit, hazard = _hazard_fit(book, fit, exposure)
            say(f"{fit.model} ({run}): {fit.reason}")
            if hazard is not None:
                made = hazard_forecast(
                    component, hazard, starters, earning_of(book, run), book.horizon, book.scenarios_of(run)
                )
                forecasts.append((run, made))
                if run == "backtest":
                    fit = replace(fit, holdout=holdout(made.estimates.orders_12m, later))
        fits.append(fit)
    held = fits[0].holdout
    return [replace(fit, holdout=held) for fit in fits], forecasts


def _hazard_fit(book: Book, fit: Fit, exposure: hazards.Exposure) -> tuple[Fit, hazards.Hazard | None]:
    reason = hazards.why_not_estimable(exposure, book.settings["minimum_events"])
    if reason is not None:
        return replace(fit, reason=reason), None
    hazard = hazards.fit(exposure)
    errors = np.sqrt(np.diag(hazard.covariance))
    fit = replace(
        fit,
        has_converged=hazard.converged,
        parameters=dict(zip(hazard.names, map(float, hazard.coefficients), strict=True)),
        standard_errors=dict(zip(hazard.names, map(float, errors), strict=True)),
        log_likelihood=hazard.log_likelihood,
        tuples=hazard.cells,
    )
    if not hazard.converged:
        return replace(fit, reason="the likelihood has no peak"), None
    block = Block(fit.component, hazard.coefficients, hazard.covariance)
    return replace(
        fit, is_chosen=True, block=block, reason=f"the only model of this part; {_covariates(hazard)}"
    ), hazard


def _covariates(hazard: hazards.Hazard) -> str:
    return f"covariates: {', '.join(hazard.covariates)}" if hazard.covariates else "too few events for covariates"


def _event_starters(book: Book, run: str) -> tuple[Starters, Floats]:
    rows = book.rows("customer_events", run)
    starters = Starters(
        rows["customer_id"], rows["days_since_event"], rows["follow_ons"] > 0, rows["is_referred"].astype(np.bool_)
    )
    return starters, rows["later_follow_ons"]


def _referrer_starters(book: Book, run: str) -> tuple[Starters, Floats]:
    rows = book.rows("referrers", run)
    starters = Starters(
        rows["customer_id"], rows["days_since_first_order"], rows["brought"] > 0, rows["is_referred"].astype(np.bool_)
    )
    return starters, rows["later_brought"]


def _follow_on_earning(book: Book, run: str) -> Earning | None:
    rows = book.rows("customer_events", run)
    came = rows["follow_ons"] > 0
    return _earning(rows["follow_on_margin_net"][came], rows["follow_ons"][came])


def _referral_earning(book: Book, run: str) -> Earning | None:
    # What a first year earns is known of today's book alone: it is the price put on a customer, not a forecast of one.
    rows = book.tables["referred_customers"]
    margin = rows["first_year_margin_net"][rows["is_first_year_over"].astype(np.bool_)]
    return _earning(margin, np.ones(len(margin)))


def _earning(margin: Floats, events: Floats) -> Earning | None:
    """Mean margin of an event over customers with so many each; None where fewer than two are known."""
    known = np.isfinite(margin)
    margin, events = margin[known], events[known]
    if len(margin) < 2:
        return None
    mean = float(margin.sum() / events.sum())
    spread = float(((margin - mean * events) ** 2).sum() / max(1.0, float(events.sum()) - 1))
    return Earning(mean, float(np.sqrt(spread / events.sum())), spread)
