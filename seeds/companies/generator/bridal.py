"""锦瑟婚纱摄影: a wedding photographer. One big order a couple, then maternity, baby and anniversary sessions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import fiction
from .common import (
    AS_OF,
    DELIVERIES,
    FIRST_DAY,
    Array,
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
    normal_cut,
    pick,
)
from .defects import Damage
from .deliver import Correction, Export, Field, Plan, World
from .regions import CITIES
from .truth import Facts, fact, rate, resolved_orders

COMPANY = "jinse_bridal"
LEADS = 9_600
NAT = np.datetime64("NaT", "s")

# Everything below is drawn from these, and truth.json repeats them.
LEAD_MONTHS = (0.85, 0.55, 1.35, 1.2, 1.1, 1.15, 1.05, 1.1, 0.95, 0.9, 0.95, 0.85)
WEDDING_MONTHS = (0.8, 0.5, 0.8, 0.95, 1.8, 0.8, 0.4, 0.6, 1.5, 2.0, 1.0, 0.85)
LEAD_GROWTH = 0.06
CHANNEL_MIX = {
    "小红书": 0.22,
    "抖音": 0.18,
    "大众点评": 0.14,
    "微信公众号": 0.08,
    "婚博会": 0.10,
    "自然到店": 0.11,
    "婚庆合作": 0.04,
    "老客转介绍": 0.13,
}
CONVERSION = {
    "小红书": 0.36,
    "抖音": 0.28,
    "大众点评": 0.40,
    "微信公众号": 0.38,
    "婚博会": 0.46,
    "自然到店": 0.52,
    "婚庆合作": 0.50,
    "老客转介绍": 0.62,
}
ONLINE = ("小红书", "抖音", "大众点评", "微信公众号")
CITY_MIX = {
    "330100": 0.46,
    "330200": 0.14,
    "330600": 0.10,
    "330400": 0.08,
    "330500": 0.06,
    "320500": 0.09,
    "310100": 0.07,
}
TIER_PRICE = {1: 1.25, 2: 1.0, 3: 0.88}
# package -> share, median price in yuan
PACKAGES = {
    "P01": ("简爱", 0.24, 3_900),
    "P02": ("经典", 0.40, 6_200),
    "P03": ("高定", 0.24, 9_800),
    "P04": ("旅拍", 0.12, 14_500),
}
ADD_ONS = {"A01": ("加印相册", 680), "A02": ("精修底片", 480), "A03": ("礼服升级", 1_280), "A04": ("婚礼微电影", 1_980)}
ADD_ON_ATTACH = 0.42
DISCOUNTED = 0.55
CANCEL_RATE = 0.04
PARTIAL_REFUND_RATE = 0.03
FULL_REFUND_RATE = 0.005
COST_SHARE = 0.41
# kind -> product, median price, monthly hazard while in [from, to) months since the wedding, at most once or yearly
FOLLOW_ONS = {
    "孕妇照": ("F01", 1_580, 0.0085, 5, 20),
    "宝宝照": ("F02", 2_180, 0.0090, 14, 38),
    "周年照": ("F03", 1_780, 0.0350, 12, 13),
}
REWARD_YUAN = 300
LOST_REASONS = {"价格": 0.33, "选择竞品": 0.28, "联系不上": 0.19, "档期不合": 0.12, "婚期取消": 0.08}
COMPETITORS = {"竞品甲影楼": 0.42, "竞品乙工作室": 0.31, "竞品丙旅拍": 0.27}
SURVEY_START = np.datetime64("2023-01-01")
SURVEY_INVITED = 0.5
SURVEY_METHODS = {"questionnaire": 0.45, "phone": 0.25, "online": 0.25, "visit": 0.05}
SURVEY_ANSWERED = {"questionnaire": 0.48, "phone": 0.66, "online": 0.40, "visit": 0.90}
CSAT_TOP2 = {"overall": 0.80, "product": 0.85, "service": 0.78, "environment": 0.70}
CSAT_LOADING = {"overall": 0.85, "product": 0.60, "service": 0.80, "environment": 0.35}
NPS_MIX = {"promoter": 0.53, "passive": 0.30, "detractor": 0.17}
TICKET_START = np.datetime64("2022-01-01")
# kind -> tickets per order, hours allowed, share resolved in time
TICKETS = {
    "complaint": (0.055, 48, 0.82),
    "suggestion": (0.030, 120, 0.90),
    "inquiry": (0.110, 24, 0.93),
    "service": (0.120, 72, 0.88),
}
TICKET_REASONS = {
    "complaint": {"出片延迟": 0.38, "修图质量": 0.27, "隐形消费": 0.16, "服务态度": 0.12, "礼服问题": 0.07},
    "suggestion": {"增加样式": 0.5, "预约流程": 0.3, "门店环境": 0.2},
    "inquiry": {"取件进度": 0.6, "档期改期": 0.25, "加购咨询": 0.15},
    "service": {"重修": 0.45, "改期": 0.35, "补寄": 0.20},
}
TICKET_NEVER_RESOLVED = 0.015
SUGGESTION_ADOPTED = 0.34
NULL_GENDER = 0.03
NULL_BIRTH = 0.06
POINTS_START = np.datetime64("2023-01-01")
POINTS_REDEEMED = 0.28

SALES_SEATS = 12
SERVICE_SEATS = 5


def clean_records(scale: float) -> World:
    """Every record as it stands at the end of the last delivery's day, planted records included."""
    streams = Streams(COMPANY)
    desks = _Desks(streams("staff"))
    world: World = {"staff": desks.staff}
    leads = _leads(streams, desks, round(LEADS * scale))
    customers = _customers(streams, leads)
    main = _main_orders(streams, customers, desks)
    follow_on = _follow_on_orders(streams, customers, main, desks)
    orders = _finish_orders(pd.concat([main, follow_on], ignore_index=True))
    customers = _plant_customers(streams, customers, orders)
    world["leads"] = leads.drop(columns=["referrer"])
    world["customers"] = customers
    world["orders"] = orders
    world["order_lines"] = _order_lines(streams, orders)
    # The lines add up to the order.
    gross = (world["order_lines"]["quantity"] * world["order_lines"]["unit_price"]).groupby(
        world["order_lines"]["order_id"]
    )
    orders["gross_amount"] = orders["order_id"].map(gross.sum()).astype("int64")
    _amounts(streams, orders)
    world["payments"] = _payments(streams, orders)
    world["referrals"] = _referrals(leads)
    world["campaigns"], world["campaign_spend"] = _campaigns(streams, leads)
    world["products"] = _products()
    world["survey_responses"] = _surveys(streams, orders)
    world["tickets"] = _tickets(streams, orders, desks)
    _plant_orders(world)
    for entity, records in world.items():
        for column in ("_planted", "_known_on"):
            if column not in records:
                records[column] = None if column == "_planted" else NAT
        world[entity] = records.reset_index(drop=True)
    _enter_late(streams, world)
    return world


