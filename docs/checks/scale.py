"""Scale and growth, by hand."""

from __future__ import annotations

import statistics

from book import Book, by_hand

# Active at a close: a purchase before it whose day (or event, where the trade counts from the event) lies within the
# active months, or a contract that is live on the last day.
ACTIVE = """
select person_id
from placed
where
    person_id is not null
    and ordered_on < $close
    and greatest(ordered_on, case when {from_event} then coalesce(event_on, ordered_on) else ordered_on end)
    >= cast($close as date) - interval {months} month
union
select person_id
from contracts_signed
where
    {by_contract}
    and starts_on < $close
    and least(coalesce(ends_on, date '2999-12-31'), coalesce(terminated_on, date '2999-12-31'))
    >= cast($close as date) - 1
"""


def active(book: Book, years_back: int) -> set[str]:
    """Who was active at as-of, `years_back` years earlier."""
    query = ACTIVE.format(
        from_event=book.profile["is_active_from_event"],
        by_contract=book.profile["is_active_by_contract"],
        months=book.profile["active_months"],
    )
    close = book.one(f"select cast(cut - interval {12 * years_back} month as date) from run")
    return {person for (person,) in book.connection.execute(query, {"close": close}).fetchall()}


def known_before(book: Book, years_back: int) -> set[str]:
    """Who had bought or been under contract by then."""
    close = f"(select cut - interval {12 * years_back} month from run)"
    contracts = f"union select person_id from contracts_signed where starts_on < {close}"
    return {
        person
        for (person,) in book.rows(
            f"select person_id from placed where person_id is not null and ordered_on < {close}"
            f" {contracts if book.profile['is_active_by_contract'] == 'true' else ''}"
        )
    }


@by_hand("customers_total")
def customers_total(book: Book) -> int:
    return len(known_before(book, 0))


@by_hand("customers_active")
def customers_active(book: Book) -> int:
    return len(active(book, 0))


@by_hand("customers_potential")
def customers_potential(book: Book) -> int:
    return book.one(
        "select count(*) from leads cross join run where _removed_on is null and created_at < cut"
        " and not coalesce(converted_at < cut, false) and not coalesce(lost_at < cut, false) and customer_id is null"
    )


@by_hand("customers_lost")
def customers_lost(book: Book) -> int:
    gone = known_before(book, 0) - active(book, 0)
    if book.profile["is_one_purchase"] == "true":
        gone -= {person for (person,) in book.rows("select distinct person_id from placed")}
    return len(gone)


@by_hand("customers_new_12m")
def customers_new_12m(book: Book) -> int:
    return len(active(book, 0) - known_before(book, 1))


@by_hand("customers_lost_12m")
def customers_lost_12m(book: Book) -> int:
    return len(active(book, 1) - active(book, 0))


@by_hand("customers_reactivated_12m")
def customers_reactivated_12m(book: Book) -> int:
    return len((active(book, 0) - active(book, 1)) & known_before(book, 1))


def _growth(book: Book, years_back: int) -> float:
    return len(active(book, years_back)) / len(active(book, years_back + 1)) - 1


@by_hand("customer_growth_yoy")
def customer_growth_yoy(book: Book) -> float:
    return _growth(book, 0)


@by_hand("customer_cagr_3y")
def customer_cagr_3y(book: Book) -> float:
    return (len(active(book, 0)) / len(active(book, 3))) ** (1 / 3) - 1


@by_hand("growth_stability")
def growth_stability(book: Book) -> float:
    growths = [_growth(book, years) for years in range(5) if active(book, years + 1)]
    return 1 - statistics.stdev(growths) / abs(statistics.mean(growths))


@by_hand("revenue_net_12m")
def revenue_net_12m(book: Book) -> float:
    return book.one("select sum(revenue) from money, run where day >= window_start and day < cut")


@by_hand("margin_net_12m")
def margin_net_12m(book: Book) -> float:
    return book.one("select sum(margin) from money, run where day >= window_start and day < cut")


@by_hand("orders_12m")
def orders_12m(book: Book) -> int:
    return book.one("select sum(orders) from money, run where day >= window_start and day < cut")


@by_hand("market_share")
def market_share(book: Book) -> float:
    """The last calendar year over by as-of, by its newest vintage, for customers of the market's own region."""
    industry, region = book.rows(
        "select market_industry, market_region from work.evidence.run_parameters where run = 'current'"
    )[0]
    year, size = book.rows(
        "select year, market_size from market_reference, run where kind = 'own market' and industry = ? and region = ?"
        " and vintage <= year(as_of) and make_date(year, 12, 31) < cut order by year desc, vintage desc limit 1",
        industry,
        region,
    )[0]
    sold = book.one(
        "select sum(revenue) from money inner join records on records.customer_id = money.person_id"
        " where records.region = ? and year(day) = ?",
        region,
        year,
    )
    return float(sold) / float(size)
