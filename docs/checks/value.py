"""Value of the book, by hand."""

from __future__ import annotations

import math

from book import Book, by_hand


def group_spends(book: Book) -> list[float]:
    """Revenue of the window by group, a customer without a parent being its own, largest first."""
    found = book.rows(
        """
        select sum(money.revenue) as spend
        from money
        cross join run
        left join family on family.person_id = money.person_id
        where money.day >= run.window_start and money.day < run.cut and money.person_id is not null
        group by coalesce(family.head_id, money.person_id)
        having sum(money.revenue) > 0
        order by spend desc
        """
    )
    return [float(spend) for (spend,) in found]


@by_hand("top1_share")
def top1_share(book: Book) -> float:
    spends = group_spends(book)
    return spends[0] / sum(spends)


@by_hand("largest_customer_share")
def largest_customer_share(book: Book) -> float:
    return top1_share(book)


@by_hand("top10_share")
def top10_share(book: Book) -> float:
    spends = group_spends(book)
    return sum(spends[:10]) / sum(spends)


@by_hand("contribution_top_decile")
def contribution_top_decile(book: Book) -> float:
    spends = group_spends(book)
    return sum(spends[: math.ceil(len(spends) / 10)]) / sum(spends)


@by_hand("customer_hhi")
def customer_hhi(book: Book) -> float:
    spends = group_spends(book)
    return sum(spend**2 for spend in spends) / sum(spends) ** 2


@by_hand("clv_historic_mean")
def clv_historic_mean(book: Book) -> float:
    """Margin to date over those who ever bought or were under contract; nothing bought is no margin, not zero."""
    return book.one(
        "select avg(margin) from (select sum(margin) as margin from money where person_id is not null"
        " group by person_id)"
    )
