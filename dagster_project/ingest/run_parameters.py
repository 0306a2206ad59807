"""The dates a build is made for, as a table: models join it, none reads the clock."""

from __future__ import annotations

from datetime import date

import duckdb

from dagster_project.companies import BookworthError, Company
from dagster_project.settings import CompanyPaths

# run -> how many months its as-of lies before the assessment's.
RUNS = {"current": 0, "prior": 12, "backtest": 12}


def as_of_date(company: Company, newest_delivery: date, asked: str | None) -> date:
    """The day of assessment: as asked, else as company.yaml says, else the date of the newest delivery.

    Raises `BookworthError` for a text that is not a date.
    """
    if asked is not None:
        try:
            return date.fromisoformat(asked)
        except ValueError:
            raise BookworthError(f"as-of {asked!r} is not a date; write it as YYYY-MM-DD") from None
    return company.as_of if isinstance(company.as_of, date) else newest_delivery


def write_run_parameters(company: Company, paths: CompanyPaths, as_of: date) -> None:
    """Replace `evidence.run_parameters` in the work file: one row per run.

    `cut_on` is the day after as-of: every period is half-open and ends before it.
    """
    with duckdb.connect(str(paths.work_db)) as connection:
        connection.execute("create schema if not exists evidence")
        connection.execute(
            """
            create or replace table evidence.run_parameters (
                run varchar, company_id varchar, as_of_on date, cut_on date, months_shift integer, profile varchar,
                currency varchar, timezone varchar, revenue_source varchar, gross_margin decimal(9, 6),
                discount_rate decimal(9, 6), deal_structure varchar, market_industry varchar, market_region varchar
            )
            """
        )
        for run, months_shift in RUNS.items():
            connection.execute(
                """
                insert into evidence.run_parameters
                select
                    $run, $company_id,
                    cast($as_of::date + interval 1 day - to_months($months_shift) as date) - 1,
                    cast($as_of::date + interval 1 day - to_months($months_shift) as date),
                    $months_shift, $profile, $currency, $timezone, $revenue_source, $gross_margin, $discount_rate,
                    $deal_structure, $market_industry, $market_region
                """,
                {
                    "run": run,
                    "company_id": company.id,
                    "as_of": as_of,
                    "months_shift": months_shift,
                    "profile": company.profile,
                    "currency": company.currency,
                    "timezone": company.timezone,
                    "revenue_source": company.revenue_source,
                    "gross_margin": company.gross_margin,
                    "discount_rate": company.discount_rate,
                    "deal_structure": company.deal_structure,
                    "market_industry": company.market_industry,
                    "market_region": company.market_region,
                },
            )
