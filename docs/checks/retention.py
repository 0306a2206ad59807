"""Retention and churn, by hand: person by person and month by month, where the models work on whole stretches."""

from __future__ import annotations

import calendar
from collections import Counter
from datetime import date, timedelta
from functools import lru_cache

from book import Book, by_hand


def months_later(day: date, months: int) -> date:
    """The same day of another month; its last day where the month has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def close_of(book: Book, months_back: int) -> date:
    """The day before the cut of so many months before as-of."""
    return months_later(book.one("select cut from run"), -months_back) - timedelta(days=1)


@lru_cache(maxsize=4)
def bought(book_key: tuple[str, int]) -> dict[str, list[tuple[date, date]]]:
    """Per person (day of order, last sign of life of it): the event where the trade counts from it."""
    book = _BOOKS[book_key]
    found: dict[str, list[tuple[date, date]]] = {}
    from_event = book.profile["is_active_from_event"] == "true"
    for person, day, event in book.rows(
        "select person_id, ordered_on, cast(event_on as date) from placed where person_id is not null"
    ):
        sign = max(day, event) if from_event and event else day
        found.setdefault(person, []).append((day, sign))
    return found


@lru_cache(maxsize=4)
def contracted(book_key: tuple[str, int]) -> dict[str, list[tuple[date, date | None]]]:
    """Per person (start, end) of each contract, where contracts keep a customer active."""
    book = _BOOKS[book_key]
    found: dict[str, list[tuple[date, date | None]]] = {}
    if book.profile["is_active_by_contract"] == "true":
        for person, start, end in book.rows(
            """
            select person_id, starts_on, least(ends_on, case when terminated_on < run.cut then terminated_on end)
            from contracts_signed cross join run
            """
        ):
            found.setdefault(person, []).append((start, end))
    return found


_BOOKS: dict[tuple[str, int], Book] = {}


def key_of(book: Book) -> tuple[str, int]:
    key = (book.company, id(book.connection))
    _BOOKS[key] = book
    return key


def active_at(book: Book, months_back: int) -> set[str]:
    """Who is active at the close of a month: a purchase not older than the profile's months, or a live contract."""
    close = close_of(book, months_back)
    since = months_later(close + timedelta(days=1), -int(book.profile["active_months"]))
    found = {
        person
        for person, orders in bought(key_of(book)).items()
        if any(day <= close and sign >= since for day, sign in orders)
    }
    return found | {
        person
        for person, contracts in contracted(key_of(book)).items()
        if any(start <= close and (end is None or end >= close) for start, end in contracts)
    }


def customers_at(book: Book, months_back: int) -> set[str]:
    """Everybody who has ordered, or whose contract has begun, by then."""
    close = close_of(book, months_back)
    found = {p for p, orders in bought(key_of(book)).items() if any(day <= close for day, _ in orders)}
    return found | {p for p, c in contracted(key_of(book)).items() if any(start <= close for start, _ in c)}


@by_hand("retention_rate_12m")
def retention_rate_12m(book: Book) -> float:
    before = active_at(book, 12)
    return len(before & active_at(book, 0)) / len(before)


@by_hand("churn_rate_12m")
def churn_rate_12m(book: Book) -> float:
    return 1 - retention_rate_12m(book)


def worth_at(book: Book, months_back: int) -> dict[str, float]:
    """Annual value of the contracts live at a close by person: the last change in force, else the value signed for."""
    close = close_of(book, months_back)
    worth: dict[str, float] = {}
    for person, contract, signed_for in book.rows(
        """
        select person_id, contract_id, annual_value from contracts_signed cross join run
        where starts_on <= ? and coalesce(ends_on >= ?, true) and not coalesce(terminated_on < ? , false)
        """,
        close,
        close,
        close,
    ):
        changes = book.rows(
            "select annual_value from contract_values where contract_id = ? and effective_on <= ?"
            " and _removed_on is null order by effective_on desc limit 1",
            contract,
            close,
        )
        worth[person] = worth.get(person, 0.0) + float(changes[0][0] if changes else signed_for)
    return worth


@by_hand("grr")
def grr(book: Book) -> float:
    opening, closing = worth_at(book, 12), worth_at(book, 0)
    return sum(min(value, closing.get(person, 0)) for person, value in opening.items()) / sum(opening.values())


