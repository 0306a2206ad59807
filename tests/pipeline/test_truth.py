"""The published marts against truth.json: what the generator drew and planted has to come back out.

Rates carry chance. Each is held to an interval at 1 - 1% / (number of rates of the company), so that all of a company's
rates together would miss by chance once in a hundred companies (Bonferroni); the deliveries are fixed, so a miss is a
miss for good. The published 95% intervals are counted too: no more of them may miss than a binomial allows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.ingest.store import all_parts
from tests.pipeline.conftest import Published

WINDOW = "ordered_on between date '2025-07-01' and date '2026-06-30'"
PRIOR = "ordered_on between date '2024-07-01' and date '2025-06-30'"
# Orders of somebody who is in the customers table; a buyer without a record is kept, with another record_source.
KNOWN = "customer_id in (select customer_id from customer.dim_customers where record_source = 'customers')"
COUNTED = "not is_cancelled and not is_return"

# How the pipeline words what the generator planted.
REASONS = {
    "missing_required": ("a required value is missing",),
    "unmapped_value": ("a value that is not mapped to one of",),
    "conflicting_key": ("conflicting_key",),
    "impossible_date": ("not a date",),
    "date_out_of_range": ("a date before 1900", "a date more than 10 years ahead"),
    "wrong_type": ("not a number", "not an amount of money", "not a whole number"),
}
FLAGGED_BY = {
    ("customers", "invalid_phone"): "phone_well_formed",
    ("customers", "stale"): "updated_within_three_years",
    ("orders", "orphan_customer"): "customer_id_known_in_customers",
    ("orders", "future_date"): "ordered_at_not_in_future",
    ("contracts", "orphan_customer"): "customer_id_known_in_customers",
    ("payments", "orphan_order"): "order_id_known_in_orders",
    ("payments", "orphan_invoice"): "invoice_id_known_in_invoices",
    ("payments", "negative_amount"): "amount_in_range",
    ("staff", "seat_after_leaving"): "no_seat_after_leaving",
    ("partners", "orders_after_end"): "orders_within_agreement",
}


def _by_month(published: Published, query: str) -> dict[str, int]:
    return dict(published.marts.execute(query).fetchall())


def _pseudonym(published: Published, key: str) -> str:
    settings = published.world.settings
    return Pseudonymiser.of(load_company(settings, published.company), settings).pseudonym("customer", key)


def _planted(published: Published, *kinds: str) -> list[dict[str, Any]]:
    return [defect for defect in published.truth["defects"] if defect["kind"] in kinds]


# Counts and money


def test_customers_are_counted_as_planted(published: Published) -> None:
    """Test accounts, merged duplicates and removed records each have a way to inflate or shrink the book."""
    recorded = "from customer.dim_customers where record_source = 'customers'"
    assert published.one_of_work("select count(*) from raw.customers") == published.expected("customers_loaded")
    assert published.one(f"select count(*) {recorded}") == published.expected("customers_total")
    assert published.one_of_work("select count(*) from raw.customers where is_test") == published.expected(
        "customers_test"
    )
    merged = "select count(*) from raw.customers where merged_into_customer_id is not null"
    assert published.one_of_work(merged) == published.expected("customers_merged")
    removed = "select count(*) from raw.customers where _removed_on is not null"
    assert published.one_of_work(removed) == published.expected("customers_removed")
    assert published.one(f"select count(*) {recorded} and order_count > 0") == published.expected(
        "customers_with_order"
    )


def test_new_customers_by_month(published: Published) -> None:
    """A merge that forgets the older record's orders, or a month cut in UTC, moves first orders between months."""
    by_month = _by_month(
        published,
        "select strftime(first_order_on, '%Y-%m'), count(*) from customer.dim_customers"
        " where record_source = 'customers' and order_count > 0 group by all",
    )
    assert by_month == published.expected("customers_new_by_month")
    assert sum(n for month, n in by_month.items() if "2025-07" <= month <= "2026-06") == published.expected(
        "customers_new_12m"
    )


def test_orders_are_counted_as_planted(published: Published) -> None:
    """Orders of test accounts, cancelled ones, future ones, orphans: each belongs to some figures and not to others."""
    assert published.one_of_work("select count(*) from raw.orders") == published.expected("orders_loaded")
    counted = f"select count(*) from customer.fct_orders where {COUNTED}"
    assert published.one(f"{counted} and {KNOWN}") == published.expected("orders_valid")
    assert published.one(f"{counted} and {WINDOW}") == published.expected("orders_12m")
    assert published.indicator("orders_12m")["value"] == published.expected("orders_12m")
    assert published.one(f"{counted} and {WINDOW} and {KNOWN}") == published.expected("orders_12m_known_customers")
    by_month = _by_month(
        published,
        "select strftime(ordered_on, '%Y-%m'), count(*) from customer.fct_orders"
        f" where {COUNTED} and {KNOWN} group by all",
    )
    assert by_month == published.expected("orders_by_month")
    cancelled = published.one("select count(*) from customer.fct_orders where is_cancelled")
    assert cancelled == published.expected("orders_cancelled")


