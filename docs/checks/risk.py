"""Risk, by hand."""

from __future__ import annotations

import csv
from decimal import Decimal

from book import PROJECT, Book, by_hand

# What is owed on each invoice at as-of.
OWED = """
select
    invoices.invoice_id,
    as_of - invoices.due_on as days,
    invoices.amount
    - case when written_off_on <= as_of then coalesce(written_off_amount, invoices.amount) else 0 end
    - coalesce((
        select sum(case when coalesce(is_refund, false) then -payments.amount else payments.amount end)
        from payments
        where payments.invoice_id = invoices.invoice_id and payments.paid_at < cut and payments._removed_on is null
    ), 0) as owed,
    coalesce(disputed_on <= as_of, false) and not coalesce(dispute_resolved_on <= as_of, false) as disputed
from invoices, run
where
    issued_on <= as_of
    and (settled_on is null or settled_on > as_of)
    and invoices._removed_on is null
    and invoices.customer_id not in (select customer_id from people where is_test)
"""
BUCKETS = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"), (180, "91-180"), (365, "181-365"))


def _debts(book: Book) -> list[tuple[int, Decimal, bool]]:
    return [(days, owed, disputed) for _, days, owed, disputed in book.rows(OWED) if owed > 0]


def _bucket(days: int) -> str:
    return next((bucket for last, bucket in BUCKETS if days <= last), "over_365")


def _owed(book: Book) -> Decimal:
    return sum((owed for _, owed, _ in _debts(book)), Decimal())


@by_hand("overdue_share")
def overdue_share(book: Book) -> float:
    return float(sum(owed for days, owed, _ in _debts(book) if days > 0) / _owed(book))


@by_hand("overdue_share", "ageing_bucket")
def overdue_share_by_bucket(book: Book) -> dict[str, float]:
    shares: dict[str, float] = {}
    for days, owed, _ in _debts(book):
        shares[_bucket(days)] = shares.get(_bucket(days), 0) + float(owed / _owed(book))
    return shares


@by_hand("expected_credit_loss")
def expected_credit_loss(book: Book) -> float:
    with (PROJECT / "seeds" / "reference" / "loss_rates.csv").open(encoding="utf-8", newline="") as file:
        rates = {
            row["bucket"]: Decimal(row["loss_rate"])
            for row in csv.DictReader(file)
            if row["profile"] == book.profile["profile"]
        }
    lost = sum(
        owed * max(rates[_bucket(days)], rates["disputed"] if disputed else Decimal())
        for days, owed, disputed in _debts(book)
    )
    return float(lost / _owed(book))


@by_hand("dso")
def dso(book: Book) -> float:
    invoiced = book.one(
        "select sum(amount) from invoices, run where issued_on between window_start and as_of and _removed_on is null"
        " and customer_id not in (select customer_id from people where is_test)"
    )
    return float(365 * _owed(book) / invoiced)


@by_hand("contract_expiry_12m")
def contract_expiry_12m(book: Book) -> float:
    """Of what the running contracts are worth a year, as last agreed by as-of."""
    return book.one(
        """
        with agreed as (
            select contract_id, arg_max(annual_value, effective_on) as annual_value
            from contract_values cross join run
            where _removed_on is null and effective_on < cut
            group by contract_id
        ),
        running as (
            select
                coalesce(agreed.annual_value, signed.annual_value) as annual_value,
                least(ends_on, case when terminated_on < cut then terminated_on end) as last_on
            from contracts_signed as signed
            cross join run
            left join agreed on agreed.contract_id = signed.contract_id
            where starts_on < cut
        )
        select sum(annual_value) filter (last_on < cut + interval 12 month) / sum(annual_value)
        from running cross join run
        where last_on is null or last_on >= as_of
        """
    )


YEARS = """
select
    person_id,
    coalesce(sum(revenue) filter (day >= window_start), 0) as revenue,
    coalesce(sum(revenue) filter (day >= prior_start and day < window_start), 0) as revenue_before,
    coalesce(sum(orders) filter (day >= window_start), 0) as orders,
    coalesce(sum(orders) filter (day >= prior_start and day < window_start), 0) as orders_before
from money, run
where day < cut and person_id is not null
group by person_id
"""


@by_hand("largest_customer_share")
def largest_customer_share(book: Book) -> float:
    return book.one(
        f"""
        select max(revenue) / sum(revenue)
        from (select coalesce(head_id, person_id) as head_id, sum(revenue) as revenue
            from ({YEARS}) left join family using (person_id) group by all)
        where revenue > 0
        """
    )


# Growth by industry: the assessed region first, the last full year, the newest vintage known.
REFERENCE = """
select industry, growth_rate
from market_reference, run
where
    kind = '{kind}' and year < year(as_of) and vintage <= year(as_of) and growth_rate is not null
    and region = (select market_region from work.evidence.run_parameters where run = 'current')
qualify row_number() over (partition by industry order by year desc, vintage desc) = 1
"""


def industry_revenue(book: Book) -> list[tuple[float, float]]:
    """Revenue of the window and growth of the industry, by customer whose industry has a reference."""
    growth = dict(book.rows(REFERENCE.format(kind="customer industry")))
    industries = dict(book.rows("select customer_id, industry from records"))
    return [
        (float(revenue), float(growth[industries[person]]))
        for person, revenue, *_ in book.rows(YEARS)
        if industries.get(person) in growth
    ]


@by_hand("industry_exposure")
def industry_exposure(book: Book) -> float:
    known = industry_revenue(book)
    return sum(revenue for revenue, growth in known if growth < 0) / sum(revenue for revenue, _ in known)


@by_hand("demand_drop_exposure")
def demand_drop_exposure(book: Book) -> float:
    years = [row for row in book.rows(YEARS) if row[4] > 0]
    fallen = sum(before for _, _, before, orders, orders_before in years if 2 * orders <= orders_before)
    return float(fallen / sum(before for _, _, before, *_ in years))


OPEN_EVENTS = """
from legal_events, run
where
    opened_on <= as_of and (closed_on is null or closed_on > as_of) and _removed_on is null
    and coalesce(customer_id, '') not in (select customer_id from people where is_test)
"""


@by_hand("dispute_exposure")
def dispute_exposure(book: Book) -> float:
    return float(book.one(f"select sum(amount) {OPEN_EVENTS}") / sum(revenue for _, revenue, *_ in book.rows(YEARS)))


@by_hand("dispute_exposure", "kind")
def dispute_exposure_by_kind(book: Book) -> dict[str, float]:
    revenue = sum(revenue for _, revenue, *_ in book.rows(YEARS))
    amounts = book.by(f"select kind, sum(amount) {OPEN_EVENTS} group by kind")
    return {kind: float(amount / revenue) for kind, amount in amounts.items()}
