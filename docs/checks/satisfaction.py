"""Satisfaction, by hand."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date
from typing import Any

from book import Book, by_hand
from scale import active

# Invites known by as-of; an answer of tomorrow is none yet.
RESPONSES = """
select
    r.response_id,
    coalesce(r.invite_id, r.response_id) as invite_id,
    coalesce(people.person_id, r.customer_id) as person_id,
    r.instrument,
    coalesce(r.topic, 'overall') as topic,
    coalesce(r.method, 'unknown') as method,
    cast(r.invited_at as date) as invited_on,
    cast(r.responded_at as date) as responded_on,
    r.responded_at,
    r.score,
    r.scale_min,
    r.scale_max,
    cast(r.responded_at as date) < run.cut and r.score is not null as is_answered
from survey_responses as r
cross join run
left join people on people.customer_id = r.customer_id
where r._removed_on is null and cast(r.invited_at as date) < run.cut and not coalesce(people.is_test, false)
"""


def responses(book: Book) -> list[dict[str, Any]]:
    cursor = book.connection.execute(RESPONSES)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def last_answers(rows: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """The last answer per customer and the keys; who is not known speaks for himself."""
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda r: (r["responded_at"], r["response_id"])):
        last[(row["person_id"] or row["response_id"], *(row[key] for key in keys))] = row
    return list(last.values())


def answered_in_window(book: Book) -> list[dict[str, Any]]:
    start = book.one("select window_start from run")
    return [r for r in responses(book) if r["is_answered"] and r["responded_on"] >= start]


def satisfied(rows: list[dict[str, Any]]) -> tuple[int, int]:
    scaled = [r for r in rows if r["scale_max"] is not None]
    return sum(r["score"] >= r["scale_max"] - 1 for r in scaled), len(scaled)


def share(rows: list[dict[str, Any]]) -> float:
    top, answers = satisfied(rows)
    return top / answers


def csat(book: Book) -> list[dict[str, Any]]:
    return last_answers([r for r in answered_in_window(book) if r["instrument"] == "csat"], "topic")


@by_hand("csat_top2")
def csat_top2(book: Book) -> float:
    return share([r for r in csat(book) if r["topic"] == "overall"])


@by_hand("csat_top2", "method")
def csat_top2_by_method(book: Book) -> dict[str, float]:
    overall = [r for r in csat(book) if r["topic"] == "overall"]
    return {method: share([r for r in overall if r["method"] == method]) for method in {r["method"] for r in overall}}


@by_hand("csat_by_topic")
def csat_by_topic(book: Book) -> float:
    return share([r for r in csat(book) if r["topic"] != "overall"])


@by_hand("csat_by_topic", "topic")
def csat_of_each_topic(book: Book) -> dict[str, float]:
    topics = [r for r in csat(book) if r["topic"] != "overall"]
    return {topic: share([r for r in topics if r["topic"] == topic]) for topic in {r["topic"] for r in topics}}


@by_hand("nps")
def nps(book: Book) -> float:
    scores = [
        r["score"]
        for r in last_answers([r for r in answered_in_window(book) if r["instrument"] == "nps"], "topic")
        if r["topic"] == "overall"
    ]
    return (sum(s >= 9 for s in scores) - sum(s <= 6 for s in scores)) / len(scores)


def invites(book: Book) -> dict[str, dict[str, Any]]:
    """Invites of the window: method, and whether any topic was answered."""
    start = book.one("select window_start from run")
    found: dict[str, dict[str, Any]] = {}
    for row in responses(book):
        if row["invited_on"] >= start:
            invite = found.setdefault(row["invite_id"], {"method": row["method"], "answered": False})
            invite["answered"] = invite["answered"] or row["is_answered"]
    return found


@by_hand("survey_response_rate")
def survey_response_rate(book: Book) -> float:
    return statistics.mean(float(invite["answered"]) for invite in invites(book).values())


@by_hand("survey_method_mix")
def survey_method_mix(book: Book) -> float:
    methods = [invite["method"] for invite in invites(book).values()]
    return 1 - sum((methods.count(method) / len(methods)) ** 2 for method in set(methods))


@by_hand("survey_coverage")
def survey_coverage(book: Book) -> float:
    start = book.one("select window_start from run")
    people = active(book, 0)
    return len(people & {r["person_id"] for r in responses(book) if r["invited_on"] >= start}) / len(people)


@by_hand("csat_trend")
def csat_trend(book: Book) -> float:
    """Every last answer of a quarter as a point of its own: an ordinary line through them all."""
    start = book.one("select cast(cut - interval 24 month as date) from run")

    def quarter(day: date) -> int:
        return day.year * 4 + (day.month - 1) // 3

    points: list[tuple[int, float]] = []
    by_quarter = defaultdict(list)
    for row in responses(book):
        if row["instrument"] == "csat" and row["topic"] == "overall" and row["is_answered"]:
            by_quarter[quarter(row["responded_on"])].append(row)
    for number, rows in by_quarter.items():
        if date(number // 4, number % 4 * 3 + 1, 1) >= start:
            points += [(number, float(r["score"] >= r["scale_max"] - 1)) for r in last_answers(rows)]
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def driver_gaps(book: Book) -> dict[str, tuple[float, float]]:
    """Correlation with overall, and how far the topic falls behind it, on pairs of one invite."""
    by_invite: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in answered_in_window(book):
        if row["instrument"] == "csat":
            by_invite[row["invite_id"]][row["topic"]] = row
    topics = {topic for invite in by_invite.values() for topic in invite} - {"overall"}
    gaps = {}
    for topic in topics:
        pairs = [(i[topic], i["overall"]) for i in by_invite.values() if topic in i and "overall" in i]
        correlation = statistics.correlation(
            [float(a["score"]) for a, _ in pairs], [float(b["score"]) for _, b in pairs]
        )
        gaps[topic] = (correlation, share([b for _, b in pairs]) - share([a for a, _ in pairs]))
    return gaps


@by_hand("satisfaction_driver_gap")
def satisfaction_driver_gap(book: Book) -> float:
    return max(driver_gaps(book).values(), key=lambda gap: (gap[1] > 0, gap[0]))[1]


@by_hand("satisfaction_driver_gap", "topic")
def satisfaction_gap_of_each_topic(book: Book) -> dict[str, float]:
    return {topic: gap for topic, (_, gap) in driver_gaps(book).items()}


@by_hand("improvement_closure_rate")
def improvement_closure_rate(book: Book) -> float:
    return book.one(
        "select count(*) filter (done_on < run.cut) / count(*) from improvements cross join run"
        " where opened_on < run.cut and _removed_on is null"
    )


@by_hand("improvement_effect")
def improvement_effect(book: Book) -> float:
    answers = [
        r for r in responses(book) if r["instrument"] == "csat" and r["is_answered"] and r["scale_max"] is not None
    ]
    effects = []
    for topic, opened_on, done_on in book.rows(
        "select topic, opened_on, done_on from improvements cross join run"
        " where done_on < run.cut and _removed_on is null"
    ):
        before = [r for r in answers if r["topic"] == topic and 0 < (opened_on - r["responded_on"]).days <= 180]
        after = [r for r in answers if r["topic"] == topic and 0 <= (r["responded_on"] - done_on).days < 180]
        if len(before) >= 5 and len(after) >= 5:
            effects.append(share(after) - share(before))
    return statistics.mean(effects)