def test_revenue_to_the_cent(published: Published) -> None:
    """Money summed as float, a refund dated with its order, or a superseded amount shows in the last digit."""

    def revenue(period: str, where: str = "true") -> Decimal:
        sold = f"select coalesce(sum(gross_amount - discount_amount), 0) from customer.fct_orders where {COUNTED}"
        given_back = f"select coalesce(sum(refund_amount), 0) from customer.fct_orders where {COUNTED}"
        refunded = period.replace("ordered_on", "refunded_on")
        return Decimal(
            published.one(f"select ({sold} and {period} and {where}) - ({given_back} and {refunded} and {where})")
        )

    cent = Decimal("0.01")
    expected = {name: Decimal(str(published.expected(name))).quantize(cent) for name in (
        "revenue_net_12m", "revenue_net_12m_known_customers", "revenue_net_prior_12m",
    )}  # fmt: skip
    assert revenue(WINDOW).quantize(cent) == expected["revenue_net_12m"]
    assert revenue(WINDOW, KNOWN).quantize(cent) == expected["revenue_net_12m_known_customers"]
    assert revenue(PRIOR).quantize(cent) == expected["revenue_net_prior_12m"]
    assert Decimal(str(published.indicator("revenue_net_12m")["value"])).quantize(cent) == expected["revenue_net_12m"]
    per_customer = published.one(
        "select sum(revenue_net_12m) from customer.dim_customers where record_source = 'customers'"
    )
    assert Decimal(per_customer).quantize(cent) == expected["revenue_net_12m_known_customers"]


def test_the_bridge_leads_from_one_planted_year_to_the_next(published: Published) -> None:
    """A bridge between two other years, or of known customers only, adds up as well: its ends are the planted ones."""
    ends = published.marts.execute(
        "select bridge, sum(amount), max(revenue_from), max(revenue_to) from customer.fct_price_volume_mix"
        " where years_back = 0 group by bridge order by bridge"
    ).fetchall()
    before = Decimal(str(published.expected("revenue_net_prior_12m")))
    now = Decimal(str(published.expected("revenue_net_12m")))
    assert ends == [("customer", now - before, before, now), ("product", now - before, before, now)]


def test_the_largest_group_is_the_planted_one(anlan: Published) -> None:
    """Subsidiaries ranked one by one would hide that a group under one parent is one decision."""
    share = anlan.one("select revenue_share from customer.fct_top_customers where rank = 1")
    # Planted before refunds, published after them.
    assert share == pytest.approx(anlan.expected("sales_12m_largest_group_share"), abs=0.001)
    in_groups = anlan.one(
        "select count(*) from customer.dim_customers"
        " where group_customer_id != customer_id and record_source = 'customers'"
    )
    assert in_groups == anlan.expected("customers_in_groups")


def test_better_customers_get_the_care_that_was_planted(published: Published) -> None:
    """Touches of machines, or of customers who are gone, drown the difference that was planted between the tiers.

    Drawn for the top third by spend and the rest, measured between the top fifth and the lower half by margin, with
    touches by machines left out: the ratio lies nearer the planted one than to no difference at all.
    """
    planted = _drawn(published, "touches_a_year")["value"]
    ratio = planted["high"] / planted["other"]
    found = published.indicator("tiering_in_use")["value"]
    assert (1 + ratio) / 2 < found < 1.5 * ratio


def test_the_backlog_is_the_planted_open_orders(published: Published) -> None:
    """Orders delivered by as-of, cancelled, or of test accounts in the backlog sell the same work twice."""
    backlog = published.one("select sum(orders) from customer.fct_backlog")
    raw = published.one_of_work(
        "select count(*) from raw.orders where _removed_on is null and ordered_at < date '2026-07-01'"
        " and (cancelled_at is null or cancelled_at >= date '2026-07-01')"
        " and (fulfilled_at is null or fulfilled_at >= date '2026-07-01') and not coalesce(is_test, false)"
        " and coalesce(customer_id, '') not in (select customer_id from raw.customers where is_test)"
    )
    assert backlog == raw
    ahead = published.one("select sum(orders) from customer.fct_backlog where standing = 'ahead'")
    assert 0 < ahead <= backlog


def test_open_and_window_counts_of_service_and_surveys(published: Published) -> None:
    """Counts that the indicators are made of, where truth.json counts the very same thing."""
    invites = published.expected("survey_invites_12m")
    rate = published.indicator("survey_response_rate")
    assert (rate["denominator"], rate["numerator"]) == (invites["invited"], invites["answered"])
    complaints = published.expected("tickets_12m_by_kind")["complaint"]
    assert published.indicator("complaints_per_100_orders")["numerator"] == complaints
    assert published.indicator("backlog")["value"] == published.expected("tickets_open")


def test_tickets_are_counted_as_planted(published: Published) -> None:
    """A ticket under two kinds or in two months, or one due tomorrow judged today, shifts what service is judged by."""
    opened = "select kind, sum(opened) from service.fct_ticket_performance where priority = 'all' and kind != 'all'"
    of_window = published.marts.execute(f"{opened} and period_type = 'window' group by all").fetchall()
    assert dict(of_window) == published.expected("tickets_12m_by_kind")
    ever = published.marts.execute(f"{opened} and period_type = 'month' group by all").fetchall()
    assert dict(ever) == published.expected("tickets_by_kind")
    # truth.json takes tickets due in the window; the published figures those opened in it.
    due, in_time = published.work.execute(
        "select count(*), count(*) filter (where sla_outcome = 'met') from intermediate.int_tickets_prepared"
        " where due_at >= date '2025-07-01' and due_at < date '2026-07-01'"
    ).fetchall()[0]
    assert {"due": due, "in_time": in_time} == published.expected("sla_12m")


def test_every_answer_of_the_window_is_seen(published: Published) -> None:
    """An answer dropped with its invite, or of another window, before the last of each customer is picked."""
    found = published.work.execute(
        "select topic, count(*) filter (where score >= 4), count(*) from intermediate.int_survey_answers_prepared"
        " where instrument = 'csat' and is_answered_in_window group by all"
    ).fetchall()
    assert {topic: {"top2": top2, "answers": n} for topic, top2, n in found} == published.expected("csat_12m")


