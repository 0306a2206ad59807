"""Relationship management, by hand."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

from book import Book, by_hand
from channels import buyers, partner_people
from scale import active

TOUCHES = """
select
    coalesce(people.person_id, a.customer_id) as person_id,
    cast(a.occurred_at as date) as day,
    coalesce(not a.is_automated, a.staff_id is not null) as by_person
from activities as a
cross join run
left join people on people.customer_id = a.customer_id
where a._removed_on is null and a.occurred_at < run.cut and not coalesce(people.is_test, false)
"""


def last_touches(book: Book, *, by_person: bool) -> dict[str, Any]:
    where = "where by_person" if by_person else ""
    return dict(book.rows(f"select person_id, max(day) from ({TOUCHES}) {where} group by all"))


def cared_for(book: Book, people: set[str]) -> float:
    last = last_touches(book, by_person=True)
    return sum(person in last and (book.as_of - last[person]).days < 180 for person in people) / len(people)


@by_hand("care_coverage")
def care_coverage(book: Book) -> float:
    return cared_for(book, active(book, 0))


@by_hand("care_by_tier", "value_tier")
def care_by_tier(book: Book) -> dict[str, float]:
    """A is the best fifth by margin to date (revenue where a margin is unknown), B down to the middle."""
    revenue = book.by("select person_id, sum(revenue) from money cross join run where day < cut group by all")
    worth = {
        person: float(b["margin_to_date"] if b["knows_margin_to_date"] else revenue[person])
        for person, b in buyers(book).items()
    }
    best, middle = (
        book.one("select quantile_cont(w, ?) from unnest(?) as worths (w)", share, list(worth.values()))
        for share in (0.8, 0.5)
    )
    tiers: dict[str, set[str]] = defaultdict(set)
    for person in active(book, 0) & set(worth):
        tiers["A" if worth[person] >= best else "B" if worth[person] >= middle else "C"].add(person)
    return {tier: cared_for(book, people) for tier, people in tiers.items()}


@by_hand("care_by_tier")
def care_of_the_best(book: Book) -> float:
    return care_by_tier(book)["A"]


@by_hand("days_since_touch")
def days_since_touch(book: Book) -> float:
    last = last_touches(book, by_person=True)
    return statistics.median_low(
        (book.as_of - last[person]).days if person in last else 10**6 for person in active(book, 0)
    )


def owners(book: Book) -> dict[str, str | None]:
    return dict(book.rows("select customer_id, owner_staff_id from records"))


def there(book: Book) -> set[str]:
    return {
        staff
        for (staff,) in book.rows(
            "select staff_id from staff cross join run"
            " where _removed_on is null and hired_on < cut and coalesce(left_on >= cut, true)"
        )
    }


def with_contact(book: Book) -> set[str]:
    return {
        person
        for (person,) in book.rows(
            """
            select coalesce(people.person_id, contacts.customer_id)
            from contacts cross join run left join people on people.customer_id = contacts.customer_id
            where contacts._removed_on is null and coalesce(contacts.left_on >= run.cut, true)
            """
        )
    }


@by_hand("crm_coverage")
def crm_coverage(book: Book) -> float:
    people, owned, contacts = active(book, 0), owners(book), with_contact(book)
    touched = last_touches(book, by_person=False)
    return sum(owned.get(p) is not None and p in contacts and p in touched for p in people) / len(people)


@by_hand("orphaned_accounts")
def orphaned_accounts(book: Book) -> float:
    people, owned, staff = active(book, 0), owners(book), there(book)
    return sum(owned.get(p) not in staff for p in people) / len(people)


@by_hand("owner_load")
def owner_load(book: Book) -> float:
    staff, load = there(book), defaultdict(int)
    owned = owners(book)
    for person in active(book, 0):
        if owned.get(person) in staff:
            load[owned[person]] += 1
    return statistics.mean(load.values())


@by_hand("key_person_share")
def key_person_share(book: Book) -> float:
    held: dict[str | None, float] = defaultdict(float)
    for b in buyers(book).values():
        if b["knows_margin"]:
            held[b["owner_staff_id"]] += float(b["margin"])
    return max(margin for owner, margin in held.items() if owner is not None) / sum(held.values())


@by_hand("relationship_network")
def relationship_network(book: Book) -> float:
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
    } | {person for (person,) in book.rows("select customer_id from records where referrer_customer_id is not null")}
    linked = with_contact(book) | partner_people(book) | referred
    people = buyers(book)
    return float(
        sum(b["revenue"] for p, b in people.items() if p in linked) / sum(b["revenue"] for b in people.values())
    )


@by_hand("care_uplift")
def care_uplift(book: Book) -> float:
    """Pairs of like customers a year ago: stage of life, third of spend, age of the last order."""
    cut, today = book.rows("select cast(cut - interval 12 month as date), cut from run")[0]
    people = active(book, 1)
    seen = {
        person: (last, orders, float(spent or 0))
        for person, last, orders, spent in book.rows(
            """
            select person_id, max(day) filter (orders > 0), sum(orders), sum(revenue)
            from money where day < ? and person_id is not null group by all
            """,
            cut,
        )
    }
    touched = {
        person
        for (person,) in book.rows(
            f"select person_id from ({TOUCHES})"
            " where by_person and day < ? and day >= cast(? as date) - interval 180 day",
            cut,
            cut,
        )
    }
    ordered = {
        person
        for (person,) in book.rows("select person_id from money where orders > 0 and day >= ? and day < ?", cut, today)
    }
    # The stage as it stood then is published nowhere; it is taken from the work file.
    stages = book.by(
        "select customer_id, lifecycle_stage from work.intermediate.int_customer_states_classified where run = 'prior'"
    )
    spends = [seen.get(person, (None, 0, 0.0))[2] for person in people]
    thirds = [
        book.one("select quantile_cont(s, ?) from unnest(?) as spends (s)", share, spends) for share in (1 / 3, 2 / 3)
    ]
    strata: dict[tuple[Any, ...], dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for person in people:
        last, _, spent = seen.get(person, (None, 0, 0.0))
        # Days to the last day of that year, as-of a year ago.
        days = None if last is None else (cut - last).days - 1
        age = next(
            (limit for limit in (90, 180, 365) if days is not None and days < limit), "older" if last else "none"
        )
        key = (stages[person], sum(spent > third for third in thirds), age)
        strata[key][person in touched].append(person in ordered)
    both = [s for s in strata.values() if s[True] and s[False]]
    gained = sum(len(s[True]) * (statistics.mean(s[True]) - statistics.mean(s[False])) for s in both)
    return gained / sum(len(s[True]) for s in both)
