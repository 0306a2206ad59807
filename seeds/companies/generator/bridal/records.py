"""The clean records of the wedding photographer; `planted` adds the ones that test a pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import fiction
from ..answers import answered_surveys
from ..common import (
    AS_OF,
    FIRST_DAY,
    NAT,
    Array,
    Rng,
    Streams,
    add_days,
    at_hours,
    day_weights,
    draw_days,
    end_of_day,
    frame,
    ids,
    keep_until,
    look_up,
    money,
    pick,
    where,
)
from ..deliver import World, with_helpers
from ..office import last_change
from ..regions import CITIES
from ..staffing import Desks, Team
from . import office, planted
from . import settings as s

TEAMS = (
    Team("销售", "顾问", 12, 900, 118_000, True),
    Team("客服", "客服", 5, 1_300, 82_000, True),
    Team("摄影", "摄影师", 9, 1_700, 135_000, False),
)
END = end_of_day(AS_OF)


def clean_records(scale: float) -> World:
    """Every record as it stands at the end of the last delivery's day, planted records included."""
    streams = Streams(s.COMPANY)
    desks = Desks(streams("staff"), TEAMS, owner_cost=260_000)
    leads = _leads(streams("leads"), desks, round(s.LEADS * scale))
    leads["referrer"] = _referrers(streams("referrers"), leads)
    customers = _customers(streams("customers"), leads, desks)
    main = _main_orders(streams("main_orders"), customers)
    orders = _numbered([main, _follow_on_orders(streams("follow_on_orders"), main, desks)])
    lines = _order_lines(streams("order_lines"), orders)
    _amounts(streams("amounts"), orders, lines)
    world: World = {
        "customers": customers,
        "leads": leads,
        "orders": orders,
        "order_lines": lines,
        "payments": _payments(streams("payments"), orders),
        "referrals": _referrals(leads),
        "survey_responses": _surveys(streams("survey_responses"), orders),
        "tickets": _tickets(streams("tickets"), orders, desks),
        "loyalty_ledger": _points(streams("loyalty_ledger"), orders),
        "staff": desks.staff,
        "campaigns": _campaigns(leads),
        "campaign_spend": _campaign_spend(streams("campaign_spend"), leads),
        "products": _products(),
    }
    world = with_helpers(world)
    planted.add(streams, world)
    office.complete(streams, world, desks)
    return world


