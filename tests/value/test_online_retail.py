"""The purchase models on a real wholesaler (UCI Online Retail): fitted on seven months, held to the five after.

The set spans one year, so a back-test of twelve months, as a refresh makes it, has nothing to calibrate on.
"""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pytest

from dagster_project.settings import PROJECT_ROOT
from dagster_project.value import purchases
from dagster_project.value.forecasts import Block, Buyers, Horizon, purchases_forecast

FILES = sorted((PROJECT_ROOT.parent / "shared" / "data" / "online_retail").rglob("*.parquet"))
UNTIL, ENDS = date(2011, 6, 30), date(2011, 12, 9)
MONTHS = 5  # whole months within what was held out


@pytest.mark.skipif(not FILES, reason="Online Retail is not at hand")
def test_the_months_held_out_lie_in_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    """A wholesaler's customers buy unlike CD buyers: the models must not be right on one book alone."""
    rows = duckdb.sql(
        f"""
        with days as (
            select distinct CustomerID as customer, cast(InvoiceDate as date) as day
            from read_parquet({[str(file) for file in FILES]})
            where CustomerID is not null and not starts_with(InvoiceNo, 'C') and Quantity > 0 and UnitPrice > 0
        )
        select
            cast(customer as varchar),
            count(*) filter (day <= date '{UNTIL}') - 1,
            date_diff('day', min(day), max(day) filter (day <= date '{UNTIL}')),
            date_diff('day', min(day), date '{UNTIL}'),
            count(*) filter (day > date '{UNTIL}' and day <= date '{UNTIL}' + interval {MONTHS} month)
        from days
        group by customer
        having min(day) <= date '{UNTIL}'
        order by customer
        """
    ).fetchnumpy()
    customer, x, recency, age, later = rows.values()
    grouped = purchases.purchases(*(column.astype(np.int64) for column in (x, recency, age)))
    for model in purchases.MODELS:
        found = purchases.fit(model, grouped)
        assert found.converged and found.covariance is not None
        buyers = Buyers(customer, x.astype(int), recency.astype(int), age.astype(int), np.full(len(x), np.nan))
        block = Block(model, np.log(found.parameters), found.covariance)
        made = purchases_forecast(model, buyers, block, None, Horizon(12, 0.0))
        expected = made.estimates.monthly[:, :MONTHS].sum()
        process = made.monthly_variance[:MONTHS].sum()
        doubt = sum(float(shift.estimates.monthly[:, :MONTHS].sum()) ** 2 for shift in made.shifts)
        error = expected / later.sum() - 1
        with capsys.disabled():
            print(
                f"\n{model}: {len(x):,} customers, expected {expected:,.0f} +- {1.96 * np.sqrt(process + doubt):,.0f},"
                f" actual {later.sum():,}, error {error:+.1%}"
            )
        assert abs(error) < 0.25
