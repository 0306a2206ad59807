"""Stages of life, by hand: every customer played through month by month, with no spell or edge to get wrong."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from book import Book, by_hand

# First and last period of something, 0 being the month that ends at as-of.
Span = tuple[int, int]


def minus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def period_of(day: date, cut: date) -> int:
    """0 for the month that ends at as-of, -1 for the one before, 1 for the one after."""
    back = (cut.year - day.year) * 12 + cut.month - day.month
    while day >= minus_months(cut, back):
        back -= 1
    while day < minus_months(cut, back + 1):
        back += 1
    return -back


@dataclass(frozen=True)
class Rules:
    """The trade's settings."""

    active_months: int
    new_months: int
    lapsing_months: int
    is_one_purchase: bool
    by_contract: bool
    from_event: bool

    @classmethod
    def of(cls, book: Book) -> Rules:
        months = (int(book.profile[name]) for name in ("active_months", "new_months", "lapsing_months"))
        flags = ("is_one_purchase", "is_active_by_contract", "is_active_from_event")
        return cls(*months, *(book.profile[name] == "true" for name in flags))


def purchases(book: Book, rules: Rules, cut: date) -> dict[str, list[Span]]:
    """From the order (or its event, if that counts) each purchase keeps somebody active for the active months."""
    found: dict[str, list[Span]] = {}
    for person, day, event in book.rows(
        "select person_id, ordered_on, event_on from placed where person_id is not null"
    ):
        period = period_of(day, cut)
        until = max(period, period_of(event, cut)) if rules.from_event and event else period
        found.setdefault(person, []).append((period, until + rules.active_months - 1))
    return found


def terms(book: Book, rules: Rules, cut: date) -> dict[str, list[Span]]:
    """A contract is live at a month's close if its last day is not before it."""
    found: dict[str, list[Span]] = {}
    if not rules.by_contract:
        return found
    for person, start, end in book.rows(
        "select person_id, starts_on, least(coalesce(ends_on, date '2050-01-01'),"
        " case when terminated_on < cut then terminated_on else date '2050-01-01' end)"
        " from contracts_signed cross join run where starts_on < cut"
    ):
        if end >= start:
            last = period_of(end, cut)
            is_close = end == minus_months(cut, -last) - timedelta(days=1)
            found.setdefault(person, []).append((period_of(start, cut), last if is_close else last - 1))
    return found


def play(rules: Rules, first: int, bought: list[Span], contracts: list[Span]) -> list[str]:
    """The stage at each month's close from period `first` to as-of."""
    begins = [start for start, _ in bought + contracts]
    stages: list[str] = []
    since, spells = None, 0
    for period in range(first, 1):
        is_active = any(start <= period <= end for start, end in bought) or any(
            start <= period <= max(start, end) for start, end in contracts
        )
        if is_active and since is None:
            since, spells = period, spells + 1
        if not is_active:
            since = None
        if not any(start <= period for start in begins):
            stages.append("prospect")
        elif since is None:
            is_done = rules.is_one_purchase and any(start <= period for start, _ in bought)
            stages.append("completed" if is_done else "lost")
        else:
            stages.append(_active_stage(rules, period, since, spells, min(begins), bought, contracts))
    return stages


def _active_stage(
    rules: Rules, period: int, since: int, spells: int, first: int, bought: list[Span], contracts: list[Span]
) -> str:
    if spells > 1 and since > period - rules.new_months:
        return "won_back"
    if first > period - rules.new_months:
        return "new"
    is_under_contract = any(start <= period <= end for start, end in contracts)
    orders = [start for start, _ in bought if start <= period]
    if rules.is_one_purchase or is_under_contract or not orders or period - max(orders) < rules.lapsing_months:
        return "active"
    return "lapsing"


def lives(book: Book) -> list[list[str]]:
    """Everybody's stages, the last one that of today."""
    rules, cut = Rules.of(book), book.one("select cut from run")
    bought, contracts = purchases(book, rules, cut), terms(book, rules, cut)
    created = dict(
        book.rows(
            "select customer_id, coalesce(created_at, acquired_at)::date from records, run"
            " where coalesce(created_at, acquired_at) < cut"
        )
    )
    found = []
    for person in bought.keys() | contracts.keys() | created.keys():
        mine, live = bought.get(person, []), contracts.get(person, [])
        starts = [start for start, _ in mine + live]
        if person in created:
            starts.append(period_of(created[person], cut))
        found.append(play(rules, min(starts), mine, live))
    return found


@by_hand(
    "fct_lifecycle_transitions.year",
    "from_to",
    published="select from_stage || ' ' || to_stage, customers from marts.customer.fct_lifecycle_transitions"
    " where period_type = 'year' and months_back = 0",
)
def transitions(book: Book) -> dict[str, float]:
    return dict(Counter(f"{life[-13] if len(life) > 12 else 'unknown'} {life[-1]}" for life in lives(book)))


@by_hand("stage_conversion")
def stage_conversion(book: Book) -> float:
    ups = {
        "prospect": lambda to: to != "prospect",
        "new": lambda to: to == "active",
        **dict.fromkeys(("lapsing", "completed", "lost"), lambda to: to in ("new", "active", "won_back")),
    }
    moves = [(life[-13], life[-1]) for life in lives(book) if len(life) > 12]
    judged = [ups[before](now) for before, now in moves if before in ups]
    return sum(judged) / len(judged)


@by_hand("stage_dwell")
def stage_dwell(book: Book) -> float | None:
    """Kaplan-Meier over stays in the active book; one that lasts at as-of is censored."""
    stays = []
    for life in lives(book):
        length = 0
        for stage in [*life, None]:
            if stage in ("prospect", "completed", "lost", None):
                if length:
                    stays.append((length, stage is not None))
                length = 0
            else:
                length += 1
    survival = 1.0
    for months in sorted({length for length, _ in stays}):
        at_risk = sum(length >= months for length, _ in stays)
        survival *= 1 - sum(length == months and ended for length, ended in stays) / at_risk
        if survival <= 0.5:
            return months
    return None
