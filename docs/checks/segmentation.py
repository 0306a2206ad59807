"""Segmentation and fit, by hand."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from book import Book, by_hand
from scale import active, known_before, market_share


def quantile(values: Sequence[float], share: float) -> float:
    """With linear interpolation between the two nearest."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def buyers(book: Book, years_back: int) -> dict[str, dict[str, Any]]:
    """Who had bought by as-of `years_back` years ago: recency in days, orders, revenue and margin until then."""
    found = book.rows(
        f"""
        with close as (select cast(cut - interval {12 * years_back} month as date) as cut from run)
        select
            person_id,
            datediff('day', max(day) filter (orders > 0), max(close.cut)) - 1,
            sum(orders),
            sum(revenue),
            sum(margin)
        from money
        cross join close
        where person_id is not null and day < close.cut
        group by person_id
        having sum(orders) > 0
        """
    )
    names = ("recency", "orders", "revenue", "margin")
    return {person: dict(zip(names, map(float, figures), strict=True)) for person, *figures in found}


def tiers(book: Book, years_back: int) -> dict[str, str]:
    people = buyers(book, years_back)
    middle, high = (quantile([p["margin"] for p in people.values()], share) for share in (0.5, 0.8))
    return {
        person: "A" if p["margin"] >= high else "B" if p["margin"] >= middle else "C" for person, p in people.items()
    }


def rfm_segments(book: Book, years_back: int) -> dict[str, str]:
    people = buyers(book, years_back)

    def scores(measure: str, lower_is_better: bool) -> dict[str, int]:
        edges = [quantile([p[measure] for p in people.values()], share) for share in (0.2, 0.4, 0.6, 0.8)]
        return {
            person: 1 + sum(p[measure] <= edge if lower_is_better else p[measure] > edge for edge in edges)
            for person, p in people.items()
        }

    recency, orders, revenue = scores("recency", True), scores("orders", False), scores("revenue", False)
    segments = {}
    for person in people:
        is_big = max(orders[person], revenue[person]) >= 4
        if recency[person] >= 4:
            segments[person] = "champions" if is_big else "recent"
        elif recency[person] == 3:
            segments[person] = "loyal" if is_big else "needs_attention"
        else:
            segments[person] = "at_risk" if is_big else "hibernating"
    return segments


@by_hand("segment_count")
def segment_count(book: Book) -> int:
    return len(set(rfm_segments(book, 0).values()))


@by_hand("segment_separation")
def segment_separation(book: Book) -> float:
    people, segments = buyers(book, 0), rfm_segments(book, 0)
    measures = (
        lambda p: p["recency"],
        lambda p: p["orders"],
        lambda p: math.log(max(p["revenue"], 1)),
    )
    shares = []
    for measure in measures:
        values = {person: measure(p) for person, p in people.items()}
        mean = statistics.fmean(values.values())
        total = sum((value - mean) ** 2 for value in values.values())
        within = 0.0
        for segment in set(segments.values()):
            inside = [values[person] for person in people if segments[person] == segment]
            centre = statistics.fmean(inside)
            within += sum((value - centre) ** 2 for value in inside)
        shares.append(1 - within / total)
    return statistics.fmean(shares)


def _stayed(now: dict[str, str], before: dict[str, str]) -> float:
    return sum(now[person] == segment for person, segment in before.items()) / len(before)


@by_hand("segment_stability")
def segment_stability(book: Book) -> float:
    return _stayed(tiers(book, 0), tiers(book, 1))


@by_hand("segment_stability", "rfm_segment")
def stability_of_segments(book: Book) -> dict[str, float]:
    now, before = rfm_segments(book, 0), rfm_segments(book, 1)
    return {
        segment: _stayed(now, {person: s for person, s in before.items() if s == segment})
        for segment in set(before.values())
    }


@by_hand("integration_effect")
def integration_effect(book: Book) -> float:
    now, before = tiers(book, 0), tiers(book, 1)
    return sum((now[p] < t) - (now[p] > t) for p, t in before.items()) / len(before)


@by_hand("integration_effect", "retention_by_tier")
def retention_by_tier(book: Book) -> dict[str, float]:
    before, there, still = tiers(book, 1), active(book, 1), active(book, 0)
    found = {}
    for tier in "ABC":
        people = {person for person in there if before.get(person) == tier}
        found[tier] = len(people & still) / len(people)
    return found