class _Desks:
    """Who sat at which desk on which day: a leaver's desk goes to a successor."""

    def __init__(self, rng: np.random.RandomState) -> None:
        rows: list[tuple[Any, ...]] = [("S001", "老板", "管理", True, np.datetime64("2012-03-01"), NAT)]
        days = (AS_OF - FIRST_DAY).astype(int) + 1
        self._at: dict[str, Array] = {}
        teams = (("顾问", "销售", SALES_SEATS, 900), ("客服", "客服", SERVICE_SEATS, 1300), ("摄影师", "摄影", 9, 1700))
        for role, team, seats, stay in teams:
            self._at[team] = np.empty((days, seats), dtype=object)
            for seat in range(seats):
                hired = FIRST_DAY - int(rng.randint(30, 1500))
                day = 0
                while day < days:
                    left = max(hired, FIRST_DAY) + int(120 + rng.exponential(stay))
                    staff_id = f"S{len(rows) + 1:03d}"
                    until = min((left - FIRST_DAY).astype(int), days)
                    self._at[team][day:until, seat] = staff_id
                    rows.append((staff_id, role, team, False, hired, left if left <= AS_OF else NAT))
                    day, hired = until, left
        self.staff = pd.DataFrame(rows, columns=["staff_id", "role", "team", "is_owner", "hired_on", "left_on"])
        self.staff["has_crm_seat"] = self.staff["team"] != "摄影"
        cost = {"老板": 260_000, "顾问": 118_000, "客服": 82_000, "摄影师": 135_000}
        self.staff["annual_cost"] = [cost[role] * 100 for role in self.staff["role"]]
        for column in ("hired_on", "left_on"):
            self.staff[column] = self.staff[column].astype("datetime64[s]")

    def on_duty(self, rng: np.random.RandomState, team: str, moments: Array) -> Array:
        table = self._at[team]
        day = np.clip((moments.astype("datetime64[D]") - FIRST_DAY).astype(int), 0, len(table) - 1)
        return table[day, rng.randint(0, table.shape[1], size=len(moments))]


def _leads(streams: Streams, desks: _Desks, n: int) -> pd.DataFrame:
    rng = streams("leads")
    weights = day_weights(FIRST_DAY, AS_OF, LEAD_MONTHS, LEAD_GROWTH, weekend=1.5, new_year=0.2)
    created = at_hours(rng, draw_days(rng, n, FIRST_DAY, weights))
    channel = pick(rng, CHANNEL_MIX, n)
    # Nobody to refer in the first two months.
    channel = np.where((channel == "老客转介绍") & (created < FIRST_DAY + 61), "自然到店", channel)
    converts = rng.random_sample(n) < look_up(CONVERSION, channel)
    decided_days = np.minimum(1 + rng.lognormal(np.log(8), 0.9, n), 120).astype(int)
    converted = at_hours(rng, add_days(created, decided_days))
    marked_lost = rng.random_sample(n) < 0.92
    lost = at_hours(rng, add_days(created, np.minimum(10 + rng.lognormal(np.log(25), 0.6, n), 180).astype(int)))
    qualified_too = rng.random_sample(n) < 0.70
    quoted_too = qualified_too & (rng.random_sample(n) < 0.64)
    decided = np.where(converts, converted, lost)
    span = (decided - created).astype("timedelta64[s]").astype("int64")
    qualified = created + (span * rng.uniform(0.02, 0.3, n)).astype("int64").astype("timedelta64[s]")
    quoted = created + (span * rng.uniform(0.35, 0.9, n)).astype("int64").astype("timedelta64[s]")
    reason = pick(rng, LOST_REASONS, n)
    competitor = np.where(reason == "选择竞品", pick(rng, COMPETITORS, n), None)
    is_lost = ~converts & marked_lost
    leads = frame(
        lead_id=ids("L", np.arange(1, n + 1), 6),
        created_at=created,
        source_channel=channel,
        region=look_up({code: city.name for code, city in CITIES.items()}, pick(rng, CITY_MIX, n)),
        qualified_at=keep_until(np.where(converts | qualified_too, qualified, NAT), AS_OF),
        quoted_at=keep_until(np.where(converts | quoted_too, quoted, NAT), AS_OF),
        converted_at=keep_until(np.where(converts, converted, NAT), AS_OF),
        lost_at=keep_until(np.where(is_lost, lost, NAT), AS_OF),
        owner_staff_id=desks.on_duty(rng, "销售", created),
        expected_amount=money(rng.lognormal(np.log(7_000), 0.35, n), 100),
    )
    leads["lost_reason"] = np.where(leads["lost_at"].notna(), reason, None)
    leads["lost_to_competitor"] = np.where(leads["lost_at"].notna(), competitor, None)
    won = leads[leads["converted_at"].notna()].sort_values(["converted_at", "lead_id"])
    leads["customer_id"] = leads["lead_id"].map(
        pd.Series(ids("JS", np.arange(1, len(won) + 1), 6), index=won["lead_id"])
    )
    online = np.isin(channel, ONLINE) | (channel == "婚博会")
    in_campaign = online & (rng.random_sample(n) < 0.75)
    leads["campaign_id"] = np.where(in_campaign, _campaign_of(channel, created), None)
    leads["referrer"] = _referrers(streams("referrals"), leads)
    return leads


def _campaign_of(channel: Array, moments: Array) -> Array:
    codes = {name: f"{i:02d}" for i, name in enumerate(CHANNEL_MIX, start=1)}
    month = moments.astype("datetime64[M]").astype(int)
    quarter = month // 3
    labels = [f"HD{codes[c]}{1970 + q // 4}Q{q % 4 + 1}" for c, q in zip(channel, quarter, strict=True)]
    return np.array(labels, dtype=object)


def _referrers(rng: np.random.RandomState, leads: pd.DataFrame) -> Array:
    """A customer of at least a month's standing for each referred lead; some people refer far more than others."""
    customers = leads[leads["customer_id"].notna()].sort_values("customer_id")
    standing = np.cumsum(rng.gamma(0.35, 1.0, len(customers)))
    available = np.searchsorted(
        customers["converted_at"].to_numpy(), add_days(leads["created_at"].to_numpy(), -30), side="right"
    )
    reach = np.where(available > 0, standing[np.maximum(available - 1, 0)], 0)
    chosen = np.searchsorted(standing, rng.random_sample(len(leads)) * reach)
    referred = (leads["source_channel"] == "老客转介绍").to_numpy() & (available > 0)
    return np.where(referred, customers["customer_id"].to_numpy()[np.minimum(chosen, len(customers) - 1)], None)


def _customers(streams: Streams, leads: pd.DataFrame) -> pd.DataFrame:
    rng = streams("customers")
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
    born = np.where(bride, days - birth_days[True], days - birth_days[False]).astype("datetime64[s]")
    partner_born = np.where(bride, days - birth_days[False], days - birth_days[True]).astype("datetime64[s]")
    born = np.where(rng.random_sample(n) < NULL_BIRTH, NAT, born)
    partner_born = np.where(rng.random_sample(n) < 3 * NULL_BIRTH, NAT, partner_born)
    gender = np.where(rng.random_sample(n) < NULL_GENDER, None, np.where(bride, "female", "male"))
    return frame(
        customer_id=won["customer_id"],
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
        owner_staff_id=won["owner_staff_id"],
        lead_id=won["lead_id"],
        is_test=False,
        merged_into_customer_id=None,
        created_at=acquired,
    )


