"""Records planted among the clean ones of the safety company, and how its two deliveries differ."""

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

UNTIED = {"refunded_at": NAT, "refund_amount": pd.NA, "lead_id": None, "contract_id": None}


def add(streams: Streams, world: World) -> None:
    _customers(streams("planted customers"), world)
    _orders(world)
    _money(world)
    _late(streams("late"), world)


def _customers(rng: Rng, world: World) -> None:
    customers, orders = world["customers"], world["orders"]
    again = orders[~orders["is_service"] & orders["contract_id"].isna() & (orders["ordered_at"] < DELIVERIES[0] - 200)]
    again = again[again["customer_id"].duplicated()].drop_duplicates("customer_id")
    doubles = second_records(customers, spread(again, 9), "KH", 5, chained=5)
    moved = doubles.dropna(subset="order_id").set_index("order_id")["customer_id"]
    for entity in ("orders", "invoices", "payments"):
        records = world[entity]
        records["customer_id"] = records["order_id"].map(moved).fillna(records["customer_id"])
    customers = pd.concat([customers, doubles], ignore_index=True)
    tests = test_accounts(customers, spread(customers, 4), "KH", 5, "测试单位")
    customers = pd.concat([customers, tests], ignore_index=True)
    spoil_phones_and_dates(
        rng, customers, np.datetime64("2022-01-01"), ["12345", "无", "0571-示例"], invalid=6, stale=12
    )
    world["customers"] = customers


def _orders(world: World) -> None:
    """Test accounts' orders, orphans and a year mistyped as the next."""
    orders = world["orders"]
    done = orders[~orders["is_service"] & orders["fulfilled_at"].notna() & (orders["ordered_at"] < DELIVERIES[0])]
    recent = orders[(orders["ordered_at"] > DELIVERIES[0] - 90) & (orders["ordered_at"] < DELIVERIES[0] - 5)]
    tests = world["customers"].loc[world["customers"]["is_test"], "customer_id"].to_numpy()
    trial = spread(done, 5).assign(customer_id=np.resize(tests, 5), **UNTIED)
    orphans = spread(done, 6).assign(customer_id=strangers("KH", 6), **UNTIED)
    typos = spread(recent, 3).assign(fulfilled_at=NAT, cancelled_at=NAT, **UNTIED)
    typos["ordered_at"] = add_days(typos["ordered_at"].to_numpy(), 365)
    for kind, records in (("test_account", trial), ("orphan_customer", orphans), ("future_date", typos)):
        records["refund_amount"] = records["refund_amount"].astype("Int64")
        append(world, "orders", kind, records, "order_id", "XS", 5)


def _money(world: World) -> None:
    payments, contracts = world["payments"], world["contracts"]
    unknown = spread(payments, 6).assign(invoice_id=strangers("FP", 6), order_id=None)
    append(world, "payments", "orphan_invoice", unknown, "payment_id", "HK", 6)
    wrong_sign = spread(payments, 3).assign(amount=lambda p: -p["amount"])
    append(world, "payments", "negative_amount", wrong_sign, "payment_id", "HK", 6)
    stray = spread(contracts, 2).assign(customer_id=strangers("KH", 2), renews_contract_id=None, term=0)
    append(world, "contracts", "orphan_customer", stray, "contract_id", "HT", 5)


def _late(rng: Rng, world: World) -> None:
    enter_late(rng, world["orders"], "ordered_at", 6, eligible=~world["orders"]["is_service"])
    enter_late(rng, world["tickets"], "opened_at", 6)
    enter_late(rng, world["leads"], "created_at", 5)
    late = late_keys(world, "orders", "order_id")
    for entity in ("order_lines", "invoices"):
        follow_late(world, entity, "order_id", late)
    follow_late(world, "payments", "invoice_id", late_keys(world, "invoices", "invoice_id"))


def plan(world: World) -> Plan:
    """Amounts and due dates the first delivery had wrong, and customers deleted before the second."""
    rng, office_rng = Streams(s.COMPANY)("plan"), Streams(s.COMPANY)("plan office")
    orders, customers, invoices = world["orders"], world["customers"], world["invoices"]
    first = orders[(orders["ordered_at"] <= DELIVERIES[0]) & orders["_planted"].isna() & orders["_known_on"].isna()]
    prices = sample(rng, first, 8)
    issued = invoices[(invoices["issued_on"] < DELIVERIES[0]) & invoices["_known_on"].isna()]
    dates = sample(rng, issued, 8)
    wrong_due = pd.Series(add_days(dates["due_on"].to_numpy(), 30))
    quiet = customers[~customers["customer_id"].isin(orders["customer_id"]) & customers["_planted"].isna()]
    quiet = quiet[quiet["created_at"] < np.datetime64("2024-01-01")]
    return Plan(
        corrections={
            "activities": [Correction("cost", wrong_costs(office_rng, world))],
            "orders": [
                Correction("gross_amount", dict(zip(prices["order_id"], prices["gross_amount"] * 10, strict=True)))
            ],
            "invoices": [Correction("due_on", dict(zip(dates["invoice_id"], wrong_due, strict=True)))],
        },
        removed={
            "customers": list(sample(rng, quiet, 4)["customer_id"]),
            "contacts": removed_contacts(office_rng, world),
        },
    )