def test_improvements_are_closed_as_planted(published: Published) -> None:
    """An improvement of tomorrow counted as done promises a buyer what is not there yet."""
    found = published.indicator("improvement_closure_rate")
    assert {"opened": found["denominator"], "done": found["numerator"]} == published.expected("improvements_done")


def test_customers_touched_by_people(published: Published) -> None:
    """A system's message taken for care, a touch 181 days old, or one of a merged record that is nobody's."""
    touched = published.work.execute(
        "select customer_id from intermediate.int_customer_touches_aggregated where human_touches_180d > 0"
    ).fetchall()
    known = published.marts.execute(
        "select customer_id from customer.dim_customers where record_source = 'customers'"
    ).fetchall()
    assert len(set(touched) & set(known)) == published.expected("customers_touched_180d")


def test_the_best_customers_are_touched_most(published: Published) -> None:
    """Care was drawn by spend, twice as often for the best third: tiers shuffled among customers would even it out."""
    by_tier = dict(
        published.marts.execute(
            "select value_tier, (human_touches_12m + automated_touches_12m) / customers_active"
            " from service.fct_care_coverage where value_tier in ('A', 'B', 'C')"
        ).fetchall()
    )
    assert by_tier["A"] > by_tier["C"] and by_tier["B"] > by_tier["C"]


def test_the_planted_driver_is_found(published: Published) -> None:
    """Service was made to go with overall most closely and to score below it: another leading driver is an artefact."""
    topic = published.one("select topic from service.fct_survey_drivers where driver_rank = 1")
    assert topic == "service"


def test_a_cohort_of_leads_by_channel(jinse: Published) -> None:
    """Leads counted in the month they converted instead of the one they came in flatter every growing channel."""
    found = jinse.marts.execute(
        "select breakdown_value, sum(leads), sum(converted) from acquisition.fct_lead_funnel"
        " where period_type = 'month' and breakdown = 'source'"
        " and period_start_on >= date '2024-07-01' and period_start_on < date '2025-07-01' group by all"
    ).fetchall()
    cohort = {channel: {"leads": leads, "converted": converted} for channel, leads, converted in found}
    assert cohort == jinse.expected("lead_cohort")


def test_orders_by_partner(jinse: Published) -> None:
    """An order credited to the partner of its customer instead of its own pays two partners for one sale."""
    found = dict(jinse.marts.execute("select partner_id, orders from acquisition.fct_partner_performance").fetchall())
    of_nobody = dict(
        jinse.marts.execute(
            "select partner_id, count(*) from customer.fct_orders"
            f" where partner_id is not null and {COUNTED} and not ({KNOWN}) group by all"
        ).fetchall()
    )
    assert {p: n - of_nobody.get(p, 0) for p, n in found.items() if n} == jinse.expected("orders_by_partner")


def test_partners_with_an_agreement(anlan: Published) -> None:
    """Partners whose agreement ended are no reach that a buyer takes over."""
    found = anlan.one("select count(*) from acquisition.fct_partner_performance where has_agreement")
    # truth.json counts those without an end by as-of, among them ends still to come.
    assert found == anlan.expected("partners_with_agreement")


def test_open_leads(published: Published) -> None:
    """A converted or lost lead among the open ones is a customer promised to the buyer twice.

    truth.json counts every open lead; the indicator only those of nobody who is a customer already, which for the
    equipment maker are few: most of its leads are further orders of customers.
    """
    is_open = "from intermediate.int_leads_prepared where is_open"
    assert published.one_of_work(f"select count(*) {is_open}") == published.expected("leads_open")
    of_nobody = published.one_of_work(f"select count(*) {is_open} and customer_id is null")
    assert published.indicator("customers_potential")["value"] == of_nobody


def test_promoters_and_detractors_are_counted_as_planted(published: Published) -> None:
    """A duplicate's answer counted beside the survivor's, or an older answer instead of the last, tilts the score."""
    expected = published.expected("nps_12m")
    answers = sum(expected.values())
    nps = published.indicator("nps")
    assert nps["n"] == answers
    assert nps["value"] == pytest.approx((expected["promoters"] - expected["detractors"]) / answers)


def test_follow_on_sessions(jinse: Published) -> None:
    """Follow-on work is this trade's loyalty: a window one day off, or an order on the wedding day, changes it.

    truth.json counts 730 days, the indicator 24 calendar months (731 days across a 29 February) and also couples
    without a customer record: the same events to the day, so the published orders give truth's count exactly, and the
    indicator may differ by those few couples only.
    """
    expected = jinse.expected("follow_on_within_730_days")
    customers, with_follow_on = jinse.marts.execute(
        f"""
        with weddings as (
            select customer_id, min(event_on) as event_on from customer.fct_orders
            where order_kind = 'main' and {COUNTED} and {KNOWN} and event_on is not null group by all
        )
        select count(*), count(*) filter (where exists (
            select 1 from customer.fct_orders as o where o.customer_id = w.customer_id and o.order_kind = 'follow_on'
            and {COUNTED} and o.ordered_on >= w.event_on and o.ordered_on < w.event_on + 730))
        from weddings as w where w.event_on + 730 <= date '2026-06-30'
        """
    ).fetchall()[0]
    assert (customers, with_follow_on) == (expected["customers"], expected["with_follow_on"])
    indicator = jinse.indicator("follow_on_rate")
    assert indicator["value"] == pytest.approx(with_follow_on / customers, abs=0.01)