def _main_orders(streams: Streams, customers: pd.DataFrame, desks: _Desks) -> pd.DataFrame:
    rng = streams("main_orders")
    n = len(customers)
    ordered = customers["acquired_at"].to_numpy()
    # Months between order and wedding, pulled towards the popular wedding months.
    lags = np.arange(2, 12)
    lag_weights = np.array([0.5, 0.9, 1.2, 1.4, 1.4, 1.2, 1.0, 0.8, 0.6, 0.4])
    month = ordered.astype("datetime64[M]").astype(int)
    weights = lag_weights * np.asarray(WEDDING_MONTHS)[(month[:, None] + lags) % 12]
    cumulative = np.cumsum(weights, axis=1)
    chosen = (cumulative < (rng.random_sample(n) * cumulative[:, -1])[:, None]).sum(axis=1)
    event = (month + lags[chosen]).astype("datetime64[M]").astype("datetime64[D]") + rng.randint(0, 28, n)
    # Most weddings are at a weekend.
    weekday = (event.astype(int) + 3) % 7
    event = np.where((weekday < 5) & (rng.random_sample(n) < 0.6), event + (5 - weekday), event)
    wait = (event - ordered.astype("datetime64[D]")).astype(int)
    fulfilled = at_hours(rng, add_days(ordered, (wait * rng.uniform(0.45, 1.05, n)).astype(int)))
    cancels = rng.random_sample(n) < CANCEL_RATE
    cancelled = at_hours(rng, add_days(ordered, (wait * rng.uniform(0.05, 0.44, n)).astype(int) + 1))
    return frame(
        customer_id=customers["customer_id"],
        lead_id=customers["lead_id"],
        order_kind="main",
        ordered_at=ordered,
        event_on=event.astype("datetime64[s]"),
        fulfilled_at=np.where(cancels, NAT, fulfilled),
        cancelled_at=np.where(cancels, cancelled, NAT),
        channel=np.where(rng.random_sample(n) < 0.18, "线上", "门店"),
        sales_staff_id=customers["owner_staff_id"],
        product=pick(rng, {code: p[1] for code, p in PACKAGES.items()}, n),
        tier=look_up({code: city.tier for code, city in CITIES.items()}, customers["region_code"].to_numpy()),
    )


def _follow_on_orders(streams: Streams, customers: pd.DataFrame, main: pd.DataFrame, desks: _Desks) -> pd.DataFrame:
    """A discrete hazard by whole months since the wedding; each kind once, the anniversary once a year."""
    rng = streams("follow_on_orders")
    held = main[main["cancelled_at"].isna()]
    wedding = held["event_on"].to_numpy()
    parts = []
    for kind, (product, _, hazard, first, end) in FOLLOW_ONS.items():
        yearly = kind == "周年照"
        done = np.zeros(len(held), dtype=bool)
        for month in (
            [m for year in range(4) for m in range(12 * year + first, 12 * year + end)] if yearly else range(first, end)
        ):
            happens = (rng.random_sample(len(held)) < hazard) & ~done
            moment = add_days(wedding, np.floor(month * 30.4375 + rng.uniform(0, 30, len(held))).astype(int))
            moment = at_hours(rng, moment)
            happens &= moment <= end_of_day(AS_OF)
            if not yearly:
                done |= happens
            parts.append(
                frame(
                    customer_id=held["customer_id"].to_numpy()[happens],
                    ordered_at=moment[happens],
                    product=product,
                    tier=held["tier"].to_numpy()[happens],
                )
            )
    orders = pd.concat(parts, ignore_index=True).sort_values(["ordered_at", "customer_id"]).reset_index(drop=True)
    n = len(orders)
    ordered = orders["ordered_at"].to_numpy()
    orders["order_kind"] = "follow_on"
    event = add_days(ordered.astype("datetime64[D]"), rng.randint(5, 30, n))
    orders["event_on"] = event
    orders["fulfilled_at"] = at_hours(rng, add_days(event, rng.randint(7, 30, n)))
    cancels = rng.random_sample(n) < CANCEL_RATE / 2
    orders["cancelled_at"] = np.where(cancels, at_hours(rng, add_days(ordered, rng.randint(1, 5, n))), NAT)
    orders["fulfilled_at"] = np.where(cancels, NAT, orders["fulfilled_at"])
    orders["channel"] = np.where(rng.random_sample(n) < 0.35, "线上", "门店")
    orders["sales_staff_id"] = desks.on_duty(rng, "销售", ordered)
    return orders


def _finish_orders(orders: pd.DataFrame) -> pd.DataFrame:
    orders = orders.sort_values(["ordered_at", "customer_id"]).reset_index(drop=True)
    orders["order_id"] = ids("D", np.arange(1, len(orders) + 1), 6)
    for column in ("fulfilled_at", "cancelled_at"):
        orders[column] = keep_until(orders[column].to_numpy(), AS_OF)
    return orders


def _order_lines(streams: Streams, orders: pd.DataFrame) -> pd.DataFrame:
    rng = streams("order_lines")
    n = len(orders)
    medians = {code: price for code, (_, _, price) in PACKAGES.items()}
    medians |= {product: price for product, price, *_ in FOLLOW_ONS.values()}
    tier = look_up(TIER_PRICE, orders["tier"].to_numpy())
    price = look_up(medians, orders["product"].to_numpy()) * tier * rng.lognormal(0, 0.13, n)
    is_main = (orders["order_kind"] == "main").to_numpy()
    parts = [
        frame(
            order_id=orders["order_id"],
            line_no=1,
            product_id=orders["product"],
            category=np.where(
                is_main,
                "婚纱套系",
                look_up(
                    {p[0]: k for k, p in FOLLOW_ONS.items()} | {c: c for c in PACKAGES}, orders["product"].to_numpy()
                ),
            ),
            quantity=1,
            unit_price=money(np.where(is_main, np.clip(price, 2_980, 26_800), price)),
        )
    ]
    attached = is_main & (rng.random_sample(n) < ADD_ON_ATTACH)
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
                quantity=np.where(product == "A02", rng.randint(1, 4, len(chosen)), 1),
                unit_price=money(look_up({c: p for c, (_, p) in ADD_ONS.items()}, product).astype(float)),
            )
        )
        more = more & (rng.random_sample(n) < 0.33)
    lines = pd.concat(parts, ignore_index=True).sort_values(["order_id", "line_no"]).reset_index(drop=True)
    return lines.merge(orders[["order_id", "ordered_at"]], on="order_id", how="left")