def _leads(rng: Rng, desks: Desks, n: int) -> pd.DataFrame:
    weights = day_weights(FIRST_DAY, AS_OF, s.LEAD_MONTHS, s.LEAD_GROWTH, weekend=1.5, new_year=0.2)
    created = at_hours(rng, draw_days(rng, n, FIRST_DAY, weights))
    channel = pick(rng, s.CHANNEL_MIX, n)
    # Nobody to refer in the first two months.
    channel = where((channel == "老客转介绍") & (created < FIRST_DAY + 61), "自然到店", channel)
    converts = rng.random_sample(n) < look_up(s.CONVERSION, channel)
    decided_days = np.minimum(1 + rng.lognormal(np.log(8), 0.9, n), 120).astype(int)
    converted = at_hours(rng, add_days(created, decided_days))
    marked_lost = rng.random_sample(n) < 0.92
    lost = at_hours(rng, add_days(created, np.minimum(10 + rng.lognormal(np.log(25), 0.6, n), 180).astype(int)))
    qualified_too = rng.random_sample(n) < 0.70
    quoted_too = qualified_too & (rng.random_sample(n) < 0.64)
    decided = where(converts, converted, lost)
    span = (decided - created).astype("timedelta64[s]").astype("int64")
    qualified = created + (span * rng.uniform(0.02, 0.3, n)).astype("int64").astype("timedelta64[s]")
    quoted = created + (span * rng.uniform(0.35, 0.9, n)).astype("int64").astype("timedelta64[s]")
    reason = pick(rng, s.LOST_REASONS, n)
    competitor = where(reason == "选择竞品", pick(rng, s.COMPETITORS, n), None)
    is_lost = ~converts & marked_lost
    leads = frame(
        lead_id=ids("L", np.arange(1, n + 1), 6),
        created_at=created,
        source_channel=channel,
        region=look_up({code: city.name for code, city in CITIES.items()}, pick(rng, s.CITY_MIX, n)),
        qualified_at=keep_until(where(converts | qualified_too, qualified, NAT), AS_OF),
        quoted_at=keep_until(where(converts | quoted_too, quoted, NAT), AS_OF),
        converted_at=keep_until(where(converts, converted, NAT), AS_OF),
        lost_at=keep_until(where(is_lost, lost, NAT), AS_OF),
        owner_staff_id=desks.on_duty(rng, "销售", created),
        expected_amount=money(rng.lognormal(np.log(7_000), 0.35, n), 100),
    )
    leads["lost_reason"] = where(leads["lost_at"].notna(), reason, None)
    leads["lost_to_competitor"] = where(leads["lost_at"].notna(), competitor, None)
    won = leads[leads["converted_at"].notna()].sort_values(["converted_at", "lead_id"])
    leads["customer_id"] = leads["lead_id"].map(
        pd.Series(ids("JS", np.arange(1, len(won) + 1), 6), index=won["lead_id"])
    )
    online = np.isin(channel, s.ONLINE) | (channel == "婚博会")
    in_campaign = online & (rng.random_sample(n) < 0.75)
    leads["campaign_id"] = where(in_campaign, _campaign_of(channel, created), None)
    return leads


def _campaign_of(channel: Array, moments: Array) -> Array:
    """One campaign a channel and quarter."""
    codes = {name: f"{i:02d}" for i, name in enumerate(s.CHANNEL_MIX, start=1)}
    quarter = moments.astype("datetime64[M]").astype(int) // 3
    labels = [f"HD{codes[c]}{1970 + q // 4}Q{q % 4 + 1}" for c, q in zip(channel, quarter, strict=True)]
    return np.array(labels, dtype=object)


def _referrers(rng: np.random.RandomState, leads: pd.DataFrame) -> Array:
    """A customer of at least a month's standing for each referred lead; some people refer far more than others."""
    customers = leads[leads["customer_id"].notna()].sort_values("customer_id")
    standing = np.cumsum(rng.gamma(0.35, 1.0, len(customers)))
    available = np.searchsorted(
        customers["converted_at"].to_numpy(), add_days(leads["created_at"].to_numpy(), -30), side="right"
    )
    reach = where(available > 0, standing[np.maximum(available - 1, 0)], 0)
    chosen = np.searchsorted(standing, rng.random_sample(len(leads)) * reach)
    referred = (leads["source_channel"] == "老客转介绍").to_numpy() & (available > 0)
    return where(referred, customers["customer_id"].to_numpy()[np.minimum(chosen, len(customers) - 1)], None)


