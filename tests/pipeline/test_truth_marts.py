"""What the generator planted, found again in the published marts: cuts, claims, ratings, leads, debts and consents."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from tests.pipeline.conftest import Published

# One test of many shares: each may miss by chance once in a few thousand runs.
UNLIKELY = NormalDist().inv_cdf(1 - 0.0005 / 2)

# Sales before refunds of the window, of customers on record: what truth.json adds up.
SALES = """
from customer.fct_orders as orders
inner join customer.dim_customers as customers using (customer_id)
where
    orders.ordered_on >= '2025-07-01' and orders.ordered_on < '2026-07-01'
    and not orders.is_cancelled and not orders.is_return and customers.record_source = 'customers'
"""


def _is_drawn_with(k: float, n: float, chance: float) -> bool:
    """Whether `k` of `n` may come of this chance (a score test, which holds for few cases too)."""
    return abs(k - n * chance) <= UNLIKELY * math.sqrt(n * chance * (1 - chance)) + 0.5


def test_sales_are_cut_as_planted(published: Published) -> None:
    """A customer joined to a merged or older record sells in another channel, town or trade."""
    cuts = {
        "acquisition_channel": "sales_12m_by_acquisition_channel",
        "city": "sales_12m_by_city",
        "customer_type": "sales_12m_by_type",
    }
    planted = {cut: name for cut, name in cuts.items() if name in published.truth["expected"]}
    assert len(planted) >= 2
    for cut, name in planted.items():
        found = published.marts.execute(
            f"select {cut}, sum(orders.gross_amount - orders.discount_amount) {SALES} group by all"
        ).fetchall()
        assert {key: float(value) for key, value in found} == pytest.approx(published.expected(name)), cut


def test_sales_are_spread_over_customers_as_planted(published: Published) -> None:
    """Two records of one customer taken for two make the book look safer than it is."""
    largest, hhi = published.marts.execute(
        f"select max(sold) / sum(sold), sum(sold * sold) / power(sum(sold), 2) from"
        f" (select sum(orders.gross_amount - orders.discount_amount)::double as sold {SALES} group by customer_id)"
    ).fetchall()[0]
    assert largest == pytest.approx(published.expected("sales_12m_largest_customer_share"), abs=1e-6)
    assert hhi == pytest.approx(published.expected("sales_12m_customer_hhi"), abs=1e-6)


def test_orders_are_of_the_kinds_planted(published: Published) -> None:
    """A follow-on session or a renewal counted as a main order makes new business of old."""
    found = published.marts.execute(
        "select order_kind, count(*) from customer.fct_orders inner join customer.dim_customers using (customer_id)"
        " where not is_cancelled and not is_return and dim_customers.record_source = 'customers' group by all"
    ).fetchall()
    assert dict(found) == published.expected("orders_by_kind")


def test_ratings_are_those_of_the_last_round(published: Published) -> None:
    """Raters of earlier rounds in the mean, or a rater whose newer score did not replace the older."""
    planted = published.expected("ratings_latest")
    found = dict(
        published.marts.execute(
            "select indicator_code, value from score.fct_indicators where breakdown = '' and status = 'assessed'"
        ).fetchall()
    )
    assert len(planted) >= 15
    rated = {code: found[code] for code in planted if code in found}
    assert len(rated) >= 15
    assert rated == pytest.approx({code: planted[code] for code in rated}, abs=1e-3)


def test_inflated_claims_are_found_and_honest_ones_confirmed(published: Published) -> None:
    """A claim above the records let pass, or a seller called a liar for rounding."""
    found = {
        code: (claimed, status)
        for code, claimed, status in published.marts.execute(
            "select indicator_code, claimed_value, status from score.fct_seller_claims"
        ).fetchall()
    }
    assert {code: claimed for code, (claimed, _) in found.items()} == pytest.approx(published.expected("seller_claims"))
    inflated = published.truth["parameters"]["claims_inflated"]["value"]
    assert {code: status for code, (_, status) in found.items()} == {
        code: "overstated" if share > 0 else "confirmed" for code, share in inflated.items()
    }


def test_decided_leads_are_counted_as_planted(published: Published) -> None:
    """A lead decided after as-of, or in the year before, among those of the window."""
    if published.company == "jinse_bridal":
        converted = published.one(
            "select sum(converted) from acquisition.fct_lead_funnel where period_type = 'month' and breakdown = ''"
        )
        assert converted == published.expected("leads_converted")
    else:
        assert published.indicator("win_rate")["numerator"] == published.expected("leads_won_12m")
        assert published.indicator("competitor_loss_share")["denominator"] == published.expected("leads_lost_12m")


def test_open_debts_are_those_planted(anlan: Published) -> None:
    """An invoice settled or written off by as-of still open, or a debt under the wrong kind of customer."""
    # Three of them were paid in full and never marked as settled: nothing is left of them to age.
    invoices, with_a_balance = anlan.work.execute(
        "select count(*), count(*) filter (open_amount > 0) from intermediate.int_receivables_prepared"
    ).fetchall()[0]
    assert invoices == anlan.expected("invoices_open")
    assert with_a_balance == anlan.one(
        "select sum(invoices) from risk.fct_receivables_ageing where months_back = 0 and bucket != 'written_off'"
    )
    found = anlan.marts.execute(
        "select customer_type, sum(open_amount) from risk.fct_receivables_ageing inner join customer.dim_customers"
        " using (customer_id) where months_back = 0 and bucket not in ('not_due', 'written_off')"
        " and customer_type is not null group by all"
    ).fetchall()
    # What was paid in part is off here and not in truth.json.
    assert {key: float(value) for key, value in found} == pytest.approx(
        anlan.expected("invoices_overdue_by_type"), rel=0.05
    )


def test_consents_are_given_and_withdrawn_as_drawn(published: Published) -> None:
    """A withdrawal that lets the consent stand, or a grant after as-of: what a buyer may receive is told too high."""
    drawn = published.truth["parameters"]
    seen = 0
    for purpose, customers, consenting, withdrawn in published.marts.execute(
        "select purpose, customers, customers_consenting, customers_withdrawn from governance.fct_consent_coverage"
    ).fetchall():
        if purpose in drawn["consent_given"]:
            given = consenting + withdrawn
            assert _is_drawn_with(given, customers, drawn["consent_given"][purpose]["value"]), purpose
            seen += 1
        if purpose in drawn["consent_withdrawn"]:
            assert _is_drawn_with(withdrawn, given, drawn["consent_withdrawn"][purpose]["value"]), purpose
    assert seen == len(drawn["consent_given"])


def test_exports_and_incentives_are_as_drawn(published: Published) -> None:
    """An export without a recorded approval taken for an approved one; people of teams without a plan for covered."""
    drawn = published.truth["parameters"]
    unapproved = published.indicator("unapproved_exports")
    assert _is_drawn_with(
        unapproved["denominator"] - unapproved["numerator"],
        unapproved["denominator"],
        drawn["export_approved"]["value"],
    )
    on_plan, people = published.marts.execute(
        "select sum(people_on_incentive), sum(people) from governance.fct_team_capacity where people_on_incentive > 0"
    ).fetchall()[0]
    assert _is_drawn_with(on_plan, people, drawn["incentive_share"]["value"])


def test_margins_and_rewards_are_as_drawn(jinse: Published) -> None:
    """A cost counted twice or left out moves every margin; a reward counted for a referral that brought nobody."""
    drawn = jinse.truth["parameters"]
    cost_share, orders = jinse.marts.execute(
        "select avg(1 - margin_net / revenue_net), count(*) from customer.fct_orders"
        " where not is_cancelled and revenue_net > 0 and refund_amount = 0 and margin_basis = 'delivered'"
    ).fetchall()[0]
    # sd 0.04 an order, as drawn.
    assert abs(cost_share - drawn["cost_share"]["value"]) <= UNLIKELY * 0.04 / math.sqrt(orders)
    rewards = jinse.one_of_work(
        "select avg(reward_amount) from intermediate.int_referrals_prepared where reward_amount > 0"
    )
    assert float(rewards) == drawn["referral_reward"]["value"]
