"""Market and trend, by hand."""

from __future__ import annotations

import math
from collections import defaultdict

from book import Book, by_hand
from risk import REFERENCE, YEARS, industry_revenue

LEADS = """
select
    cast(created_at as date) as created_on, cast(quoted_at as date) as quoted_on,
    case when converted_at < cut then cast(converted_at as date) end as converted_on,
    case when lost_at < cut then cast(lost_at as date) end as lost_on
from leads, run
where
    created_at < cut and _removed_on is null
    and coalesce(customer_id, '') not in (select customer_id from people where is_test)
"""


def _own_growth(book: Book) -> float:
    own = book.one("select market_industry from work.evidence.run_parameters where run = 'current'")
    return float(dict(book.rows(REFERENCE.format(kind="own market")))[own])


@by_hand("industry_growth_weighted")
def industry_growth_weighted(book: Book) -> float:
    known = industry_revenue(book)
    if not known:
        return _own_growth(book)
    return sum(revenue * growth for revenue, growth in known) / sum(revenue for revenue, _ in known)


@by_hand("growth_gap")
def growth_gap(book: Book) -> float:
    now, before = book.rows(f"select sum(revenue), sum(revenue_before) from ({YEARS})")[0]
    return float(now / before) - 1 - _own_growth(book)


@by_hand("demand_trend")
def demand_trend(book: Book) -> float:
    return book.one(f"select sum(orders) / sum(orders_before) - 1 from ({YEARS})")


@by_hand("demand_trend", "measure")
def demand_trend_by_measure(book: Book) -> dict[str, float]:
    return book.by(
        "select 'leads', count(*) filter (created_on >= window_start)"
        " / count(*) filter (created_on >= prior_start and created_on < window_start) - 1"
        f" from ({LEADS}), run"
    )


def _seasons(book: Book) -> dict[str, float]:
    """Orders of each month over the mean of its year, mean of three years that end with the last full month."""
    counts = book.rows(
        "select date_diff('month', date_trunc('month', day), date_trunc('month', cut)) as back,"
        " strftime(day, '%m'), sum(orders) from money, run where person_id is not null group by all"
    )
    first = max(back for back, _, orders in counts if orders)
    years = [year for year in range(3) if first >= 12 * (year + 1)]
    seasons: dict[str, float] = defaultdict(float)
    for year in years:
        of_year = [(month, float(orders)) for back, month, orders in counts if 12 * year < back <= 12 * year + 12]
        for month, orders in of_year:
            seasons[month] += orders / (sum(o for _, o in of_year) / 12) / len(years)
    return seasons


@by_hand("seasonality")
def seasonality(book: Book) -> float:
    return max(_seasons(book).values())


@by_hand("seasonality", "month")
def seasonality_by_month(book: Book) -> dict[str, float]:
    return _seasons(book)


def _mixes(book: Book) -> list[tuple[str, float, float, int]]:
    """Share of each category in the window and in the year before it, and the lines it was sold in."""
    sold = book.rows(
        """
        select
            coalesce(order_lines.category, 'unknown'),
            coalesce(sum(order_lines.quantity * order_lines.unit_price - coalesce(order_lines.discount_amount, 0))
                filter (ordered_on >= window_start), 0),
            coalesce(sum(order_lines.quantity * order_lines.unit_price - coalesce(order_lines.discount_amount, 0))
                filter (ordered_on < window_start), 0),
            count(*)
        from order_lines
        inner join placed using (order_id)
        cross join run
        where ordered_on >= prior_start and order_lines._removed_on is null
        group by all
        """
    )
    totals = [float(sum(row[i] for row in sold)) for i in (1, 2)]
    return [
        (category, float(now) / totals[0], float(before) / totals[1], lines) for category, now, before, lines in sold
    ]


@by_hand("need_shift")
def need_shift(book: Book) -> float:
    def entropy(shares: list[float]) -> float:
        return -sum(share * math.log2(share) for share in shares if share)

    mixes = _mixes(book)
    middle = entropy([(now + before) / 2 for _, now, before, _ in mixes])
    return middle - entropy([mix[1] for mix in mixes]) / 2 - entropy([mix[2] for mix in mixes]) / 2


@by_hand("need_shift", "category")
def need_shift_by_category(book: Book) -> dict[str, float]:
    # Fewer than thirty lines are not published.
    return {category: now - before for category, now, before, lines in _mixes(book) if lines >= 30}


FEEDBACK = """
from tickets, run
where
    kind in ('suggestion', 'inquiry') and opened_at >= window_start and opened_at < cut and _removed_on is null
    and coalesce(customer_id, '') not in (select customer_id from people where is_test)
"""


@by_hand("market_feedback_volume")
def market_feedback_volume(book: Book) -> int:
    return book.one(f"select count(*) {FEEDBACK}")


@by_hand("market_feedback_volume", "kind")
def market_feedback_volume_by_kind(book: Book) -> dict[str, int]:
    return book.by(f"select kind, count(*) {FEEDBACK} group by kind")


@by_hand("market_response")
def market_response(book: Book) -> float:
    return book.one(
        "select avg(cast(coalesce(done_on <= as_of, false) as int)) from improvements, run"
        " where source in ('market', 'suggestion') and opened_on <= as_of and opened_on >= cut - interval 36 month"
        " and _removed_on is null"
    )


def _signals(book: Book) -> dict[str, float]:
    def counted(column: str) -> tuple[int, int]:
        return book.rows(
            f"select count(*) filter ({column} >= cut - interval 6 month and {column} < cut),"
            f" count(*) filter ({column} >= cut - interval 18 month and {column} < cut - interval 12 month)"
            f" from ({LEADS}), run"
        )[0]

    created, quoted, won, lost = (counted(f"{name}_on") for name in ("created", "quoted", "converted", "lost"))
    rates = [won[i] / (won[i] + lost[i]) for i in (0, 1)]
    return {
        "leads": created[0] / created[1] - 1,
        "quotes": quoted[0] / quoted[1] - 1,
        "win_rate": rates[0] / rates[1] - 1,
    }


@by_hand("market_alert")
def market_alert(book: Book) -> float:
    return min(_signals(book).values())


@by_hand("market_alert", "measure")
def market_alert_by_measure(book: Book) -> dict[str, float]:
    return _signals(book)
