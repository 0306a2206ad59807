"""Value of the book, by hand."""

from __future__ import annotations

import math
from collections import Counter

from book import Book, by_hand
from scale import active, known_before
from segmentation import tiers


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


def group_margins(book: Book) -> list[float]:
    """Margin of the window by group, where there is one, largest first."""
    found = book.rows(
        """
        select sum(money.margin) as margin
        from money
        cross join run
        left join family on family.person_id = money.person_id
        where money.day >= run.window_start and money.day < run.cut and money.person_id is not null
        group by coalesce(family.head_id, money.person_id)
        having sum(money.margin) > 0
        order by margin desc
        """
    )
    return [float(margin) for (margin,) in found]


@by_hand("top1_share", "measure")
def top1_share_of_margin(book: Book) -> dict[str, float]:
    margins = group_margins(book)
    return {"margin": margins[0] / sum(margins)}


@by_hand("top10_share", "measure")
def top10_share_of_margin(book: Book) -> dict[str, float]:
    margins = group_margins(book)
    return {"margin": sum(margins[:10]) / sum(margins)}


@by_hand("contribution_top_decile", "measure")
def contribution_top_decile_of_margin(book: Book) -> dict[str, float]:
    margins = group_margins(book)
    return {"margin": sum(margins[: math.ceil(len(margins) / 10)]) / sum(margins)}


@by_hand("customer_hhi", "measure")
def customer_hhi_of_margin(book: Book) -> dict[str, float]:
    margins = group_margins(book)
    return {
        "margin": sum(margin**2 for margin in margins) / sum(margins) ** 2,
        "effective_number": 1 / customer_hhi(book),
    }


@by_hand("clv_historic_mean")
def clv_historic_mean(book: Book) -> float:
    """Margin to date over those who ever bought or were under contract; nothing bought is no margin, not zero."""
    return book.one(
        "select avg(margin) from (select sum(margin) as margin from money where person_id is not null"
        " group by person_id)"
    )


def yearly(book: Book) -> dict[str, dict[int, tuple[float, float, int]]]:
    """Person -> years back (0 is the window, 1 the year before, 2 all before) -> revenue, margin, orders."""
    found: dict[str, dict[int, tuple[float, float, int]]] = {}
    for person, year, revenue, margin, orders in book.rows(
        "select person_id, case when day >= window_start then 0 when day >= prior_start then 1 else 2 end,"
        " sum(revenue), sum(margin), sum(orders) from money, run where day < cut and person_id is not null group by all"
    ):
        found.setdefault(person, {})[year] = (float(revenue), float(margin), orders)
    return found


@by_hand("value_growth")
def value_growth(book: Book) -> float:
    both = [y for y in yearly(book).values() if y.get(0, (0, 0, 0))[2] > 0 and y.get(1, (0, 0, 0))[2] > 0]
    return sum(y[0][1] for y in both) / sum(y[1][1] for y in both) - 1


@by_hand("upsell_rate")
def upsell_rate(book: Book) -> float:
    now = dict(
        book.rows(
            "select person_id, sum(revenue) / sum(orders) from money, run where day >= window_start and day < cut"
            " group by person_id having sum(orders) > 0"
        )
    )
    before = dict(
        book.rows(
            "select person_id, sum(revenue) / sum(orders) from money, run where day < window_start"
            " group by person_id having sum(orders) > 0"
        )
    )
    people = [person for person in now if person is not None and person in before]
    return sum(now[person] > before[person] for person in people) / len(people)


def lost_people(book: Book) -> dict[str, str]:
    """Who was lost in the window -> the reason on record, or unknown."""
    recorded = dict(
        book.rows(
            """
            select coalesce(people.person_id, lost.customer_id), arg_max(coalesce(lost.reason, 'unknown'), lost.lost_at)
            from lost_customers as lost
            cross join run
            left join people on people.customer_id = lost.customer_id
            where
                lost._removed_on is null
                and lost.lost_at >= run.window_start
                and lost.lost_at < run.cut
                and not coalesce(lost.won_back_at < run.cut, false)
                and not coalesce(people.is_test, false)
            group by 1
            """
        )
    )
    known = known_before(book, 0)
    found = {person: reason for person, reason in recorded.items() if person in known}
    gone = active(book, 1) - active(book, 0)
    if book.profile["is_one_purchase"] == "true":
        gone -= {person for (person,) in book.rows("select distinct person_id from placed")}
    return {**dict.fromkeys(gone, "unknown"), **found}