def _customers(rng: Rng, leads: pd.DataFrame, desks: Desks) -> pd.DataFrame:
    won = leads[leads["customer_id"].notna()].sort_values("customer_id").reset_index(drop=True)
    n = len(won)
    city_codes = {city.name: code for code, city in CITIES.items()}
    acquired = won["converted_at"].to_numpy()
    bride = rng.random_sample(n) < 0.84  # who signs
    his, hers = rng.normal(30.2, 3.6, n), rng.normal(28.6, 3.2, n)
    birth_days = {
        True: (np.clip(hers, 21, 48) * 365.25).astype(int),
        False: (np.clip(his, 22, 52) * 365.25).astype(int),
    }
    days = acquired.astype("datetime64[D]")
    born = where(bride, days - birth_days[True], days - birth_days[False]).astype("datetime64[s]")
    partner_born = where(bride, days - birth_days[False], days - birth_days[True]).astype("datetime64[s]")
    born = where(rng.random_sample(n) < s.NULL_BIRTH, NAT, born)
    partner_born = where(rng.random_sample(n) < 3 * s.NULL_BIRTH, NAT, partner_born)
    gender = where(rng.random_sample(n) < s.NULL_GENDER, None, where(bride, "female", "male"))
    return frame(
        customer_id=won["customer_id"],
        true_customer_id=won["customer_id"],
        customer_type="individual",
        full_name=fiction.people(rng, n) + "、" + fiction.people(rng, n),
        phone=fiction.phones(rng, n),
        gender=gender,
        birth_date=born,
        partner_birth_date=partner_born,
        region_code=look_up(city_codes, won["region"].to_numpy()),
        city=won["region"],
        acquisition_channel=won["source_channel"],
        acquisition_campaign_id=won["campaign_id"],
        acquired_at=acquired,
        referrer_customer_id=won["referrer"],
        owner_staff_id=desks.handed_over(rng, "销售", won["owner_staff_id"].to_numpy(), s.HANDED_OVER),
        sales_staff_id=won["owner_staff_id"],
        lead_id=won["lead_id"],
        is_test=False,
        merged_into_customer_id=None,
        created_at=acquired,
    )


def _main_orders(rng: Rng, customers: pd.DataFrame) -> pd.DataFrame:
    n = len(customers)
    ordered = customers["acquired_at"].to_numpy()
    # Months between order and wedding, pulled towards the popular wedding months.
    lags = np.arange(2, 12)
    lag_weights = np.array([0.5, 0.9, 1.2, 1.4, 1.4, 1.2, 1.0, 0.8, 0.6, 0.4])
    month = ordered.astype("datetime64[M]").astype(int)
    weights = lag_weights * np.asarray(s.WEDDING_MONTHS)[(month[:, None] + lags) % 12]
    cumulative = np.cumsum(weights, axis=1)
    chosen = (cumulative < (rng.random_sample(n) * cumulative[:, -1])[:, None]).sum(axis=1)
    event = (month + lags[chosen]).astype("datetime64[M]").astype("datetime64[D]") + rng.randint(0, 28, n)
    # Most weddings are at a weekend.
    weekday = (event.astype(int) + 3) % 7
    event = where((weekday < 5) & (rng.random_sample(n) < 0.6), event + (5 - weekday), event)
    wait = (event - ordered.astype("datetime64[D]")).astype(int)
    fulfilled = at_hours(rng, add_days(ordered, (wait * rng.uniform(0.45, 1.05, n)).astype(int)))
    cancels = rng.random_sample(n) < s.CANCEL_RATE
    cancelled = at_hours(rng, add_days(ordered, (wait * rng.uniform(0.05, 0.44, n)).astype(int) + 1))
    return frame(
        customer_id=customers["customer_id"],
        lead_id=customers["lead_id"],
        order_kind="main",
        ordered_at=ordered,
        event_on=event.astype("datetime64[s]"),
        fulfilled_at=where(cancels, NAT, fulfilled),
        cancelled_at=where(cancels, cancelled, NAT),
        channel=where(rng.random_sample(n) < 0.18, "线上", "门店"),
        sales_staff_id=customers["sales_staff_id"],
        product=pick(rng, {code: p[1] for code, p in s.PACKAGES.items()}, n),
        tier=look_up({code: city.tier for code, city in CITIES.items()}, customers["region_code"].to_numpy()),
    )