def care(book: Book) -> dict[str, tuple[int, float]]:
    """Touches by people in the window, and the cost of touches and tickets, by person."""
    minute = "annual_cost / (2088 * 60)"
    found = book.rows(
        f"""
        with pay as (select staff_id, {minute} as cost from staff where _removed_on is null),
        events as (
            select customer_id, staff_id, occurred_at::date as day, not coalesce(is_automated, false) as is_touch,
                minutes, cost
            from activities where _removed_on is null
            union all
            select customer_id, assignee_staff_id, opened_at::date, false, handling_minutes, null
            from tickets where _removed_on is null
        )
        select
            coalesce(people.person_id, events.customer_id),
            count(*) filter (is_touch),
            sum(coalesce(events.cost, 0)
                + coalesce(minutes, 0) * coalesce(pay.cost, (select avg(cost) from pay)))
        from events
        cross join run
        left join pay on pay.staff_id = events.staff_id
        left join people on people.customer_id = events.customer_id
        where events.customer_id is not null and day >= window_start and day < cut
            and not coalesce(people.is_test, false)
        group by 1
        """
    )
    return {person: (touches, float(cost)) for person, touches, cost in found}


@by_hand("tiering_in_use")
def tiering_in_use(book: Book) -> float:
    touched, now, there = care(book), tiers(book, 0), active(book, 0)

    def a_head(tier: str) -> float:
        people = [person for person in there if now.get(person) == tier]
        return sum(touched.get(person, (0, 0.0))[0] for person in people) / len(people)

    return a_head("A") / a_head("C")


@by_hand("cost_to_serve")
def cost_to_serve(book: Book) -> float:
    customers = known_before(book, 0)
    cost = sum(round(spent, 4) for person, (_, spent) in care(book).items() if person in customers)
    revenue = book.one(
        "select sum(revenue) from money, run where day >= window_start and day < cut and person_id is not null"
    )
    return cost / float(revenue)


@by_hand("needs_captured")
def needs_captured(book: Book) -> float:
    with_need = {
        person
        for (person,) in book.rows(
            """
            select coalesce(people.person_id, needs.customer_id, leads.customer_id)
            from needs
            cross join run
            left join leads on leads.lead_id = needs.lead_id and leads._removed_on is null
            left join people on people.customer_id = needs.customer_id
            where needs._removed_on is null and needs.recorded_at < run.cut
            """
        )
    }
    people = active(book, 0)
    return len(people & with_need) / len(people)


DECIDED = """
select leads.*, coalesce(converted_at >= window_start and converted_at < cut, false) as has_won
from leads
cross join run
left join people on people.customer_id = leads.customer_id
where
    leads._removed_on is null
    and leads.created_at < cut
    and not coalesce(people.is_test, false)
    and (
        (converted_at >= window_start and converted_at < cut)
        or (not coalesce(converted_at < cut, false) and lost_at >= window_start and lost_at < cut)
    )
"""


@by_hand("competitor_loss_share")
def competitor_loss_share(book: Book) -> float:
    return book.one(f"select count(lost_to_competitor) / count(*) from ({DECIDED}) where not has_won")


@by_hand("competitor_loss_share", "competitor")
def losses_by_competitor(book: Book) -> dict[str, float]:
    lost = [name for (name,) in book.rows(f"select lost_to_competitor from ({DECIDED}) where not has_won")]
    return {name: count / len(lost) for name, count in Counter(filter(None, lost)).items()}


@by_hand("win_rate")
def win_rate(book: Book) -> float:
    return book.one(
        f"select count(*) filter (has_won) / count(*) from ({DECIDED}) where has_won or quoted_at is not null"
    )


@by_hand("win_rate", "kind")
def win_rate_by_kind(book: Book) -> dict[str, float]:
    return book.by(
        "select case when is_tender then 'tender' else 'direct' end, count(*) filter (has_won) / count(*)"
        f" from ({DECIDED}) where has_won or quoted_at is not null group by 1"
    )


@by_hand("competitor_position")
def competitor_position(book: Book) -> float:
    largest = book.one(
        "select max(share) from (select arg_max(market_share, as_of) as share from competitors"
        " where as_of < (select cut from run) and _removed_on is null group by name)"
    )
    return market_share(book) / float(largest)


@by_hand("partner_opportunity")
def partner_opportunity(book: Book) -> float:
    return book.one(
        """
        with margins as (
            select
                placed.partner_id is not null or records.partner_id is not null as is_sourced,
                sold - case when refunded_on < cut then refunded else 0 end - cost_amount as margin
            from placed
            cross join run
            left join records on records.customer_id = placed.person_id
            where person_id is not null and ordered_on >= window_start
        )
        select sum(margin) filter (is_sourced) / sum(margin) from margins
        """
    )