@by_hand("value_lost_12m", "reason")
def value_lost_by_reason(book: Book) -> dict[str, float]:
    """Months are counted back from as-of, so the last year of buying begins eleven of them before the last order's."""
    margins = dict(
        book.rows(
            """
            with dated as (
                select
                    person_id,
                    orders,
                    margin,
                    datediff('month', date_trunc('month', day), date_trunc('month', as_of)) as month
                from money cross join run
            ),
            last_orders as (select person_id, min(month) as month from dated where orders > 0 group by person_id)
            select dated.person_id, sum(dated.margin)
            from dated
            inner join last_orders on last_orders.person_id = dated.person_id
            where dated.month < last_orders.month + 12
            group by dated.person_id
            """
        )
    )
    totals: dict[str, float] = {}
    for person, reason in lost_people(book).items():
        totals[reason] = totals.get(reason, 0.0) + float(margins.get(person, 0))
    return totals


@by_hand("value_lost_12m")
def value_lost_12m(book: Book) -> float:
    return sum(value_lost_by_reason(book).values())


@by_hand("lead_value_conversion")
def lead_value_conversion(book: Book) -> float:
    return book.one(
        """
        select
            sum(expected_amount) filter (date_diff('day', created_at::date, converted_at::date) <= 180
                and converted_at < cut) / sum(expected_amount)
        from leads
        cross join run
        left join people on people.customer_id = leads.customer_id
        where
            leads._removed_on is null
            and not coalesce(people.is_test, false)
            and expected_amount > 0
            and created_at >= cut - interval 18 month
            and date_diff('day', created_at::date, as_of) >= 180
        """
    )


@by_hand("add_on_attach_rate", "order_kind")
def extras_by_kind(book: Book) -> dict[str, float]:
    return book.by(
        """
        select kind, count(*) filter (has_extra) / count(*)
        from (
            select
                coalesce(any_value(placed.order_kind), 'unknown') as kind,
                bool_or(products.role in ('add_on', 'service')) as has_extra
            from placed
            cross join run
            inner join order_lines using (order_id)
            inner join products using (product_id)
            where
                placed.ordered_on >= run.window_start
                and order_lines._removed_on is null
                and products._removed_on is null
                and not coalesce(order_lines.is_return, false)
            group by placed.order_id
            having bool_or(products.role = 'core')
        )
        group by kind
        """
    )


@by_hand("lifecycle_stage_mix")
def lifecycle_stage_mix(book: Book) -> float:
    return len(active(book, 0)) / len(known_before(book, 0))


def payments_of_orders(book: Book) -> dict[str, float]:
    return {
        order: float(amount)
        for order, amount in book.rows(
            """
            select
                coalesce(payments.order_id, invoices.order_id) as order_id,
                sum(case when coalesce(payments.is_refund, false) then -abs(payments.amount) else payments.amount end)
            from payments
            cross join run
            left join invoices on invoices.invoice_id = payments.invoice_id and invoices._removed_on is null
            where payments._removed_on is null and payments.paid_at < run.cut
            group by 1
            having coalesce(payments.order_id, invoices.order_id) is not null
            """
        )
    }


def open_orders(book: Book) -> list[tuple[str, float, float]]:
    """Orders not fulfilled by as-of: id, value net of refunds, share not delivered yet."""
    return [
        (order, float(value), float(share))
        for order, value, share in book.rows(
            """
            select
                placed.order_id,
                placed.sold - case when placed.refunded_on < run.cut then placed.refunded else 0 end,
                case
                    when contracts.starts_on = placed.event_on then
                        greatest(0, least(1, date_diff('day', run.as_of, contracts.ends_at)
                            / (date_diff('day', contracts.starts_on, contracts.ends_at) + 1.0)))
                    else 1
                end
            from placed
            cross join run
            left join (
                select *, least(coalesce(ends_on, date '2999-12-31'),
                    case when terminated_on < cut then terminated_on else date '2999-12-31' end) as ends_at
                from contracts_signed cross join run
            ) as contracts on contracts.contract_id = placed.contract_id
            where placed.fulfilled_at is null or placed.fulfilled_at >= run.cut
            """
        )
    ]


@by_hand("order_backlog")
def order_backlog(book: Book) -> float:
    return sum(round(value * share, 4) for _, value, share in open_orders(book))


@by_hand("deposits_liability")
def deposits_liability(book: Book) -> float:
    paid = payments_of_orders(book)
    return sum(
        round(max(0.0, paid.get(order, 0.0) - value * (1 - share)), 4) for order, value, share in open_orders(book)
    )


@by_hand("fct_backlog.money_taken", published="select sum(money_taken) from marts.customer.fct_backlog")
def money_taken(book: Book) -> float:
    paid = payments_of_orders(book)
    return sum(paid.get(order, 0.0) for order, _, _ in open_orders(book))