def _follow_on_orders(rng: Rng, main: pd.DataFrame, desks: Desks) -> pd.DataFrame:
    """A discrete hazard by whole months since the wedding; each kind once, the anniversary once a year."""
    held = main[main["cancelled_at"].isna()]
    wedding = held["event_on"].to_numpy()
    parts = []
    for kind, (product, _, hazard, first, end) in s.FOLLOW_ONS.items():
        yearly = kind == s.YEARLY
        done = np.zeros(len(held), dtype=bool)
        for month in s.ANNIVERSARY_MONTHS if yearly else range(first, end):
            happens = (rng.random_sample(len(held)) < hazard) & ~done
            moment = add_days(wedding, np.floor(month * s.MONTH_DAYS + rng.uniform(0, 30, len(held))).astype(int))
            moment = at_hours(rng, moment)
            happens &= moment <= END
            done |= happens & (not yearly)
            chosen = held[happens]
            parts.append(
                frame(
                    customer_id=chosen["customer_id"].to_numpy(),
                    ordered_at=moment[happens],
                    product=product,
                    tier=chosen["tier"].to_numpy(),
                )
            )
    orders = pd.concat(parts, ignore_index=True).sort_values(["ordered_at", "customer_id"]).reset_index(drop=True)
    n = len(orders)
    ordered = orders["ordered_at"].to_numpy()
    orders["order_kind"] = "follow_on"
    event = add_days(ordered.astype("datetime64[D]"), rng.randint(5, 30, n))
    orders["event_on"] = event
    orders["fulfilled_at"] = at_hours(rng, add_days(event, rng.randint(7, 30, n)))
    cancels = rng.random_sample(n) < s.CANCEL_RATE / 2
    orders["cancelled_at"] = where(cancels, at_hours(rng, add_days(ordered, rng.randint(1, 5, n))), NAT)
    orders["fulfilled_at"] = where(cancels, NAT, orders["fulfilled_at"])
    orders["channel"] = where(rng.random_sample(n) < 0.35, "线上", "门店")
    orders["sales_staff_id"] = desks.on_duty(rng, "销售", ordered)
    return orders


def _numbered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    orders = pd.concat(parts, ignore_index=True).sort_values(["ordered_at", "customer_id"]).reset_index(drop=True)
    orders["order_id"] = ids("D", np.arange(1, len(orders) + 1), 6)
    for column in ("fulfilled_at", "cancelled_at"):
        orders[column] = keep_until(orders[column].to_numpy(), AS_OF)
    return orders


