"""The predictive stage as one call: read the work file, assess, write schema `predictions`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dagster_project.value.assess import Assessment, Book, Say, assess
from dagster_project.value.fits import Fit
from dagster_project.value.forecasts import MONTHS_AHEAD, Forecast, Scenario
from dagster_project.value.tables import opened, read, write

# Table of the intermediate schema, and the order its rows are worked on in.
_READ = {
    "purchase_tuples": ("int_purchase_tuples_prepared", ["run", "customer_id"]),
    "renewals": ("int_renewals_prepared", ["run", "contract_id"]),
    "customer_events": ("int_customer_events_prepared", ["run", "customer_id"]),
    "follow_on_months": ("int_follow_on_months_counted", ["run", "months_since", "had_come_back", "is_referred"]),
    "referrers": ("int_referrers_prepared", ["run", "customer_id"]),
    "referral_months": ("int_referral_months_counted", ["run", "months_since", "had_come_back", "is_referred"]),
    "referred_customers": ("int_referred_customers_prepared", ["customer_id"]),
}

_SETTINGS = ("int_value_settings_prepared", "int_value_models_admitted", "int_value_scenarios_prepared")
READS = (*(table for table, _ in _READ.values()), *_SETTINGS)
TABLES: Mapping[str, str] = {
    "model_fits": "One row per date, part of the book and model: parameters, or why there are none.",
    "customer_forecasts": "One row per date, part of the book and customer: expectations and process variance.",
    "customer_shifts": "One row per date, part, customer and direction of doubt about a model's parameters.",
    "customer_scenarios": "One row per part, customer and scenario: residual value.",
    "monthly_orders": "One row per date, part and month ahead: expected orders of the book.",
}


def predict(work_db: Path, say: Say = lambda message: None) -> Assessment:
    """Fit and forecast for the company of this work file; the tables of `predictions` are replaced."""
    with opened(work_db) as connection:
        tables = {name: read(connection, table, order) for name, (table, order) in _READ.items()}
        settings = read(connection, "int_value_settings_prepared", ["assumption"])
        models = read(connection, "int_value_models_admitted", ["model"])
        scenarios = read(connection, "int_value_scenarios_prepared", ["position"])
        book = Book(
            tables,
            {
                model: (bool(admitted), reason)
                for model, admitted, reason in zip(
                    models["model"], models["is_admissible"], models["reason"], strict=True
                )
            },
            dict(zip(settings["assumption"], map(float, settings["value"]), strict=True)),
            [
                Scenario(*row)
                for row in zip(
                    *(scenarios[name] for name in ("scenario", "discount_shift", "demand_factor", "margin_factor")),
                    strict=True,
                )
            ],
        )
        found = assess(book, say)
        write(connection, as_tables(found))
    return found


def as_tables(found: Assessment) -> dict[str, pd.DataFrame]:
    """Rows of every table of `predictions`."""
    forecasts = found.forecasts
    return {
        "model_fits": pd.DataFrame([_fit_row(fit) for fit in found.fits]),
        "customer_forecasts": _stacked([_forecast_rows(run, made) for run, made in forecasts]),
        "customer_shifts": _stacked([rows for run, made in forecasts for rows in _shift_rows(run, made)]),
        "customer_scenarios": _stacked([rows for _, made in forecasts for rows in _scenario_rows(made)]),
        "monthly_orders": _stacked([_month_rows(run, made) for run, made in forecasts]),
    }


def _fit_row(fit: Fit) -> dict[str, object]:
    held = fit.holdout
    return {
        "run": fit.run,
        "component": fit.component,
        "model": fit.model,
        "status": fit.status,
        "is_admissible": fit.is_admissible,
        "is_chosen": fit.is_chosen,
        "has_converged": fit.has_converged,
        "parameters": _numbers(fit.parameters),
        "standard_errors": _numbers(fit.standard_errors),
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
        "tuples": fit.tuples,
        "left_out": fit.left_out,
        "correlation": fit.correlation,
        "holdout_customers": held.customers if held else None,
        "holdout_expected": held.expected if held else None,
        "holdout_actual": held.actual if held else None,
        "holdout_deviance": held.deviance if held else None,
        "reason": fit.reason,
    }


def _numbers(values: Mapping[str, float]) -> str | None:
    """JSON with nine digits: what is published must not hang on the last ones."""
    return json.dumps({name: float(f"{value:.9g}") for name, value in values.items()}) if values else None


def _forecast_rows(run: str, made: Forecast) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run": run,
            "component": made.component,
            "customer_id": made.customers,
            "model": made.model,
            "p_alive": made.p_alive,
            "margin_per_order": made.margin_per_order,
            "orders_12m": made.estimates.orders_12m,
            "orders_variance": made.orders_variance,
            "margin_12m": made.estimates.margin_12m,
            "margin_variance": made.margin_variance,
            "residual_value": made.estimates.value,
            "residual_variance": made.value_variance,
        }
    )


def _shift_rows(run: str, made: Forecast) -> list[pd.DataFrame]:
    return [
        pd.DataFrame(
            {
                "run": run,
                "component": made.component,
                "customer_id": made.customers,
                "direction": shift.direction,
                "orders_shift": shift.estimates.orders_12m,
                "margin_shift": shift.estimates.margin_12m,
                "residual_shift": shift.estimates.value,
            }
        )
        for shift in made.shifts
    ]


def _scenario_rows(made: Forecast) -> list[pd.DataFrame]:
    return [
        pd.DataFrame(
            {
                "component": made.component,
                "customer_id": made.customers,
                "scenario": name,
                "residual_value": values,
            }
        )
        for name, values in made.scenarios.items()
    ]


def _month_rows(run: str, made: Forecast) -> pd.DataFrame:
    together = np.array([shift.estimates.monthly.sum(axis=0) for shift in made.shifts]).reshape(-1, MONTHS_AHEAD)
    return pd.DataFrame(
        {
            "run": run,
            "component": made.component,
            "months_ahead": np.arange(1, MONTHS_AHEAD + 1),
            "orders": made.estimates.monthly.sum(axis=0),
            "process_variance": made.monthly_variance,
            "parameter_variance": (together**2).sum(axis=0),
        }
    )


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