def _amounts(streams: Streams, orders: pd.DataFrame) -> None:
    rng = streams("amounts")
    n = len(orders)
    gross = orders["gross_amount"].to_numpy() / 100
    discount = np.where(rng.random_sample(n) < DISCOUNTED, rng.uniform(0.02, 0.12, n), 0) * gross
    orders["discount_amount"] = money(discount)
    net = gross - orders["discount_amount"] / 100
    is_main = (orders["order_kind"] == "main").to_numpy()
    orders["deposit_amount"] = np.where(is_main, money(net * rng.uniform(0.2, 0.35, n), 100), 0)
    kind = rng.random_sample(n)
    fulfilled = orders["fulfilled_at"].to_numpy()
    refunded = at_hours(
        rng, add_days(np.where(np.isnat(fulfilled), end_of_day(AS_OF), fulfilled), rng.randint(3, 45, n))
    )
    full, partial = kind < FULL_REFUND_RATE, kind < FULL_REFUND_RATE + PARTIAL_REFUND_RATE
    amount = np.where(full, net, np.where(partial, net * rng.uniform(0.05, 0.3, n), 0))
    # A cancelled order gives back 70% of the deposit.
    cancelled = orders["cancelled_at"].to_numpy()
    is_cancelled = ~np.isnat(cancelled)
    amount = np.where(is_cancelled, orders["deposit_amount"] / 100 * 0.7, np.where(np.isnat(fulfilled), 0, amount))
    refunded = np.where(is_cancelled, at_hours(rng, add_days(cancelled, 3)), refunded)
    refunded = keep_until(np.where(amount > 0, refunded, NAT), AS_OF)
    orders["refunded_at"] = refunded
    orders["refund_amount"] = np.where(full & ~is_cancelled, money(amount, 1), money(amount))
    orders["refund_amount"] = orders["refund_amount"].where(orders["refunded_at"].notna()).astype("Int64")
    orders["cost_amount"] = money(net * np.clip(rng.normal(COST_SHARE, 0.04, n), 0.25, 0.6))


def order_status(orders: pd.DataFrame) -> pd.DataFrame:
    """Status and last change as far as the shown moments tell."""
    net = orders["gross_amount"] - orders["discount_amount"]
    all_back = (orders["refund_amount"].fillna(0) >= net) & (net > 0)
    return orders.assign(
        status=np.select(
            [orders["cancelled_at"].notna(), all_back, orders["fulfilled_at"].notna()],
            ["cancelled", "refunded", "completed"],
            "open",
        ),
    )


