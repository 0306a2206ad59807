"""A company's book for the checks: the typed raw tables of its work file beside what was published.

The views below are written anew from the extract contract. They read nothing that dbt built, or a fault there would
be checked against itself.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[2]

# Figures that leave the last digits to the order of addition.
CLOSE = 1e-9

VIEWS = """
create temp table run as
select
    as_of,
    cast(as_of + interval 1 day as date) as cut,
    cast(as_of + interval 1 day - interval 12 month as date) as window_start,
    cast(as_of + interval 1 day - interval 24 month as date) as prior_start,
    gross_margin
from (select max(as_of_date) as as_of from marts.score.fct_indicators)
cross join (select gross_margin from work.evidence.run_parameters where run = 'current');

-- Whom each delivered customer id stands for: the end of its chain of merges.
create temp table people as
with recursive chain as (
    select customer_id, customer_id as stands_for, 0 as steps from raw.customers
    union all
    select chain.customer_id, customers.merged_into_customer_id, chain.steps + 1
    from chain
    inner join raw.customers on customers.customer_id = chain.stands_for
    where customers.merged_into_customer_id is not null and chain.steps < 20
)
select
    chain.customer_id,
    arg_max(chain.stands_for, chain.steps) as person_id,
    bool_or(coalesce(customers.is_test, false)) as is_test
from chain
left join raw.customers on customers.customer_id = chain.stands_for
group by chain.customer_id;

-- The records that survive the merges, without test accounts; removed ones stay.
create temp table records as
select customers.*
from raw.customers
inner join people using (customer_id)
where people.person_id = people.customer_id and not people.is_test;

-- Orders placed by as-of, not cancelled by then and no test, by the person who placed them. `sold` is before refunds.
create temp table placed as
select
    orders.*,
    cast(orders.ordered_at as date) as ordered_on,
    coalesce(people.person_id, orders.customer_id) as person_id,
    orders.gross_amount - coalesce(orders.discount_amount, 0) as sold,
    case
        when orders.refund_amount is not null then orders.refund_amount
        when orders.status = 'refunded' then orders.gross_amount - coalesce(orders.discount_amount, 0)
        else 0
    end as refunded,
    cast(coalesce(orders.refunded_at, orders.ordered_at) as date) as refunded_on
from raw.orders
cross join run
left join people on people.customer_id = orders.customer_id
where
    orders._removed_on is null
    and orders.ordered_at < run.cut
    and not coalesce(orders.is_test, false)
    and not coalesce(people.is_test, false)
    and not coalesce(orders.cancelled_at < run.cut, false)
    and not (orders.cancelled_at is null and coalesce(orders.status = 'cancelled', false));

-- What was earned and given back, each on its day.
create temp table money as
select order_id, person_id, ordered_on as day, 1 as orders, sold as revenue,
    coalesce(sold - cost_amount, sold * run.gross_margin) as margin
from placed
cross join run
union all
select order_id, person_id, refunded_on, 0, -refunded,
    case when cost_amount is not null then -refunded else -refunded * run.gross_margin end
from placed
cross join run
where refunded != 0 and refunded_on < run.cut;

-- Everybody who ever bought or was under contract, and the group each belongs to.
create temp table contracts_signed as
select contracts.*, coalesce(people.person_id, contracts.customer_id) as person_id
from raw.contracts
cross join run
left join people on people.customer_id = contracts.customer_id
where
    contracts._removed_on is null
    and coalesce(contracts.signed_on, contracts.starts_on) < run.cut
    and not coalesce(people.is_test, false);

create temp table family as
with recursive parents as (
    select records.customer_id as person_id, coalesce(people.person_id, records.parent_customer_id) as parent_id
    from records
    left join people on people.customer_id = records.parent_customer_id
    where records.parent_customer_id is not null
),
chain as (
    select person_id, parent_id as head_id, 1 as steps from parents
    union all
    select chain.person_id, parents.parent_id, chain.steps + 1
    from chain
    inner join parents on parents.person_id = chain.head_id
    where chain.steps < 20
)
select person_id, arg_max(head_id, steps) as head_id from chain group by person_id;
"""


@dataclass(frozen=True)
class Book:
    """One company. `profile` is its row of profiles.csv, as text."""

    company: str
    connection: duckdb.DuckDBPyConnection
    profile: dict[str, str]

    @classmethod
    def open(cls, warehouse: Path, company: str) -> Book:
        """Read-only on both files. `raw` is the restricted schema of the work file, `marts` what was published."""
        connection = duckdb.connect()
        connection.execute(f"attach '{warehouse / company / 'work.duckdb'}' as work (read_only)")
        connection.execute(f"attach '{warehouse / company / 'current' / 'marts.duckdb'}' as marts (read_only)")
        # Names such as raw.orders are the work file's; temporary tables need no name.
        connection.execute("use work.raw")
        connection.execute(VIEWS)
        named = connection.execute("select profile from work.evidence.run_parameters where run = 'current'").fetchall()
        with (PROJECT / "seeds" / "reference" / "profiles.csv").open(encoding="utf-8", newline="") as file:
            profile = next(row for row in csv.DictReader(file) if row["profile"] == named[0][0])
        return cls(company, connection, profile)

    @property
    def as_of(self) -> date:
        return self.one("select as_of from run")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, list(values)).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The only value of a query."""
        ((value,),) = self.rows(query, *values)
        return value

    def by(self, query: str, *values: Any) -> dict[str, Any]:
        """A query of two columns as a dictionary: what a check of a breakdown returns."""
        return {str(key): value for key, value in self.rows(query, *values)}


@dataclass(frozen=True)
class Check:
    """One published figure, or one breakdown of it, computed by hand.

    `figure` returns a number, or for a breakdown a number per value of it. `published`, if given, is the query that
    reads the published figure; without it, it is the indicator of that code. `tolerance` is relative.
    """

    code: str
    figure: Callable[[Book], Any]
    breakdown: str = ""
    published: str | None = None
    tolerance: float = CLOSE


_CHECKS: list[Check] = []


def by_hand(
    code: str, breakdown: str = "", *, published: str | None = None, tolerance: float = CLOSE
) -> Callable[[Callable[[Book], Any]], Callable[[Book], Any]]:
    """Register a function as the hand computation of an indicator.

    `breakdown` names a breakdown: the function then returns a dictionary. For a figure that is no indicator, `code` is
    how it is called in the output (`table.figure`) and `published` the query that reads it from the marts. A figure of
    many parts rounded to a ten-thousandth each needs a wider `tolerance`.
    """

    def register(figure: Callable[[Book], Any]) -> Callable[[Book], Any]:
        _CHECKS.append(Check(code, figure, breakdown, published, tolerance))
        return figure

    return register


def registered() -> list[Check]:
    return list(_CHECKS)
