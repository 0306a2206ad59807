"""Structure of the book, by hand."""

from __future__ import annotations

import math
import statistics
from collections import Counter

from book import Book, by_hand
from scale import active
from value import group_spends

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


@by_hand("source_concentration", "measure")
def sources_as_equals(book: Book) -> dict[str, float]:
    return {"effective_number": 1 / source_concentration(book)}


@by_hand("government_share", "measure")
def government_revenue(book: Book) -> dict[str, float]:
    return {
        "of_revenue": book.one(
            f"select sum(spend) filter (customer_type = 'government') / sum(spend) from ({BUYERS})"
            " where customer_type is not null"
        )
    }


@by_hand("target_age_fit")
def target_age_fit(book: Book) -> float:
    low, high = int(book.profile["target_age_from"]), int(book.profile["target_age_to"])
    born = dict(book.rows("select customer_id, birth_date from records"))
    ages = []
    for person in active(book, 0):
        day = born.get(person)
        if day is not None:
            passed = (book.as_of.month, book.as_of.day) >= (day.month, day.day)
            ages.append(book.as_of.year - day.year - (0 if passed else 1))
    known = [age for age in ages if 18 <= age <= 100]
    return sum(low <= age <= high for age in known) / len(known)


@by_hand("gender_balance")
def gender_balance(book: Book) -> float:
    genders = dict(book.rows("select customer_id, gender from records where gender is not null"))
    counts = Counter(genders[person] for person in active(book, 0) if person in genders)
    shares = [count / counts.total() for count in counts.values()]
    return -sum(share * math.log(share) for share in shares) / math.log(max(len(shares), 2))


@by_hand("top_customers")
def top_customers(book: Book) -> float:
    spends = group_spends(book)
    return sum(spends[:20]) / sum(spends)


@by_hand(
    "fct_top_customers.revenue", "rank", published="select rank, revenue_net_12m from marts.customer.fct_top_customers"
)
def revenue_of_the_largest(book: Book) -> dict[str, float]:
    return {str(rank): spend for rank, spend in enumerate(group_spends(book)[:20], start=1)}


def revenue_of_year(book: Book, start: str, end: str) -> float:
    return float(book.one(f"select sum(revenue) from money, run where day >= {start} and day < {end}"))


@by_hand("price_volume_mix")
def price_volume_mix(book: Book) -> float:
    before = revenue_of_year(book, "prior_start", "window_start")
    return revenue_of_year(book, "window_start", "cut") / before - 1


def _group_years(book: Book) -> dict[str, dict[int, tuple[float, int]]]:
    """Group -> years back -> revenue and orders."""
    found: dict[str, dict[int, tuple[float, int]]] = {}
    for group, year, revenue, orders in book.rows(
        """
        select
            coalesce(family.head_id, money.person_id),
            case when day >= window_start then 0 when day >= prior_start then 1 else 2 end,
            sum(revenue),
            sum(orders)
        from money
        cross join run
        left join family on family.person_id = money.person_id
        where day < cut and money.person_id is not null
        group by all
        """
    ):
        found.setdefault(group, {})[year] = (float(revenue), orders)
    return found


@by_hand(
    "fct_price_volume_mix.movement",
    "component",
    published="select component, sum(amount) from marts.customer.fct_price_volume_mix where bridge = 'customer'"
    " and years_back = 0 and component in ('new', 'returned', 'lost') group by component",
)
def movements(book: Book) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for years in _group_years(book).values():
        buys = {year: orders > 0 or revenue > 0 for year, (revenue, orders) in years.items()}
        change = years.get(0, (0.0, 0))[0] - years.get(1, (0.0, 0))[0]
        if buys.get(0) and not buys.get(1):
            movement = "returned" if buys.get(2) else "new"
        elif buys.get(1) and not buys.get(0):
            movement = "lost"
        else:
            continue
        amounts[movement] = amounts.get(movement, 0.0) + change
    return amounts


@by_hand(
    "fct_price_volume_mix.bridge_of_products",
    published="select sum(amount) from marts.customer.fct_price_volume_mix where bridge = 'product' and years_back = 0",
)
def bridge_of_products(book: Book) -> float:
    return revenue_of_year(book, "window_start", "cut") - revenue_of_year(book, "prior_start", "window_start")