def test_receivables_and_contracts(anlan: Published) -> None:
    """Paid and written-off invoices in the open balance, or ended contracts among the live, mislead a buyer."""
    open_, overdue = anlan.work.execute(
        "select sum(amount), sum(amount) filter (where due_on < date '2026-06-30') from raw.invoices where"
        " (settled_on is null or settled_on > date '2026-06-30')"
        " and (written_off_on is null or written_off_on > date '2026-06-30') and _removed_on is null"
    ).fetchall()[0]
    assert (float(open_), float(overdue)) == (
        anlan.expected("invoices_open_amount"), anlan.expected("invoices_overdue_amount"),
    )  # fmt: skip
    # The indicator takes what was paid in part off both, truth.json off neither.
    assert anlan.indicator("overdue_share")["value"] == pytest.approx(float(overdue / open_), abs=0.01)
    # truth.json weighs contracts by what they were signed for, which the ladder tells beside the value in effect; it
    # takes 365 days from as-of and counts contracts of unknown customers; so does the ladder's year. The sum of the
    # values in effect is held to truth.json below.
    within = "filter (ends_month_on < as_of + 1 + interval 12 month)"
    signed, ending, in_effect, ending_in_effect = anlan.marts.execute(
        f"select sum(annual_value), sum(annual_value) {within},"
        f" sum(annual_value_in_effect), sum(annual_value_in_effect) {within}"
        " from risk.fct_contract_ladder cross join (select max(as_of_date) as as_of from score.fct_indicators)"
    ).fetchone()
    assert float(signed) == pytest.approx(anlan.expected("contracts_live_annual_value"))
    assert float(ending) == pytest.approx(anlan.expected("contracts_expiring_12m_annual_value"))
    expiring = anlan.indicator("contract_expiry_12m")["value"]
    assert expiring == pytest.approx(float(ending_in_effect / in_effect), abs=1e-9)


def test_customers_by_type(anlan: Published) -> None:
    """A category mapped to another moves customers between types that are sold to by different people."""
    found = anlan.marts.execute(
        "select customer_type, count(*) from customer.dim_customers where record_source = 'customers' group by all"
    ).fetchall()
    assert dict(found) == anlan.expected("customers_by_type")


def test_customers_by_channel(jinse: Published) -> None:
    """A merge that takes the channel of the duplicate instead of the survivor shifts what marketing is paid for."""
    found = jinse.marts.execute(
        "select acquisition_channel, count(*) from customer.dim_customers"
        " where record_source = 'customers' group by all"
    ).fetchall()
    assert dict(found) == jinse.expected("customers_by_channel")


def test_the_contractual_book_is_retained_as_planted(anlan: Published) -> None:
    """Expansion leaking into gross retention, or a mid-term change overlooked, flatters the book by points.

    truth.json gives both at the values contracts were signed for and at the changes in effect.
    """
    for code in ("grr", "nrr"):
        assert anlan.indicator(code)["value"] == pytest.approx(anlan.expected(f"{code}_by_values"), abs=1e-6)
    signed = anlan.work.execute(
        """
        select sum(least(o.annual_value, coalesce(c.annual_value, 0))) / sum(o.annual_value),
            sum(coalesce(c.annual_value, 0)) / sum(o.annual_value)
        from (select customer_id, sum(annual_value) as annual_value from intermediate.int_contracts_prepared
            where starts_on <= '2025-06-30' and live_until_on >= '2025-06-30' group by all) as o
        left join (select customer_id, sum(annual_value) as annual_value from intermediate.int_contracts_prepared
            where starts_on <= '2026-06-30' and live_until_on >= '2026-06-30' group by all) as c using (customer_id)
        """
    ).fetchall()[0]
    assert signed == pytest.approx((anlan.expected("grr"), anlan.expected("nrr")), abs=1e-6)


def test_losses_and_their_reasons(published: Published) -> None:
    """A loss without a reason dropped, or a return of tomorrow known today, rewrites why customers leave."""
    known = published.marts.execute(
        "select reason, losses from risk.fct_churn_reasons where period = 'ever' and is_known"
    ).fetchall()
    assert dict(known) == published.expected("lost_by_reason")
    lost, no_reason, won_back = published.marts.execute(
        "select sum(losses), sum(losses) filter (where not is_known), sum(won_back)"
        " from risk.fct_churn_reasons where period = 'ever'"
    ).fetchall()[0]
    expected = published.expected("lost_won_back")
    assert (lost, no_reason, won_back) == (expected["lost"], expected["no_reason"], expected["won_back"])


def test_points_owed(jinse: Published) -> None:
    """Points that expired or were redeemed still on the books are a debt the buyer does not have."""
    assert jinse.indicator("points_liability")["value"] == jinse.expected("points_balance")
    owed = jinse.one("select balance from service.fct_loyalty_programme where tier = '' and months_back = 0")
    assert owed == jinse.expected("points_balance")


def test_everybody_with_a_referrer_is_in_the_network_once_a_customer(jinse: Published) -> None:
    """A referred customer missing from the network, or one who has not bought yet in it, moves every figure of it."""
    referred = jinse.one_of_work("select count(distinct referred_customer_id) from intermediate.int_referrals_prepared")
    assert referred == jinse.expected("customers_by_referral")
    bought = jinse.one(
        "select count(*) from customer.dim_customers where referrer_customer_id is not null and is_customer"
    )
    placed = jinse.one("select count(*) from customer.fct_referral_network where referrer_customer_id is not null")
    assert placed == bought