@by_hand("nrr")
def nrr(book: Book) -> float:
    opening, closing = worth_at(book, 12), worth_at(book, 0)
    return sum(closing.get(person, 0) for person in opening) / sum(opening.values())


def month_of(book: Book, day: date) -> int:
    """Months counted towards as-of: 0 is the month that ends there, -1 the one before."""
    ((cut,),) = book.rows("select cut from run")
    months = (day.year - cut.year) * 12 + day.month - cut.month
    while months_later(cut, months) <= day:
        months += 1
    while months_later(cut, months - 1) > day:
        months -= 1
    return months


def first_lives(book: Book) -> list[tuple[int, bool]]:
    """(months watched, whether the life ended) of everybody, walked month by month."""
    active = int(book.profile["active_months"])
    stretches: dict[str, list[tuple[int, int, int]]] = {}
    for person, orders in bought(key_of(book)).items():
        for day, sign in orders:
            start, last = month_of(book, day), month_of(book, sign)
            stretches.setdefault(person, []).append((start, last + active - 1, last))
    ((cut,),) = book.rows("select cut from run")
    for person, contracts in contracted(key_of(book)).items():
        for start_on, end_on in contracts:
            if start_on >= cut or (end_on is not None and end_on < start_on):
                continue
            start = month_of(book, start_on)
            last = 0
            if end_on is not None and end_on.year < cut.year + 11:
                # Live at the close of its last month only if that is the day it ends.
                month = month_of(book, end_on)
                last = max(start, month if months_later(cut, month) == end_on + timedelta(days=1) else month - 1)
            stretches.setdefault(person, []).append((start, last, last))
    lives = []
    for found in stretches.values():
        month = start = min(begin for begin, _, _ in found)
        while any(begin <= month <= end for begin, end, _ in found):
            month += 1
        last = max(sign for begin, _, sign in found if begin < month)
        if start <= -active:
            ended = last <= -active
            lives.append((last - start + 1 if ended else 1 - active - start, ended))
    return lives


def survival(book: Book, months: int) -> float:
    lives, share = first_lives(book), 1.0
    for month in range(1, months + 1):
        at_risk = sum(length >= month for length, _ in lives)
        ended = sum(length == month and is_end for length, is_end in lives)
        share *= 1 - ended / at_risk
    return share


@by_hand("survival_12m")
def survival_12m(book: Book) -> float:
    return survival(book, 12)


@by_hand("survival_24m")
def survival_24m(book: Book) -> float:
    return survival(book, 24)


def losses(book: Book) -> list[tuple[str, date, str | None, date | None]]:
    """(person, lost on, reason, won back on by as-of)."""
    return book.rows(
        """
        select coalesce(p.person_id, l.customer_id), cast(l.lost_at as date), l.reason,
            case when l.won_back_at < run.cut then cast(l.won_back_at as date) end
        from lost_customers as l cross join run left join people as p on p.customer_id = l.customer_id
        where l._removed_on is null and l.lost_at < run.cut and not coalesce(p.is_test, false)
        """
    )


@by_hand("monthly_churn")
def monthly_churn(book: Book) -> float:
    opened = lost = 0
    for back in range(12):
        opening = active_at(book, back + 1)
        opened += len(opening)
        if book.profile["is_one_purchase"] == "true":
            first, last = close_of(book, back + 1), close_of(book, back)
            lost += sum(first < day <= last for _, day, _, _ in losses(book))
        else:
            lost += len(opening - active_at(book, back))
    return lost / opened


def reasons_of_window(book: Book) -> Counter[str | None]:
    start = book.one("select window_start from run")
    return Counter(reason for _, day, reason, _ in losses(book) if day >= start)


@by_hand("churn_reason_top_share", "reason")
def churn_reason_shares(book: Book) -> dict[str, float]:
    known = {reason: n for reason, n in reasons_of_window(book).items() if reason is not None}
    return {reason: n / sum(known.values()) for reason, n in known.items()}


@by_hand("churn_reason_top_share")
def churn_reason_top_share(book: Book) -> float:
    return max(churn_reason_shares(book).values())


@by_hand("churn_reason_known")
def churn_reason_known(book: Book) -> float:
    found = reasons_of_window(book)
    return 1 - found[None] / sum(found.values())


