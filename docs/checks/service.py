"""Service and complaints, by hand."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from book import PROJECT, Book, by_hand
from satisfaction import answered_in_window

TICKETS = """
select
    t.ticket_id,
    coalesce(people.person_id, t.customer_id) as person_id,
    t.kind,
    coalesce(t.priority, 'unknown') as priority,
    coalesce(t.reason, t.category) as cause,
    t.category,
    t.opened_at,
    t.due_at,
    case when t.resolved_at < run.cut then t.resolved_at end as resolved_at,
    case
        when t.first_response_at < run.cut then t.first_response_at
        when t.resolved_at < run.cut then t.resolved_at
    end as answered_at,
    t.reopened_count,
    t.assignee_staff_id,
    t.is_adopted,
    cast(run.cut as timestamp) as cut_at,
    t.opened_at >= run.window_start as in_window
from tickets as t
cross join run
left join people on people.customer_id = t.customer_id
where t._removed_on is null and t.opened_at < run.cut and not coalesce(people.is_test, false)
"""


def tickets(book: Book) -> list[dict[str, Any]]:
    cursor = book.connection.execute(TICKETS)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def of_window(book: Book, kind: str | None = None) -> list[dict[str, Any]]:
    return [t for t in tickets(book) if t["in_window"] and kind in (None, t["kind"])]


def product_limit_median(durations: Iterable[tuple[float, bool]]) -> float | None:
    """When half have ended: at each end the survivors shrink by those who ended among those still watched."""
    left = sorted(durations)
    alive = 1.0
    for time in sorted({duration for duration, ended in left if ended}):
        at_risk = sum(duration >= time for duration, _ in left)
        alive *= 1 - sum(duration == time and ended for duration, ended in left) / at_risk
        if alive <= 0.5 + 1e-9:
            return time
    return None


def hours(rows: list[dict[str, Any]], until: str) -> list[tuple[float, bool]]:
    found = []
    for row in rows:
        elapsed = ((row[until] or row["cut_at"]) - row["opened_at"]).total_seconds() / 3600
        if elapsed >= 0:
            found.append((elapsed, row[until] is not None))
    return found


@by_hand("first_response_median")
def first_response_median(book: Book) -> float | None:
    return product_limit_median(hours(of_window(book), "answered_at"))


@by_hand("resolution_median")
def resolution_median(book: Book) -> float | None:
    return product_limit_median(hours(of_window(book), "resolved_at"))


@by_hand("resolution_median", "kind")
def resolution_median_by_kind(book: Book) -> dict[str, float | None]:
    kinds = {t["kind"] for t in of_window(book)}
    return {kind: product_limit_median(hours(of_window(book, kind), "resolved_at")) for kind in kinds}


@by_hand("presales_response")
def presales_response(book: Book) -> float | None:
    return product_limit_median(hours(of_window(book, "inquiry"), "answered_at"))


# The mart keeps business hours to a millionth.
@by_hand("resolution_median", "clock", tolerance=1e-6)
def resolution_median_in_business_hours(book: Book) -> dict[str, float | None]:
    """Minute by minute through the calendar, as a clerk would count it."""
    profile = book.profile["profile"]

    def seed(name: str) -> list[dict[str, str]]:
        with (PROJECT / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    open_from = {
        row["day_kind"]: (int(row["opens_hour"]), int(row["closes_hour"]))
        for row in seed("working_hours")
        if row["profile"] == profile
    }
    timezone = book.one("select timezone from work.evidence.run_parameters where run = 'current'")
    special = {row["day_on"]: row["day_kind"] for row in seed("public_holidays") if row["timezone"] == timezone}

    def business_hours(start: datetime, end: datetime) -> float:
        day, total = start.replace(hour=0, minute=0, second=0, microsecond=0), timedelta()
        while day < end:
            opens, closes = open_from.get(special.get(day.date().isoformat(), day.strftime("%A").lower()), (0, 0))
            begin, finish = max(start, day + timedelta(hours=opens)), min(end, day + timedelta(hours=closes))
            total += max(finish - begin, timedelta())
            day += timedelta(days=1)
        return total.total_seconds() / 3600

    durations = []
    for ticket in of_window(book):
        until = ticket["resolved_at"] or ticket["cut_at"]
        if until >= ticket["opened_at"]:
            durations.append((round(business_hours(ticket["opened_at"], until), 9), ticket["resolved_at"] is not None))
    return {"business_hours": product_limit_median(durations)}


def in_time(rows: list[dict[str, Any]]) -> float:
    due = [t for t in rows if t["due_at"] is not None and t["due_at"] < t["cut_at"]]
    return sum(t["resolved_at"] is not None and t["resolved_at"] <= t["due_at"] for t in due) / len(due)


@by_hand("sla_attainment")
def sla_attainment(book: Book) -> float:
    return in_time(of_window(book))


@by_hand("sla_attainment", "priority")
def sla_attainment_by_priority(book: Book) -> dict[str, float]:
    rows = of_window(book)
    return {p: in_time([t for t in rows if t["priority"] == p]) for p in {t["priority"] for t in rows}}


@by_hand("backlog")
def backlog(book: Book) -> int:
    return sum(t["resolved_at"] is None for t in tickets(book))


@by_hand("complaints_per_100_orders")
def complaints_per_100_orders(book: Book) -> float:
    orders = book.one("select sum(orders) from money cross join run where day >= window_start and day < cut")
    return 100 * len(of_window(book, "complaint")) / orders


@by_hand("complaint_top_cause_share")
def complaint_top_cause_share(book: Book) -> float:
    causes = [t["cause"] for t in of_window(book, "complaint")]
    return max(causes.count(cause) for cause in set(causes) - {None}) / len(causes)


@by_hand("complaint_on_time")
def complaint_on_time(book: Book) -> float:
    return in_time(of_window(book, "complaint"))


@by_hand("complaint_recurrence")
def complaint_recurrence(book: Book) -> float:
    complaints = [t for t in tickets(book) if t["kind"] == "complaint"]

    def came_again(ticket: dict[str, Any]) -> bool:
        opened = ticket["opened_at"]
        year_before = opened.date().replace(year=opened.year - 1)
        return (ticket["reopened_count"] or 0) > 0 or any(
            other["person_id"] == ticket["person_id"] is not None
            and other["cause"] == ticket["cause"] is not None
            and other["opened_at"] < opened
            and other["opened_at"].date() >= year_before
            for other in complaints
        )

    return statistics.mean(float(came_again(t)) for t in complaints if t["in_window"])


@by_hand("suggestion_adoption")
def suggestion_adoption(book: Book) -> float:
    return statistics.mean(float(t["is_adopted"] or False) for t in of_window(book, "suggestion"))


@by_hand("service_load")
def service_load(book: Book) -> float:
    assigned: dict[str, int] = defaultdict(int)
    for ticket in of_window(book):
        if ticket["assignee_staff_id"]:
            assigned[ticket["assignee_staff_id"]] += 1
    start, cut = book.rows("select window_start, cut from run")[0]
    there = {
        staff: (hired, left)
        for staff, hired, left in book.rows("select staff_id, hired_on, left_on from staff where _removed_on is null")
    }
    years = 0.0
    for staff in assigned:
        hired, left = there.get(staff, (start, None))
        days = (min(left or cut, cut) - max(hired or start, start)).days
        # The published parts are decimals of four places.
        years += round(max(days, 1) / (cut - start).days, 4)
    return sum(assigned.values()) / years


@by_hand("feedback_closure")
def feedback_closure(book: Book) -> float:
    as_of = book.as_of
    answers: dict[str, list[Any]] = defaultdict(list)
    for person, day in book.rows(
        """
        select coalesce(people.person_id, a.customer_id), cast(a.occurred_at as date)
        from activities as a
        cross join run
        left join people on people.customer_id = a.customer_id
        where a._removed_on is null and a.occurred_at < run.cut and not coalesce(people.is_test, false)
            and coalesce(not a.is_automated, a.staff_id is not null)
        """
    ):
        answers[person].append(day)
    for ticket in tickets(book):
        answers[ticket["person_id"]].append(ticket["opened_at"].date())
    closed = [
        ticket["answered_at"] is not None and (ticket["answered_at"].date() - ticket["opened_at"].date()).days <= 30
        for ticket in of_window(book)
        if (as_of - ticket["opened_at"].date()).days >= 30
    ]
    for row in answered_in_window(book):
        is_low = row["topic"] == "overall" and (
            (row["instrument"] == "csat" and row["score"] <= (1 if row["scale_min"] is None else row["scale_min"]) + 1)
            or (row["instrument"] == "nps" and row["score"] <= 6)
        )
        if is_low and (as_of - row["responded_on"]).days >= 30:
            closed.append(any(0 <= (day - row["responded_on"]).days <= 30 for day in answers[row["person_id"]]))
    return sum(closed) / len(closed)
