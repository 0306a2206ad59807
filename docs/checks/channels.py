"""Channels and marketing, by hand."""

from __future__ import annotations

import csv
import itertools
import statistics
from collections import defaultdict
from datetime import date
from typing import Any

from book import PROJECT, Book, by_hand
from satisfaction import csat
from service import product_limit_median

LEADS = """
select
    l.lead_id,
    coalesce(l.source_channel, 'unknown') as channel,
    l.campaign_id,
    coalesce(people.person_id, l.customer_id) as person_id,
    cast(l.created_at as date) as created_on,
    case when l.qualified_at < run.cut then cast(l.qualified_at as date) end as qualified_on,
    case when l.quoted_at < run.cut then cast(l.quoted_at as date) end as quoted_on,
    case when l.converted_at < run.cut then cast(l.converted_at as date) end as converted_on,
    case when l.lost_at < run.cut then cast(l.lost_at as date) end as lost_on
from leads as l
cross join run
left join people on people.customer_id = l.customer_id
where l._removed_on is null and l.created_at < run.cut and not coalesce(people.is_test, false)
"""


def leads(book: Book) -> list[dict[str, Any]]:
    cursor = book.connection.execute(LEADS)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ripe(book: Book) -> list[dict[str, Any]]:
    """Leads of the twelve months that ended 180 days ago."""
    start = book.one("select cast(cut - interval 18 month as date) from run")
    return [
        lead for lead in leads(book) if lead["created_on"] >= start and (book.as_of - lead["created_on"]).days >= 180
    ]


def within(lead: dict[str, Any], *stages: str) -> bool:
    """Whether the first of these dates that is known lies within 180 days of the lead."""
    day = next((lead[stage] for stage in stages if lead[stage] is not None), None)
    return day is not None and (day - lead["created_on"]).days <= 180


def converted(rows: list[dict[str, Any]]) -> float:
    return sum(within(lead, "converted_on") for lead in rows) / len(rows)


@by_hand("lead_conversion")
def lead_conversion(book: Book) -> float:
    return converted(ripe(book))


@by_hand("lead_conversion", "channel")
def lead_conversion_by_channel(book: Book) -> dict[str, float]:
    rows = ripe(book)
    return {c: converted([lead for lead in rows if lead["channel"] == c]) for c in {lead["channel"] for lead in rows}}


@by_hand("campaign_conversion")
def campaign_conversion(book: Book) -> float:
    return converted([lead for lead in ripe(book) if lead["campaign_id"] is not None])


@by_hand("funnel_stage_conversion")
def funnel_stage_conversion(book: Book) -> float:
    rows = ripe(book)
    reached = [
        len(rows),
        sum(within(lead, "qualified_on", "quoted_on", "converted_on") for lead in rows),
        sum(within(lead, "quoted_on", "converted_on") for lead in rows),
        sum(within(lead, "converted_on") for lead in rows),
    ]
    return min(after / before for before, after in itertools.pairwise(reached))


@by_hand("lead_velocity")
def lead_velocity(book: Book) -> float | None:
    return product_limit_median(
        (
            (decided := lead["converted_on"] or lead["lost_on"] or book.as_of) and (decided - lead["created_on"]).days,
            (lead["converted_on"] or lead["lost_on"]) is not None,
        )
        for lead in ripe(book)
    )


def buyers(book: Book) -> dict[str, dict[str, Any]]:
    """Everybody who bought: first order, money of the window and to date, and the record behind."""
    cursor = book.connection.execute(
        """
        with firsts as (
            select person_id, min(ordered_on) as first_on, count(*) as orders
            from placed where person_id is not null group by all
        ),
        sums as (
            select
                person_id,
                coalesce(sum(revenue) filter (day >= window_start), 0) as revenue,
                coalesce(sum(margin) filter (day >= window_start), 0) as margin,
                count(*) filter (day >= window_start) = count(margin) filter (day >= window_start) as knows_margin,
                sum(margin) as margin_to_date,
                count(*) = count(margin) as knows_margin_to_date
            from money cross join run where day < cut group by all
        )
        select
            firsts.*, sums.* exclude (person_id), records.acquisition_channel as channel, records.partner_id,
            records.acquisition_campaign_id as campaign_id, records.referrer_customer_id, records.owner_staff_id
        from firsts
        inner join sums using (person_id)
        left join records on records.customer_id = firsts.person_id
        """
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["person_id"]: row for row in rows}