def test_privacy_is_counted_as_planted(published: Published) -> None:
    """A withdrawn consent in force, an unapproved export overlooked, or a control counted as reviewed that was not."""
    # truth.json counts every live consent of a record in the CRM, the table those of customers who bought.
    live = "select purpose, count(*) from intermediate.int_consents_prepared where is_live group by all"
    expected = published.expected("consents_live")
    found = dict(published.work.execute(live).fetchall())
    assert found.keys() == expected.keys()
    # Consents of duplicates fall together, those of test accounts and unknown customers are few.
    assert all(0.97 * expected[purpose] <= found[purpose] <= expected[purpose] for purpose in expected)
    exports, incidents = published.expected("exports_12m"), published.expected("incidents_12m")
    unapproved = published.indicator("unapproved_exports")
    assert (unapproved["denominator"], unapproved["numerator"]) == (exports["exports"], exports["unapproved"])
    assert published.indicator("incidents_12m")["value"] == incidents["incidents"]
    in_window = "from governance.fct_security_incidents where is_in_window"
    assert published.one(f"select count(*) {in_window} and has_responsible") == incidents["with_responsible"]
    assert published.one(f"select count(*) {in_window} and is_open") == incidents["open"]
    controls = published.marts.execute("select status, count(*) from governance.fct_security_controls group by all")
    assert dict(controls.fetchall()) == published.expected("controls_by_status")
    stale = published.indicator("control_staleness")
    assert stale["denominator"] - stale["numerator"] == published.expected("controls_reviewed_12m")


def test_people_and_systems_are_counted_as_planted(published: Published) -> None:
    """Somebody who left counted in the team, a training of another year, or a seat nobody uses any more."""
    assert published.indicator("team_size")["value"] == published.expected("staff_there")
    assert published.indicator("staff_turnover")["numerator"] == published.expected("staff_left_12m")
    trained = published.expected("staff_trained_12m")
    assert published.indicator("privacy_training_coverage")["numerator"] == trained["privacy"]
    # The indicator asks those with a seat, truth.json everybody.
    assert published.indicator("crm_training_coverage")["numerator"] <= trained["crm"]
    users = published.expected("crm_users_90d")
    seats = published.indicator("crm_active_users")
    assert (seats["numerator"], seats["denominator"]) == (users["active"], users["seats"])


def test_goals_and_measures_are_counted_as_planted(published: Published) -> None:
    """A goal written down after its time taken for a plan, or an initiative that still runs for one that is done."""
    targets = published.expected("targets_set_before")
    before = published.indicator("target_set_before")
    assert (before["numerator"], before["denominator"]) == (targets["before"], targets["targets"])
    by_status = published.marts.execute("select status, count(*) from governance.fct_initiatives group by all")
    assert dict(by_status.fetchall()) == published.expected("initiatives_by_status")
    assert published.one("select count(*) from risk.fct_legal_exposure where is_open") == published.expected(
        "legal_events_open"
    )


def test_history_meets_the_assessment_at_as_of(published: Published) -> None:
    """Targets of a year ago are judged by a history: by another definition their attainment would mean nothing."""
    rows = published.work.execute(
        "select indicator_code, value from intermediate.int_indicator_history where months_back = 0"
    ).fetchall()
    assert len(rows) >= 10
    assessed = dict(
        published.marts.execute(
            "select indicator_code, value from score.fct_indicators where breakdown = '' and status = 'assessed'"
        ).fetchall()
    )
    apart = {
        code: (value, assessed[code])
        for code, value in rows
        if code in assessed and value != pytest.approx(assessed[code], rel=1e-9, abs=1e-12)
    }
    assert apart == {}


def test_the_year_before_is_what_was_planted(published: Published) -> None:
    """A target of last year held against this year's figure."""
    actual = published.one(
        "select actual from governance.fct_targets"
        " where indicator_code = 'revenue_net_12m' and period_end = date '2025-06-30'"
    )
    assert actual == pytest.approx(published.expected("revenue_net_prior_12m"), abs=0.005)


def test_concentration_takes_groups_as_one(anlan: Published) -> None:
    """Subsidiaries counted apart make a book look safer than it is.

    truth.json takes refunds not off and leaves out buyers without a record: under a thousandth of the sales.
    """
    hhi = anlan.one("select hhi from risk.fct_concentration where cut = 'customer' and run = 'current'")
    assert hhi == pytest.approx(anlan.expected("sales_12m_hhi"), rel=0.01)
    largest = anlan.indicator("largest_customer_share")["value"]
    assert largest == pytest.approx(anlan.expected("sales_12m_largest_group_share"), rel=0.01)


def test_contracts_are_worth_their_last_change(anlan: Published) -> None:
    """A ladder of the values contracts were signed for hides what has been cut since.

    truth.json sums recorded changes alone; a contract whose only change was quarantined stands at its signed value.
    """
    unchanged = anlan.one_of_work(
        "select coalesce(sum(annual_value), 0) from intermediate.int_contract_standings"
        " where contract_id not in (select contract_id from raw.contract_values)"
    )
    ladder = anlan.marts.execute(
        "select sum(contracts), sum(annual_value), sum(annual_value_in_effect) from risk.fct_contract_ladder"
    ).fetchall()[0]
    assert tuple(map(float, ladder)) == (
        anlan.expected("contracts_live"),
        anlan.expected("contracts_live_annual_value"),
        anlan.expected("contract_values_live") + float(unchanged),
    )


# Planted defects


def test_every_delivered_row_is_where_it_was_planted(published: Published) -> None:
    """A duplicate loaded twice, or a good row quarantined, balances out only by accident."""
    found = {
        (str(delivery), Path(file).name, entity): counts
        for delivery, file, entity, *counts in published.marts.execute(
            "select delivery, file, entity, delivered, loaded, quarantined, duplicates, excluded, erased"
            " from quality.fct_row_accounting"
        ).fetchall()
    }
    planted = {
        (f["delivery"], f["file"], f["entity"]): [f["delivered"], f["loaded"], f["quarantined"], f["duplicates"], 0, 0]
        for f in published.truth["files"]
    }
    assert found == planted


