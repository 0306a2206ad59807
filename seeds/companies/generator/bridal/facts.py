"""Parameters and expected results of the wedding photographer, from its clean records."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import office_facts
from ..common import AS_OF, FIRST_DAY
from ..deliver import World
from ..truth import (
    PRIOR_START,
    WINDOW_START,
    Facts,
    counts,
    fact,
    nulls,
    rate,
    real_customers,
    resolved_orders,
    survey_rates,
)
from . import settings as s
from .office import OFFICE


def parameters(world: World) -> Facts:
    """What the records were drawn from, each with what the clean records show of it."""
    clean = {entity: records[records["_planted"].isna()] for entity, records in world.items()}
    leads, orders, lines = clean["leads"], clean["orders"], clean["order_lines"]
    mature = leads[leads["created_at"] <= AS_OF - 122]
    main = orders[orders["order_kind"] == "main"]
    # Late cancellations and refunds of young orders have not happened yet.
    settled = main[main["ordered_at"] <= AS_OF - 365]
    surveys, tickets = clean["survey_responses"], clean["tickets"]
    answered = surveys[surveys["score"].notna()]
    nps = answered[answered["instrument"] == "nps"]["score"]
    invites = surveys[surveys["instrument"].eq("nps") & (surveys["invited_at"] <= AS_OF - 14)]
    closed = tickets[(tickets["due_at"] <= AS_OF - 60) & tickets["resolved_at"].notna()]
    lost = leads[leads["lost_at"].notna()]
    referable = leads[leads["created_at"] >= FIRST_DAY + 61]
    with_add_on = main["order_id"].isin(lines.loc[lines["category"] == "加购", "order_id"])
    ticketed = orders[(orders["ordered_at"] >= s.TICKET_START) & (orders["ordered_at"] <= AS_OF - 201)]
    facts: Facts = {
        "lead_channel_mix": {
            c: rate(
                "share of leads by source channel; leads since 2021-09",
                p,
                (referable["source_channel"] == c).sum(),
                len(referable),
            )
            for c, p in s.CHANNEL_MIX.items()
        },
        "lead_conversion": {
            c: rate(
                "leads that become customers, all of them within 121 days",
                p,
                mature.loc[mature["source_channel"] == c, "converted_at"].notna().sum(),
                (mature["source_channel"] == c).sum(),
            )
            for c, p in s.CONVERSION.items()
        },
        "lost_reasons": {
            r: rate("share of lost leads by reason", p, (lost["lost_reason"] == r).sum(), len(lost))
            for r, p in s.LOST_REASONS.items()
        },
        "add_on_attach_rate": rate(
            "main orders with at least one extra", s.ADD_ON_ATTACH, with_add_on.sum(), len(main)
        ),
        "cancel_rate": rate(
            "main orders cancelled; orders of at least a year ago",
            s.CANCEL_RATE,
            settled["cancelled_at"].notna().sum(),
            len(settled),
        ),
        "csat_top2": {
            t: rate(
                "answers of 4 or 5",
                p,
                ((answered["instrument"] == "csat") & (answered["topic"] == t) & (answered["score"] >= 4)).sum(),
                ((answered["instrument"] == "csat") & (answered["topic"] == t)).sum(),
            )
            for t, p in s.CSAT_TOP2.items()
        },
        **survey_rates(nps, invites, s.NPS_MIX, s.SURVEY_ANSWERED),
        "tickets_per_order": {
            kind: rate(
                "orders with a ticket of the kind, opened 5 to 199 days after the order",
                per_order,
                (tickets["kind"].eq(kind) & tickets["order_id"].isin(ticketed["order_id"])).sum(),
                len(ticketed),
            )
            for kind, (per_order, _, _) in s.TICKETS.items()
        },
        "sla_attainment": {
            kind: rate(
                "resolved by due_at, of resolved tickets",
                in_time,
                (closed["kind"].eq(kind) & (closed["resolved_at"] <= closed["due_at"])).sum(),
                closed["kind"].eq(kind).sum(),
            )
            for kind, (_, _, in_time) in s.TICKETS.items()
        },
        "null_gender": rate(
            "customers without a gender",
            s.NULL_GENDER,
            clean["customers"]["gender"].isna().sum(),
            len(clean["customers"]),
        ),
        "points_redeemed": rate(
            "earnings of at least 301 days ago of which part was redeemed", s.POINTS_REDEEMED, *_redemptions(clean)
        ),
        "follow_on_hazard": _hazards(main, clean_orders(world)),
        "referral_reward": fact("yuan for a referral that became a customer", s.REWARD_YUAN),
        "lead_month_weights": fact(
            "relative leads a day by month, January first; weekends 1.5, around the Chinese New Year 0.2", s.LEAD_MONTHS
        ),
        "wedding_month_weights": fact("relative weddings by month, January first", s.WEDDING_MONTHS),
        "lead_growth": fact("yearly growth of leads", s.LEAD_GROWTH),
        "city_mix": fact("share of leads by city, GB/T 2260", s.CITY_MIX),
        "cost_share": fact("mean cost as a share of net order value, sd 0.04", s.COST_SHARE),
    }
    return facts | office_facts.parameters(clean, OFFICE)


def _redemptions(clean: World) -> tuple[int, int]:
    ledger = clean["loyalty_ledger"]
    old = ledger[(ledger["reason"] == "earn") & (ledger["occurred_at"] <= AS_OF - 301) & (ledger["points_delta"] >= 30)]
    redeemed = ledger.loc[ledger["reason"] == "redeem", "order_id"]
    return int(old["order_id"].isin(redeemed).sum()), len(old)


def clean_orders(world: World) -> pd.DataFrame:
    """Orders without the planted ones, under the couple's first record."""
    orders = world["orders"][world["orders"]["_planted"].isna()].copy()
    customers = world["customers"].set_index("customer_id")["true_customer_id"]
    return orders.assign(customer_id=orders["customer_id"].map(customers))