def _payments(streams: Streams, orders: pd.DataFrame) -> pd.DataFrame:
    rng = streams("payments")
    net = (orders["gross_amount"] - orders["discount_amount"]).to_numpy()
    deposit = orders["deposit_amount"].to_numpy()
    ordered, fulfilled = orders["ordered_at"].to_numpy(), orders["fulfilled_at"].to_numpy()
    span = np.where(np.isnat(fulfilled), 0, (fulfilled - ordered).astype("int64"))
    balance_at = ordered + (span * rng.uniform(0.5, 1.0, len(orders))).astype("int64").astype("timedelta64[s]")
    is_main = deposit > 0
    order_id = orders["order_id"].to_numpy()
    parts = [
        frame(order_id=order_id, paid_at=ordered, amount=np.where(is_main, deposit, net), is_refund=False),
        frame(
            order_id=order_id,
            paid_at=np.where(np.isnat(fulfilled), NAT, balance_at),
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
        reward_amount=pd.Series(np.where(referred["customer_id"].notna(), REWARD_YUAN * 100, 0)).astype("Int64"),
        converted_at=referred["converted_at"],
    )


def _campaigns(streams: Streams, leads: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = streams("campaigns")
    used = leads[leads["campaign_id"].notna()]
    campaigns = used.groupby("campaign_id", sort=True)["source_channel"].first().reset_index()
    label = campaigns["campaign_id"].str[4:]
    started = np.array([np.datetime64(f"{t[:4]}-{(int(t[5]) - 1) * 3 + 1:02d}") for t in label])
    campaigns = frame(
        campaign_id=campaigns["campaign_id"],
        name=campaigns["source_channel"] + label,
        channel=campaigns["source_channel"],
        is_online=campaigns["source_channel"].isin(ONLINE),
        started_on=started.astype("datetime64[D]").astype("datetime64[s]"),
        ended_on=((started + 3).astype("datetime64[D]") - 1).astype("datetime64[s]"),
    )
    cost_per_lead = {"小红书": 260, "抖音": 210, "大众点评": 340, "微信公众号": 180, "婚博会": 520}
    month = used["created_at"].to_numpy().astype("datetime64[M]")
    counted = (
        used.assign(period_start=month.astype("datetime64[s]"))
        .groupby(["campaign_id", "source_channel", "period_start"])
        .size()
    )
    spend = counted.reset_index(name="leads")
    per_lead = look_up(cost_per_lead, spend["source_channel"].to_numpy())
    return campaigns, frame(
        campaign_id=spend["campaign_id"],
        channel=spend["source_channel"],
        period_start=spend["period_start"],
        spend=money(spend["leads"] * per_lead * rng.uniform(0.85, 1.15, len(spend)), 1),
        clicks=(spend["leads"] * rng.uniform(18, 30, len(spend))).astype("int64"),
    )


def _products() -> pd.DataFrame:
    rows = [(code, name, "婚纱套系", "core", price) for code, (name, _, price) in PACKAGES.items()]
    rows += [(product, kind, kind, "core", price) for kind, (product, price, *_) in FOLLOW_ONS.items()]
    rows += [(code, name, "加购", "add_on", price) for code, (name, price) in ADD_ONS.items()]
    products = pd.DataFrame(rows, columns=["product_id", "name", "category", "role", "list_price"])
    products["list_price"] *= 100
    products["unit_cost"] = (products["list_price"] * COST_SHARE).astype("int64")
    return products


def _surveys(streams: Streams, orders: pd.DataFrame) -> pd.DataFrame:
    rng = streams("survey_responses")
    done = orders[(orders["fulfilled_at"] >= SURVEY_START)].reset_index(drop=True)
    done = done[rng.random_sample(len(done)) < SURVEY_INVITED].reset_index(drop=True)
    invited = at_hours(rng, add_days(done["fulfilled_at"].to_numpy(), rng.randint(3, 15, len(done))))
    done = done.assign(invited_at=invited)[invited <= end_of_day(AS_OF)].sort_values(["invited_at", "order_id"])
    done = done.reset_index(drop=True)
    n = len(done)
    method = pick(rng, SURVEY_METHODS, n)
    answers = rng.random_sample(n) < look_up(SURVEY_ANSWERED, method)
    responded = add_days(done["invited_at"].to_numpy(), rng.randint(0, 12, n)) + rng.randint(600, 7200, n).astype(
        "timedelta64[s]"
    )
    responded = keep_until(np.where(answers, responded, NAT), AS_OF)
    mood = rng.normal(size=n)
    parts = []
    for number, topic in enumerate(("nps", *CSAT_TOP2), start=1):
        loading = CSAT_LOADING.get(topic, 0.8)
        feeling = loading * mood + np.sqrt(1 - loading**2) * rng.normal(size=n)
        score = _nps(rng, feeling) if topic == "nps" else _csat(feeling, CSAT_TOP2[topic])
        parts.append(
            frame(
                invite=np.arange(n),
                number=number,
                invite_id=ids("Y", np.arange(1, n + 1), 5),
                customer_id=done["customer_id"],
                instrument="nps" if topic == "nps" else "csat",
                topic="overall" if topic == "nps" else topic,
                method=method,
                invited_at=done["invited_at"],
                responded_at=responded,
                score=pd.Series(np.where(np.isnat(responded), np.nan, score)).astype("Int64"),
            )
        )
    surveys = pd.concat(parts, ignore_index=True).sort_values(["invite", "number"]).reset_index(drop=True)
    surveys["response_id"] = surveys["invite_id"] + "-" + surveys["number"].astype(str)
    return surveys


def _csat(feeling: Array, top2: float) -> Array:
    cuts = [normal_cut(share) for share in (0.985, 0.95, top2, top2 * 0.55)]
    return 1 + sum((feeling > cut).astype(int) for cut in cuts)


def _nps(rng: np.random.RandomState, feeling: Array) -> Array:
    promoter, passive = normal_cut(NPS_MIX["promoter"]), normal_cut(NPS_MIX["promoter"] + NPS_MIX["passive"])
    n = len(feeling)
    return np.where(
        feeling > promoter,
        rng.randint(9, 11, n),
        np.where(feeling > passive, rng.randint(7, 9, n), rng.randint(1, 7, n)),
    )


def _tickets(streams: Streams, orders: pd.DataFrame, desks: _Desks) -> pd.DataFrame:
    rng = streams("tickets")
    live = orders[orders["ordered_at"] >= TICKET_START]
    parts = []
    for kind, (per_order, hours, in_time) in TICKETS.items():
        chosen = live[rng.random_sample(len(live)) < per_order]
        n = len(chosen)
        opened = at_hours(rng, add_days(chosen["ordered_at"].to_numpy(), rng.randint(5, 200, n)))
        allowed = hours * 3600
        quick = rng.random_sample(n) < in_time
        took = np.where(quick, rng.uniform(0.05, 1.0, n), 1.02 + rng.exponential(0.9, n)) * allowed
        resolved = opened + took.astype("int64").astype("timedelta64[s]")
        never = rng.random_sample(n) < TICKET_NEVER_RESOLVED
        answered = opened + (took * rng.uniform(0.02, 0.5, n)).astype("int64").astype("timedelta64[s]")
        parts.append(
            frame(
                order_id=chosen["order_id"].to_numpy(),
                customer_id=chosen["customer_id"].to_numpy(),
                kind=kind,
                reason=pick(rng, TICKET_REASONS[kind], n),
                opened_at=opened,
                due_at=opened + np.timedelta64(allowed, "s"),
                first_response_at=answered,
                resolved_at=np.where(never, NAT, resolved),
                satisfaction_score=pd.Series(rng.randint(2, 6, n)).astype("Int64"),
                is_adopted=np.where(kind == "suggestion", rng.random_sample(n) < SUGGESTION_ADOPTED, None),
            )
        )
    tickets = pd.concat(parts, ignore_index=True)
    tickets = tickets[tickets["opened_at"] <= end_of_day(AS_OF)].sort_values(["opened_at", "customer_id"])
    tickets = tickets.reset_index(drop=True)
    tickets["ticket_id"] = ids("G", np.arange(1, len(tickets) + 1), 5)
    tickets["assignee_staff_id"] = desks.on_duty(rng, "客服", tickets["opened_at"].to_numpy())
    for column in ("first_response_at", "resolved_at"):
        tickets[column] = keep_until(tickets[column].to_numpy(), AS_OF)
    return tickets


def _plant_customers(streams: Streams, customers: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Second records of the same couple (merged later, one of them twice), bad phones, records left to go stale."""
    rng = streams("planted customers")
    customers["_planted"] = None
    customers["true_customer_id"] = customers["customer_id"]
    again = orders[orders["order_kind"] == "follow_on"].drop_duplicates("customer_id")
    again = again[again["ordered_at"] < DELIVERIES[0] - 200].iloc[:: max(1, len(again) // 22)]
    doubles = customers.set_index("customer_id").loc[again["customer_id"]].reset_index()
    number = len(customers)
    doubles["true_customer_id"] = doubles["customer_id"]
    doubles["merged_into_customer_id"] = doubles["customer_id"]
    doubles["customer_id"] = ids("JS", np.arange(number + 1, number + 1 + len(doubles)), 6)
    doubles["acquired_at"] = doubles["created_at"] = again["ordered_at"].to_numpy()
    doubles["_planted"] = "merged"
    # A chain: the record with the order was merged into a second one without, that one into the couple's.
    chain = doubles.iloc[::5].assign(customer_id=ids("JS", number + 1 + len(doubles) + np.arange(len(doubles[::5])), 6))
    doubles.loc[chain.index, "merged_into_customer_id"] = chain["customer_id"]
    orders.loc[again.index, "customer_id"] = doubles["customer_id"].to_numpy()
    doubles = pd.concat([doubles, chain], ignore_index=True)
    number += len(doubles)
    tests = customers.iloc[100:700:100].copy()
    tests["customer_id"] = ids("JS", np.arange(number + 1, number + 1 + len(tests)), 6)
    tests["true_customer_id"] = tests["customer_id"]
    tests[["is_test", "_planted", "full_name"]] = [True, "test_account", "测试客户"]
    tests["referrer_customer_id"] = None
    customers = pd.concat([customers, doubles, tests], ignore_index=True)
    plain = np.flatnonzero(customers["_planted"].isna() & (customers["acquired_at"] < np.datetime64("2023-01-01")))
    chosen = rng.permutation(plain)
    bad_phones = np.array(["12345", "无", "1001234567890", "tel:100"], dtype=object)
    invalid, stale = chosen[:18], chosen[18:48]
    customers.loc[invalid, "phone"] = bad_phones[np.arange(18) % len(bad_phones)]
    customers.loc[invalid, "_planted"] = "invalid_phone"
    customers["updated_at"] = _last_touched(customers, orders)
    customers.loc[stale, "updated_at"] = customers.loc[stale, "created_at"]
    customers.loc[stale, "_planted"] = "stale"
    return customers


def _last_touched(customers: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """The staff go through every record once a year, in the month the couple signed."""
    created = customers["created_at"].to_numpy()
    years = (AS_OF - created.astype("datetime64[D]")).astype(int) // 366
    return pd.Series(add_days(created, years * 366), index=customers.index)


def _plant_orders(world: World) -> None:
    """Test accounts' orders, orphans, mistyped future dates and a wrong sign."""
    orders = world["orders"]
    orders["_planted"] = None
    old = orders[(orders["order_kind"] == "main") & orders["cancelled_at"].isna() & orders["fulfilled_at"].notna()]
    tests = world["customers"][world["customers"]["is_test"]]
    samples = {
        "test_account": old.iloc[500:3000:300].assign(
            customer_id=np.resize(tests["customer_id"].to_numpy(), len(old.iloc[500:3000:300]))
        ),
        "orphan_customer": old.iloc[700:3100:240].assign(
            customer_id=lambda o: ids("JS", 990_001 + np.arange(len(o)), 6)
        ),
        "future_date": orders[(orders["ordered_at"] > DELIVERIES[0] - 60) & (orders["ordered_at"] < DELIVERIES[0] - 5)]
        .iloc[:5]
        .assign(
            ordered_at=lambda o: add_days(o["ordered_at"].to_numpy(), 365),
            fulfilled_at=NAT,
            cancelled_at=NAT,
            refunded_at=NAT,
            refund_amount=pd.NA,
        ),
    }
    number = len(orders)
    for kind, records in samples.items():
        records = records.assign(
            order_id=ids("D", np.arange(number + 1, number + 1 + len(records)), 6), _planted=kind, lead_id=None
        )
        records["refunded_at"], records["refund_amount"] = NAT, pd.NA
        number += len(records)
        orders = pd.concat([orders, records], ignore_index=True)
    orders["refund_amount"] = orders["refund_amount"].astype("Int64")
    world["orders"] = orders
    payments = world["payments"]
    payments["_planted"] = None
    lost = payments.iloc[400:4000:300].assign(
        _planted="orphan_order", order_id=lambda p: ids("D", 990_001 + np.arange(len(p)), 6)
    )
    wrong_sign = payments.iloc[600:3600:600].assign(_planted="negative_amount", amount=lambda p: -p["amount"])
    extra = pd.concat([lost, wrong_sign])
    extra["payment_id"] = ids("SK", np.arange(len(payments) + 1, len(payments) + 1 + len(extra)), 6)
    world["payments"] = pd.concat([payments, extra], ignore_index=True)


def _enter_late(streams: Streams, world: World) -> None:
    """A few records of the first quarter were typed in only after the first delivery."""
    rng = streams("late")
    for entity, moment, count in (("orders", "ordered_at", 12), ("tickets", "opened_at", 8)):
        records = world[entity]
        recent = (
            (records[moment] > DELIVERIES[0] - 80) & (records[moment] < DELIVERIES[0] - 1) & records["_planted"].isna()
        )
        chosen = np.sort(rng.permutation(np.flatnonzero(recent))[:count])
        records.loc[records.index[chosen], "_known_on"] = DELIVERIES[1].astype("datetime64[s]")
    late = set(world["orders"].loc[world["orders"]["_known_on"].notna(), "order_id"])
    for entity in ("order_lines", "payments"):
        records = world[entity]
        records.loc[records["order_id"].isin(late), "_known_on"] = DELIVERIES[1].astype("datetime64[s]")


def plan(world: World) -> Plan:
    rng = Streams(COMPANY)("plan")
    orders, customers = world["orders"], world["customers"]
    first = orders[(orders["ordered_at"] <= DELIVERIES[0]) & orders["_planted"].isna() & orders["_known_on"].isna()]
    amounts = first.iloc[np.sort(rng.permutation(len(first))[:15])]
    settled = first[first["ordered_at"] > DELIVERIES[0] - 400]
    discounts = settled.iloc[np.sort(rng.permutation(len(settled))[:8])]
    discounts = discounts[~discounts["order_id"].isin(amounts["order_id"])]
    plain = customers[(customers["created_at"] < np.datetime64("2022-07-01")) & customers["_planted"].isna()]
    gone = plain.iloc[np.sort(rng.permutation(len(plain))[:9])]
    return Plan(
        corrections={
            "orders": [
                Correction("cost_amount", dict(zip(amounts["order_id"], amounts["cost_amount"] * 10, strict=True))),
                Correction(
                    "gross_amount", dict(zip(discounts["order_id"], discounts["gross_amount"] + 100_000, strict=True))
                ),
            ]
        },
        removed={"customers": list(gone["customer_id"])},
    )


GENDER_WORDS = {"female": "女", "male": "男"}
YES_NO = {True: "是", False: "否"}
SLASHES = "%Y/%-m/%-d"
CHINESE = "%Y年%-m月%-d日"
COMPACT = "%Y%m%d"
MINUTES = "%Y-%m-%d %H:%M"

EXPORTS = (
    Export(
        "customers",
        "客户档案_{ymd}.csv",
        ("customer_id",),
        (
            Field("客户编号", "customer_id"),
            Field("客户类型", "customer_type", words={"individual": "个人"}),
            Field("姓名", "full_name"),
            Field("手机号", "phone"),
            Field("性别", "gender", words=GENDER_WORDS),
            Field("生日", "birth_date", "moment", SLASHES),
            Field("配偶生日", "partner_birth_date", "moment", SLASHES),
            Field("城市代码", "region_code"),
            Field("城市", "city"),
            Field("客源", "acquisition_channel"),
            Field("活动编号", "acquisition_campaign_id"),
            Field("介绍人编号", "referrer_customer_id"),
            Field("归属顾问", "owner_staff_id"),
            Field("测试", "is_test", words=YES_NO),
            Field("合并至", "merged_into_customer_id"),
            Field("建档日期", "created_at", "moment", SLASHES),
            Field("更新日期", "updated_at", "moment", SLASHES),
        ),
        encoding="gb18030",
        born="created_at",
    ),
    Export(
        "orders",
        "订单_{ymd}.csv",
        ("order_id",),
        (
            Field("订单编号", "order_id"),
            Field("客户编号", "customer_id"),
            Field("线索编号", "lead_id"),
            Field("订单类型", "order_kind", words={"main": "婚纱", "follow_on": "后续"}),
            Field("下单日期", "ordered_at", "moment", CHINESE),
            Field("婚期", "event_on", "moment", CHINESE),
            Field("交付日期", "fulfilled_at", "moment", CHINESE),
            Field("取消日期", "cancelled_at", "moment", CHINESE),
            Field(
                "状态",
                "status",
                words={"open": "进行中", "completed": "已完成", "cancelled": "已取消", "refunded": "已退款"},
            ),
            Field("渠道", "channel"),
            Field("顾问", "sales_staff_id"),
            Field("原价", "gross_amount", "money"),
            Field("优惠", "discount_amount", "money"),
            Field("定金", "deposit_amount", "money"),
            Field("退款", "refund_amount", "money"),
            Field("退款日期", "refunded_at", "moment", CHINESE),
            Field("成本", "cost_amount", "money"),
        ),
        mode="increment",
        encoding="utf-8-sig",
        born="ordered_at",
        reveals=(("fulfilled_at", ()), ("cancelled_at", ()), ("refunded_at", ("refund_amount",))),
        finish=order_status,
    ),
    Export(
        "order_lines",
        "订单明细_{ymd}.csv",
        ("order_id", "line_no"),
        (
            Field("订单编号", "order_id"),
            Field("行号", "line_no", "integer"),
            Field("产品编码", "product_id"),
            Field("类别", "category"),
            Field("数量", "quantity", "number"),
            Field("单价", "unit_price", "money"),
        ),
        mode="increment",
        born="ordered_at",
        newline="\n",
    ),
    Export(
        "payments",
        "收款流水_{ymd}.csv",
        ("payment_id",),
        (
            Field("流水号", "payment_id"),
            Field("订单编号", "order_id"),
            Field("日期", "paid_at", "moment", COMPACT),
            Field("金额", "amount", "money"),
            Field("方式", "method"),
            Field("退款", "is_refund", words=YES_NO),
        ),
        mode="increment",
        born="paid_at",
        newline="\n",
    ),
    Export(
        "leads",
        "线索_{ymd}.csv",
        ("lead_id",),
        (
            Field("线索编号", "lead_id"),
            Field("创建时间", "created_at", "moment", MINUTES),
            Field("渠道", "source_channel"),
            Field("活动编号", "campaign_id"),
            Field("城市", "region"),
            Field("意向确认", "qualified_at", "moment"),
            Field("报价", "quoted_at", "moment"),
            Field("成交", "converted_at", "moment"),
            Field("客户编号", "customer_id"),
            Field("流失", "lost_at", "moment"),
            Field("流失原因", "lost_reason"),
            Field("竞品", "lost_to_competitor"),
            Field("顾问", "owner_staff_id"),
            Field("预算", "expected_amount", "money"),
        ),
        mode="increment",
        encoding="gb18030",
        born="created_at",
        newline="\n",
        reveals=(
            ("qualified_at", ()),
            ("quoted_at", ()),
            ("converted_at", ("customer_id",)),
            ("lost_at", ("lost_reason", "lost_to_competitor")),
        ),
    ),
    Export(
        "referrals",
        "转介绍_{ymd}.csv",
        ("referral_id",),
        (
            Field("推荐编号", "referral_id"),
            Field("推荐人", "referrer_customer_id"),
            Field("被推荐线索", "referred_lead_id"),
            Field("被推荐客户", "referred_customer_id"),
            Field("推荐日期", "referred_at", "moment"),
            Field("奖励", "reward_amount", "money"),
        ),
        born="referred_at",
        newline="\n",
        reveals=(("converted_at", ("referred_customer_id", "reward_amount")),),
    ),
    Export(
        "survey_responses",
        "回访问卷_{ymd}.csv",
        ("response_id",),
        (
            Field("答卷编号", "response_id"),
            Field("邀请编号", "invite_id"),
            Field("客户编号", "customer_id"),
            Field("问卷", "instrument", words={"nps": "NPS", "csat": "满意度"}),
            Field(
                "主题", "topic", words={"overall": "总体", "product": "成片", "service": "服务", "environment": "环境"}
            ),
            Field(
                "方式", "method", words={"questionnaire": "问卷", "phone": "电话", "online": "线上", "visit": "上门"}
            ),
            Field("邀请日期", "invited_at", "moment"),
            Field("答复日期", "responded_at", "moment"),
            Field("得分", "score", "number"),
        ),
        mode="increment",
        encoding="gb18030",
        born="invited_at",
        newline="\n",
        reveals=(("responded_at", ("score",)),),
    ),
    Export(
        "tickets",
        "客诉工单_{ymd}.csv",
        ("ticket_id",),
        (
            Field("工单号", "ticket_id"),
            Field("客户编号", "customer_id"),
            Field(
                "类型", "kind", words={"complaint": "投诉", "suggestion": "建议", "inquiry": "咨询", "service": "售后"}
            ),
            Field("原因", "reason"),
            Field("提交时间", "opened_at", "moment", MINUTES),
            Field("时限", "due_at", "moment", MINUTES),
            Field("首次响应", "first_response_at", "moment", MINUTES),
            Field("解决时间", "resolved_at", "moment", MINUTES),
            Field("客服", "assignee_staff_id"),
            Field("评分", "satisfaction_score", "number"),
            Field("采纳", "is_adopted", words=YES_NO),
        ),
        mode="increment",
        born="opened_at",
        newline="\n",
        reveals=(("first_response_at", ()), ("resolved_at", ("satisfaction_score", "is_adopted"))),
    ),
    Export(
        "staff",
        "基础资料_{ymd}.xlsx",
        ("staff_id",),
        (
            Field("工号", "staff_id"),
            Field("岗位", "role"),
            Field("部门", "team"),
            Field("业主", "is_owner", words=YES_NO),
            Field("入职日期", "hired_on", "moment"),
            Field("离职日期", "left_on", "moment"),
            Field("CRM账号", "has_crm_seat", words=YES_NO),
            Field("年成本", "annual_cost", "money"),
        ),
        sheet="员工",
        born="hired_on",
        reveals=(("left_on", ()),),
    ),
    Export(
        "campaigns",
        "基础资料_{ymd}.xlsx",
        ("campaign_id",),
        (
            Field("活动编号", "campaign_id"),
            Field("活动名称", "name"),
            Field("渠道", "channel"),
            Field("线上", "is_online", words=YES_NO),
            Field("开始", "started_on", "moment"),
            Field("结束", "ended_on", "moment"),
        ),
        sheet="活动",
        born="started_on",
    ),
    Export(
        "campaign_spend",
        "基础资料_{ymd}.xlsx",
        ("campaign_id", "channel", "period_start"),
        (
            Field("活动编号", "campaign_id"),
            Field("渠道", "channel"),
            Field("月份", "period_start", "moment"),
            Field("费用", "spend", "money"),
            Field("点击", "clicks", "integer"),
        ),
        sheet="投放费用",
        born="period_start",
    ),
    Export(
        "products",
        "基础资料_{ymd}.xlsx",
        ("product_id",),
        (
            Field("产品编码", "product_id"),
            Field("名称", "name"),
            Field("类别", "category"),
            Field("角色", "role", words={"core": "主营", "add_on": "加购"}),
            Field("标价", "list_price", "money"),
            Field("单位成本", "unit_cost", "money"),
        ),
        sheet="产品",
    ),
)

DAMAGES = {
    "customers": (
        Damage("missing_required", 3, "customer_id"),
        Damage("impossible_date", 4, "created_at", "2026/2/30"),
        Damage("unmapped_value", 3, "customer_type", "其他?"),
        Damage("exact_duplicate", 15),
        Damage("conflicting_key", 3, "phone", "10099999999"),
    ),
    "orders": (
        Damage("missing_required", 4, "gross_amount"),
        Damage("impossible_date", 6, "ordered_at", "2026年2月30日"),
        Damage("wrong_type", 8, "gross_amount", "abc"),
        Damage("unmapped_value", 3, "status", "作废"),
        Damage("exact_duplicate", 20),
        Damage("conflicting_key", 4, "discount_amount", "1"),
    ),
    "order_lines": (
        Damage("missing_required", 5, "quantity"),
        Damage("wrong_type", 6, "unit_price", "面议"),
        Damage("exact_duplicate", 12),
    ),
    "payments": (
        Damage("missing_required", 4, "amount"),
        Damage("impossible_date", 5, "paid_at", "20260230"),
        Damage("wrong_type", 5, "amount", "一千"),
        Damage("exact_duplicate", 25),
        Damage("conflicting_key", 3, "amount", "0.01"),
    ),
    "leads": (
        Damage("missing_required", 6, "created_at"),
        Damage("impossible_date", 8, "created_at", "2026-02-30 10:00"),
        Damage("wrong_type", 6, "expected_amount", "八千"),
        Damage("exact_duplicate", 30),
    ),
    "survey_responses": (
        Damage("wrong_type", 6, "score", "很好"),
        Damage("unmapped_value", 4, "method", "传真"),
        Damage("exact_duplicate", 10),
    ),
    "tickets": (
        Damage("impossible_date", 4, "opened_at", "2026-02-30 09:30"),
        Damage("unmapped_value", 3, "kind", "其他"),
        Damage("exact_duplicate", 6),
    ),
    "referrals": (
        Damage("missing_required", 2, "referrer_customer_id"),
        Damage("exact_duplicate", 4),
    ),
}


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
    ticketed = orders[(orders["ordered_at"] >= TICKET_START) & (orders["ordered_at"] <= AS_OF - 201)]
    facts: Facts = {
        "lead_channel_mix": {
            c: rate(
                "share of leads by source channel; leads since 2021-09",
                p,
                (referable["source_channel"] == c).sum(),
                len(referable),
            )
            for c, p in CHANNEL_MIX.items()
        },
        "lead_conversion": {
            c: rate(
                "leads that become customers, all of them within 121 days",
                p,
                mature.loc[mature["source_channel"] == c, "converted_at"].notna().sum(),
                (mature["source_channel"] == c).sum(),
            )
            for c, p in CONVERSION.items()
        },
        "lost_reasons": {
            r: rate("share of lost leads by reason", p, (lost["lost_reason"] == r).sum(), len(lost))
            for r, p in LOST_REASONS.items()
        },
        "add_on_attach_rate": rate("main orders with at least one extra", ADD_ON_ATTACH, with_add_on.sum(), len(main)),
        "cancel_rate": rate(
            "main orders cancelled; orders of at least a year ago",
            CANCEL_RATE,
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
            for t, p in CSAT_TOP2.items()
        },
        "nps_mix": {
            "promoter": rate("answers of 9 or 10", NPS_MIX["promoter"], (nps >= 9).sum(), len(nps)),
            "detractor": rate("answers of 0 to 6", NPS_MIX["detractor"], (nps <= 6).sum(), len(nps)),
        },
        "survey_response_rate": {
            m: rate(
                "invitations answered, by method",
                p,
                (invites["method"].eq(m) & invites["responded_at"].notna()).sum(),
                invites["method"].eq(m).sum(),
            )
            for m, p in SURVEY_ANSWERED.items()
        },
        "tickets_per_order": {
            kind: rate(
                "orders with a ticket of the kind, opened 5 to 199 days after the order",
                per_order,
                (tickets["kind"].eq(kind) & tickets["order_id"].isin(ticketed["order_id"])).sum(),
                len(ticketed),
            )
            for kind, (per_order, _, _) in TICKETS.items()
        },
        "sla_attainment": {
            kind: rate(
                "resolved by due_at, of resolved tickets",
                in_time,
                (closed["kind"].eq(kind) & (closed["resolved_at"] <= closed["due_at"])).sum(),
                closed["kind"].eq(kind).sum(),
            )
            for kind, (_, _, in_time) in TICKETS.items()
        },
        "null_gender": rate(
            "customers without a gender",
            NULL_GENDER,
            clean["customers"]["gender"].isna().sum(),
            len(clean["customers"]),
        ),
        "follow_on_hazard": _hazards(main, clean_orders(world)),
        "referral_reward": fact("yuan for a referral that became a customer", REWARD_YUAN),
        "lead_month_weights": fact(
            "relative leads a day by month, January first; weekends 1.5, around the Chinese New Year 0.2", LEAD_MONTHS
        ),
        "wedding_month_weights": fact("relative weddings by month, January first", WEDDING_MONTHS),
        "lead_growth": fact("yearly growth of leads", LEAD_GROWTH),
        "city_mix": fact("share of leads by city, GB/T 2260", CITY_MIX),
        "cost_share": fact("mean cost as a share of net order value, sd 0.04", COST_SHARE),
    }
    return facts


def clean_orders(world: World) -> pd.DataFrame:
    """Orders without the planted ones, under the couple's first record."""
    orders = world["orders"][world["orders"]["_planted"].isna()].copy()
    customers = world["customers"].set_index("customer_id")["true_customer_id"]
    return orders.assign(customer_id=orders["customer_id"].map(customers))


def _hazards(main: pd.DataFrame, orders: pd.DataFrame) -> Facts:
    """Events over whole customer-months at risk, cancelled sessions included."""
    wedding = main[main["cancelled_at"].isna()].set_index("customer_id")["event_on"]
    observed = np.floor((AS_OF - wedding.to_numpy().astype("datetime64[D]")).astype(int) / 30.4375).astype(int)
    result: Facts = {}
    for kind, (product, _, hazard, first, end) in FOLLOW_ONS.items():
        bought = orders[orders["product"] == product]
        since = (bought["ordered_at"] - bought["customer_id"].map(wedding)).dt.days // 30.4375
        if kind == "周年照":
            n = sum((observed > 12 * year).sum() for year in (1, 2, 3, 4))
            k = (since < bought["customer_id"].map(pd.Series(observed, index=wedding.index))).sum()
        else:
            happened = pd.Series(since.to_numpy(), index=bought["customer_id"]).reindex(wedding.index)
            last = np.minimum(np.minimum(observed, end), happened.fillna(1e6) + 1)
            n = np.maximum(last - first, 0).sum()
            k = (happened < observed).sum()
        definition = f"chance of an order in a month, months {first} to {end - 1} since the wedding, at most once"
        if kind == "周年照":
            definition = "chance of an order in the 12th, 24th, 36th and 48th month since the wedding"
        result[kind] = rate(definition, hazard, k, n)
    return result


def expected(records: World) -> Facts:
    """What only this company has."""
    customers, leads, tickets = records["customers"], records["leads"], records["tickets"]
    orders = resolved_orders(records)
    main = orders[(orders["order_kind"] == "main") & orders["is_valid"] & (orders["event_on"] <= AS_OF - 730)]
    again = orders[(orders["order_kind"] == "follow_on") & orders["is_valid"]]
    first_wedding = main.groupby("survivor")["event_on"].min()
    again = again.assign(wedding=again["survivor"].map(first_wedding))
    soon = again[
        (again["ordered_at"] >= again["wedding"]) & (again["ordered_at"] < again["wedding"] + np.timedelta64(730, "D"))
    ]
    real = customers[~customers["is_test"].eq(True) & customers["merged_into_customer_id"].isna()]
    return {
        "follow_on_within_730_days": fact(
            "customers with a valid main order whose wedding is at least 730 days before as_of: how many ordered a follow-on "
            "session on or after the wedding and before day 730",
            {"customers": int(len(first_wedding)), "with_follow_on": int(soon["survivor"].nunique())},
        ),
        "customers_by_channel": fact(
            "customers_total by acquisition_channel",
            {c: int(n) for c, n in real["acquisition_channel"].value_counts().sort_index().items()},
        ),
        "customers_by_referral": fact(
            "customers_total with a referrer", int(real["referrer_customer_id"].notna().sum())
        ),
        "leads_open": fact(
            "leads neither converted nor lost by as_of",
            int((leads["converted_at"].isna() & leads["lost_at"].isna()).sum()),
        ),
        "leads_converted": fact("leads converted by as_of", int(leads["converted_at"].notna().sum())),
        "tickets_by_kind": fact(
            "tickets by kind", {k: int(n) for k, n in tickets["kind"].value_counts().sort_index().items()}
        ),
        "tickets_open": fact("tickets not resolved by as_of", int(tickets["resolved_at"].isna().sum())),
        "payments_without_order": fact(
            "loaded payments whose order_id is not in the loaded orders",
            int((~records["payments"]["order_id"].isin(orders["order_id"])).sum()),
        ),
        "stale_customers": fact(
            "customers_total not updated in the three years before as_of",
            int((real["updated_at"] < np.datetime64("2023-06-30")).sum()),
        ),
        "invalid_phones": fact(
            "loaded customers whose phone is not 1 and ten digits",
            int((~customers["phone"].str.fullmatch(r"1\d{10}")).sum()),
        ),
    }