def test_every_planted_bad_row_is_quarantined_for_its_reason(published: Published) -> None:
    """A row held back for another reason than its fault sends the seller to mend the wrong thing."""
    raw = published.world.paths(published.company).raw
    found: dict[tuple[str, str, str, int], set[str]] = {}
    with duckdb.connect() as connection:
        for part in all_parts(raw):
            if part.quarantined:
                for line, reasons in connection.execute(
                    "select line, list_transform(reasons, lambda x: x.reason) from read_parquet(?)",
                    [str(part.quarantine(raw))],
                ).fetchall():
                    found[str(part.delivery), Path(part.file).name, part.entity, line] = set(reasons)
    planted = {
        (d["delivery"], d["file"], d["entity"], d["line"]): d["kind"]
        for d in published.truth["defects"]
        if d["outcome"] == "quarantined"
    }
    assert found.keys() == planted.keys()
    misread = {
        where: (kind, found[where])
        for where, kind in planted.items()
        if not any(reason.startswith(REASONS[kind]) for reason in found[where])
    }
    assert misread == {}


def test_every_planted_oddity_is_flagged(published: Published) -> None:
    """What is loaded though odd has to be told, with the number of records, in the published quality table."""
    records: dict[tuple[str, str], set[str]] = {}
    for defect in published.truth["defects"]:
        if defect["outcome"] == "loaded and flagged":
            records.setdefault((defect["entity"], defect["kind"]), set()).add(defect["key"])
    assert records
    counted = {
        (relation, name): unexpected
        for relation, name, unexpected in published.marts.execute(
            "select relation, name, unexpected_count from quality.fct_expectation_results where stage = 'raw'"
        ).fetchall()
    }
    for (entity, kind), keys in records.items():
        # At least: other records can be caught by the same rule, as payments of a quarantined order are orphans too.
        assert counted.get((f"raw.{entity}", FLAGGED_BY[entity, kind]), 0) >= len(keys), (entity, kind)


def test_planted_counts_of_flags(published: Published) -> None:
    """The counts that truth.json gives for flags are the published ones, not just lower bounds."""
    counted = dict(
        published.marts.execute(
            "select relation || '.' || name, unexpected_count from quality.fct_expectation_results where stage = 'raw'"
        ).fetchall()
    )
    assert counted["raw.payments.amount_in_range"] == published.expected("payments_negative")
    assert counted["raw.orders.customer_id_known_in_customers"] == published.expected("orders_without_customer")
    orphans = "payments_without_order" if published.company == "jinse_bridal" else "payments_without_invoice"
    rule = "order_id_known_in_orders" if published.company == "jinse_bridal" else "invoice_id_known_in_invoices"
    assert counted[f"raw.payments.{rule}"] == published.expected(orphans)


def test_merged_customers_resolve_to_the_survivor(published: Published) -> None:
    """A duplicate that stays in the book is a customer who does not exist, with somebody else's orders."""
    merged = {_pseudonym(published, defect["key"]) for defect in _planted(published, "merged")}
    assert merged
    still_there = published.one(
        "select count(*) from customer.dim_customers where list_contains(?::varchar[], customer_id)", sorted(merged)
    )
    assert still_there == 0
    resolved = published.work.execute(
        "select customer_id, resolved_customer_id from intermediate.int_customers_resolved"
        " where list_contains(?::varchar[], customer_id)",
        [sorted(merged)],
    ).fetchall()
    survivors = {survivor for _, survivor in resolved}
    assert {customer for customer, _ in resolved} == merged
    assert survivors.isdisjoint(merged)
    assert published.one(
        "select count(*) from customer.dim_customers where list_contains(?::varchar[], customer_id)", sorted(survivors)
    ) == len(survivors)


def test_test_accounts_are_nowhere_in_the_marts(published: Published) -> None:
    """Staff trying out the system are not customers, and what they ordered is not revenue."""
    accounts = sorted(
        {_pseudonym(published, d["key"]) for d in _planted(published, "test_account") if d["entity"] == "customers"}
    )
    assert accounts
    for table in ("customer.dim_customers", "customer.fct_orders", "customer.fct_customer_months"):
        query = f"select count(*) from {table} where list_contains(?::varchar[], customer_id)"
        assert published.one(query, accounts) == 0, table


def test_removed_customers_are_kept_and_marked(published: Published) -> None:
    """Dropping those the second snapshot leaves out would make everybody look loyal (survivorship)."""
    planted = [defect for defect in _planted(published, "removed") if defect["entity"] == "customers"]
    removed = sorted({_pseudonym(published, defect["key"]) for defect in planted})
    assert len(removed) == published.expected("customers_removed")
    found = published.marts.execute(
        "select customer_id, is_deleted from customer.dim_customers where list_contains(?::varchar[], customer_id)",
        [removed],
    ).fetchall()
    assert sorted(found) == [(customer, True) for customer in removed]


def test_corrections_and_late_rows_come_from_the_second_delivery(published: Published) -> None:
    """The older version of a corrected order, or a late order left out, is a restatement the seller made in vain."""
    first, second = published.truth["deliveries"]
    for kind in ("corrected", "late_row"):
        keys = sorted({d["key"] for d in _planted(published, kind) if d["entity"] == "orders"})
        if keys:
            versions = Counter(
                str(day)
                for (day,) in published.work.execute(
                    "select _delivered_on from raw.orders where list_contains(?::varchar[], order_id)", [keys]
                ).fetchall()
            )
            assert versions == {second: len(keys)}, kind
    assert first != second


# Rates


@dataclass(frozen=True)
class Rate:
    """One drawn probability, and `k` of `n` as the pipeline counted it. `published`: an indicator's 95% interval."""

    name: str
    drawn: float
    k: float
    n: float
    published: tuple[float, float] | None = None