def _order_lines(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    n = len(orders)
    medians = {code: price for code, (_, _, price) in s.PACKAGES.items()}
    medians |= {product: price for product, price, *_ in s.FOLLOW_ONS.values()}
    tier = look_up(s.TIER_PRICE, orders["tier"].to_numpy())
    price = look_up(medians, orders["product"].to_numpy()) * tier * rng.lognormal(0, 0.13, n)
    is_main = (orders["order_kind"] == "main").to_numpy()
    parts = [
        frame(
            order_id=orders["order_id"],
            line_no=1,
            product_id=orders["product"],
            category=where(
                is_main,
                "婚纱套系",
                look_up(
                    {p[0]: k for k, p in s.FOLLOW_ONS.items()} | {c: c for c in s.PACKAGES},
                    orders["product"].to_numpy(),
                ),
            ),
            quantity=1,
            unit_price=money(where(is_main, np.clip(price, 2_980, 26_800), price)),
        )
    ]
    attached = is_main & (rng.random_sample(n) < s.ADD_ON_ATTACH)
    more = attached
    for line_no in (2, 3, 4):
        chosen = orders[more]
        product = pick(rng, {"A01": 0.4, "A02": 0.3, "A03": 0.18, "A04": 0.12}, len(chosen))
        parts.append(
            frame(
                order_id=chosen["order_id"],
                line_no=line_no,
                product_id=product,
                category="加购",
                quantity=where(product == "A02", rng.randint(1, 4, len(chosen)), 1),
                unit_price=money(look_up({c: p for c, (_, p) in s.ADD_ONS.items()}, product).astype(float)),
            )
        )
        more = more & (rng.random_sample(n) < 0.33)
    lines = pd.concat(parts, ignore_index=True).sort_values(["order_id", "line_no"]).reset_index(drop=True)
    return lines.merge(orders[["order_id", "ordered_at"]], on="order_id", how="left")


def _amounts(rng: Rng, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """The lines add up to the order."""
    n = len(orders)
    gross = (lines["quantity"] * lines["unit_price"]).groupby(lines["order_id"]).sum()
    orders["gross_amount"] = orders["order_id"].map(gross).astype("int64")
    paid = orders["gross_amount"].to_numpy() / 100
    discount = where(rng.random_sample(n) < s.DISCOUNTED, rng.uniform(0.02, 0.12, n), 0) * paid
    orders["discount_amount"] = money(discount)
    net = paid - orders["discount_amount"] / 100
    is_main = (orders["order_kind"] == "main").to_numpy()
    orders["deposit_amount"] = where(is_main, money(net * rng.uniform(0.2, 0.35, n), 100), 0)
    kind = rng.random_sample(n)
    fulfilled = orders["fulfilled_at"].to_numpy()
    refunded = at_hours(rng, add_days(where(np.isnat(fulfilled), END, fulfilled), rng.randint(3, 45, n)))
    full, partial = kind < s.FULL_REFUND_RATE, kind < s.FULL_REFUND_RATE + s.PARTIAL_REFUND_RATE
    amount = where(full, net, where(partial, net * rng.uniform(0.05, 0.3, n), 0))
    # A cancelled order gives back 70% of the deposit.
    cancelled = orders["cancelled_at"].to_numpy()
    is_cancelled = ~np.isnat(cancelled)
    amount = where(is_cancelled, orders["deposit_amount"] / 100 * 0.7, where(np.isnat(fulfilled), 0, amount))
    refunded = where(is_cancelled, at_hours(rng, add_days(cancelled, 3)), refunded)
    refunded = keep_until(where(amount > 0, refunded, NAT), AS_OF)
    orders["refunded_at"] = refunded
    orders["refund_amount"] = where(full & ~is_cancelled, money(amount, 1), money(amount))
    orders["refund_amount"] = orders["refund_amount"].where(orders["refunded_at"].notna()).astype("Int64")
    orders["cost_amount"] = money(net * np.clip(rng.normal(s.COST_SHARE, 0.04, n), 0.25, 0.6))


def order_status(orders: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    """Status and last change as far as the shown moments tell."""
    net = orders["gross_amount"] - orders["discount_amount"]
    all_back = (orders["refund_amount"].fillna(0) >= net) & (net > 0)
    return last_change(orders).assign(
        status=np.select(
            [orders["cancelled_at"].notna(), all_back, orders["fulfilled_at"].notna()],
            ["cancelled", "refunded", "completed"],
            "open",
        ),
    )


def _payments(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    net = (orders["gross_amount"] - orders["discount_amount"]).to_numpy()
    deposit = orders["deposit_amount"].to_numpy()
    ordered, fulfilled = orders["ordered_at"].to_numpy(), orders["fulfilled_at"].to_numpy()
    span = where(np.isnat(fulfilled), 0, (fulfilled - ordered).astype("int64"))
    balance_at = ordered + (span * rng.uniform(0.5, 1.0, len(orders))).astype("int64").astype("timedelta64[s]")
    is_main = deposit > 0
    order_id = orders["order_id"].to_numpy()
    parts = [
        frame(order_id=order_id, paid_at=ordered, amount=where(is_main, deposit, net), is_refund=False),
        frame(
            order_id=order_id,
            paid_at=where(np.isnat(fulfilled), NAT, balance_at),
            amount=net - deposit,
            is_refund=False,
        )[is_main],
        frame(
            order_id=order_id,
            paid_at=orders["refunded_at"].to_numpy(),
            amount=orders["refund_amount"].fillna(0).astype("int64"),
            is_refund=True,
        ),
    ]
    payments = pd.concat(parts, ignore_index=True)
    payments = payments[payments["paid_at"].notna() & (payments["amount"] > 0)]
    payments = payments.sort_values(["paid_at", "order_id"]).reset_index(drop=True)
    payments["payment_id"] = ids("SK", np.arange(1, len(payments) + 1), 6)
    payments["method"] = pick(rng, {"微信": 0.52, "支付宝": 0.27, "刷卡": 0.17, "现金": 0.04}, len(payments))
    return payments


def _referrals(leads: pd.DataFrame) -> pd.DataFrame:
    referred = leads[leads["referrer"].notna()].reset_index(drop=True)
    return frame(
        referral_id=ids("TJ", np.arange(1, len(referred) + 1), 5),
        referrer_customer_id=referred["referrer"],
        referred_lead_id=referred["lead_id"],
        referred_at=referred["created_at"],
        referred_customer_id=referred["customer_id"],
        reward_amount=pd.Series(where(referred["customer_id"].notna(), s.REWARD_YUAN * 100, 0)).astype("Int64"),
        converted_at=referred["converted_at"],
    )


def _surveys(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    done = orders[orders["fulfilled_at"] >= s.SURVEY_START]
    done = done[rng.random_sample(len(done)) < s.SURVEY_INVITED]
    invited = at_hours(rng, add_days(done["fulfilled_at"].to_numpy(), rng.randint(3, 15, len(done))))
    invites = done[["customer_id", "order_id"]].assign(invited_at=invited)[invited <= END]
    invites = invites.sort_values(["invited_at", "order_id"]).reset_index(drop=True)
    n = len(invites)
    invites["method"] = pick(rng, s.SURVEY_METHODS, n)
    answers = rng.random_sample(n) < look_up(s.SURVEY_ANSWERED, invites["method"].to_numpy())
    replied = at_hours(rng, add_days(invites["invited_at"].to_numpy(), rng.randint(1, 12, n)))
    invites["responded_at"] = keep_until(where(answers, replied, NAT), AS_OF)
    return answered_surveys(rng, invites, s.CSAT_TOP2, s.CSAT_LOADING, s.NPS_MIX)


def _tickets(rng: Rng, orders: pd.DataFrame, desks: Desks) -> pd.DataFrame:
    live = orders[orders["ordered_at"] >= s.TICKET_START]
    parts = []
    for kind, (per_order, hours, in_time) in s.TICKETS.items():
        chosen = live[rng.random_sample(len(live)) < per_order]
        n = len(chosen)
        opened = at_hours(rng, add_days(chosen["ordered_at"].to_numpy(), rng.randint(5, 200, n)))
        allowed = hours * 3600
        quick = rng.random_sample(n) < in_time
        took = where(quick, rng.uniform(0.05, 1.0, n), 1.02 + rng.exponential(0.9, n)) * allowed
        resolved = opened + took.astype("int64").astype("timedelta64[s]")
        never = rng.random_sample(n) < s.TICKET_NEVER_RESOLVED
        answered = opened + (took * rng.uniform(0.02, 0.5, n)).astype("int64").astype("timedelta64[s]")
        parts.append(
            frame(
                order_id=chosen["order_id"].to_numpy(),
                customer_id=chosen["customer_id"].to_numpy(),
                kind=kind,
                reason=pick(rng, s.TICKET_REASONS[kind], n),
                opened_at=opened,
                due_at=opened + np.timedelta64(allowed, "s"),
                first_response_at=answered,
                resolved_at=where(never, NAT, resolved),
                satisfaction_score=pd.Series(rng.randint(2, 6, n)).astype("Int64"),
                is_adopted=where(kind == "suggestion", rng.random_sample(n) < s.SUGGESTION_ADOPTED, None),
            )
        )
    tickets = pd.concat(parts, ignore_index=True)
    tickets = tickets[tickets["opened_at"] <= END].sort_values(["opened_at", "customer_id"])
    tickets = tickets.reset_index(drop=True)
    tickets["ticket_id"] = ids("G", np.arange(1, len(tickets) + 1), 5)
    tickets["assignee_staff_id"] = desks.on_duty(rng, "客服", tickets["opened_at"].to_numpy())
    for column in ("first_response_at", "resolved_at"):
        tickets[column] = keep_until(tickets[column].to_numpy(), AS_OF)
    return tickets


def _points(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    """A point for every ten yuan when an order is fulfilled; part is redeemed, the rest expires after two years."""
    done = orders[orders["fulfilled_at"] >= s.POINTS_START]
    n = len(done)
    earned = ((done["gross_amount"] - done["discount_amount"]) // 1_000).to_numpy()
    at = done["fulfilled_at"].to_numpy()
    redeems = rng.random_sample(n) < s.POINTS_REDEEMED
    spent = where(redeems, (earned * rng.uniform(0.4, 1.0, n)).astype("int64") // 10 * 10, 0)
    spent_at = add_days(at, rng.randint(20, 300, n))
    tier = np.select([earned >= 1_200, earned >= 600], ["金卡", "银卡"], "普通卡")
    common = frame(customer_id=done["customer_id"].to_numpy(), order_id=done["order_id"].to_numpy(), tier=tier)
    ledger = pd.concat(
        [
            common.assign(occurred_at=at, points_delta=earned, reason="earn"),
            common.assign(occurred_at=spent_at, points_delta=-spent, reason="redeem"),
            common.assign(occurred_at=add_days(at, 730), points_delta=spent - earned, reason="expire"),
        ],
        ignore_index=True,
    )
    ledger = ledger[(ledger["points_delta"] != 0) & (ledger["occurred_at"] <= END)]
    ledger = ledger.sort_values(["occurred_at", "order_id", "reason"]).reset_index(drop=True)
    return ledger.assign(entry_id=ids("JF", np.arange(1, len(ledger) + 1), 6))


def _campaigns(leads: pd.DataFrame) -> pd.DataFrame:
    """The campaigns of the leads: one a channel and quarter."""
    channels = leads.groupby("campaign_id", sort=True)["source_channel"].first()
    quarter = channels.index.str[4:]
    started = np.array([np.datetime64(f"{label[:4]}-{int(label[5]) * 3 - 2:02d}") for label in quarter])
    return frame(
        campaign_id=channels.index,
        name=channels.to_numpy() + quarter,
        channel=channels.to_numpy(),
        is_online=np.isin(channels.to_numpy(), s.ONLINE),
        started_on=started.astype("datetime64[D]").astype("datetime64[s]"),
        ended_on=((started + 3).astype("datetime64[D]") - 1).astype("datetime64[s]"),
    )


def _campaign_spend(rng: Rng, leads: pd.DataFrame) -> pd.DataFrame:
    """Monthly, in proportion to the leads it brought."""
    used = leads[leads["campaign_id"].notna()]
    month = used["created_at"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    keys = ["campaign_id", "source_channel", "period_start"]
    spend = used.assign(period_start=month).groupby(keys).size().reset_index(name="leads")
    per_lead = look_up(s.COST_PER_LEAD, spend["source_channel"].to_numpy())
    return frame(
        campaign_id=spend["campaign_id"],
        channel=spend["source_channel"],
        period_start=spend["period_start"],
        spend=money(spend["leads"] * per_lead * rng.uniform(0.85, 1.15, len(spend)), 1),
        clicks=(spend["leads"] * rng.uniform(18, 30, len(spend))).astype("int64"),
    )


def _products() -> pd.DataFrame:
    rows = [(code, name, "婚纱套系", "core", price) for code, (name, _, price) in s.PACKAGES.items()]
    rows += [(product, kind, kind, "core", price) for kind, (product, price, *_) in s.FOLLOW_ONS.items()]
    rows += [(code, name, "加购", "add_on", price) for code, (name, price) in s.ADD_ONS.items()]
    products = pd.DataFrame(rows, columns=["product_id", "name", "category", "role", "list_price"])
    products["list_price"] *= 100
    products["unit_cost"] = (products["list_price"] * s.COST_SHARE).astype("int64")
    return products
