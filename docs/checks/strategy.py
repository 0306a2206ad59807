"""Strategy, by hand: targets against the published figures, which the other modules check, and against the facts a year
back for those whose period ended then."""

from __future__ import annotations

from typing import Any

from book import Book, by_hand

# The year that ended a year before as-of, from the facts.
YEAR_BEFORE = {
    "orders_12m": "select sum(orders) from money, run where day >= prior_start and day < window_start",
    "revenue_net_12m": "select sum(revenue) from money, run where day >= prior_start and day < window_start",
    "csat_top2": """
        select avg(cast(score >= scale_max - 1 as int)) from (
            select survey_responses.*, people.person_id from survey_responses cross join run
            left join people using (customer_id)
            where instrument = 'csat' and coalesce(topic, 'overall') = 'overall' and score is not null
                and responded_at >= prior_start and responded_at < window_start
                and survey_responses._removed_on is null and not coalesce(people.is_test, false)
            qualify row_number() over (partition by coalesce(person_id, customer_id, response_id)
                order by responded_at desc, response_id desc) = 1)""",
    "nps": """
        select avg(case when score >= 9 then 1 when score <= 6 then -1 else 0 end) from (
            select survey_responses.*, people.person_id from survey_responses cross join run
            left join people using (customer_id)
            where instrument = 'nps' and coalesce(topic, 'overall') = 'overall' and score is not null
                and responded_at >= prior_start and responded_at < window_start
                and survey_responses._removed_on is null and not coalesce(people.is_test, false)
            qualify row_number() over (partition by coalesce(person_id, customer_id, response_id)
                order by responded_at desc, response_id desc) = 1)""",
}


@by_hand("target_set_before")
def target_set_before(book: Book) -> float:
    return book.one(
        "select avg(cast(set_on < period_start as int)) from kpi_targets, run where set_on <= as_of"
        " and _removed_on is null"
    )


def _initiatives(book: Book) -> list[tuple[Any, ...]]:
    return book.rows(
        "select status, cost, budget from initiatives, run where ended_on <= as_of and started_on <= as_of"
        " and _removed_on is null"
    )


@by_hand("initiative_completion")
def initiative_completion(book: Book) -> float:
    ended = _initiatives(book)
    return sum(status.lower() == "done" and cost <= budget for status, cost, budget in ended) / len(ended)


def _year_before(code: str) -> None:
    @by_hand(
        f"fct_targets.{code}.year_before",
        published="select max(actual) from marts.governance.fct_targets"
        f" where indicator_code = '{code}' and period_end = (select max(as_of_date) from marts.score.fct_indicators)"
        " - interval 12 month",
    )
    def figure(book: Book) -> float | None:
        asked = book.one(
            "select count(*) from kpi_targets, run where indicator_code = ? and period_end = window_start - 1", code
        )
        value = book.one(YEAR_BEFORE[code]) if asked else None
        return None if value is None else float(value)


for _code in YEAR_BEFORE:
    _year_before(_code)


@by_hand("target_attainment")
def target_attainment(book: Book) -> float:
    """Met or missed by the published actuals, which are checked above and elsewhere, and the catalogue's direction."""
    rows = book.rows(
        """
        select targets.target, published.actual, catalogue.direction
        from kpi_targets as targets
        inner join marts.governance.fct_targets as published using (indicator_code, period_start, period_end)
        inner join work.reference.indicators as catalogue using (indicator_code)
        where published.actual is not null
        """
    )
    met = [
        float(actual) <= float(target)
        if direction == "lower"
        else float(actual) >= float(target)
        if direction == "higher"
        else abs(float(actual) - float(target)) <= 0.05 * abs(float(target))
        for target, actual, direction in rows
    ]
    return sum(met) / len(met)


@by_hand("initiative_effect")
def initiative_effect(book: Book) -> float:
    """The good way round, of done initiatives with both figures."""
    rows = book.rows(
        """
        select published.value_after - published.value_before, catalogue.direction
        from initiatives
        cross join run
        inner join marts.governance.fct_initiatives as published using (initiative_id)
        inner join work.reference.indicators as catalogue on catalogue.indicator_code = initiatives.indicator_code
        where lower(initiatives.status) = 'done' and initiatives.ended_on <= as_of
            and published.value_after is not null and published.value_before is not null
            and catalogue.direction != 'neutral'
        """
    )
    return sum(change < 0 if direction == "lower" else change > 0 for change, direction in rows) / len(rows)