def calls(book: Book) -> dict[str, list[tuple[date, float | None]]]:
    found: dict[str, list[tuple[date, float | None]]] = {}
    for person, day, cost in book.rows(
        """
        select coalesce(p.person_id, a.customer_id), cast(a.occurred_at as date), a.cost
        from activities as a cross join run left join people as p on p.customer_id = a.customer_id
        where a._removed_on is null and a.kind = 'win_back' and a.occurred_at < run.cut
        """
    ):
        found.setdefault(person, []).append((day, cost))
    return found


def attempts(book: Book) -> list[tuple[date, date | None, float]]:
    """(first call, won back on, cost of the calls) of each loss that was called."""
    found, made = [], calls(book)
    for person, lost_on, _, back_on in losses(book):
        later = [day for who, day, _, _ in losses(book) if who == person and day > lost_on] if person in made else []
        own = [(day, cost) for day, cost in made.get(person, []) if day >= lost_on and not any(day >= x for x in later)]
        if own:
            found.append((min(day for day, _ in own), back_on, float(sum(cost or 0 for _, cost in own))))
    return found


@by_hand("win_back_rate")
def win_back_rate(book: Book) -> float:
    ((cut,),) = book.rows("select cut from run")
    ripe = [(called, back) for called, back, _ in attempts(book) if called < months_later(cut, -12)]
    return sum(back is not None and called <= back < months_later(called, 12) for called, back in ripe) / len(ripe)


@by_hand("win_back_cost")
def win_back_cost(book: Book) -> float:
    made = attempts(book)
    return sum(cost for *_, cost in made) / sum(back is not None and back >= called for called, back, _ in made)


def touches(book: Book) -> dict[str, list[date]]:
    """Days on which somebody, not a machine, was in touch with each person."""
    found: dict[str, list[date]] = {}
    for person, day in book.rows(
        """
        select coalesce(p.person_id, a.customer_id), cast(a.occurred_at as date)
        from activities as a left join people as p on p.customer_id = a.customer_id
        where a._removed_on is null and not coalesce(a.is_automated, false)
        """
    ):
        found.setdefault(person, []).append(day)
    return found


OF_PERSON = "left join people as p on p.customer_id = t.customer_id where t._removed_on is null"


def years_of_money(book: Book, cut: date) -> dict[str, list[float]]:
    """Revenue of the year before a cut, and of the year before that."""
    found: dict[str, list[float]] = {}
    for person, day, revenue in book.rows("select person_id, day, revenue from money where person_id is not null"):
        if months_later(cut, -24) <= day < cut:
            year = 0 if day >= months_later(cut, -12) else 1
            found.setdefault(person, [0.0, 0.0])[year] += float(revenue)
    return found


def complained(book: Book, cut: date) -> set[str]:
    days = book.rows(
        "select coalesce(p.person_id, t.customer_id), cast(t.opened_at as date) from tickets as t"
        f" {OF_PERSON} and t.kind = 'complaint'"
    )
    return {person for person, day in days if 0 < (cut - day).days <= 180}


def dissatisfied(book: Book, cut: date) -> set[str]:
    """Whose last overall answer before a cut was low and not older than a year."""
    answers: dict[str, tuple[object, str, bool, int]] = {}
    for person, at, response, instrument, score, low, high in book.rows(
        "select coalesce(p.person_id, t.customer_id), t.responded_at, t.response_id, t.instrument, t.score,"
        " t.scale_min, t.scale_max from survey_responses as t"
        f" {OF_PERSON} and t.score is not null and t.instrument in ('nps', 'csat')"
        " and coalesce(t.topic, 'overall') = 'overall' and t.responded_at < ?",
        cut,
    ):
        is_low = score <= 6 if instrument == "nps" else float(score - low) / float(high - low) < 0.4
        if person not in answers or (at, response) > answers[person][:2]:
            answers[person] = (at, response, is_low, (cut - at.date()).days)
    return {person for person, (_, _, is_low, age) in answers.items() if is_low and age <= 365}


def in_arrears(book: Book, cut: date) -> set[str]:
    invoices = book.rows(
        "select coalesce(p.person_id, t.customer_id), t.due_on, t.settled_on, t.written_off_on from invoices as t"
        f" {OF_PERSON} and t.issued_on < ?",
        cut,
    )
    return {
        person
        for person, due, settled, gone in invoices
        if (cut - due).days > 61 and (settled is None or settled >= cut) and (gone is None or gone >= cut)
    }