def _hazards(main: pd.DataFrame, orders: pd.DataFrame) -> Facts:
    """Events over whole customer-months at risk, cancelled sessions included."""
    wedding = main[main["cancelled_at"].isna()].set_index("customer_id")["event_on"]
    observed = np.floor((AS_OF - wedding.to_numpy().astype("datetime64[D]")).astype(int) / s.MONTH_DAYS).astype(int)
    result: Facts = {}
    for kind, (product, _, hazard, first, end) in s.FOLLOW_ONS.items():
        bought = orders[orders["product"] == product]
        since = (bought["ordered_at"] - bought["customer_id"].map(wedding)).dt.days // s.MONTH_DAYS
        if kind == s.YEARLY:
            n = sum((observed > month).sum() for month in s.ANNIVERSARY_MONTHS)
            k = (since < bought["customer_id"].map(pd.Series(observed, index=wedding.index))).sum()
        else:
            happened = pd.Series(since.to_numpy(), index=bought["customer_id"]).reindex(wedding.index)
            last = np.minimum(np.minimum(observed, end), happened.fillna(1e6) + 1)
            n = np.maximum(last - first, 0).sum()
            k = (happened < observed).sum()
        definition = f"chance of an order in a month, months {first} to {end - 1} since the wedding, at most once"
        if kind == s.YEARLY:
            definition = "chance of an order in the 12th, 24th, 36th and 48th month since the wedding"
        result[kind] = rate(definition, hazard, k, n)
    return result


def expected(records: World) -> Facts:
    """What only this company has."""
    customers, leads = records["customers"], records["leads"]
    real = real_customers(customers)
    orders = resolved_orders(records)
    main = orders[(orders["order_kind"] == "main") & orders["is_valid"] & (orders["event_on"] <= AS_OF - 730)]
    wedding = main.groupby("survivor")["event_on"].min()
    again = orders[(orders["order_kind"] == "follow_on") & orders["is_valid"]]
    since = again["ordered_at"] - again["survivor"].map(wedding)
    soon = again[(since >= np.timedelta64(0, "D")) & (since < np.timedelta64(730, "D"))]
    cohort = leads[(leads["created_at"] >= PRIOR_START) & (leads["created_at"] < WINDOW_START)]
    unknown = ~records["payments"]["order_id"].isin(orders["order_id"])
    return office_facts.expected(records) | {
        "customers_deleted_in_crm": fact(
            "loaded customers with deleted_at", int(customers["deleted_at"].notna().sum())
        ),
        "legal_events_open": fact(
            "legal events not closed by as_of", int(records["legal_events"]["closed_on"].isna().sum())
        ),
        "orders_by_partner": fact(
            "valid orders by partner", counts(orders.loc[orders["is_valid"], "partner_id"].dropna())
        ),
        "follow_on_within_730_days": fact(
            "customers with a valid main order whose wedding is at least 730 days before as_of, and those of them with "
            "a valid follow-on order on or after the wedding and before day 730",
            {"customers": len(wedding), "with_follow_on": int(soon["survivor"].nunique())},
        ),
        "customers_by_channel": fact("customers_total by acquisition_channel", counts(real["acquisition_channel"])),
        "customers_by_referral": fact(
            "customers_total with a referrer", int(real["referrer_customer_id"].notna().sum())
        ),
        "customers_nulls": nulls(customers, ("gender", "birth_date", "partner_birth_date")),
        "leads_open": fact(
            "leads neither converted nor lost by as_of",
            int((leads["converted_at"].isna() & leads["lost_at"].isna()).sum()),
        ),
        "leads_converted": fact("leads converted by as_of", int(leads["converted_at"].notna().sum())),
        "lead_cohort": fact(
            "leads created in the twelve months before the window by channel, and those of them converted by as_of",
            {
                channel: {"leads": len(own), "converted": int(own["converted_at"].notna().sum())}
                for channel, own in cohort.groupby("source_channel", sort=True)
            },
        ),
        "lost_to_competitor": fact("lost leads by competitor", counts(leads["lost_to_competitor"].dropna())),
        "payments_without_order": fact(
            "loaded payments whose order_id is not in the loaded orders", int(unknown.sum())
        ),
        "points_balance": fact(
            "sum of points_delta of the loyalty ledger", int(records["loyalty_ledger"]["points_delta"].sum())
        ),
    }