def _wilson(k: float, n: float, error: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(1 - error / 2)
    centre = (k / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return centre - half, centre + half


def _of_indicator(published: Published, name: str, drawn: float, code: str, breakdown_value: str = "") -> Rate:
    found = published.indicator(code, breakdown_value)
    assert found["status"] == "assessed", code
    return Rate(name, drawn, found["numerator"], found["denominator"], (found["ci_low"], found["ci_high"]))


def _of_work(published: Published, name: str, drawn: float, hits: str, source: str) -> Rate:
    """A rate that no indicator publishes yet, counted over the work file."""
    k, n = published.work.execute(
        f"select count(*) filter (where {hits}), count(*) from raw.{source} and _removed_on is null"
    ).fetchall()[0]
    return Rate(name, drawn, k, n)


def _drawn(published: Published, name: str) -> Mapping[str, Any]:
    parameter = published.truth["parameters"][name]
    return parameter if "value" in parameter else {key: value["value"] for key, value in parameter.items()}


def _weighted(drawn: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """What a rate drawn by group comes to in the mix of groups that was seen."""
    return sum(drawn[group] * n for group, n in counts.items()) / sum(counts.values())


def _counts(published: Published, query: str) -> dict[str, int]:
    return dict(published.work.execute(query).fetchall())


def _satisfaction(published: Published) -> list[Rate]:
    """The indicators take each customer's last answer of the window, the parameter every answer: the same chance."""
    csat = _drawn(published, "csat_top2")
    methods = _counts(
        published,
        "select method, count(distinct invite_id) from raw.survey_responses where invited_at >= '2025-07-01'"
        " and invited_at < '2026-07-01' and method is not null group by all",
    )
    answered = _weighted(_drawn(published, "survey_response_rate"), methods)
    return [
        _of_indicator(published, "csat overall", csat["overall"], "csat_top2"),
        *(
            _of_indicator(published, f"csat {topic}", chance, "csat_by_topic", topic)
            for topic, chance in csat.items()
            if topic != "overall"
        ),
        # Drawn by method; the indicator is over all, so the chance is weighted by the methods used in the window.
        _of_indicator(published, "survey response", answered, "survey_response_rate"),
        *(
            _of_indicator(published, f"survey response {method}", chance, "survey_response_rate", method)
            for method, chance in _drawn(published, "survey_response_rate").items()
        ),
    ]


def _losses(published: Published) -> list[Rate]:
    """Reasons are drawn alike in every year, so those of the window are a sample of the same chances."""
    reasons = _drawn(published, "loss_reasons")
    return [
        _of_indicator(
            published, "loss reason known", _drawn(published, "loss_reason_known")["value"], "churn_reason_known"
        ),
        *(
            _of_indicator(published, f"loss: {reason}", chance, "churn_reason_top_share", reason)
            for reason, chance in reasons.items()
        ),
    ]


def _sla(published: Published, grouped_by: str) -> Rate:
    """Drawn by kind or priority of resolved tickets. The indicator also counts an open ticket past its due time as
    late: a handful among hundreds, well inside the interval."""
    groups = _counts(
        published,
        f"select {grouped_by}, count(*) from raw.tickets where opened_at >= '2025-07-01' and due_at < '2026-07-01'"
        " and _removed_on is null group by all",
    )
    drawn = _weighted(_drawn(published, "sla_attainment"), groups)
    return _of_indicator(published, "sla", drawn, "sla_attainment")


def _of_breakdown(published: Published, name: str, drawn: float, code: str, breakdown: str, value: str) -> Rate:
    k, n = published.marts.execute(
        "select numerator, denominator from score.fct_indicators"
        " where indicator_code = ? and breakdown = ? and breakdown_value = ?",
        [code, breakdown, value],
    ).fetchall()[0]
    return Rate(name, drawn, k, n)


def _needs(published: Published) -> Rate:
    """Drawn for customers of more than 21 days: among the active ones newer customers are one in a hundred."""
    return _of_indicator(published, "needs", _drawn(published, "need_captured")["value"], "needs_captured")


def _sla_by_group(published: Published) -> list[Rate]:
    """The same by group: kinds for the studio, priorities for the equipment maker."""
    drawn = _drawn(published, "sla_attainment")
    return [_of_indicator(published, f"sla {g}", chance, "sla_attainment", g) for g, chance in drawn.items()]


def _jinse_rates(published: Published) -> list[Rate]:
    conversion, mix = _drawn(published, "lead_conversion"), _drawn(published, "lead_channel_mix")
    # Nobody draws the share of new customers who were referred: it follows from the two that are drawn.
    referred = mix["老客转介绍"] * conversion["老客转介绍"] / sum(mix[c] * conversion[c] for c in mix)
    leads = "leads where created_at >= '2021-09-01' and created_at < '2026-07-01'"
    orders = (
        "orders where order_kind = 'main' and ordered_at < '2025-07-01'"
        " and customer_id in (select customer_id from raw.customers where not coalesce(is_test, false))"
    )
    return [
        *_satisfaction(published),
        _sla(published, "kind"),
        *_losses(published),
        # Each purchase's points, once they had 300 days and are 30 or more: as drawn.
        _of_work(
            published,
            "points redeemed",
            _drawn(published, "points_redeemed")["value"],
            "exists (select 1 from raw.loyalty_ledger as r where r.customer_id = l.customer_id and r.reason = 'redeem'"
            " and r.occurred_at between l.occurred_at and l.occurred_at + interval 300 day)",
            "loyalty_ledger as l where reason = 'earn' and points_delta >= 30 and occurred_at <= '2025-09-02'",
        ),
        *_sla_by_group(published),
        # Conversion within 180 days of the leads of a year, against 121 days at most as drawn: the same leads convert.
        *(
            _of_indicator(published, f"conversion {c}", chance, "lead_conversion", c)
            for c, chance in conversion.items()
        ),
        _of_indicator(published, "new by referral", referred, "share_new_by_referral"),
        _needs(published),
        _of_breakdown(
            published,
            "extras",
            _drawn(published, "add_on_attach_rate")["value"],
            "add_on_attach_rate",
            "order_kind",
            "main",
        ),
        *(
            _of_work(published, f"lead channel {c}", share, f"source_channel = '{c}'", leads)
            for c, share in mix.items()
        ),
        _of_work(published, "cancelled", _drawn(published, "cancel_rate")["value"], "cancelled_at is not null", orders),
        _of_work(
            published,
            "no gender",
            _drawn(published, "null_gender")["value"],
            "gender is null",
            "customers where not coalesce(is_test, false) and merged_into_customer_id is null",
        ),
        *(
            _of_work(
                published, f"lost: {reason}", share, f"lost_reason = '{reason}'", "leads where lost_reason is not null"
            )
            for reason, share in _drawn(published, "lost_reasons").items()
        ),
    ]


def _anlan_rates(published: Published) -> list[Rate]:
    wins, types = _drawn(published, "win_rate"), _drawn(published, "customer_type_mix")
    # The indicator lead_conversion is over all leads within 180 days; the drawn chance is of decided, quoted ones.
    decided = (
        "leads where quoted_at is not null and (converted_at is not null or lost_at is not null)"
        " and created_at < date '2026-06-30' - 150"
    )
    due = "invoices where due_on <= date '2026-06-30' and disputed_on is null and written_off_on is null"
    of_type = "customer_id in (select customer_id from raw.customers where customer_type = '{}')"
    recorded = "customers where not coalesce(is_test, false) and merged_into_customer_id is null"
    return [
        *_satisfaction(published),
        _sla(published, "priority"),
        _needs(published),
        # Equipment is the core of the trade, training its extra.
        _of_indicator(published, "training", _drawn(published, "service_attach_rate")["value"], "add_on_attach_rate"),
        # Drawn per lead quoted; the indicator takes those decided in the window, whenever quoted.
        _of_breakdown(published, "tenders won in the window", wins["tender"], "win_rate", "kind", "tender"),
        _of_breakdown(published, "deals won in the window", wins["direct"], "win_rate", "kind", "direct"),
        *_losses(published),
        *_sla_by_group(published),
        _of_work(published, "tenders won", wins["tender"], "converted_at is not null", f"{decided} and is_tender"),
        _of_work(published, "deals won", wins["direct"], "converted_at is not null", f"{decided} and not is_tender"),
        # Drawn for all but the five oldest customers, who are among 450 here.
        *(_of_work(published, f"type {t}", share, f"customer_type = '{t}'", recorded) for t, share in types.items()),
        *(
            _of_work(published, f"paid on time: {t}", chance, "settled_on <= due_on", f"{due} and {of_type.format(t)}")
            for t, chance in _drawn(published, "paid_on_time").items()
        ),
        _of_work(published, "no industry", _drawn(published, "null_industry")["value"], "industry is null", recorded),
    ]


RATES: Mapping[str, Callable[[Published], list[Rate]]] = {"jinse_bridal": _jinse_rates, "anlan_safety": _anlan_rates}


def test_every_planted_rate_is_recovered(published: Published) -> None:
    """A share over the wrong denominator is off by more than chance allows, however plausible it looks."""
    rates = RATES[published.company](published)
    error = 0.01 / len(rates)
    missed = {}
    for rate in rates:
        low, high = _wilson(rate.k, rate.n, error)
        if not low <= rate.drawn <= high:
            missed[rate.name] = f"drawn {rate.drawn:.4f}, found {rate.k:.0f}/{rate.n:.0f} = {rate.k / rate.n:.4f}"
    assert missed == {}


def test_published_intervals_hold_as_often_as_they_say(published: Published) -> None:
    """Intervals that are too narrow sell noise as fact; of M true 95% intervals few miss, and how few is known."""
    intervals = [(r.name, r.drawn, *r.published) for r in RATES[published.company](published) if r.published]
    missed = [name for name, drawn, low, high in intervals if not low <= drawn <= high]
    total = len(intervals)
    assert total >= 5

    def at_least(misses: int) -> float:
        return sum(math.comb(total, m) * 0.05**m * 0.95 ** (total - m) for m in range(misses, total + 1))

    assert at_least(len(missed)) > 0.001, missed


def test_promoters_and_complaints_are_recovered(published: Published) -> None:
    """Two rates that are no simple shares: a difference of shares, and events per order.

    Complaints were drawn per order and come 5 to 199 days later; the indicator sets the complaints opened in the window
    against the orders placed in it. With orders growing by less than 15% a year, half a year's lag moves it by under a
    tenth, inside the Poisson interval. For the equipment maker they are drawn per contract year: not comparable.
    """
    mix = _drawn(published, "nps_mix")
    nps = published.indicator("nps")
    widened = 3.29 / 1.96  # 99.9% from the published 95%
    half = (nps["ci_high"] - nps["ci_low"]) / 2 * widened
    assert abs(nps["value"] - (mix["promoter"] - mix["detractor"])) <= half
    if published.company == "jinse_bridal":
        drawn = 100 * _drawn(published, "tickets_per_order")["complaint"]
        found = published.indicator("complaints_per_100_orders")
        assert found["ci_low"] - (found["value"] - found["ci_low"]) <= drawn
        assert drawn <= found["ci_high"] + (found["ci_high"] - found["value"])
