"""Records planted among the clean ones of the wedding photographer, and how its two deliveries differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..common import DELIVERIES, NAT, Rng, Streams, add_days
from ..deliver import Correction, Plan, World
from ..office import removed_contacts, wrong_costs
from ..planting import (
    append,
    enter_late,
    follow_late,
    late_keys,
    sample,
    second_records,
    spoil_phones_and_dates,
    spread,
    strangers,
    test_accounts,
)
from . import settings as s

OPEN_REFUND = {"refunded_at": NAT, "refund_amount": pd.NA, "lead_id": None}


def add(streams: Streams, world: World) -> None:
    _customers(streams("planted customers"), world)
    _orders(world)
    _payments(world)
    _late(streams("late"), world)


def _customers(rng: Rng, world: World) -> None:
    customers, orders = world["customers"], world["orders"]
    again = orders[(orders["order_kind"] == "follow_on") & (orders["ordered_at"] < DELIVERIES[0] - 200)]
    doubles = second_records(customers, spread(again.drop_duplicates("customer_id"), 18), "JS", 6, chained=5)
    moved = doubles.dropna(subset="order_id").set_index("order_id")["customer_id"]
    orders["customer_id"] = orders["order_id"].map(moved).fillna(orders["customer_id"])
    customers = pd.concat([customers, doubles], ignore_index=True)
    tests = test_accounts(customers, spread(customers, 6), "JS", 6, "测试客户")
    customers = pd.concat([customers, tests], ignore_index=True)
    spoil_phones_and_dates(
        rng, customers, np.datetime64("2023-01-01"), ["12345", "无", "1001234567890", "tel:100"], invalid=18, stale=30
    )
    world["customers"] = customers


def _orders(world: World) -> None:
    """Test accounts' orders, orphans and a year mistyped as the next."""
    orders = world["orders"]
    done = orders[(orders["order_kind"] == "main") & orders["fulfilled_at"].notna()]
    recent = orders[(orders["ordered_at"] > DELIVERIES[0] - 60) & (orders["ordered_at"] < DELIVERIES[0] - 5)]
    tests = world["customers"].loc[world["customers"]["is_test"], "customer_id"].to_numpy()
    trial = spread(done, 9).assign(customer_id=np.resize(tests, 9), **OPEN_REFUND)
    orphans = spread(done, 11).assign(customer_id=strangers("JS", 11), **OPEN_REFUND)
    typos = spread(recent, 5).assign(fulfilled_at=NAT, cancelled_at=NAT, **OPEN_REFUND)
    typos["ordered_at"] = add_days(typos["ordered_at"].to_numpy(), 365)
    for kind, records in (("test_account", trial), ("orphan_customer", orphans), ("future_date", typos)):
        records["refund_amount"] = records["refund_amount"].astype("Int64")
        append(world, "orders", kind, records, "order_id", "D", 6)


def _payments(world: World) -> None:
    payments = world["payments"]
    unknown = spread(payments, 12).assign(order_id=strangers("D", 12))
    append(world, "payments", "orphan_order", unknown, "payment_id", "SK", 6)
    wrong_sign = spread(payments, 5).assign(amount=lambda p: -p["amount"])
    append(world, "payments", "negative_amount", wrong_sign, "payment_id", "SK", 6)


def _late(rng: Rng, world: World) -> None:
    enter_late(rng, world["orders"], "ordered_at", 12)
    enter_late(rng, world["tickets"], "opened_at", 8)
    late = late_keys(world, "orders", "order_id")
    for entity in ("order_lines", "payments", "loyalty_ledger"):
        follow_late(world, entity, "order_id", late)


def plan(world: World) -> Plan:
    """Amounts the first delivery had wrong, and customers deleted before the second."""
    rng, office_rng = Streams(s.COMPANY)("plan"), Streams(s.COMPANY)("plan office")
    orders, customers = world["orders"], world["customers"]
    first = orders[(orders["ordered_at"] <= DELIVERIES[0]) & orders["_planted"].isna() & orders["_known_on"].isna()]
    costs = sample(rng, first, 15)
    left = first[(first["ordered_at"] > DELIVERIES[0] - 400) & ~first["order_id"].isin(costs["order_id"])]
    prices = sample(rng, left, 8)
    old = customers[(customers["created_at"] < np.datetime64("2022-07-01")) & customers["_planted"].isna()]
    return Plan(
        corrections={
            "activities": [Correction("cost", wrong_costs(office_rng, world))],
            "orders": [
                Correction("cost_amount", dict(zip(costs["order_id"], costs["cost_amount"] * 10, strict=True))),
                Correction(
                    "gross_amount", dict(zip(prices["order_id"], prices["gross_amount"] + 100_000, strict=True))
                ),
            ],
        },
        removed={
            "customers": list(sample(rng, old, 9)["customer_id"]),
            "contacts": removed_contacts(office_rng, world),
        },
    )
