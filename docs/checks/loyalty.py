"""Loyalty and advocacy, by hand."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date

from book import Book, by_hand
from retention import active_at, customers_at, months_later

SAYS_IT = ("积分", "会员", "兑换", "loyalty", "points", "membership", "reward")


@by_hand("repeat_rate")
def repeat_rate(book: Book) -> float:
    return book.one(
        "select avg(case when n >= 2 then 1.0 else 0 end) from"
        " (select count(*) as n from placed where person_id is not null group by person_id)"
    )


@by_hand("second_purchase_rate_24m")
def second_purchase_rate_24m(book: Book) -> float:
    ((cut,),) = book.rows("select cut from run")
    days: dict[str, list[date]] = {}
    for person, day in book.rows("select person_id, ordered_on from placed where person_id is not null order by 2"):
        days.setdefault(person, []).append(day)
    ripe = [bought for bought in days.values() if bought[0] < months_later(cut, -24)]
    again = [bought for bought in ripe if len(bought) > 1 and bought[1] < months_later(bought[0], 24)]
    return len(again) / len(ripe)


@by_hand("follow_on_rate")
def follow_on_rate(book: Book) -> float:
    ((cut,),) = book.rows("select cut from run")
    weddings = dict(
        book.rows(
            "select person_id, min(event_on) from placed"
            " where order_kind = 'main' and event_on is not null and person_id is not null group by 1"
        )
    )
    later: dict[str, list[date]] = {}
    for person, day in book.rows("select person_id, ordered_on from placed where order_kind = 'follow_on'"):
        later.setdefault(person, []).append(day)
    ripe = {person: day for person, day in weddings.items() if day < months_later(cut, -24)}
    came = [p for p, day in ripe.items() if any(day <= again < months_later(day, 24) for again in later.get(p, []))]
    return len(came) / len(ripe)


def referrals(book: Book) -> list[tuple[str, str | None, date | None, float | None]]:
    """(referrer, referred, day, reward): the extract's, and the customers' own record for who is not in it."""
    extract = book.rows(
        """
        select coalesce(g.person_id, r.referrer_customer_id), coalesce(t.person_id, r.referred_customer_id),
            cast(r.referred_at as date), r.reward_amount
        from referrals as r cross join run
        left join people as g on g.customer_id = r.referrer_customer_id
        left join people as t on t.customer_id = r.referred_customer_id
        where r._removed_on is null and r.referred_at < run.cut and not coalesce(g.is_test, false)
        """
    )
    extract = [row for row in extract if row[0] != row[1]]
    known = {row[1] for row in extract}
    recorded = book.rows(
        """
        select coalesce(g.person_id, c.referrer_customer_id), c.customer_id,
            cast(coalesce(c.acquired_at, c.created_at) as date), null
        from records as c cross join run
        left join people as g on g.customer_id = c.referrer_customer_id
        where c.referrer_customer_id is not null and not coalesce(g.is_test, false)
            and coalesce(coalesce(c.acquired_at, c.created_at) < run.cut, true)
        """
    )
    return extract + [row for row in recorded if row[1] not in known and row[0] != row[1]]


@by_hand("referral_rate")
def referral_rate(book: Book) -> float:
    active = active_at(book, 0)
    return len(active & {giver for giver, *_ in referrals(book)}) / len(active)


@by_hand("k_factor")
def k_factor(book: Book) -> float:
    customers = customers_at(book, 0)
    return len(customers & {taker for _, taker, *_ in referrals(book)}) / len(customers)


@by_hand("referral_reward_roi")
def referral_reward_roi(book: Book) -> float:
    rewards: Counter[str] = Counter()
    for _, taker, _, reward in referrals(book):
        if taker is not None and reward:
            rewards[taker] += reward
    margin = dict(book.rows("select person_id, sum(margin) from money where person_id is not null group by 1"))
    return float(sum(margin.get(taker, 0) for taker in rewards)) / float(sum(rewards.values()))


def first_referrers(book: Book) -> dict[str, str]:
    """The first to have referred each customer."""
    customers = customers_at(book, 0)
    found: dict[str, str] = {}
    for giver, taker, *_ in sorted(referrals(book), key=lambda r: (r[2] is None, r[2] or date.min, r[0])):
        if taker in customers:
            found.setdefault(taker, giver)
    return found


@by_hand("referral_depth")
def referral_depth(book: Book) -> int:
    referrers, deepest = first_referrers(book), 0
    for person in referrers:
        seen = [person]
        while seen[-1] in referrers and referrers[seen[-1]] not in seen:
            seen.append(referrers[seen[-1]])
        if seen[-1] not in referrers:
            deepest = max(deepest, len(seen) - 1)
    return deepest


@by_hand("top_referrer_share")
def top_referrer_share(book: Book) -> float:
    brought = sorted(Counter(first_referrers(book).values()).values(), reverse=True)
    return sum(brought[: math.ceil(len(brought) / 10)]) / sum(brought)


def ledger(book: Book) -> list[tuple[str, date, float, str | None, str | None, str]]:
    """(member, day, points, tier, reason, entry)."""
    return book.rows(
        """
        select coalesce(p.person_id, l.customer_id), cast(l.occurred_at as date), l.points_delta, l.tier, l.reason,
            l.entry_id
        from loyalty_ledger as l cross join run left join people as p on p.customer_id = l.customer_id
        where l._removed_on is null and l.occurred_at < run.cut and not coalesce(p.is_test, false)
        """
    )


@by_hand("loyalty_enrolment")
def loyalty_enrolment(book: Book) -> float:
    active = active_at(book, 0)
    return len(active & {member for member, *_ in ledger(book)}) / len(active)


@by_hand("points_liability")
def points_liability(book: Book) -> float:
    return float(sum(points for _, _, points, *_ in ledger(book)))


@by_hand("points_redemption_rate")
def points_redemption_rate(book: Book) -> float:
    start = book.one("select window_start from run")
    moved: Counter[str | None] = Counter()
    for _, day, points, _, reason, _ in ledger(book):
        if day >= start:
            moved[reason] += points
    return float(-moved["redeem"]) / float(moved["earn"])


@by_hand("tier_migration")
def tier_migration(book: Book) -> float:
    start = book.one("select window_start from run")
    earned: dict[str, list[float]] = {}
    now: dict[str, tuple[date, str, str]] = {}
    before: dict[str, tuple[date, str, str]] = {}
    for member, day, points, tier, reason, entry in ledger(book):
        if reason == "earn":
            earned.setdefault(tier or "none", []).append(float(points))
            mark = (day, entry, tier or "none")
            now[member] = max(mark, now.get(member, mark))
            if day < start:
                before[member] = max(mark, before.get(member, mark))
    rank = {tier: sum(points) / len(points) for tier, points in earned.items()}
    moves = [rank[now[member][2]] - rank[mark[2]] for member, mark in before.items()]
    return (sum(move > 0 for move in moves) - sum(move < 0 for move in moves)) / len(moves)


@by_hand("loyalty_feedback")
def loyalty_feedback(book: Book) -> float:
    said = book.rows(
        "select coalesce(category, '') || ' ' || coalesce(reason, '') from tickets cross join run"
        " where _removed_on is null and kind in ('complaint', 'suggestion') and opened_at >= window_start"
        " and opened_at < cut"
    )
    about_it = sum(any(word in text.lower() for word in SAYS_IT) for (text,) in said)
    return 100 * about_it / len({member for member, *_ in ledger(book)})
