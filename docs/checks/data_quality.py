"""Data quality, by hand. What an expectation found is taken as published: Great Expectations counted it. The weights
are computed here."""

from __future__ import annotations

import csv
from decimal import Decimal

from book import PROJECT, Book, by_hand
from scale import active

EVERYBODY = ("orders", "order_lines", "payments")
ABOUT_CUSTOMERS = {
    "customers": "customer_id",
    "tickets": "customer_id",
    "survey_responses": "customer_id",
    "contracts": "customer_id",
    "invoices": "customer_id",
    "referrals": "referred_customer_id",
    "leads": "customer_id",
    "legal_events": "customer_id",
    "activities": "customer_id",
    "consents": "customer_id",
    "needs": "customer_id",
    "contacts": "customer_id",
    "lost_customers": "customer_id",
    "loyalty_ledger": "customer_id",
}
REVENUE = "select person_id, sum(revenue) from money, run where day >= window_start and day < cut group by person_id"


def _stakes(book: Book) -> dict[str, float]:
    revenue = {person: float(sum_) for person, sum_ in book.rows(REVENUE) if person and sum_ > 0}
    whole = sum(revenue.values())
    stakes = dict.fromkeys(EVERYBODY, whole)
    for entity, column in ABOUT_CUSTOMERS.items():
        people = book.rows(
            f"select distinct coalesce(people.person_id, e.{column}) from {entity} as e"
            f" left join people on people.customer_id = e.{column}"
        )
        stake = sum(revenue.get(person, 0) for (person,) in people)
        if any(person in revenue for (person,) in people):
            stakes[entity] = stake
    stakes[""] = whole * 0.1
    return stakes


def _quality(book: Book, dimension: str) -> float:
    stakes = _stakes(book)
    judged = book.rows(
        "select replace(relation, 'raw.', ''), unexpected_count / element_count"
        " from marts.quality.fct_expectation_results where stage = 'raw' and status != 'not_assessed'"
        " and element_count > 0 and dimension = ?",
        dimension,
    )
    counted_as = {"validity": "quarantined", "uniqueness": "duplicates"}.get(dimension)
    if counted_as:
        judged += book.rows(
            f"select entity, sum({counted_as}) / sum(delivered) from marts.quality.fct_row_accounting"
            " group by entity having sum(delivered) > 0"
        )
    weights = [stakes.get(entity, stakes[""]) for entity, _ in judged]
    met = sum(weight * (1 - failed) for weight, (_, failed) in zip(weights, judged, strict=True))
    return round(met / sum(weights), 9)


for _dimension in ("completeness", "accuracy", "freshness", "uniqueness", "validity", "consistency"):
    by_hand(f"dq_{_dimension}")(lambda book, dimension=_dimension: _quality(book, dimension))


@by_hand("ledger_match")
def ledger_match(book: Book) -> float:
    by_invoice = book.one("select count(*) > 0 from invoices where order_id is not null")
    ledger = (
        "select order_id, sum(amount) as amount from invoices, run"
        " where issued_on <= as_of and _removed_on is null group by order_id"
        if by_invoice
        else "select order_id, sum(case when is_refund then -amount else amount end) as amount from payments, run"
        " where paid_at < cut and _removed_on is null group by order_id"
    )
    matched = Decimal()
    whole = Decimal()
    for revenue, found, fulfilled in book.rows(
        f"""
        select
            sold - case when refunded_on <= as_of then refunded else 0 end,
            coalesce(ledger.amount, 0),
            coalesce(fulfilled_at < cut, false)
        from placed
        cross join run
        left join ({ledger}) as ledger using (order_id)
        where ordered_on >= window_start
        """
    ):
        if revenue > 0:
            whole += revenue
            gap = revenue - found
            explained = gap > 0 and not fulfilled
            matched += revenue if explained else max(revenue - abs(gap), Decimal())
    return float(matched / whole)


@by_hand("compliance_coverage")
def compliance_coverage(book: Book) -> float:
    consenting = {
        person
        for (person,) in book.rows(
            """
            select people.person_id
            from consents
            cross join run
            inner join people using (customer_id)
            where
                granted_at < cut and (withdrawn_at is null or withdrawn_at >= cut) and consents._removed_on is null
            """
        )
    }
    based = consenting | active(book, 0)
    records = [
        person
        for (person,) in book.rows(
            "select customer_id from records, run where created_at is null or created_at < cut"
            " or customer_id in (select person_id from placed)"
            " or customer_id in (select person_id from contracts_signed)"
        )
    ]
    return sum(person in based for person in records) / len(records)


@by_hand("analytics_use")
def analytics_use(book: Book) -> float:
    filled = {
        (entity, column)
        for entity, column in book.rows(
            "select entity, column_name from work.evidence.inputs where delivered and non_null_count > 0"
        )
    }
    needs: dict[str, dict[str, set[tuple[str, str]]]] = {}
    with (PROJECT / "seeds" / "reference" / "indicator_inputs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            alternatives = needs.setdefault(row["indicator_code"], {})
            alternatives.setdefault(row["alternative"], set()).add((row["entity"], row["column_name"]))
    carried = [all_ for all_ in needs.values() if any(columns <= filled for columns in all_.values())]
    used = {column for alternatives in carried for columns in alternatives.values() for column in columns}
    return len(used & filled) / len(filled)


@by_hand(
    "fct_ledger_bridge.unexplained",
    published="select coalesce(sum(unexplained_amount), 0) from marts.quality.fct_ledger_bridge",
)
def unexplained(book: Book) -> float:
    revenue = book.one(
        "select sum(sold - case when refunded_on <= as_of then refunded else 0 end) from placed, run"
        " where ordered_on >= window_start"
    )
    bridged = book.one("select sum(ledger_amount + due_later_amount) from marts.quality.fct_ledger_bridge")
    return float(revenue - bridged)