def new_buyers(book: Book) -> list[dict[str, Any]]:
    start = book.one("select window_start from run")
    return [b for b in buyers(book).values() if b["first_on"] >= start]


def online(book: Book) -> dict[str, bool]:
    return dict(
        book.rows("select channel, is_online from channels where _removed_on is null and is_online is not null")
    )


@by_hand("online_share")
def online_share(book: Book) -> float:
    where = online(book)
    money = [(where.get(b["channel"]), b["revenue"]) for b in buyers(book).values()]
    return float(sum(r for kind, r in money if kind) / sum(r for _, r in money))


@by_hand("offline_share")
def offline_share(book: Book) -> float:
    where = online(book)
    money = [(where.get(b["channel"]), b["revenue"]) for b in buyers(book).values()]
    return float(sum(r for kind, r in money if kind is False) / sum(r for _, r in money))


@by_hand("channel_margin")
def channel_margin(book: Book) -> float:
    known = [b for b in buyers(book).values() if b["knows_margin"] and b["revenue"] != 0]
    return float(sum(b["margin"] for b in known) / sum(b["revenue"] for b in known))


@by_hand("channel_margin", "channel")
def channel_margin_by_channel(book: Book) -> dict[str, float]:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for b in buyers(book).values():
        if b["knows_margin"] and b["revenue"] != 0:
            sums[b["channel"] or "unknown"][0] += float(b["margin"])
            sums[b["channel"] or "unknown"][1] += float(b["revenue"])
    return {channel: margin / revenue for channel, (margin, revenue) in sums.items()}


def lag_months(book: Book) -> int:
    days = [
        (lead["converted_on"] - lead["created_on"]).days
        for lead in ripe(book)
        if within(lead, "converted_on") and lead["converted_on"] >= lead["created_on"]
    ]
    if len(days) >= 30:
        # Half a month and more counts as one.
        return int(statistics.median(days) / 30.4375 + 0.5)

    with (PROJECT / "seeds" / "reference" / "acquisition_settings.csv").open(encoding="utf-8", newline="") as file:
        settings = {row["profile"]: row for row in csv.DictReader(file)}
    return int(settings[book.profile["profile"]]["cac_lag_months"])


def lagged_spend(book: Book) -> float:
    lag = lag_months(book)
    return float(
        book.one(
            f"""
            select coalesce(sum(spend), 0) from campaign_spend cross join run
            where _removed_on is null
                and period_start >= window_start - interval {lag} month and period_start < cut - interval {lag} month
            """
        )
    )


@by_hand("cac")
def cac(book: Book) -> float:
    return lagged_spend(book) / len(new_buyers(book))


@by_hand("roas")
def roas(book: Book) -> float:
    # The published parts are decimals of four places: each newcomer at the cost of one, rounded.
    newcomers = new_buyers(book)
    return float(sum(b["revenue"] for b in newcomers)) / (round(cac(book), 4) * len(newcomers))


@by_hand("ltv_cac")
def ltv_cac(book: Book) -> float:
    """The margin by hand; what is still to come is taken as the value model gives it."""
    residual = book.by(
        "select customer_id, residual_value from marts.value.fct_customer_value where residual_value is not null"
    )
    worth = [
        float(b["margin_to_date"] + residual[b["person_id"]])
        for b in new_buyers(book)
        if b["knows_margin_to_date"] and b["person_id"] in residual
    ]
    return statistics.mean(worth) / round(cac(book), 4)


@by_hand("cac_payback_months")
def cac_payback_months(book: Book) -> int | None:
    """Month by month after the first order: what those followed that long brought on average, added up."""
    cut = book.one("select cut from run")
    people = buyers(book)

    def months_ago(day: date) -> int:
        """0 is the month that ends at as-of."""
        whole = (cut.year - day.year) * 12 + cut.month - day.month
        return whole - 1 if day.day >= cut.day else whole

    first = {person: months_ago(b["first_on"]) for person, b in people.items()}
    followed = {person: ago for person, ago in first.items() if ago < 36}
    margins: dict[int, float] = defaultdict(float)
    for person, day, margin in book.rows("select person_id, day, margin from money cross join run where day < cut"):
        if person in followed and months_ago(day) <= first[person]:
            if margin is None:
                return None
            margins[first[person] - months_ago(day)] += float(margin)
    total = 0.0
    for month in range(36):
        at_risk = sum(ago >= month for ago in followed.values())
        if at_risk < 10:
            return None
        total += margins[month] / at_risk
        if total >= cac(book):
            return month
    return None


