"""CRM system and team, by hand."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from typing import Any

from book import Book, by_hand
from scale import active

THERE = "hired_on <= as_of and (left_on is null or left_on > as_of) and _removed_on is null"


def _staff(book: Book, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return book.rows(f"select {columns} from staff, run where {THERE} and {where}")


def _words(text: str | None) -> set[str]:
    return {word.strip() for word in re.split("[;；、,]", text or "") if word.strip()}


@by_hand("crm_fit")
def crm_fit(book: Book) -> float:
    systems = book.rows("select modules_needed, modules_used from crm_systems, run where selected_on <= as_of")
    needed = sum(len(_words(needs)) for needs, _ in systems)
    return sum(len(_words(needs) & _words(uses)) for needs, uses in systems) / needed


@by_hand("crm_active_users")
def crm_active_users(book: Book) -> float:
    seats = {person for (person,) in _staff(book, "staff_id", "has_crm_seat")}
    users = {
        person
        for (person,) in book.rows(
            "select staff_id from crm_usage, run where used_on between as_of - 89 and as_of and logins > 0"
        )
    }
    return len(seats & users) / len(seats)


@by_hand("crm_seat_use")
def crm_seat_use(book: Book) -> float:
    return len(_staff(book, "1", "has_crm_seat")) / book.one("select max(seats) from crm_systems")


@by_hand("crm_traceability")
def crm_traceability(book: Book) -> float:
    return book.one(
        "select avg(cast(coalesce(person_id in (select customer_id from records), false) as int)) from placed, run"
        " where ordered_on between window_start and as_of"
    )


@by_hand("stale_record_share")
def stale_record_share(book: Book) -> float:
    dates = dict(book.rows("select customer_id, cast(coalesce(updated_at, created_at) as date) from records"))
    start = book.one("select window_start from run")
    known = [dates[person] for person in active(book, 0) if dates.get(person) is not None]
    return sum(day < start for day in known) / len(known)


@by_hand("entry_lag")
def entry_lag(book: Book) -> float:
    lags = book.rows(
        "select cast(booked_at as date) - ordered_on from placed, run where ordered_on between window_start and as_of"
        " and booked_at is not null"
        # A cancelled order was entered too.
        " union all select cast(booked_at as date) - cast(ordered_at as date) from orders, run"
        " where order_id not in (select order_id from placed) and ordered_at >= window_start and ordered_at < cut"
        " and _removed_on is null and not coalesce(is_test, false)"
        " and coalesce(customer_id, '') not in (select customer_id from people where is_test)"
    )
    return statistics.mean(lag for (lag,) in lags if lag >= 0)


@by_hand("crm_training_coverage")
def crm_training_coverage(book: Book) -> float:
    seats = {person for (person,) in _staff(book, "staff_id", "has_crm_seat")}
    trained = {
        person
        for (person,) in book.rows(
            "select staff_id from training, run where topic = 'crm' and completed_on between window_start and as_of"
        )
    }
    return len(seats & trained) / len(seats)


@by_hand("crm_cost_per_active_customer")
def crm_cost_per_active_customer(book: Book) -> float:
    return float(book.one("select sum(annual_cost) from crm_systems")) / len(active(book, 0))


@by_hand("crm_effect")
def crm_effect(book: Book) -> float:
    logins = dict(
        book.rows(
            "select staff_id, sum(logins) from crm_usage, run where used_on between window_start and as_of group by all"
        )
    )
    typical = statistics.median(logins.values())
    tries: Counter[bool] = Counter()
    wins: Counter[bool] = Counter()
    for owner, converted in book.rows(
        """
        select owner_staff_id, coalesce(cast(converted_at as date) - cast(created_at as date) <= 180
            and converted_at < cut, false)
        from leads, run
        where created_at >= cut - interval 18 month and cast(created_at as date) <= as_of - 180
            and _removed_on is null
            and coalesce(customer_id, '') not in (select customer_id from people where is_test)
        """
    ):
        if owner in logins:
            heavy = logins[owner] > typical
            tries[heavy] += 1
            wins[heavy] += converted
    return wins[True] / tries[True] - wins[False] / tries[False]


@by_hand("team_size")
def team_size(book: Book) -> int:
    return len(_staff(book, "1"))


@by_hand("accounts_per_head")
def accounts_per_head(book: Book) -> float:
    there = {person for (person,) in _staff(book, "staff_id")}
    people = active(book, 0)
    held = Counter(
        owner for person, owner in book.rows("select customer_id, owner_staff_id from records") if person in people
    )
    return statistics.mean(count for owner, count in held.items() if owner in there)


@by_hand("staff_turnover")
def staff_turnover(book: Book) -> float:
    left = book.one(
        "select count(*) from staff, run where left_on between window_start and as_of and _removed_on is null"
    )
    before = book.one(
        "select count(*) from staff, run where hired_on < window_start"
        " and (left_on is null or left_on >= window_start) and _removed_on is null"
    )
    return left / ((len(_staff(book, "1")) + before) / 2)


@by_hand("tenure_median")
def tenure_median(book: Book) -> float:
    return statistics.median((book.as_of - hired).days / 365.25 for (hired,) in _staff(book, "hired_on"))


@by_hand("training_hours")
def training_hours(book: Book) -> float:
    there = {person for (person,) in _staff(book, "staff_id")}
    hours = book.rows(
        "select staff_id, hours from training, run where completed_on between window_start and as_of"
        " and _removed_on is null"
    )
    return float(sum(spent for person, spent in hours if person in there and spent)) / len(there)


@by_hand("incentive_coverage")
def incentive_coverage(book: Book) -> float:
    plans = [plan for (plan,) in _staff(book, "incentive_plan", "not is_owner")]
    return sum(plan is not None for plan in plans) / len(plans)


@by_hand("team_collaboration")
def team_collaboration(book: Book) -> float:
    teams: dict[str, set[str]] = {}
    for person, team in book.rows(
        """
        select coalesce(people.person_id, activities.customer_id), staff.team
        from activities
        cross join run
        inner join staff using (staff_id)
        left join people on people.customer_id = activities.customer_id
        where activities.occurred_at >= window_start and activities.occurred_at < cut
            and not coalesce(activities.is_automated, false) and activities._removed_on is null
            and staff.hired_on <= as_of
        """
    ):
        teams.setdefault(person, set()).add(team)
    known = [teams[person] for person in active(book, 0) if person in teams]
    return sum(len(of) > 1 for of in known) / len(known)