def neglected(book: Book, cut: date, people: set[str]) -> set[str]:
    """Whom nobody was in touch with for 180 days, if the log reaches that far back."""
    touched = touches(book)
    days = [day for those in touched.values() for day in those]
    if not days or (cut - min(days)).days < 180:
        return set()
    return {p for p in people if not any(0 < (cut - day).days <= 180 for day in touched.get(p, []))}


def running_out(book: Book, cut: date) -> tuple[set[str], set[str]]:
    """Who is under contract at a cut, and of them whose cover ends within 180 days without renewing by itself."""
    signed: dict[str, list[tuple[date, date, str | None]]] = {}
    if book.profile["is_active_by_contract"] == "true":
        for person, start, end, renewal in book.rows(
            """
            select person_id, starts_on, least(ends_on, case when terminated_on < ? then terminated_on end), renewal
            from contracts_signed where coalesce(signed_on, starts_on) < ?
            """,
            cut,
            cut,
        ):
            if end is None or end >= cut - timedelta(days=1):
                signed.setdefault(person, []).append((start, end or date.max, renewal))
    covered = {person for person, found in signed.items() if any(start < cut for start, _, _ in found)}
    ending = {
        person
        for person in covered
        if (max(end for _, end, _ in signed[person]) - cut).days < 180
        and not any(renewal == "auto" for _, _, renewal in signed[person])
    }
    return covered, ending


def quiet(book: Book, cut: date, covered: set[str]) -> set[str]:
    """Without any sign of life for the months of silence, and not under contract."""
    one_purchase = book.profile["is_one_purchase"] == "true"
    silence = int(book.profile["active_months"]) - 12 if one_purchase else int(book.profile["lapsing_months"])
    last = {
        person: max(sign for day, sign in orders if day < cut)
        for person, orders in bought(key_of(book)).items()
        if any(day < cut for day, _ in orders)
    }
    return {p for p, sign in last.items() if p not in covered and sign < months_later(cut, -silence)}


def off_rhythm(book: Book, cut: date) -> set[str]:
    found = set()
    for person, orders in bought(key_of(book)).items():
        days = sorted({day for day, _ in orders if day < cut})
        if len(days) >= 3 and (cut - days[-1]).days - 1 > 2 * (days[-1] - days[0]).days / (len(days) - 1):
            found.add(person)
    return found


def points_at(book: Book, months_back: int) -> dict[str, int]:
    """Warning points of everybody active at a close, from what had happened by then."""
    cut = close_of(book, months_back) + timedelta(days=1)
    people = active_at(book, months_back)
    covered, ending = running_out(book, cut)
    signs = [
        (50, quiet(book, cut, covered)),
        (30, ending),
        (20, complained(book, cut)),
        (20, dissatisfied(book, cut)),
        (20, neglected(book, cut, people)),
        (15, in_arrears(book, cut)),
    ]
    if book.profile["is_one_purchase"] == "false":
        falling = {p for p, (now, before) in years_of_money(book, cut).items() if before > 0 and now < before / 2}
        signs += [(30, off_rhythm(book, cut)), (25, falling)]
    return {person: sum(points for points, those in signs if person in those) for person in people}


def at_risk(book: Book, months_back: int) -> set[str]:
    return {person for person, points in points_at(book, months_back).items() if points >= 50}


@by_hand("at_risk_share")
def at_risk_share(book: Book) -> float:
    return len(at_risk(book, 0)) / len(active_at(book, 0))


def lost_since(book: Book) -> set[str]:
    """Of those active a year ago: who left the book since or, in a trade that buys once, is on record as lost since."""
    before = active_at(book, 12)
    if book.profile["is_one_purchase"] == "false":
        return before - active_at(book, 0)
    return before & {person for person, day, _, _ in losses(book) if day > close_of(book, 12)}


@by_hand("at_risk_precision")
def at_risk_precision(book: Book) -> float:
    warned = at_risk(book, 12)
    return len(warned & lost_since(book)) / len(warned)


@by_hand("at_risk_recall")
def at_risk_recall(book: Book) -> float:
    gone = lost_since(book)
    return len(gone & at_risk(book, 12)) / len(gone)


@by_hand("at_risk_contacted")
def at_risk_contacted(book: Book) -> float:
    ((cut,),) = book.rows("select cut from run")
    warned, touched = at_risk(book, 0), touches(book)
    reached = [p for p in warned if any(0 < (cut - day).days <= 60 for day in touched.get(p, []))]
    return len(reached) / len(warned)