@by_hand("campaign_roi")
def campaign_roi(book: Book) -> float:
    people = buyers(book)
    first_lead: dict[str, tuple[Any, str]] = {}
    for lead in leads(book):
        if lead["converted_on"] and lead["person_id"]:
            key = (lead["converted_on"], lead["lead_id"])
            if lead["person_id"] not in first_lead or key < first_lead[lead["person_id"]][0]:
                first_lead[lead["person_id"]] = (key, lead["campaign_id"])
    brought: dict[str, list[Any]] = defaultdict(list)
    for person, b in people.items():
        campaign = b["campaign_id"] or first_lead.get(person, (None, None))[1]
        brought[campaign].append(b["margin_to_date"] if b["knows_margin_to_date"] else None)
    margin = spend = 0.0
    for campaign, spent in book.rows(
        """
        select c.campaign_id, sum(s.spend)
        from campaigns as c cross join run inner join campaign_spend as s using (campaign_id)
        where c._removed_on is null and s._removed_on is null and s.period_start < run.cut
            and c.ended_on >= run.cut - interval 30 month and date_diff('day', c.ended_on, run.as_of) >= 180
        group by all having sum(s.spend) > 0
        """
    ):
        if None not in brought[campaign]:
            margin += float(sum(brought[campaign]))
            spend += float(spent)
    return margin / spend


@by_hand("partner_share")
def partner_share(book: Book) -> float:
    # Orders are counted net of what was given back of them, on the day they were placed.
    return book.one(
        """
        select
            sum(sold - case when refunded_on < cut then refunded else 0 end) filter (partner_id is not null)
            / sum(sold - case when refunded_on < cut then refunded else 0 end)
        from placed cross join run where ordered_on >= window_start
        """
    )


@by_hand("partner_active_rate")
def partner_active_rate(book: Book) -> float:
    return book.one(
        """
        select avg(case when partner_id in (
            select partner_id from placed cross join run where ordered_on >= window_start and partner_id is not null
        ) then 1 else 0 end)
        from partners cross join run
        where _removed_on is null and coalesce(since_on < cut, true) and coalesce(ends_on >= cut, true)
        """
    )


@by_hand("partner_support")
def partner_support(book: Book) -> float:
    return book.one(
        "select avg(case when coalesce(support, 'none') != 'none' then 1 else 0 end) from partners cross join run"
        " where _removed_on is null and coalesce(since_on < cut, true) and coalesce(ends_on >= cut, true)"
    )


def partner_people(book: Book) -> set[str]:
    return {
        person
        for (person,) in book.rows(
            """
            select customer_id from records where partner_id is not null
            union select person_id from placed where partner_id is not null and person_id is not null
            """
        )
    } & (set(buyers(book)) | {person for (person,) in book.rows("select person_id from contracts_signed")})


@by_hand("partner_quality")
def partner_quality(book: Book) -> float:
    people = partner_people(book)
    answers = [
        r for r in csat(book) if r["topic"] == "overall" and r["person_id"] in people and r["scale_max"] is not None
    ]
    return sum(r["score"] >= r["scale_max"] - 1 for r in answers) / len(answers)


@by_hand("word_of_mouth_share")
def word_of_mouth_share(book: Book) -> float:
    referred = {
        person
        for (person,) in book.rows(
            """
            select people.person_id
            from referrals
            inner join people on people.customer_id = referrals.referred_customer_id
            cross join run where referrals.referred_at < run.cut and referrals._removed_on is null
            """
        )
    }
    words = ("转介绍", "老客户介绍", "自然")  # as both example companies word it
    newcomers = new_buyers(book)
    told = [
        b["person_id"] in referred
        or b["referrer_customer_id"] is not None
        or any(word in (b["channel"] or "") for word in words)
        for b in newcomers
    ]
    return sum(told) / len(told)