# Lines of orders they add up to, each with its part of what the order brought and cost.
ITEMISED = """
with totals as (
    select
        order_id,
        sum(quantity * unit_price) as listed,
        sum(quantity * unit_price - coalesce(discount_amount, 0)) as net,
        sum(quantity * unit_cost) as cost
    from order_lines
    where _removed_on is null
    group by order_id
)
select
    placed.person_id,
    coalesce(order_lines.category, products.category) as category,
    placed.ordered_on >= run.window_start as is_recent,
    placed.sold::double * (order_lines.quantity * order_lines.unit_price) / totals.net as sold,
    placed.cost_amount::double * (order_lines.quantity * order_lines.unit_cost) / totals.cost as cost,
    (placed.refunded_on >= run.window_start and placed.refunded_on < run.cut)::int * placed.refunded::double
    * (order_lines.quantity * order_lines.unit_price) / totals.net as refunded
from placed
cross join run
inner join totals using (order_id)
inner join order_lines using (order_id)
left join products using (product_id)
where
    order_lines._removed_on is null
    and placed.person_id is not null
    and (abs(totals.listed - placed.gross_amount) <= 0.01 or abs(totals.net - placed.gross_amount) <= 0.01
        or abs(totals.net - placed.sold) <= 0.01)
"""


def whitespace(book: Book) -> float:
    """Margin a year of the categories a tenth of like customers buys and somebody active never did."""
    tier = tiers(book, 0)
    types = dict(book.rows("select customer_id, coalesce(customer_type, 'unknown') from records"))
    groups: dict[tuple[str, str], set[str]] = {}
    for person in active(book, 0):
        if person in tier:
            groups.setdefault((types.get(person, "unknown"), tier[person]), set()).add(person)
    bought: dict[str, set[str]] = {}
    margins: dict[tuple[str, str], float] = {}
    for person, category, margin in book.rows(
        f"select person_id, category, sum(case when is_recent then sold - cost else 0 end - refunded)"
        f" from ({ITEMISED}) where category is not null group by all having sum(sold) > 0"
    ):
        bought.setdefault(category, set()).add(person)
        margins[person, category] = float(margin)
    total = 0.0
    for peers in groups.values():
        for category, everybody in bought.items():
            theirs = peers & everybody
            if len(peers) >= 10 and len(theirs) >= 0.1 * len(peers):
                brought = sum(margins[person, category] for person in theirs)
                total += len(peers - theirs) * brought / len(peers)
    return total


@by_hand("cross_sell_whitespace", tolerance=1e-5)
def cross_sell_whitespace(book: Book) -> float:
    return whitespace(book)


@by_hand("growth_potential", tolerance=1e-5)
def growth_potential(book: Book) -> float:
    there = active(book, 0)
    margin = sum(years[0][1] for person, years in yearly(book).items() if person in there and 0 in years)
    return whitespace(book) / margin


@by_hand("add_on_attach_rate")
def add_on_attach_rate(book: Book) -> float:
    return book.one(
        """
        select count(*) filter (has_extra) / count(*)
        from (
            select bool_or(products.role in ('add_on', 'service')) as has_extra
            from placed
            cross join run
            inner join order_lines using (order_id)
            inner join products using (product_id)
            where placed.ordered_on >= run.window_start and order_lines._removed_on is null
            group by placed.order_id
            having bool_or(products.role = 'core')
        )
        """
    )


def fit(book: Book) -> float:
    """Revenue-weighted lift of what was sold: how many peers ever bought the category, against everybody."""
    tier = tiers(book, 0)
    types = dict(book.rows("select customer_id, coalesce(customer_type, 'unknown') from records"))
    peers = {person: (types.get(person, "unknown"), tier[person]) for person in tier}
    bought: dict[str, dict[str, float]] = {}
    for person, category, revenue in book.rows(
        f"select person_id, category, sum(case when is_recent then sold else 0 end - refunded)"
        f" from ({ITEMISED}) where category is not null group by all having sum(sold) > 0"
    ):
        bought.setdefault(category, {})[person] = float(revenue)
    everybody = {person for people in bought.values() for person in people}
    sizes = Counter(peers[person] for person in everybody)
    weighted = sold = 0.0
    for people in bought.values():
        counts = Counter(peers[person] for person in people)
        for person, revenue in people.items():
            if revenue > 0:
                penetration = counts[peers[person]] / sizes[peers[person]]
                weighted += revenue * penetration / (len(people) / len(everybody))
                sold += revenue
    return weighted / sold


@by_hand("segment_offer_fit", tolerance=1e-5)
def segment_offer_fit(book: Book) -> float:
    return fit(book)
