"""Structure of the book, by hand."""

from __future__ import annotations

import statistics

from book import Book, by_hand
from scale import active

# Everybody's revenue and orders of the window, with the record behind them if there is one.
BUYERS = """
select money.person_id, records.*, sum(money.revenue) as spend, sum(money.orders) as orders
from money
cross join run
left join records on records.customer_id = money.person_id
where money.day >= run.window_start and money.day < run.cut and money.person_id is not null
group by all
"""


def herfindahl(book: Book, column: str) -> float:
    amounts = [
        float(amount)
        for (amount,) in book.rows(
            f"select sum(spend) from ({BUYERS}) where spend > 0 group by coalesce({column}, 'unknown')"
        )
    ]
    return sum(amount**2 for amount in amounts) / sum(amounts) ** 2


@by_hand("source_concentration")
def source_concentration(book: Book) -> float:
    return herfindahl(book, "acquisition_channel")


@by_hand("region_concentration")
def region_concentration(book: Book) -> float:
    return herfindahl(book, "coalesce(region, region_code)")


@by_hand("type_concentration")
def type_concentration(book: Book) -> float:
    return herfindahl(book, "customer_type")


@by_hand("industry_concentration")
def industry_concentration(book: Book) -> float:
    return herfindahl(book, "industry")


def type_share(book: Book, customer_type: str) -> float:
    people = active(book, 0)
    of_type = {
        person for (person,) in book.rows("select customer_id from records where customer_type = ?", customer_type)
    }
    return len(people & of_type) / len(people)


for _type in ("government", "enterprise", "institution", "individual"):
    by_hand(f"{_type}_share")(lambda book, customer_type=_type: type_share(book, customer_type))


@by_hand("aov_12m")
def aov_12m(book: Book) -> float:
    return book.one(f"select sum(spend) / sum(orders) from ({BUYERS}) where orders > 0 and spend > 0")


def _spends(book: Book) -> list[float]:
    return [float(s) for (s,) in book.rows(f"select spend from ({BUYERS}) where orders > 0 and spend > 0")]


@by_hand("spend_per_customer_12m")
def spend_per_customer_12m(book: Book) -> float:
    return statistics.mean(_spends(book))


@by_hand("spend_median_12m")
def spend_median_12m(book: Book) -> float:
    return statistics.median_low(_spends(book))


@by_hand("spend_gini")
def spend_gini(book: Book) -> float:
    spends = sorted(_spends(book))
    ranked = sum(rank * spend for rank, spend in enumerate(spends, start=1))
    return 2 * ranked / (len(spends) * sum(spends)) - (len(spends) + 1) / len(spends)


@by_hand("share_new_by_referral")
def share_new_by_referral(book: Book) -> float:
    return book.one(
        """
        with newcomers as (
            select person_id
            from placed
            where person_id is not null
            group by person_id
            having min(ordered_on) >= (select window_start from run)
        ),
        referred as (
            select people.person_id
            from referrals
            inner join people on people.customer_id = referrals.referred_customer_id
            cross join run
            where referrals.referred_at < run.cut and referrals._removed_on is null
            union
            select customer_id from records where referrer_customer_id is not null
        )
        select
            count(*) filter (
                person_id in (select person_id from referred)
                or person_id in (select customer_id from records where lower(acquisition_channel) = 'referral')
            ) / count(*)
        from newcomers
        """
    )
